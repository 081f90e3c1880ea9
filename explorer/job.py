"""Where the work of the worker threads is found: by name, once the window is on screen.

It does not know what is computed; `explorer.jobs` does, and importing that takes two seconds.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from types import ModuleType
from typing import Any


def jobs() -> ModuleType:
    """The module of all jobs; a worker's thread imports it first."""
    return import_module("explorer.jobs")


def job(name: str) -> Callable[[Any], Any]:
    """That function of `explorer.jobs`, which is imported in the worker's thread."""
    return lambda request: getattr(jobs(), name)(request)
