"""Of a workbook the first visible sheet with a table is read, and the others are named."""

from __future__ import annotations

from typing import TYPE_CHECKING

import openpyxl
import pytest
from openpyxl.chart import BarChart, Reference

from app.engine.errors import UserError
from app.engine.experiment.data_settings import DataSettings
from app.engine.sources.tables.reading import read_table

if TYPE_CHECKING:
    from pathlib import Path

    from openpyxl.worksheet.worksheet import Worksheet

    from app.engine.sources.tables.columns import Table


def fill(sheet: Worksheet, names: tuple[str, ...] = ("size", "label")) -> None:
    sheet.append(list(names))
    for row in range(20):
        sheet.append([row, "ab"[row % 2]])


def book() -> openpyxl.Workbook:
    workbook = openpyxl.Workbook()
    workbook.remove(workbook.active)
    return workbook


def read(workbook: openpyxl.Workbook, path: Path, sheet: str | None = None) -> Table:
    workbook.save(path / "a.xlsx")
    return read_table(path / "a.xlsx", DataSettings(sheet=sheet))


def test_a_page_of_words_in_front_is_passed_over(tmp_path: Path) -> None:
    workbook = book()
    workbook.create_sheet("Read me")["A1"] = "Made in May."
    fill(workbook.create_sheet("Data"))

    table = read(workbook, tmp_path)
    assert table.dialect.sheet == "Data" and len(table) == 20
    assert table.notes[0] == "Read is the sheet 'Data'; there are also 'Read me'."
    assert "first sheet with a table" in table.dialect.reasons["sheet"]


@pytest.mark.parametrize("state", ("hidden", "veryHidden"))
def test_a_hidden_sheet_is_passed_over(tmp_path: Path, state: str) -> None:
    workbook = book()
    fill(workbook.create_sheet("Lists"), ("code", "meaning"))
    fill(workbook.create_sheet("Data"))
    workbook["Lists"].sheet_state = state

    assert read(workbook, tmp_path).column_names == ("size", "label")
    assert read(workbook, tmp_path, "Lists").column_names == ("code", "meaning")


def test_a_chart_in_front_is_passed_over(tmp_path: Path) -> None:
    workbook = book()
    chart = BarChart()
    fill(workbook.create_sheet("Data"))
    chart.add_data(Reference(workbook["Data"], min_col=1, min_row=1, max_row=21))
    workbook.create_chartsheet("Chart", 0).add_chart(chart)

    assert read(workbook, tmp_path).dialect.sheet == "Data"


def test_the_first_of_two_tables_is_read(tmp_path: Path) -> None:
    workbook = book()
    fill(workbook.create_sheet("May"))
    fill(workbook.create_sheet("June"))
    table = read(workbook, tmp_path)
    assert table.dialect.sheet == "May" and "'June'" in table.notes[0]
    assert read(workbook, tmp_path, "June").notes == ()


def test_a_workbook_without_a_table_says_what_is_in_it(tmp_path: Path) -> None:
    workbook = book()
    workbook.create_sheet("Read me")
    with pytest.raises(UserError, match="nothing in its sheet 'Read me'"):
        read(workbook, tmp_path)
