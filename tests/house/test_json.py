"""JSON is written in one place, which refuses what JSON does not know: NaN and infinity."""

from __future__ import annotations

import ast

import pytest

from tests.house.import_graph import ROOT, SOURCE

ALLOWED = {
    "app/engine/files.py": "the place itself",
    "app/engine/sources/tables/spreadsheets/child.py": "cells to the program, which may be NaN",
    "app/engine/export/loaders/answer.py": "a script without this program, a number or two",
    "app/engine/remote/helper.py": "a script without this program, of numbers and texts",
    "app/launch.py": "it runs before the packages are installed, and writes two plain texts",
}


def writes_json(source: str) -> list[int]:
    """Returns the lines in which a source writes JSON with the standard library."""
    tree = ast.parse(source)
    called = [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and node.attr in ("dump", "dumps", "JSONEncoder")
        and isinstance(node.value, ast.Name)
        and node.value.id == "json"
    ]
    imported = [
        node.lineno
        for node in ast.walk(tree)
        if (isinstance(node, ast.ImportFrom) and node.module == "json")
        or (
            isinstance(node, ast.Import)
            and any(name.name.startswith("json") and name.asname for name in node.names)
        )
    ]
    return called + imported


def test_json_is_written_by_one_file() -> None:
    found = {
        path.relative_to(ROOT).as_posix()
        for path in SOURCE
        if writes_json(path.read_text(encoding="utf-8"))
    }
    assert found == set(ALLOWED), "use json_line, json_text, json_bytes or write_json of files.py"


@pytest.mark.parametrize(
    "line",
    (
        "text = json.dumps(x)",
        "json.dump(x, file)",
        "write = json.dumps",
        "from json import dumps",
        "import json as j",
    ),
)
def test_the_rule_finds_what_it_is_for(line: str) -> None:
    assert writes_json(line)
