"""The plane with its points: a faint cloud, a coloured trail, two groups and the present z.

It does not know what its points are; it says which one was pointed at, chosen or enclosed.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from pyqtgraph.functions import arrayToQPolygonF
from PySide6.QtCore import QEvent, QPointF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPaintEvent, QPen, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from explorer.map.dots import stamp
from explorer.map.ground import Ground, paint_ground
from explorer.map.inks import group_color, ramp_pixels
from explorer.map.plane import Lens, fitted, inside, nearest
from explorer.widgets.theme import Theme, theme_of

REACH = 8.0  # pixels from a point that is still meant
STILL = 4.0  # pixels that a click may move
DOT = 1.5  # radius, pixels
TAIL = 50  # newest points that a line joins: a second
NOTCH = 120  # angle of one step of a mouse wheel, eighths of a degree
ZOOM = 0.85  # of the plane is seen after one such step
NOTHING = np.empty((0, 2))

CLOUD, TRAIL = "cloud", "trail"
_BACKGROUND = (Qt.MouseButton.RightButton, Qt.MouseButton.MiddleButton)


class MapView(QWidget):
    """Left clicks choose, or enclose while a group is being selected; others move the plane."""

    chosen = Signal(str, int)  # CLOUD and an index, or TRAIL and a number
    pointed = Signal(str, int)  # the same; empty for nothing
    enclosed = Signal(str, object, object)  # a group, which of the cloud and of the trail: bools

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.setObjectName("mapView")
        self.setAccessibleName("Map of the latent space")
        self.setToolTip(
            "A click goes to the frame of a point; the wheel zooms, the right button moves the "
            "map, a double click shows all of it. While A or B is pressed a drag encloses points."
        )
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(160, 120)
        self.setMouseTracking(True)
        self._cloud = self._trail = NOTHING
        self._levels = np.empty(0, np.uint8)
        self._first = 0  # number of the trail's first point
        self._point: np.ndarray | None = None
        self._groups: dict[str, np.ndarray] = {}
        self._names = ("", "")
        self._placeholder = ""
        self._lens = Lens()
        self._fits = True  # until a person zooms or moves the plane
        self._selecting = ""  # a group
        self._line: list[tuple[float, float]] = []
        self._pressed: QPointF | None = None
        self._carried: QPointF | None = None
        self._at = "", -1
        self._ground_of: tuple | None = None
        self._frame = QImage()

    # What stands on it

    def setNames(self, across: str, up: str) -> None:
        """What the two components are called; all points are to be set anew."""
        self._names = across, up
        self._fits = True
        self._changeGround()

    def setCloud(self, points: np.ndarray) -> None:
        """The faint ones, (n, 2)."""
        self._cloud = points
        self._changeGround()
        if self._fits:
            self.fit()

    def setTrail(self, points: np.ndarray, levels: np.ndarray, first: int) -> None:
        """Points in the order of time (n, 2), their colours (n,) uint8, the first one's number."""
        self._trail, self._levels, self._first = points, levels, first
        if self._fits and len(points) and not self._sees(points[-1]):
            self.fit()
        self.update()

    def setPoint(self, point: np.ndarray, now: bool = True) -> None:
        """Where the present z stands, (2,); unless `now`, it is drawn with the next trail."""
        self._point = point
        if now:
            self.update()

    def setGroups(self, groups: Mapping[str, np.ndarray]) -> None:
        """Points (n, 2) that are shown in the colour of their group."""
        self._groups = dict(groups)
        self.update()

    def setPlaceholder(self, text: str) -> None:
        """What to say in place of the map; nothing shows the map."""
        self._placeholder = text
        self.update()

    def setSelecting(self, group: str) -> None:
        """The group whose points the next drag encloses; empty for none."""
        self._selecting = group
        self._line = []
        self.setCursor(Qt.CursorShape.CrossCursor if group else Qt.CursorShape.ArrowCursor)
        self.update()

    def firstOfTrail(self) -> int:
        """The number of the first point of the trail."""
        return self._first

    @Slot()
    def fit(self) -> None:
        """See all of it, now and as it grows."""
        self._fits = True
        here = NOTHING if self._point is None else self._point[None]
        self._look(fitted(np.concatenate([self._cloud, self._trail, here]), self._size()))

    def placeOf(self, points: np.ndarray) -> np.ndarray:
        """Where points (n, 2) of the plane stand in the widget, (n, 2) pixels."""
        return self._lens.pixels(points, self._size())

    def _size(self) -> tuple[int, int]:
        return max(1, self.width()), max(1, self.height())

    def _sees(self, point: np.ndarray) -> bool:
        x, y = self.placeOf(point)
        return 0 <= x < self.width() and 0 <= y < self.height()

    def _look(self, lens: Lens) -> None:
        self._lens = lens
        self._changeGround()

    def _changeGround(self) -> None:
        self._ground_of = None
        self.update()

    # The picture

    def sizeHint(self) -> QSize:
        return QSize(330, 330)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, theme = QPainter(self), theme_of(self)
        if self._placeholder:
            painter.fillRect(self.rect(), QColor(theme.well))
            painter.setPen(QColor(theme.muted))
            centred = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(self.rect().adjusted(12, 0, -12, 0), centred, self._placeholder)
            return
        painter.drawImage(0, 0, self._dotted(theme))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._markPlaces(painter, theme)
        self._drawLine(painter, theme)

    def _dotted(self, theme: Theme) -> QImage:
        """All points, in pixels of the screen; only the ground is kept from one to the next."""
        ratio = self.devicePixelRatioF()
        wanted = (self.size(), ratio, theme)
        if self._ground_of != wanted:
            ground = Ground(self._names, self._lens, self._size(), ratio)
            self._ground = paint_ground(ground, theme, self.font(), self._cloud)
            self._frame, self._ground_of = self._ground.copy(), wanted
        pixels = _pixels(self._frame)
        np.copyto(pixels, _pixels(self._ground))
        radius = DOT * ratio
        if len(self._trail):
            colors = ramp_pixels(theme.dark)[self._levels]
            stamp(pixels, self.placeOf(self._trail) * ratio, colors, radius)
        for name, points in self._groups.items():
            color = np.uint32(QColor(group_color(theme, name)).rgb())
            stamp(pixels, self.placeOf(points) * ratio, color, radius)
        return self._frame

    def _markPlaces(self, painter: QPainter, theme: Theme) -> None:
        if len(self._trail):
            tail = self.placeOf(self._trail[-TAIL:])
            painter.setPen(QPen(QColor(theme.muted), 1))
            painter.drawPolyline(arrayToQPolygonF(*tail.T.copy()))
            painter.setPen(QPen(QColor(theme.text), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(QPointF(*tail[-1]), 5, 5)
        if self._point is not None:
            x, y = self.placeOf(self._point)
            painter.setPen(QPen(QColor(theme.panel), 1.5))
            painter.setBrush(QColor(theme.handle))
            painter.drawPolygon([QPointF(x + dx, y + dy) for dx, dy in _DIAMOND])
        points, index = self._pointedAt()
        if index >= 0:
            painter.setPen(QPen(QColor(theme.recon), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(QPointF(*self.placeOf(points[index])), 6, 6)

    def _drawLine(self, painter: QPainter, theme: Theme) -> None:
        if len(self._line) > 1:
            color = QColor(group_color(theme, self._selecting))
            painter.setPen(QPen(color, 1.5))
            color.setAlpha(40)
            painter.setBrush(color)
            painter.drawPolygon(arrayToQPolygonF(*np.array(self._line).T.copy()))

    # The hand

    def _find(self, place: QPointF) -> tuple[str, int]:
        """What is near a place: CLOUD and an index or TRAIL and a number, empty for nothing."""
        if self._placeholder:
            return "", -1
        at = place.x(), place.y()
        cloud, cloud_far = nearest(self.placeOf(self._cloud), *at, REACH)
        trail, trail_far = nearest(self.placeOf(self._trail), *at, REACH)
        if trail >= 0 and trail_far <= cloud_far:
            return TRAIL, self._first + trail
        return (CLOUD, cloud) if cloud >= 0 else ("", -1)

    def _pointedAt(self) -> tuple[np.ndarray, int]:
        """The points that the one pointed at is among, and its index; -1 for none."""
        kind, number = self._at
        points = self._trail if kind == TRAIL else self._cloud
        index = number - self._first if kind == TRAIL else number
        return points, index if kind and index < len(points) else -1

    def _pointAt(self, at: tuple[str, int]) -> None:
        if at != self._at:
            self._at = at
            self.pointed.emit(*at)
            self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() in _BACKGROUND:
            self._carried = event.position()
        elif event.button() == Qt.MouseButton.LeftButton:
            self._pressed = event.position()
            self._line = [event.position().toTuple()] if self._selecting else []

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        place = event.position()
        if self._carried is not None:
            moved = place - self._carried
            self._carried, self._fits = place, False
            self._look(self._lens.panned(moved.x(), moved.y(), self._size()))
        elif self._line:
            self._line.append(place.toTuple())
            self.update()
        else:
            self._pointAt(self._find(place))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() in _BACKGROUND:
            self._carried = None
        elif event.button() == Qt.MouseButton.LeftButton and self._pressed is not None:
            line, self._line = np.array(self._line), []
            moved = (event.position() - self._pressed).manhattanLength()
            self._pressed = None
            self.update()
            if len(line) > 2 and np.ptp(line, axis=0).max() > STILL:
                cloud, trail = (self.placeOf(part) for part in (self._cloud, self._trail))
                self.enclosed.emit(self._selecting, inside(cloud, line), inside(trail, line))
            elif moved <= STILL and (found := self._find(event.position()))[0]:
                self._pointAt(found)  # points may have come under a still pointer
                self.chosen.emit(*found)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.fit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        factor = ZOOM ** (event.angleDelta().y() / NOTCH)
        self._fits = False
        self._look(self._lens.zoomed(factor, *event.position().toTuple(), self._size()))
        event.accept()

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._pointAt(("", -1))

    def resizeEvent(self, event: QEvent) -> None:
        super().resizeEvent(event)
        if self._fits:
            self.fit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange):
            self._changeGround()


_DIAMOND = ((0, -6), (6, 0), (0, 6), (-6, 0))


def _pixels(image: QImage) -> np.ndarray:
    """Those of an image of 32 bits, (H, W) uint32; what is written to them is in the image."""
    return np.frombuffer(image.bits(), np.uint32).reshape(image.height(), image.width())
