"""The directions of imports between parts and between rooms, and no cycle anywhere."""

from __future__ import annotations

import ast
import subprocess
import sys

import pytest

from tests.house.import_graph import (
    MODULES,
    ROOT,
    SOURCE,
    Import,
    all_imports,
    cycles,
    imports_of,
    module_name,
    within,
)

QT = {"PySide6", "shiboken6", "pyqtgraph", "qtawesome", "qtpy"}

ENGINE_ROOMS = (
    "data",
    "learning",
    "experiment",
    "sources",
    "compute",
    "runs",
    "advice",
    "memory",
    "training",
    "planning",
    "race",
    "results",
    "insight",
    "explain",
    "robustness",
    "suspects",
    "predicting",
    "export",
    "detached",
    "report",
    "search",
    "queue",
    "remote",
    "cluster",
    "studies",
)
"""Lower rooms first: a room imports itself and what stands before it."""

MODELS_IMPORT = sys.stdlib_module_names | {"models", "torch", "pydantic", "typing_extensions"}
"""Packages that the networks may import."""

ENGINE_GROUND = (
    "csv_cells",
    "errors",
    "extras",
    "files",
    "folders",
    "foreign",
    "free_memory",
    "garbage",
    "own_process",
    "text",
    "ticks",
    "walk",
)
"""Modules of the engine itself that every room may import."""

ENGINE_TOP = ("diagnosis",)
"""Modules of the engine itself that may import every room, and that no room imports."""

WINDOW_ROOMS = ("style", "text", "state", "widgets", "plots", "canvas", "pages", "shell")
"""Lower rooms first, as in the engine."""

WITHOUT_TORCH = (
    "app.cli",
    "app.launch",
    "app.output",
    "app.terminal",
    "app.headless",
    "app.engine.errors",
    "app.engine.files",
    "app.engine.text",
    "app.engine.diagnosis",
    "app.engine.data.*",
    "app.engine.learning.*",
    "app.engine.experiment.*",
    "app.engine.sources.*",
    "app.engine.advice.*",
    "app.engine.compute.device",
    "app.engine.runs.events",
    "app.engine.runs.control",
    "app.engine.runs.history",
    "app.engine.runs.run",
    "app.engine.results.report",
    "app.engine.results.reports.*",
    "app.engine.results.inputs",
    "app.engine.results.curve_image",
    "models.spec",
    "models.shape",
    "models.graph",
    "models.template",
    "models.cnn.*",
    "models.transformer.*",
)
"""What is needed before a training: it starts at once, for torch takes seconds to load."""

NEEDS_TORCH = {"app.engine.learning.combined_optimizer"}
"""It is a torch.optim.Optimizer; the optimizer that needs it imports it when it is built."""


def room_of(name: str, package: str) -> str:
    """Returns the first name behind the package, "" for a module that lies elsewhere."""
    prefix = package + "."
    return name.removeprefix(prefix).partition(".")[0] if name.startswith(prefix) else ""


def level_in_engine(name: str) -> int | None:
    """Returns how high a module of the engine stands, None for a module elsewhere."""
    room = room_of(name, "app.engine")
    if not room:
        return None
    if room in ENGINE_GROUND:
        return -1
    if room in ENGINE_TOP:
        return len(ENGINE_ROOMS)

    return ENGINE_ROOMS.index(room)


def level_in_window(name: str) -> int | None:
    """Returns how high a module of the window stands, None for a module elsewhere."""
    room = room_of(name, "app.ui")
    return WINDOW_ROOMS.index(room) if room else None


def may_import(here: str, name: str) -> bool:
    """Returns whether a module may import another, by the parts in which they stand."""
    top = name.partition(".")[0]
    if top == "tests":
        return False
    if within(here, "models"):
        return top in MODELS_IMPORT
    if within(here, "app.engine"):
        return top not in QT and (name == "app" or top != "app" or within(name, "app.engine"))
    if within(here, "app.ui"):
        return (
            (top != "torch" or here == "app.ui.shell.application")
            and not within(name, "models.network", "models.layers")
            and (name == "app" or top != "app" or within(name, "app.engine", "app.ui"))
        )

    return top not in QT and (not within(name, "app.ui") or here == "app.cli")


def test_imports_flow_one_way() -> None:
    assert {found.importer for found in all_imports()} <= set(MODULES)
    wrong = [str(each) for each in all_imports() if not may_import(each.importer, each.imported)]
    assert len(all_imports()) > 5000 and not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    ("here", "name"),
    (
        ("models.graph", "numpy"),
        ("models.graph", "app"),
        ("app.engine.files", "tests.faults"),
        ("app.engine.files", "PySide6.QtCore"),
        ("app.engine.files", "app.output"),
        ("app.ui.state.document", "torch"),
        ("app.ui.state.document", "models.layers.block"),
        ("app.ui.state.document", "app.headless"),
        ("app.headless", "PySide6"),
        ("app.headless", "app.ui.shell.application"),
    ),
)
def test_the_rule_finds_what_it_is_for(here: str, name: str) -> None:
    assert not may_import(here, name)
    assert may_import(here, "models.shape") and may_import("app.cli", "app.ui.shell.application")


@pytest.mark.parametrize("level", (level_in_engine, level_in_window))
def test_lower_rooms_do_not_import_higher_ones(level: object) -> None:
    assert callable(level)
    upward = [
        str(found)
        for found in all_imports()
        if (here := level(found.importer)) is not None
        and (there := level(found.imported)) is not None
        and there > here
    ]
    assert not upward, "\n".join(upward)


def test_every_folder_of_engine_and_window_is_a_room() -> None:
    engine = {room_of(name, "app.engine") for name in MODULES} - {""}
    assert engine == {*ENGINE_ROOMS, *ENGINE_GROUND, *ENGINE_TOP}
    assert {room_of(name, "app.ui") for name in MODULES} - {""} == set(WINDOW_ROOMS)


def test_no_modules_import_each_other() -> None:
    """Not even for types: two files that need each other are one subject, or need a third."""
    edges = [
        (found.importer, found.imported)
        for found in all_imports()
        if found.imported in MODULES and found.imported != found.importer
    ]
    assert not cycles(edges)


def test_the_cycle_finder_finds_cycles() -> None:
    edges = [("a", "b"), ("b", "c"), ("c", "a"), ("c", "d"), ("d", "e"), ("e", "d"), ("f", "a")]
    assert sorted(cycles(edges)) == [["a", "b", "c"], ["d", "e"]]


def test_imports_in_functions_and_strings_are_counted() -> None:
    path = ROOT / "app" / "engine" / "learning" / "optimizers" / "muon.py"
    late = "app.engine.learning.combined_optimizer"
    assert any(found.imported == late for found in imports_of(path))

    registry = ROOT / "app" / "engine" / "learning" / "loss.py"
    assert any(found.imported == "app.engine.learning.losses" for found in imports_of(registry))


def test_models_read_no_files() -> None:
    for path in (path for path in SOURCE if within(module_name(path), "models")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id != "open", path

    imported = {each.imported for each in all_imports() if within(each.importer, "models")}
    assert imported and not {"pathlib", "os", "io", "shutil"} & imported


# --- what is loaded when


def expanded(patterns: tuple[str, ...]) -> list[str]:
    """Returns the modules that these names stand for; `package.*` is the package with all below."""
    names: list[str] = []
    for pattern in patterns:
        package = pattern.removesuffix(".*")
        names += [
            name
            for name in MODULES
            if name == package or (pattern != package and within(name, package))
        ]

    return [name for name in names if name not in NEEDS_TORCH]


def loaded_by(modules: list[str]) -> set[str]:
    """Returns the top-level packages that importing these brings along, in a process of its own."""
    code = (
        f"import importlib, sys\nfor name in {modules!r}: importlib.import_module(name)\n"
        "print(*sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, encoding="utf-8"
    )
    assert done.returncode == 0, done.stderr

    return {name.partition(".")[0] for name in done.stdout.split()}


def test_what_is_needed_at_the_start_comes_without_torch() -> None:
    assert not loaded_by(expanded(WITHOUT_TORCH)) & ({"torch"} | QT)


@pytest.mark.skipif(sys.platform == "win32", reason="there torch must come before Qt")
def test_the_window_comes_without_torch() -> None:
    assert "torch" not in loaded_by(expanded(("app.ui.*",)))


def test_the_engine_comes_without_qt() -> None:
    assert not loaded_by(expanded(("app.engine.*", "models.*"))) & QT


def test_an_import_reads_well_in_a_message() -> None:
    assert str(Import("a.b", 3, "c")) == "a.b:3 imports c"
