"""Who may import whom: read from every file's own words, and from what really gets loaded."""

from __future__ import annotations

import ast
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
OURS = {"explorer", "models", "tests", "benchmarks", "main"}
WINDOWS = {"PySide6", "pyqtgraph", "shiboken6"}
BRIDGES = {
    "explorer/session.py",
    "explorer/studio.py",
    "explorer/jobs.py",
    "explorer/drive_jobs.py",
    "explorer/model_jobs.py",
    "explorer/picture_jobs.py",
}
PANELS = (
    "explorer/latents",
    "explorer/drive",
    "explorer/drives",
    "explorer/picture",
    "explorer/training",
    "explorer/lessons",
    "explorer/traversals",
    "explorer/paths",
    "explorer/runs",
    "explorer/frames",
    "explorer/map",
    "explorer/probes",
)


@cache
def imports(path: Path) -> set[str]:
    """Every module a file names in an import, at its top or inside a function."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are written out in full here"
            found.add(node.module)
            # `from models import checkpoint` may name a module as well as something in it.
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module"):
            found |= {word.value for word in node.args if isinstance(word, ast.Constant)}
    return found


def files(*folders: str) -> list[Path]:
    there = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]
    assert there, f"no files in {folders}"
    return there


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def within(module: str, *packages: str) -> bool:
    return any(module == package or module.startswith(f"{package}.") for package in packages)


def roots(modules: set[str]) -> set[str]:
    return {module.split(".")[0] for module in modules}


def ours(modules: set[str]) -> set[str]:
    return {module for module in modules if module.split(".")[0] in OURS}


@pytest.mark.parametrize("path", files("models"), ids=named)
def test_models_know_no_window(path):
    assert not roots(imports(path)) & (WINDOWS | {"explorer", "tests"})


@pytest.mark.parametrize("path", files("explorer"), ids=named)
def test_the_window_knows_no_torch(path):
    foreign = {"torch", "gymnasium", "pygame", "safetensors"}
    assert not roots(imports(path)) & (foreign | {"tests", "benchmarks"})


@pytest.mark.parametrize("path", files("explorer"), ids=named)
def test_only_the_session_and_its_jobs_know_both_worlds(path):
    if named(path) not in BRIDGES:
        assert "models" not in roots(imports(path))


@pytest.mark.parametrize("path", files(*PANELS), ids=named)
def test_panels_know_numbers_widgets_and_their_own_folder(path):
    own = f"explorer.{path.parent.name}"
    strangers = [m for m in ours(imports(path)) if not within(m, "explorer.widgets", own)]
    assert not strangers


@pytest.mark.parametrize("path", files("explorer/widgets"), ids=named)
def test_widgets_know_only_widgets(path):
    assert not [m for m in ours(imports(path)) if not within(m, "explorer.widgets")]


@pytest.mark.parametrize("path", files(*PANELS, "explorer/widgets"), ids=named)
def test_panels_and_widgets_need_only_qt_pyqtgraph_and_numpy(path):
    allowed = {"PySide6", "pyqtgraph", "numpy", "explorer"} | set(sys.stdlib_module_names)
    assert roots(imports(path)) <= allowed


def test_the_worker_needs_only_qtcore():
    modules = imports(ROOT / "explorer/worker.py")
    qt = {module for module in modules if module.startswith("PySide6.")}
    assert all(module.startswith("PySide6.QtCore") for module in qt)
    assert roots(modules) <= {"PySide6"} | set(sys.stdlib_module_names)


def loaded_by(code: str) -> set[str]:
    """The modules that are loaded after running `code` in an interpreter of its own."""
    code += "\nimport sys\nprint('loaded', *sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return roots(set(done.stdout.split("loaded ")[-1].split()))


def test_importing_models_loads_no_window():
    names = [named(path)[:-3].replace("/", ".") for path in files("models")]
    names = [name.removesuffix(".__init__") for name in names]
    loaded = loaded_by(f"import {', '.join(names)}")
    assert "torch" in loaded  # it looked at the right thing
    assert not loaded & (WINDOWS | {"explorer"})
    assert "matplotlib" not in loaded  # only who draws pays for it


def test_importing_the_window_loads_no_torch():
    loaded = loaded_by("import explorer.app")
    assert "PySide6" in loaded
    assert not loaded & {"torch", "gymnasium", "pygame"}


def test_a_process_spawned_by_the_program_loads_no_window():
    assert not loaded_by("import main, models.collect") & (WINDOWS | {"explorer", "torch"})
