"""The rules of the house: who may import whom, what starts without torch, how long a file is, what
the README says.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from app.engine.experiment import toml_file
from tests import readme

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
SOURCE = sorted([*ROOT.glob("app/**/*.py"), *ROOT.glob("models/**/*.py")])
QT = {"PySide6", "shiboken6", "pyqtgraph", "qtawesome", "qtpy"}
TOP_LEVEL = {
    "app", "models", "resources", "tests", "pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md", ".gitignore",
    ".ci",
}  # fmt: skip
TORCH_FREE = [
    "app.cli", "app.launch", "app.speaking", "app.terminal", "app.headless",
    "app.engine.errors", "app.engine.experiment.*", "app.engine.compute.device", "app.engine.diagnosis",
    "app.engine.learning.*", "app.engine.data.*", "app.engine.sources.*", "app.engine.advice.*",
    *(f"app.engine.runs.{name}" for name in ("events", "control", "history", "run")),
    *(f"app.engine.results.{name}" for name in ("report", "curve_image")),
    "models.spec", "models.shape", "models.graph", "models.template", "models.cnn.*", "models.transformer.*",
]  # fmt: skip


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imports(path: Path) -> Iterator[str]:
    """Every module that is imported anywhere in a file, inside functions too; not what only a type
    checker reads.
    """
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            node.body = []

    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield node.module or ""


def within(name: str, *packages: str) -> bool:
    return any(name == package or name.startswith(package + ".") for package in packages)


@pytest.mark.parametrize("path", SOURCE, ids=module_name)
def test_imports_flow_one_way(path: Path) -> None:
    here = module_name(path)
    for name in imports(path):
        top = name.partition(".")[0]
        assert not within(name, "tests"), f"{here} imports {name}"

        if within(here, "models"):
            allowed = top in sys.stdlib_module_names or top in (
                "models",
                "torch",
                "pydantic",
                "typing_extensions",
            )
            assert allowed, f"{here} imports {name}"
        elif within(here, "app.engine"):
            assert top not in QT, f"{here} imports {name}"
            assert name == "app" or top != "app" or within(name, "app.engine"), (
                f"{here} imports {name}"
            )
        elif within(here, "app.ui"):
            assert top != "torch" or here == "app.ui.shell.application", f"{here} imports {name}"
            assert not within(name, "models.network", "models.layers"), f"{here} imports {name}"
            assert top != "app" or within(name, "app.engine", "app.ui", "app"), (
                f"{here} imports {name}"
            )
            assert not within(name, "app.cli", "app.headless", "app.terminal"), (
                f"{here} imports {name}"
            )
        else:
            assert top not in QT, f"{here} imports {name}"
            assert not within(name, "app.ui") or here == "app.cli", f"{here} imports {name}"


@pytest.mark.parametrize(
    "path", [path for path in SOURCE if within(module_name(path), "models")], ids=module_name
)
def test_models_read_no_files(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id != "open", path
    assert not {"pathlib", "os", "io", "shutil"} & set(imports(path)), path


@pytest.mark.parametrize("path", SOURCE, ids=module_name)
def test_a_file_is_short_and_says_what_it_is(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    lines = len(text.splitlines())
    assert lines <= 400, f"{lines} lines; more than one subject?"
    assert readme.phrase_of(path), "its docstring says what it is, in a sentence"
    assert "TODO" not in text
    assert (path.parent / "__init__.py").exists()


NEEDS_TORCH = {"app.engine.learning.combined_optimizer"}
"""It is a torch.optim.Optimizer; the optimizer that needs it imports it when it is built."""


def expanded(patterns: list[str]) -> list[str]:
    names = []
    for pattern in patterns:
        if pattern.endswith(".*"):
            folder = ROOT.joinpath(*pattern[:-2].split("."))
            names += [module_name(path) for path in sorted(folder.rglob("*.py"))]
        else:
            names.append(pattern)

    return [name for name in names if name not in NEEDS_TORCH]


def loaded_by(modules: list[str]) -> set[str]:
    """The top-level packages that importing these brings along, in a process of its own."""
    code = f"import importlib, sys\nfor name in {modules!r}: importlib.import_module(name)\nprint(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, encoding="utf-8"
    )
    assert done.returncode == 0, done.stderr

    return {name.partition(".")[0] for name in done.stdout.split()}


def test_what_is_needed_at_the_start_comes_without_torch() -> None:
    assert not loaded_by(expanded(TORCH_FREE)) & ({"torch"} | QT)


@pytest.mark.skipif(sys.platform == "win32", reason="there torch must come before Qt")
def test_the_window_comes_without_torch() -> None:
    assert "torch" not in loaded_by(expanded(["app.ui.*"]))


def test_the_engine_comes_without_qt() -> None:
    assert not loaded_by(expanded(["app.engine.*", "models.*"])) & QT


def test_the_top_level_holds_nothing_else() -> None:
    try:
        tracked = subprocess.run(
            ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this is no clone")
    assert {name.partition("/")[0].strip('"') for name in tracked.splitlines()} <= TOP_LEVEL


def test_the_readme_follows_the_code() -> None:
    page = readme.README.read_text(encoding="utf-8")
    assert page == readme.written(page), "run: python -m tests.readme"


def test_the_experiment_in_the_readme_is_one() -> None:
    (text,) = re.findall(r"```toml\n(.*?)```", readme.README.read_text(encoding="utf-8"), re.DOTALL)
    experiment = toml_file.from_plain(tomllib.loads(text))
    assert experiment.model is not None
    assert (experiment.model.kind, experiment.training.epochs) == ("resnet", 12)


def test_the_readme_names_every_command() -> None:
    from app.cli import cli

    page = readme.README.read_text(encoding="utf-8")
    assert all(f"netwright {name}" in page for name in cli.commands)
