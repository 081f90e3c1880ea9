"""The window: PySide6, pyqtgraph and numpy. Only `explorer.session` and its jobs know `models`."""

__version__ = "0.1.0"
