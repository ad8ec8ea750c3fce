"""Names that are code for somebody: a terminal, a spreadsheet, Qt, a formatter, a file system."""

from __future__ import annotations

import csv
import json
import unicodedata
from typing import TYPE_CHECKING, Any

import pytest

from app.engine.data.names import visible

if TYPE_CHECKING:
    from pathlib import Path

ODD = (
    "\x1b[31mred1\x1b[0m",
    "\x9b31mred2",
    "line3\nforged: 100 %",
    "tab4\tcell",
    "turn5\u202etxt.exe",
    "<b>bold6<img src=x>",
    "Beer7&Bread",
    "lt8&lt;i&gt;",
    "=1+1 sum9",
    "-x minus10",
    "@at11",
    "[red]rich12[/red]",
    "percent13 %s {0} {name}",
    "star14[*]",
    "quote15 \"'`",
    "long16 " + "x" * 300,
    "CON",
    "inf",
    "$dollar17$ \\textbf{x}",
)
"""Each has letters that no other has, so that it is found wherever it is shown."""

FOR_FILES = tuple(name for name in ODD if len(name) < 200 and "/" not in name)
"""Those that name a file or a folder, on systems that take them."""


def require_visible(text: str) -> None:
    """Fails where a printed text has a letter that a terminal obeys; line breaks are its own."""
    seen = [
        f"{letter!a} in {text[max(0, at - 40) : at + 20]!a}"
        for at, letter in enumerate(text)
        if letter != "\n"
        and (unicodedata.category(letter) in ("Cc", "Cs", "Zl", "Zp") or letter != visible(letter))
    ]
    assert not seen, seen[:3]


def strict_json(text: str) -> Any:
    """Returns what a printed text holds in its last line as JSON, which is one object on a line."""
    return json.loads(text.splitlines()[-1], parse_constant=pytest.fail)


def require_safe_cells(path: Path) -> None:
    """Fails where a CSV file has a cell that a spreadsheet takes for a formula."""
    text = path.read_bytes().decode("utf-8-sig")
    delimiter = ";" if text.count(";") > text.count(",") else ","
    cells = [cell for row in csv.reader(text.splitlines(True), delimiter=delimiter) for cell in row]
    assert cells

    formulas = [cell for cell in cells if cell.startswith(("=", "@", "\t", "\r", "\n"))]
    signed = [cell for cell in cells if cell.startswith(("+", "-")) and not _is_number(cell)]
    assert not formulas + signed


def _is_number(cell: str) -> bool:
    try:
        float(cell.replace(",", "."))
    except ValueError:
        return False

    return True


def write_table(path: Path, rows_each: int = 8) -> Path:
    """Writes a table with odd names of columns, of categories and of classes.

    Each class has `rows_each` rows. The last column is the class.
    """
    heads = [f"{name} (number)" for name in ODD[:9]] + ["category", "class"]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(heads)
        for row in range(rows_each * len(ODD)):
            name = ODD[row % len(ODD)]
            numbers = [(row * (3 + column) % 97) / 7 for column in range(len(heads) - 2)]
            writer.writerow([*numbers, ODD[(row // 3) % len(ODD)], name])

    return path
