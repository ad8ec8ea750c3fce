"""Columns that are aligned by blanks are columns, whatever else stands between them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from app.engine.experiment.data_settings import DataSettings
from app.engine.sources.opening import open_dataset
from app.engine.sources.tables.reading import read_table

if TYPE_CHECKING:
    from app.engine.sources.tables.columns import Table

CASES = Path(__file__).parents[3] / "cases" / "tables"


def read(path: Path, lines: list[str], **settings: object) -> Table:
    path.write_text("\n".join([*lines, ""]))
    return read_table(path, DataSettings.model_validate(settings))


def test_numbers_by_blanks_and_a_name_behind_a_tab() -> None:
    table = read_table(CASES / "fixedwidth.data", DataSettings())
    assert len(table) == 120 and table.dialect.delimiter == " "
    assert [column.kind for column in table.columns] == ["number", "number", "number", "text"]
    assert table.cells(1) == [["12.7", "9", "37.98", "car red 0"]]
    assert (
        open_dataset(DataSettings(source=str(CASES / "fixedwidth.data"))).description.total == 120
    )


def test_the_layout_of_eight_columns(tmp_path: Path) -> None:
    lines = [
        f"{n + 10:.1f}   {n % 5 + 3}   {n * 7.1:5.1f}      {'?' if n == 9 else f'{n}.0'}      "
        f'{n * 31}.      {n % 9}.5   {n % 13 + 70}  {n % 3}\t"car {n % 4}"'
        for n in range(40)
    ]
    table = read(tmp_path / "auto.data", lines)
    assert len(table.columns) == 9 and len(table) == 40
    assert [column.kind for column in table.columns] == [*["number"] * 8, "text"]


def test_texts_with_a_blank_within(tmp_path: Path) -> None:
    lines = ["town            people   rain"]
    lines += [f"{f'New Town {n}':<16}{n * 100:<9}{n + 0.5}" for n in range(20)]
    table = read(tmp_path / "a.txt", lines)
    assert table.column_names == ("town", "people", "rain") and len(table) == 20
    assert table.cells(1) == [["New Town 0", "0", "0.5"]]
    assert "two or more spaces" in table.dialect.reasons["delimiter"]


def test_decimal_commas_in_aligned_columns(tmp_path: Path) -> None:
    lines = [f"{n},5   {n * 2},25  {n % 3}" for n in range(20)]
    table = read(tmp_path / "a.data", lines)
    assert len(table.columns) == 3 and table.by_name["column 2"].numbers[0][3] == 6.25


@pytest.mark.parametrize("delimiter", (",", ";", "|", "\t"))
def test_padded_cells_are_no_aligned_columns(tmp_path: Path, delimiter: str) -> None:
    lines = [f"name{delimiter}    size{delimiter}    kind"]
    lines += [f"a b{delimiter}  {n:6}{delimiter}   k {n % 3}" for n in range(20)]
    table = read(tmp_path / "a.csv", lines)
    assert table.column_names == ("name", "size", "kind") and table.dialect.delimiter == delimiter


def test_aligned_columns_can_be_chosen(tmp_path: Path) -> None:
    lines = ["town  people", *(f"T {n}  {n}" for n in range(20))]
    table = read(tmp_path / "a.txt", lines, delimiter="  ")
    assert table.column_names == ("town", "people") and len(table) == 20
