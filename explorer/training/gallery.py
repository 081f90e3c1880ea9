"""Watch it learn: what a run's snapshots make of the same frames and z, from its start to now.

It does not know the model, nor how frames are chosen or pictures decoded.
"""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, QSize, Qt, Signal, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QMenu,
    QSizePolicy,
    QSlider,
    QToolButton,
    QWidget,
)

from explorer.training.film import PICTURES, TRAVERSAL, Film, Shot
from explorer.widgets.fitting_label import FittingLabel
from explorer.widgets.image_view import ImageView
from explorer.widgets.numerals import grouped
from explorer.widgets.switch import Switch

PAGES = {
    "frames": ("Frames", "Held-out frames above their reconstructions."),
    "samples": (
        "Prior",
        "The same samples of the prior all along: at the film's start above, and below now.",
    ),
    "traversal": (
        "Traversal",
        "The first frame with one latent moved, the one with the most KL when the film began: "
        "at the film's start above, and below now.",
    ),
}
"""Name of a page: what its button says, and its tooltip."""

_ROWS = {
    "frames": (("galleryFrame", "Held-out frame"), ("galleryReconstruction", "Reconstruction")),
    "samples": (("galleryFirstSample", "First sample"), ("gallerySample", "Sample of the prior")),
    "traversal": (("galleryFirstTraversal", "First traversal"), ("galleryTraversal", "Traversal")),
}
_GAP = 4
_SMALLEST_HEIGHT = 14
_SLIDER_PAGES = 20  # Page down goes through the film in so many


class Gallery(QWidget):
    """One page of two rows of pictures, and a slider over the film; the first thing to shrink.

    At its right end the slider follows what is learned; elsewhere it stays at the step it was put.
    """

    wentBack = Signal(object)  # the step on show, or None at the slider's right end
    exportRequested = Signal(str)  # `gif` or `mp4`

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.setObjectName("gallery")
        self._film: Film | None = None
        self._live: Shot | None = None  # the newest, also where it is on no film
        self._shot: Shot | None = None  # on show
        self._page = "frames"
        self._counts = (0, 0)  # pictures in the two rows on show
        self._makeHeader()
        self._makeFooter()
        self._views = {
            page: [self._row(name, description) for name, description in rows]
            for page, rows in _ROWS.items()
        }
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        self._arrange()

    def _makeHeader(self) -> None:
        self._header = QWidget(self)
        row = QHBoxLayout(self._header)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2)
        self._pages = Switch({f"{page}PageButton": told for page, told in PAGES.items()})
        row.addWidget(self._pages)
        self._caption = FittingLabel()
        self._caption.setObjectName("galleryCaption")
        self._caption.setProperty("role", "caption")
        self._caption.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        row.addSpacing(4)
        row.addWidget(self._caption, 1)
        self._pages.chosen.connect(self._turn)

    def _makeFooter(self) -> None:
        self._footer = QWidget(self)
        row = QHBoxLayout(self._footer)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setObjectName("filmSlider")
        self.slider.setAccessibleName("Step of the training that is shown")
        self.slider.setToolTip(
            "Go back through what was learned, also by arrow, Page, Home and End keys; "
            "at the right end it follows."
        )
        self.slider.setRange(0, 0)
        self.exportButton = QToolButton()
        self.exportButton.setObjectName("filmExportButton")
        self.exportButton.setText("Export…")
        self.exportButton.setStyleSheet("QToolButton::menu-indicator { image: none; }")
        self.exportButton.setAccessibleName("Export the film")
        self.exportButton.setToolTip("Save the whole film with its steps, all rows, as GIF or MP4.")
        self.exportButton.setAutoRaise(True)
        self.exportButton.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self.exportButton)
        for kind in ("gif", "mp4"):
            action = menu.addAction(f"{kind.upper()}…")
            action.triggered.connect(lambda _checked, kind=kind: self.exportRequested.emit(kind))
        self.exportButton.setMenu(menu)
        row.addWidget(self.slider, 1)
        row.addWidget(self.exportButton)
        self.slider.valueChanged.connect(self._go)

    # What is shown

    def setFilm(self, film: Film | None) -> None:
        """Show this film from now on, at its newest shot; it may grow before each `setLive`."""
        self._film = film
        self._live = film.at(-1) if film is not None and len(film) else self._live
        self._lay(following=True)
        self.wentBack.emit(None)

    def setLive(self, shot: Shot) -> None:
        """The newest shot, of the film or of a model that is on none."""
        following = self.slider.value() == self.slider.maximum()
        self._live = shot
        self._lay(following)

    def shot(self) -> Shot | None:
        """The one on show."""
        return self._shot

    def caption(self) -> str:
        """What the line above the pictures says, in full."""
        return self._caption.fullText()

    def _lay(self, following: bool) -> None:
        """The slider anew, for a film that has grown or was thinned; and its picture."""
        film, filmed = self._film, len(self._film) if self._film is not None else 0
        last = filmed - 1 if filmed and film.at(-1) is self._live else filmed
        place = last
        if not following and self._shot is not None and self._shot.step is not None:
            place = film.nearest(self._shot.step)
        with QSignalBlocker(self.slider):
            self.slider.setRange(0, last)
            self.slider.setPageStep(max(1, last // _SLIDER_PAGES))
            self.slider.setValue(place)
        self.slider.setEnabled(last > 0)
        self.exportButton.setEnabled(filmed > 1)
        self._show(place)

    def _show(self, place: int) -> None:
        """The shot at a place of the slider; the last may be on no film."""
        film = self._film
        filmed = film is not None and place < len(film)
        began = self._shot is None
        self._shot = film.at(place) if filmed else self._live
        self._draw()
        if began:
            self.updateGeometry()

    @Slot(int)
    def _go(self, place: int) -> None:
        self._show(place)
        self.wentBack.emit(self._shot.step if place < self.slider.maximum() else None)

    def _draw(self) -> None:
        if self._shot is None:
            return
        shot, first = self._shot, self._first()
        above, below = {
            "frames": (shot.frames, shot.reconstructions),
            "samples": (first and first.samples, shot.samples),
            "traversal": (first and first.traversal, shot.traversal),
        }[self._page]
        rows = [() if images is None else images for images in (above, below)]
        for views, images in zip(self._views[self._page], rows, strict=True):
            for view, image in zip(views, images, strict=False):
                view.setImage(image)
        self._counts = tuple(min(len(row), PICTURES) for row in rows)
        self._tell()
        self._arrange()

    def _first(self) -> Shot | None:
        """The shot that the one on show is to be compared with: the first that has the page's row.

        None where there is no earlier one.
        """
        film, shot = self._film, self._shot
        if film is None or shot.step is None or self._page == "frames":
            return None
        first = film.first(self._page)
        return first if first is not None and first.step < shot.step else None

    def _tell(self) -> None:
        shot, first = self._shot, self._first()
        what, short = {
            "frames": ("held out",) * 2,
            "samples": ("z ~ N(0, 1)" if shot.samples is not None else "no model",) * 2,
            "traversal": ("no latent alive yet", "none alive"),
        }[self._page]
        if self._page == "frames" and shot.reconstructions is not None:
            what, short = "reconstruction", "recon"
        elif self._page == "traversal" and shot.latent is not None:
            short = f"z{shot.latent:02d}"
            what = f"{short} from −{-TRAVERSAL[0]:g} to {TRAVERSAL[-1]:g}"
        step = "" if shot.step is None else f"step {grouped(shot.step)}"
        both = f"step {grouped(first.step)} above, {grouped(shot.step)} below" if first else step
        self._caption.setWordings(_told(what, both), _told(what, step), _told(short, step))
        self._caption.setToolTip(self._caption.fullText())

    @Slot(str)
    def _turn(self, name: str) -> None:
        for view in (view for row in self._views[self._page] for view in row):
            view.hide()
        self._page = name.removesuffix("PageButton")
        self._draw()

    # Room

    def sizeHint(self) -> QSize:
        if self._shot is None:
            return QSize(240, 0)
        cell = (self.width() - _GAP * (PICTURES - 1)) // PICTURES
        lines = self._header.sizeHint().height() + self._footer.sizeHint().height()
        return QSize(240, lines + _GAP + 2 * (cell * 3 // 4 + _GAP))

    def minimumSizeHint(self) -> QSize:
        return QSize(0, 0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()
        if event.size().width() != event.oldSize().width():
            self.updateGeometry()

    def _arrange(self) -> None:
        """Place the pictures by hand: no layout gives way to its neighbours down to nothing."""
        top, bottom = self._header.sizeHint().height(), self._footer.sizeHint().height()
        width = (self.width() - _GAP * (PICTURES - 1)) // PICTURES
        height = min(width * 3 // 4, (self.height() - top - bottom - _GAP) // 2 - _GAP)
        fits = height >= _SMALLEST_HEIGHT and self._shot is not None
        for line in (self._header, self._footer):
            line.setVisible(fits)
        self._header.setGeometry(0, 0, self.width(), top)
        self._footer.setGeometry(0, self.height() - bottom, self.width(), bottom)
        y = top + _GAP
        for views, count in zip(self._views[self._page], self._counts, strict=True):
            for column, view in enumerate(views):
                view.setVisible(fits and column < count)
                view.setGeometry(column * (width + _GAP), y, width, height)
            if count:  # one row alone stands above
                y += height + _GAP

    def _row(self, name: str, description: str) -> list[ImageView]:
        views = [
            ImageView(f"{name}{index}", f"{description} {index + 1}", parent=self)
            for index in range(PICTURES)
        ]
        for view in views:
            view.setMinimumSize(0, 0)
            view.setAspect(4 / 3)  # of the frames, whatever size a model brings them to
            view.hide()
        return views


def _told(*parts: str) -> str:
    return " · ".join(part for part in parts if part)
