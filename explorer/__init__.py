"""The window: PySide6, pyqtgraph and numpy. Only `explorer.session` knows that torch exists."""
