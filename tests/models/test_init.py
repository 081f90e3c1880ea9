"""The package as a whole: it stands without the window and keeps stdout to itself."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]

IMPORT_ALL = """
import importlib, json, pkgutil, sys
import models
for module in pkgutil.iter_modules(models.__path__):
    importlib.import_module(f"models.{module.name}")
print(json.dumps(sorted({name.split(".")[0] for name in sys.modules})))
"""


def test_importing_all_of_it_loads_no_window_and_prints_nothing():
    run = subprocess.run(
        [sys.executable, "-c", IMPORT_ALL], cwd=ROOT, capture_output=True, text=True, check=True
    )
    loaded = set(json.loads(run.stdout))  # a greeting on stdout would not be JSON
    assert {"models", "torch", "gymnasium", "pygame"} <= loaded
    assert not loaded & {"PySide6", "shiboken6", "pyqtgraph", "explorer"}
