"""Two palettes, dark and light, and the colours that painted widgets take from them.

It does not know which widget asks, nor where the choice is stored.
"""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication, QToolTip, QWidget


@dataclass(frozen=True)
class Theme:
    """Colours as `#rrggbb`; the data colours are Okabe and Ito's, safe for colour-blind eyes."""

    dark: bool
    window: str  # behind everything
    panel: str  # the surface of a dock or a group
    well: str  # sunk areas: tracks, plots, text fields
    border: str
    text: str
    muted: str  # captions and units
    accent: str  # the one colour of things to press
    recon: str  # reconstruction, always a solid line
    kl: str  # KL, always a dashed line
    kl_bar: str  # KL bars behind text
    mu: str  # the posterior's mean; sigma is the same colour, translucent
    handle: str  # the person's own value
    good: str
    warning: str


DARK = Theme(
    dark=True,
    window="#111317",
    panel="#1a1d24",
    well="#12141a",
    border="#2b303b",
    text="#dde1e8",
    muted="#8d94a1",
    accent="#0072b2",
    recon="#56b4e9",
    kl="#e69f00",
    kl_bar="#7a4510",
    mu="#56b4e9",
    handle="#f2f4f7",
    good="#009e73",
    warning="#d55e00",
)

LIGHT = Theme(
    dark=False,
    window="#f4f5f8",
    panel="#fbfcfd",
    well="#e6e9ef",
    border="#cfd5de",
    text="#1b1f26",
    muted="#5a626f",
    accent="#0072b2",
    recon="#0072b2",
    kl="#b85000",
    kl_bar="#f3c28a",
    mu="#0072b2",
    handle="#1b1f26",
    good="#00805d",
    warning="#b84a00",
)


def theme_of(widget: QWidget) -> Theme:
    """The theme a widget is shown in, read from its palette so that no global can disagree."""
    return DARK if widget.palette().window().color().lightnessF() < 0.5 else LIGHT


def apply_theme(app: QApplication, choice: str) -> Theme:
    """Dress the application; `choice` is `system`, `dark` or `light`.

    Where the desktop does not say what it prefers, dark is taken: pictures read best on it.
    """
    hints = QGuiApplication.styleHints()
    schemes = {"dark": Qt.ColorScheme.Dark, "light": Qt.ColorScheme.Light}
    if choice in schemes:
        hints.setColorScheme(schemes[choice])
        theme = DARK if choice == "dark" else LIGHT
    else:
        hints.unsetColorScheme()
        theme = LIGHT if hints.colorScheme() == Qt.ColorScheme.Light else DARK
    app.setStyle("Fusion")
    app.setPalette(_palette(theme))
    QToolTip.setPalette(_palette(theme))  # which keeps the first one else
    app.setStyleSheet(_style_sheet(theme))
    return theme


def _palette(theme: Theme) -> QPalette:
    palette = QPalette()
    role = QPalette.ColorRole
    colors = {
        role.Window: theme.window,
        role.Base: theme.well,
        role.AlternateBase: theme.panel,
        role.Button: theme.panel,
        role.ToolTipBase: theme.panel,
        role.WindowText: theme.text,
        role.Text: theme.text,
        role.ButtonText: theme.text,
        role.ToolTipText: theme.text,
        role.BrightText: "#ffffff",
        role.PlaceholderText: theme.muted,
        role.Highlight: theme.accent,
        role.HighlightedText: "#ffffff",
        role.Link: theme.recon,
        role.Mid: theme.border,
    }
    for which, color in colors.items():
        palette.setColor(which, QColor(color))
    for which in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, which, QColor(theme.muted))
    return palette


def _style_sheet(theme: Theme) -> str:
    """Only what Fusion cannot say through its palette: flat buttons, fields and dock titles."""
    hover = "#262b35" if theme.dark else "#dfe4eb"
    return f"""
    QToolTip {{ border: 1px solid {theme.border}; padding: 4px; }}
    QLabel[role="caption"] {{ color: {theme.muted}; }}
    QLabel[role="warning"] {{ color: {theme.warning}; }}
    QLabel[role="title"] {{ font-weight: 600; }}
    QPushButton {{ background: {hover}; border: 1px solid {theme.border}; border-radius: 4px;
                   padding: 4px 10px; min-height: 18px; }}
    QPushButton:hover {{ border-color: {theme.muted}; }}
    QPushButton:focus {{ border-color: {theme.recon}; }}
    QPushButton:pressed, QPushButton:checked, QPushButton[role="primary"]
        {{ background: {theme.accent}; border-color: {theme.accent}; color: #ffffff; }}
    QPushButton:checked:focus, QPushButton[role="primary"]:focus
        {{ border-color: {theme.text}; }}
    QPushButton:disabled {{ color: {theme.muted}; background: {theme.panel};
                            border-color: {theme.border}; }}
    QToolButton:checked {{ background: {theme.accent}; color: #ffffff; border-radius: 3px; }}
    QToolButton[role="choice"] {{ border: 1px solid {theme.border}; border-radius: 3px;
                                  padding: 0 4px; color: {theme.text}; background: {hover}; }}
    QToolButton[role="choice"]:hover {{ border-color: {theme.muted}; }}
    QToolButton[role="choice"]:focus {{ border-color: {theme.recon}; }}
    QToolButton[role="choice"]:checked:focus {{ border-color: {theme.text}; }}
    QToolButton[role="tab"] {{ border: none; border-bottom: 2px solid transparent;
                               padding: 1px 5px; color: {theme.muted}; background: transparent; }}
    QToolButton[role="tab"]:hover, QToolButton[role="tab"]:checked {{ color: {theme.text}; }}
    QToolButton[role="tab"]:checked {{ background: transparent; border-radius: 0;
                                       border-bottom-color: {theme.accent}; }}
    QToolButton[role="tab"]:focus {{ border-bottom-color: {theme.recon}; }}
    QMainWindow > QTabBar {{ qproperty-drawBase: 0; background: transparent; }}
    QMainWindow > QTabBar::tab {{ border: none; border-bottom: 2px solid transparent;
                                  padding: 5px 3px 3px 3px; margin: 0 7px;
                                  color: {theme.muted}; background: transparent; }}
    QMainWindow > QTabBar::tab:hover, QMainWindow > QTabBar::tab:selected
        {{ color: {theme.text}; }}
    QMainWindow > QTabBar::tab:selected {{ border-bottom-color: {theme.accent}; }}
    QMainWindow > QTabBar::tab:focus {{ border-bottom-color: {theme.recon}; }}
    QAbstractSpinBox {{ background: {theme.well}; border: 1px solid {theme.border};
                                  border-radius: 4px; padding: 2px 4px;
                                  selection-background-color: {theme.accent}; }}
    QAbstractSpinBox:focus {{ border-color: {theme.recon}; }}
    QCheckBox::indicator, QTableView::indicator
        {{ width: 13px; height: 13px; border: 1px solid {theme.muted}; border-radius: 3px;
           background: {theme.well}; }}
    QCheckBox::indicator:checked {{ background: {theme.accent}; border-color: {theme.accent}; }}
    QTableView::indicator:checked {{ background: {theme.good}; border-color: #ffffff; }}
    QTableView {{ border: 1px solid {theme.border}; border-radius: 4px; }}
    QTableView::item {{ padding: 2px 7px; }}
    QTableView::item:selected {{ background: {theme.accent}; color: #ffffff; }}
    QHeaderView::section {{ background: {theme.panel}; color: {theme.muted}; border: none;
                            border-bottom: 1px solid {theme.border}; padding: 4px 7px; }}
    QProgressBar {{ background: {theme.well}; border: none; border-radius: 3px;
                    max-height: 6px; }}
    QProgressBar::chunk {{ background: {theme.good}; border-radius: 3px; }}
    QStatusBar::item {{ border: none; }}
    """
