"""What stands above a table is recognised, told, and no row of it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from app.engine.experiment.data_settings import DataSettings
from app.engine.sources.tables.reading import read_table

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.sources.tables.columns import Table

BODY = "length{0}count{0}colour{0}label\n" + "".join(
    f"{n}.5{{0}}{n % 7}{{0}}{['red', 'blue'][n % 2]}{{0}}{['high', 'low'][n % 2]}\n"
    for n in range(30)
)
NAMES = ("length", "count", "colour", "label")


def read(path: Path, above: str, delimiter: str = ",", newline: str = "\n") -> Table:
    path.write_text((above + BODY.format(delimiter)).replace("\n", newline), newline="")
    return read_table(path, DataSettings())


@pytest.mark.parametrize("delimiter", (";", ",", "|", "\t", "~"))
@pytest.mark.parametrize("newline", ("\n", "\r\n"))
def test_a_line_that_names_the_delimiter(tmp_path: Path, delimiter: str, newline: str) -> None:
    table = read(tmp_path / "a.csv", f"sep={delimiter}\n", delimiter, newline)
    assert table.column_names == NAMES and len(table) == 30
    assert table.row_name(0) == "row 3" and table.dialect.delimiter == delimiter
    assert "first line says so" in table.dialect.reasons["delimiter"]


@pytest.mark.parametrize(
    ("above", "note"),
    (
        ("Measurements of line 4,,,\n,,,\n", "2 lines stand above.*Measurements of line 4"),
        ("Measurements of line 4\n", "first line stands above.*Measurements of line 4"),
        ("# made by a logger\n# version 2, of May\n", "2 lines stand above.*made by a logger"),
        ("# made by a logger\n\n", "2 lines stand above.*made by a logger"),
        ('"Measurements, of line 4",,,\n\nin 2024\n', "3 lines.*Measurements, of line 4"),
    ),
)
def test_titles_and_comments(tmp_path: Path, above: str, note: str) -> None:
    table = read(tmp_path / "a.csv", above)
    assert table.column_names == NAMES and len(table) == 30
    assert table.row_name(0) == f"row {above.count(chr(10)) + 2}"

    assert any(re.search(note, found) for found in table.notes)


@pytest.mark.parametrize("head", ("#length,count,colour,label\n", "length,count,colour,label\n"))
def test_names_that_begin_with_a_sign_are_names(tmp_path: Path, head: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(head + BODY.format(",").split("\n", 1)[1])
    table = read_table(path, DataSettings())
    assert len(table) == 30 and table.column_names[1] == "count" and not table.notes


def test_rows_with_gaps_are_no_title(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a,b,c\n" + "1,,\n" * 3 + "1,2,3\n" * 20)
    table = read_table(path, DataSettings())
    assert table.column_names == ("a", "b", "c") and len(table) == 23
