"""Layout: short files and functions, small folders, paragraphs, one assignment a line."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.house.import_graph import ROOT, SOURCE, module_name

if TYPE_CHECKING:
    from pathlib import Path

LONGEST_FILE = 400
LONGEST_FUNCTION = 60
LONGEST_LINE = 100
LARGEST_FOLDER = 20
"""Modules in a folder, `__init__.py` not counted."""

LEAST_BLANK = 0.06
"""Share of blank lines in functions; the code bases that read best have 0.06 to 0.09."""

MOST_PACKED = 0.02
"""Share of assignments that pack several values into one line: `a, b = x, y`."""


@dataclass
class Layout:
    """Counts over some files."""

    function_lines: int = 0
    blank_lines: int = 0
    assignments: int = 0
    packed: int = 0
    functions: int = 0

    def add(self, path: Path) -> None:
        """Counts one file."""
        text = path.read_text(encoding="utf-8")
        lines = text.splitlines()
        inside: set[int] = set()

        for node in ast.walk(ast.parse(text)):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                assert node.end_lineno is not None
                inside.update(range(node.lineno, node.end_lineno + 1))
                self.functions += 1
            elif isinstance(node, ast.Assign):
                self.assignments += 1
                self.packed += isinstance(node.targets[0], ast.Tuple) and isinstance(
                    node.value, ast.Tuple
                )
            elif isinstance(node, (ast.AnnAssign, ast.AugAssign)):
                self.assignments += 1

        self.function_lines += len(inside)
        self.blank_lines += sum(not lines[number - 1].strip() for number in inside)


@pytest.mark.parametrize("part", ("app", "models", "tests"))
def test_text_breathes(part: str) -> None:
    layout = Layout()
    for path in (ROOT / part).rglob("*.py"):
        layout.add(path)

    assert layout.functions
    assert layout.blank_lines / layout.function_lines >= LEAST_BLANK
    assert layout.packed / layout.assignments <= MOST_PACKED


@pytest.mark.parametrize("path", SOURCE, ids=module_name)
def test_a_file_is_short_and_says_what_it_is(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    lines = text.splitlines()
    assert len(lines) <= LONGEST_FILE, f"{len(lines)} lines; more than one subject?"
    assert ast.get_docstring(ast.parse(text)), "its docstring says what it is, in a sentence"
    assert "TODO" not in text
    assert (path.parent / "__init__.py").exists()


@pytest.mark.parametrize("path", SOURCE, ids=module_name)
def test_a_function_fits_on_a_screen(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            assert node.end_lineno is not None
            length = node.end_lineno - node.lineno + 1
            assert length <= LONGEST_FUNCTION, f"{node.name} has {length} lines"


def test_no_line_is_too_long() -> None:
    long = [
        f"{path.relative_to(ROOT)}:{number}"
        for part in ("app", "models", "tests")
        for path in (ROOT / part).rglob("*.py")
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if len(line) > LONGEST_LINE
    ]
    assert not long


def test_no_folder_is_a_hall() -> None:
    folders = {path.parent for part in ("app", "models") for path in (ROOT / part).rglob("*.py")}
    for folder in sorted(folders):
        modules = [path for path in folder.glob("*.py") if path.name != "__init__.py"]
        assert len(modules) <= LARGEST_FOLDER, f"{folder.relative_to(ROOT)}: {len(modules)} modules"
