"""Numbers as a person reads them: grouped digits, three figures, spans of time, moments.

It does not know what the numbers measure, nor who shows them.
"""

from __future__ import annotations

import math
from datetime import datetime

_THIN_SPACE = "\u2009"
# Not by strftime: its names are of the C library's locale, the rest of the window is English.
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def grouped(number: float) -> str:
    """A whole number with thin spaces between thousands: 48 000."""
    return f"{number:,.0f}".replace(",", _THIN_SPACE)


def three_figures(number: float) -> str:
    """A measured number to three significant figures, never in exponent form: 14.6, 1 480."""
    if abs(number) >= 999.5:
        return grouped(number)
    if abs(number) < 0.001:
        return f"{number:.3f}"
    return f"{number:#.3g}".rstrip(".")


def short(number: float, decimals: int = 1) -> str:
    """A number in at most six characters: 14.4, and from 10 000 on 9.6e16."""
    if not 9999.5 <= abs(number) < math.inf:
        return f"{number:.{decimals}f}"
    figures, power = f"{number:.1e}".split("e")
    return f"{figures}e{int(power)}"


def duration(seconds: float) -> str:
    """A span of time in its two largest units: 42 s, 3 min 20 s, 2 h 5 min."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"{grouped(hours)} h {minutes} min"


def when(started: str) -> str:
    """A time in ISO 8601 as a person writes it: 21 Nov 16:05."""
    try:
        moment = datetime.fromisoformat(started)
    except ValueError:
        return started
    return f"{moment.day} {_MONTHS[moment.month - 1]} {moment:%H:%M}"


def clock(seconds: float) -> str:
    """A span of time as a stopwatch shows it: 0:42.1."""
    tenths = int(seconds * 10 + 1e-6)  # a stopwatch does not round up
    return f"{tenths // 600}:{tenths // 10 % 60:02d}.{tenths % 10}"
