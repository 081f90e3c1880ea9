"""The docks around the latents: where they stand, and how they come back at the next start.

It does not know what stands in them, but for the buttons that show one.
"""

from __future__ import annotations

from PySide6.QtCore import QByteArray, QEvent, QObject, QSettings, Qt, QTimer, Slot
from PySide6.QtWidgets import (
    QAbstractButton,
    QDockWidget,
    QMainWindow,
    QPushButton,
    QTabBar,
    QTabWidget,
    QWidget,
)

from explorer.drive.panel import DrivePanel
from explorer.map.panel import MapPanel
from explorer.paths.panel import PathPanel
from explorer.picture.panel import PicturePanel
from explorer.probes.panel import ProbePanel
from explorer.training.panel import TrainingPanel

LAYOUT_VERSION = 3  # of the docks; a stored layout of another version is ignored
WIDTHS = [390, 350]  # pixels of the drive and of the training

LEFT, RIGHT, BOTTOM = (
    Qt.DockWidgetArea.LeftDockWidgetArea,
    Qt.DockWidgetArea.RightDockWidgetArea,
    Qt.DockWidgetArea.BottomDockWidgetArea,
)


class Docks(QObject):
    """Puts the panels around the central widget of a main window; each is one dock."""

    def __init__(
        self,
        window: QMainWindow,
        drive: DrivePanel,
        training: TrainingPanel,
        paths: PathPanel,
        picture: PicturePanel,
        tabs: tuple[MapPanel, ProbePanel],
    ):
        super().__init__(window)
        self._window = window
        window.setTabPosition(RIGHT, QTabWidget.TabPosition.North)
        self._drive = self._dock("Drive", drive, LEFT)
        self._training = self._dock("Training", training, RIGHT)
        self._paths = self._dock("Paths", paths, BOTTOM)
        self.picture = self._dock("Picture", picture, BOTTOM)
        titled = zip(("Map", "Probes"), tabs, (drive.map_button, drive.probes_button), strict=True)
        self._tabs = [self._tab(*each) for each in titled]
        for dock in (self._training, *self._tabs):
            _hide_when_covered(dock)
        bars = window.findChildren(QTabBar, options=Qt.FindChildOption.FindDirectChildrenOnly)
        for bar in bars:
            bar.setAccessibleName("Panels in this place")
        self._give_corners(False)
        self.picture.hide()
        self._pressed: list[int] = []  # pixels they had when the mouse was pressed
        self._wished: list[int] | None = WIDTHS  # None: what is restored, which no layout knows yet
        window.installEventFilter(self)

    def all(self) -> list[QDockWidget]:
        """Every one of them, as a menu lists them."""
        return [self._drive, self._training, self._paths, *self._tabs, self.picture]

    def restore(self, settings: QSettings, paths_button: QAbstractButton) -> None:
        """Place them as they were at the last end; `paths_button` shows the one with the paths."""
        self._window.resizeDocks([self._drive, self._training], WIDTHS, Qt.Orientation.Horizontal)
        self._paths.hide()
        self._paths.toggleViewAction().toggled.connect(paths_button.setChecked)
        paths_button.toggled.connect(self._give_corners)
        paths_button.toggled.connect(self._paths.setVisible)
        self._default = self._window.saveState(LAYOUT_VERSION)
        # Anything can stand in a file that a person may edit.
        if isinstance(geometry := settings.value("geometry"), QByteArray):
            self._window.restoreGeometry(geometry)
        if isinstance(state := settings.value("layout"), QByteArray):
            self._wished = None
            self._window.restoreState(state, LAYOUT_VERSION)
        self.picture.hide()  # whatever was there at the last end: nothing is brought yet

    def keep(self, settings: QSettings) -> None:
        """Remember for the next start how they stand."""
        settings.setValue("geometry", self._window.saveGeometry())
        settings.setValue("layout", self._window.saveState(LAYOUT_VERSION))

    @Slot()
    def reset(self) -> None:
        """Put them back where they were at the first start."""
        self._wished = WIDTHS
        self._window.restoreState(self._default, LAYOUT_VERSION)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if kind == QEvent.Type.MouseButtonPress:
            self._pressed = self._widths()
        elif kind == QEvent.Type.MouseButtonRelease and self._widths() != self._pressed:
            self._wished = self._widths()  # a splitter, which is the window's own, was moved
        elif kind == QEvent.Type.Resize:
            QTimer.singleShot(0, self._widen)  # once the layout knows of it
        return super().eventFilter(watched, event)

    def _widths(self) -> list[int]:
        return [dock.width() for dock in self._beside()]

    def _beside(self) -> list[QDockWidget]:
        """The two at the sides; of those in one place, that which is seen."""
        right = (self._training, *self._tabs)
        seen = [dock for dock in right if not dock.visibleRegion().isEmpty()]
        return [self._drive, (seen or right)[0]]

    @Slot()
    def _widen(self) -> None:
        """Give back what a narrow window took, as soon as there is room for all of it."""
        if self._wished is None:
            self._wished = self._widths()
        least = self._window.centralWidget().minimumWidth()
        if sum(self._wished) + least <= self._window.width() and self._widths() != self._wished:
            self._window.resizeDocks(self._beside(), self._wished, Qt.Orientation.Horizontal)

    @Slot(bool)
    def _give_corners(self, to_bottom: bool) -> None:
        """Paths need all of the window's width; without them the docks beside have its height."""
        left, right = Qt.Corner.BottomLeftCorner, Qt.Corner.BottomRightCorner
        self._window.setCorner(left, BOTTOM if to_bottom else LEFT)
        self._window.setCorner(right, BOTTOM if to_bottom else RIGHT)

    def _dock(self, title: str, panel: QWidget, area: Qt.DockWidgetArea) -> QDockWidget:
        dock = QDockWidget(title, self._window)
        dock.setObjectName(f"{title.lower()}Dock")
        dock.setTitleBarWidget(panel.header)  # one title, and it is what the dock is dragged by
        dock.setWidget(panel)
        self._window.addDockWidget(area, dock)
        return dock

    def _tab(self, title: str, panel: QWidget, button: QPushButton) -> QDockWidget:
        """A dock that `button` shows in the place of the training, with a tab for each of them."""
        dock = self._dock(title, panel, RIGHT)
        self._window.tabifyDockWidget(self._training, dock)
        dock.hide()
        button.clicked.connect(lambda on: self._bring(dock, on))
        dock.visibilityChanged.connect(button.setChecked)
        return dock

    def _bring(self, dock: QDockWidget, on: bool) -> None:
        dock.setVisible(on)
        if on:
            QTimer.singleShot(0, dock.raise_)  # at once it has no tab yet


def _hide_when_covered(dock: QDockWidget) -> None:
    """Behind another tab a dock counts as visible: it would go on drawing and take the keyboard."""
    panel = dock.widget()
    kept = panel.sizePolicy()
    kept.setRetainSizeWhenHidden(True)
    panel.setSizePolicy(kept)
    dock.visibilityChanged.connect(panel.setVisible)
