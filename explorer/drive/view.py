"""The large picture of the game, and the keys a person holds while looking at it.

It does not know what moves the picture, nor who listens to the action.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRectF, Qt, Signal, Slot
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QGuiApplication,
    QHideEvent,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QWidget

from explorer.widgets.image_view import ImageView
from explorer.widgets.theme import theme_of

_LEFT = frozenset({Qt.Key.Key_Left, Qt.Key.Key_A})
_RIGHT = frozenset({Qt.Key.Key_Right, Qt.Key.Key_D})
_GAS = frozenset({Qt.Key.Key_Up, Qt.Key.Key_W})
_BRAKE = frozenset({Qt.Key.Key_Down, Qt.Key.Key_S})
_FOOT = frozenset({Qt.Key.Key_Space})
_HELD = _LEFT | _RIGHT | _GAS | _BRAKE | _FOOT
_COMMANDS = frozenset({Qt.Key.Key_Escape, Qt.Key.Key_R, Qt.Key.Key_F, Qt.Key.Key_H})
_CHORDS = (
    Qt.KeyboardModifier.ControlModifier
    | Qt.KeyboardModifier.AltModifier
    | Qt.KeyboardModifier.MetaModifier
)

GAS = 1.0
BRAKE = 0.8  # what CarRacing's own keyboard gives; above 0.9 the wheels lock
_HINT = "click here to steer"
_CENTRED = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
_PAD = 8  # pixels beside words that lie over the picture


class DriveView(ImageView):
    """An image view that, while it has the keyboard, turns held keys into an action."""

    actionChanged = Signal(object)  # (steer -1..1, gas 0..1, brake 0..1); -1 is left
    wheelTaken = Signal()  # a key that drives was pressed, just before its `actionChanged`
    restartRequested = Signal()
    freezeRequested = Signal()
    holdRequested = Signal()  # or the end of it

    def __init__(self, parent: QWidget | None = None):
        super().__init__("driveView", "Game view: steer with the arrow keys", parent=parent)
        self.setToolTip("Click to steer with the arrow keys or WASD; Esc gives the keyboard back.")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._held: set[int] = set()
        self._action = (0.0, 0.0, 0.0)
        self._steered = False
        self._note = ""
        self._warning = ""
        QGuiApplication.instance().applicationStateChanged.connect(self._application_state_changed)

    def action(self) -> tuple[float, float, float]:
        """What the held keys say: (steer -1..1, gas 0..1, brake 0..1); steer -1 is left."""
        return self._action

    def setSteered(self, steered: bool) -> None:
        """Whether a person is to steer now; without the keyboard a hint then says what to do."""
        self._steered = steered
        self.update()

    def setNote(self, text: str) -> None:
        """Say something at the lower edge of the picture; nothing with an empty text."""
        if text != self._note:
            self._note = text
            self.update()

    def warning(self) -> str:
        """What is warned of, empty for nothing."""
        return self._warning

    def setWarning(self, text: str) -> None:
        """Warn of something at the upper edge of the picture; of nothing with an empty text."""
        if text != self._warning:
            self._warning = text
            self.setAccessibleDescription(text)
            self.update()

    def event(self, event: QEvent) -> bool:
        # Accepting the override makes the key a key press here, not a shortcut of the window.
        if event.type() == QEvent.Type.ShortcutOverride and self._is_ours(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self._is_ours(event):
            event.ignore()
            return
        event.accept()
        if event.isAutoRepeat():
            return
        key = event.key()
        if key in _HELD:
            self._held.add(key)
            self.wheelTaken.emit()
            self._read_keys()
        elif key == Qt.Key.Key_R:
            self.restartRequested.emit()
        elif key == Qt.Key.Key_F:
            self.freezeRequested.emit()
        elif key == Qt.Key.Key_H:
            self.holdRequested.emit()
        else:
            self._drop_keys()
            self.clearFocus()

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        # A modifier that came later must not keep a key held, so only the key itself is asked.
        if event.key() not in _HELD:
            event.ignore()
            return
        event.accept()
        # On X11 a held key repeats as pairs of release and press.
        if not event.isAutoRepeat():
            self._held.discard(event.key())
            self._read_keys()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._drop_keys()
        super().focusOutEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:
        self._drop_keys()
        super().hideEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        with QPainter(self) as painter:
            theme = theme_of(self)
            if self.hasFocus():
                painter.setPen(QPen(QColor(theme.accent), 2))
                painter.drawRect(self.pictureRect().adjusted(1, 1, -1, -1))
            hint = _HINT if self._steered and not self.hasFocus() else ""
            if text := self._note or hint:
                # Over a picture, not over the theme: this reads on grass and on road alike.
                box = self._box(painter, text)
                box.moveBottom(self.pictureRect().bottom() - 4)
                _paint_words(painter, box, text, QColor(0, 0, 0, 170), QColor("white"))
            if text := self._warning:
                box = self._box(painter, text)
                box.moveTop(self.pictureRect().top() + 6)
                _paint_words(painter, box, text, QColor(theme.warning), QColor(theme.window))

    @Slot(Qt.ApplicationState)
    def _application_state_changed(self, state: Qt.ApplicationState) -> None:
        if state != Qt.ApplicationState.ApplicationActive:
            self._drop_keys()

    @staticmethod
    def _is_ours(event: QKeyEvent) -> bool:
        return event.key() in _HELD | _COMMANDS and not event.modifiers() & _CHORDS

    def _drop_keys(self) -> None:
        self._held.clear()
        self._read_keys()

    def _read_keys(self) -> None:
        left, right, gas, brake, foot = (
            not keys.isdisjoint(self._held) for keys in (_LEFT, _RIGHT, _GAS, _BRAKE, _FOOT)
        )
        action = (
            float(right) - float(left),
            GAS if gas and not brake else 0.0,
            BRAKE if foot or (brake and not gas) else 0.0,
        )
        if action != self._action:
            self._action = action
            self.actionChanged.emit(action)

    def _box(self, painter: QPainter, text: str) -> QRectF:
        """The place of a text in the middle of the picture, with room around it."""
        room = self.pictureRect().adjusted(2 * _PAD, 0, -2 * _PAD, 0)
        return painter.boundingRect(room, _CENTRED, text).adjusted(-_PAD, -2, _PAD, 2)


def _paint_words(painter: QPainter, box: QRectF, text: str, ground: QColor, color: QColor) -> None:
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(ground)
    painter.drawRoundedRect(box, 4, 4)
    painter.setPen(color)
    painter.drawText(box, _CENTRED, text)
