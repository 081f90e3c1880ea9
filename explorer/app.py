"""From the command line to a running window: display check, theme, settings, exception hooks.

It does not know what the window shows.
"""

from __future__ import annotations

import ctypes
import logging
import os
import platform
import sys
import threading
import traceback

import PySide6
from PySide6.QtCore import QCoreApplication, QObject, QSettings, Signal, Slot
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication

from explorer import __version__, arguments
from explorer.main_window import MainWindow
from explorer.session import RESOURCES, Session
from explorer.widgets.theme import apply_theme
from explorer.worker import Failure

NAME = "Latent Explorer"


def run(argv: list[str]) -> int:
    """The whole program; returns the exit code."""
    arguments.parse(argv)  # wrong arguments are said even where there is no display
    if hindered := obstacle():
        print(hindered, file=sys.stderr)
        return 2
    app, window = build(argv)
    window.show()
    code = app.exec()
    window.close()
    if not window.session.close():
        # A thread is still inside foreign code; taking the interpreter apart would crash it.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    return code


def build(argv: list[str]) -> tuple[QApplication, MainWindow]:
    """The application and its window, not yet shown; `argv` as `main.py` takes it."""
    options = arguments.parse(argv)
    logging.basicConfig(level=options.log_level, format="%(levelname)s %(name)s: %(message)s")
    app = QApplication.instance() or QApplication(sys.argv[:1])
    QCoreApplication.setOrganizationName(NAME)
    QCoreApplication.setApplicationName(NAME)
    QCoreApplication.setApplicationVersion(__version__)
    app.setWindowIcon(QIcon(str(RESOURCES / "icon.svg")))
    settings = QSettings()
    if options.reset_settings:
        settings.clear()
    apply_theme(app, settings.value("theme", "system", type=str))
    window = MainWindow(Session(options.device, options.seed), options, settings)
    _catch_exceptions(window)
    return app, window


class _Catcher(QObject):
    """Carries exceptions that nobody caught, from any thread, into the GUI thread."""

    caught = Signal(object)

    def __init__(self, window: MainWindow):
        super().__init__(window)
        self._window = window
        self.caught.connect(self._show)

    def catch(self, error: BaseException, text: str) -> None:
        logging.getLogger("explorer").error("%s", text)
        self.caught.emit(Failure(error, text))

    @Slot(object)
    def _show(self, failure: Failure) -> None:
        self._window.showFailure(failure)


def _catch_exceptions(window: MainWindow) -> None:
    catcher = _Catcher(window)

    def in_main(kind, error, trace):
        if issubclass(kind, KeyboardInterrupt):
            QCoreApplication.exit(130)
            return
        catcher.catch(error, "".join(traceback.format_exception(kind, error, trace)))

    def in_thread(args: threading.ExceptHookArgs):
        in_main(args.exc_type, args.exc_value, args.exc_traceback)

    sys.excepthook = in_main
    threading.excepthook = in_thread


def obstacle() -> str:
    """One sentence on why no window can be shown here, or nothing."""
    if sys.version_info < (3, 12) and PySide6.__version__.startswith("6.12."):
        return (
            f"PySide6 {PySide6.__version__} crashes on Python {platform.python_version()}: "
            "install PySide6-Essentials 6.11 or use Python 3.12."
        )
    chosen = os.environ.get("QT_QPA_PLATFORM", "")
    if sys.platform != "linux" or (chosen and not chosen.startswith("xcb")):
        return ""
    if os.environ.get("WAYLAND_DISPLAY") and not chosen:
        return ""
    display = os.environ.get("DISPLAY", "")
    if not display:
        return (
            "There is no display to show the window on: run it on a desktop, or under a virtual "
            "one with `xvfb-run make run`."
        )
    try:
        ctypes.CDLL("libxcb-cursor.so.0")
        xcb = ctypes.CDLL("libxcb.so.1")
    except OSError as error:
        return (
            f"Qt lacks a system library ({error}): install it with "
            "`sudo apt-get install libxcb-cursor0 libxkbcommon-x11-0 libxcb-icccm4 "
            "libxcb-keysyms1 libxcb-shape0` or your system's like."
        )
    xcb.xcb_connect.restype = ctypes.c_void_p
    connection = ctypes.c_void_p(xcb.xcb_connect(display.encode(), None))
    broken = xcb.xcb_connection_has_error(connection)
    xcb.xcb_disconnect(connection)
    if broken:
        return (
            f"The display {display} cannot be reached: check DISPLAY, or use a virtual one with "
            "`xvfb-run make run`."
        )
    return ""
