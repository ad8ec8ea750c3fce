"""Layout: short files and functions, small folders, paragraphs, one assignment a line."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.house.import_graph import ROOT, SOURCE, module_name

if TYPE_CHECKING:
    from collections.abc import Iterator
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


def wrong_in(path: Path) -> Iterator[str]:
    """Yields what is too long in a file, or missing."""
    text = path.read_text(encoding="utf-8")
    if (length := len(text.splitlines())) > LONGEST_FILE:
        yield f"{length} lines; more than one subject?"

    tree = ast.parse(text)
    if not ast.get_docstring(tree):
        yield "its docstring is to say what it is, in a sentence"
    if "TODO" in text:
        yield "it has a TODO"
    if not (path.parent / "__init__.py").exists():
        yield "its folder has no __init__.py"

    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            assert node.end_lineno is not None
            if (length := node.end_lineno - node.lineno + 1) > LONGEST_FUNCTION:
                yield f"{node.name} has {length} lines"


def test_files_and_functions_are_short_and_a_file_says_what_it_is() -> None:
    wrong = [f"{module_name(path)}: {what}" for path in SOURCE for what in wrong_in(path)]
    assert len(SOURCE) > 1000 and not wrong, "\n".join(wrong)


def test_the_rule_finds_what_it_is_for(tmp_path: Path) -> None:
    path = tmp_path / "long.py"
    path.write_text("# TO" + "DO\ndef long():\n" + "    x = 1\n" * LONGEST_FILE)
    found = [what.partition(" ")[0] for what in wrong_in(path)]
    assert found == ["402", "its", "it", "its", "long"]


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
