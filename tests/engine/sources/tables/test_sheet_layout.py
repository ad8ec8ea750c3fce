"""Sheets as people make them: titles, units, merged cells, totals, durations, several sheets."""

from __future__ import annotations

import datetime
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest

from app.engine.data.kinds.row.preparation import RowPreparation
from app.engine.errors import UserError
from app.engine.experiment.data_settings import DataSettings
from app.engine.results.inputs import read_input
from app.engine.sources.opening import open_dataset
from app.engine.sources.tables.reading import read_table

if TYPE_CHECKING:
    from app.engine.sources.tables.columns import Table

CASES = Path(__file__).parents[3] / "cases" / "excel"
NAMES = ("site", "length", "count", "label")
ROWS: list[list[Any]] = [
    [("north", "south")[n // 15], n + 0.5, n % 7, ("high", "low")[n % 2]] for n in range(30)
]


def write(path: Path, rows: list[list[Any]], merged: tuple[str, ...] = ()) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    for cells in merged:
        sheet.merge_cells(cells)
    book.save(path)

    return path


def read(path: Path, **settings: object) -> Table:
    return read_table(path, DataSettings.model_validate(settings))


def told(table: Table, words: str) -> bool:
    return any(words in note for note in table.notes)


def test_a_title_units_and_totals(tmp_path: Path) -> None:
    above: list[list[Any]] = [["Measurements of May"], [], list(NAMES), ["", "mm", "pcs", ""]]
    path = write(tmp_path / "a.xlsx", [*above, *ROWS, ["Total", 465.0, 90, None]], ("A1:D1",))
    table = read(path)
    assert table.column_names == NAMES and len(table) == 30
    assert table.row_name(0) == "row 5" and table.row_name(29) == "row 34"
    assert {column.name: column.unit for column in table.columns if column.unit} == {
        "length": "mm",
        "count": "pcs",
    }
    assert table.by_name["length"].kind == table.by_name["count"].kind == "number"
    assert told(table, "first 2 lines stand above the table and are left out: 'Measurements of May")
    assert told(table, "length in mm, count in pcs") and told(table, "left out: 'Total 465 90'")
    assert (table.dialect.skip_rows, table.dialect.skip_footer) == (2, 1)

    assert len(read(path, skip_footer=0)) == 31
    assert read(path, skip_rows=0, second_row="example").column_names[0] == "Measurements of May"


def test_two_rows_of_names_with_merged_groups(tmp_path: Path) -> None:
    head: list[list[Any]] = [["site", "size", None, "label"], [None, "length", "count", None]]
    path = write(tmp_path / "a.xlsx", [*head, *ROWS], ("B1:C1", "A1:A2", "D1:D2"))
    table = read(path)
    assert table.column_names == ("site", "size length", "size count", "label")
    assert len(table) == 30 and told(table, "names are in two rows")


def test_merged_cells_are_filled_and_told(tmp_path: Path) -> None:
    rows = [[row[0] if number % 15 == 0 else None, *row[1:]] for number, row in enumerate(ROWS)]
    path = write(tmp_path / "a.xlsx", [list(NAMES), *rows], ("A2:A16", "A17:A31"))
    table = read(path)
    assert table.by_name["site"].texts.to_pylist() == [row[0] for row in ROWS]
    assert told(table, "28 empty cells have the value of the ones that they are merged with")

    unmerged = read(write(tmp_path / "b.xlsx", [list(NAMES), *rows]))
    assert unmerged.by_name["site"].texts.to_pylist().count("") == 28


def test_merged_cells_of_a_table_that_begins_further_in(tmp_path: Path) -> None:
    rows = [[None, None, row[0] if n % 15 == 0 else None, *row[1:]] for n, row in enumerate(ROWS)]
    names: list[Any] = [None, None, *NAMES]
    path = write(tmp_path / "a.xlsx", [[], [], names, *rows], ("C4:C18", "C19:C33"))
    table = read(path)
    assert table.column_names == NAMES and table.row_name(0) == "row 4"
    assert table.by_name["site"].texts.to_pylist() == [row[0] for row in ROWS]


def test_every_sheet_is_named_and_can_be_chosen(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    first = book.active
    assert first is not None
    first.title = "May"
    second = book.create_sheet("June")
    for sheet, count in ((first, 30), (second, 20)):
        for row in [list(NAMES), *ROWS[:count]]:
            sheet.append(row)
    book.save(tmp_path / "a.xlsx")

    table = read(tmp_path / "a.xlsx")
    assert len(table) == 30 and told(table, "Read is the sheet 'May'; there are also 'June'.")
    assert len(read(tmp_path / "a.xlsx", sheet="June")) == 20
    with pytest.raises(UserError, match="has no sheet 'July'") as error:
        read(tmp_path / "a.xlsx", sheet="July")
    assert "'May', 'June'" in error.value.remedy and error.value.setting == "data.sheet"


def test_the_cases() -> None:
    assert len(read(CASES / "readme_first.xlsx")) == 90
    when = read(CASES / "hourly.xlsx").by_name["when"]
    assert when.kind == "date" and when.numbers[0][0] % 1 == 0 and not when.numbers[1].any()


# --- durations are amounts of seconds


def test_durations_of_excel(tmp_path: Path) -> None:
    hours = [0.5, 1.25, 24, 30 + 5 / 60, 100]
    rows: list[list[Any]] = [
        [datetime.timedelta(hours=hours[n % 5]), n % 7, ("high", "low")[n % 2]] for n in range(30)
    ]
    path = write(tmp_path / "a.xlsx", [["took", "count", "label"], *rows])
    took = read(path).by_name["took"]
    assert (took.kind, took.unit) == ("number", "s")
    assert took.numbers[0][:5].tolist() == [hour * 3600 for hour in hours]


def test_times_of_day(tmp_path: Path) -> None:
    rows: list[list[Any]] = [[datetime.time(n % 24, 30), n % 7, "ab"[n % 2]] for n in range(48)]
    path = write(tmp_path / "a.xlsx", [["at", "count", "label"], *rows])
    at = read(path).by_name["at"]
    assert (at.kind, at.unit) == ("number", "s")
    assert at.numbers[0][:2].tolist() == [1800, 5400]


def ods(path: Path, durations: list[str]) -> Path:
    """Writes an OpenDocument sheet of durations with a number and a class beside them."""
    cell = '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>'
    rows = ["".join(cell.format(name) for name in ("took", "count", "label"))]
    for number, duration in enumerate(durations):
        rows.append(
            f'<table:table-cell office:value-type="time" office:time-value="{duration}">'
            f"<text:p>{duration}</text:p></table:table-cell>"
            f'<table:table-cell office:value-type="float" office:value="{number % 7}"/>'
            + cell.format("ab"[number % 2])
        )

    body = "".join(f"<table:table-row>{row}</table:table-row>" for row in rows)
    names = "".join(
        f' xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "table", "text")
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr(
            "META-INF/manifest.xml",
            '<m:manifest xmlns:m="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
            '<m:file-entry m:full-path="/" m:media-type='
            '"application/vnd.oasis.opendocument.spreadsheet"/></m:manifest>',
        )
        archive.writestr(
            "content.xml",
            f"<office:document-content{names}><office:body><office:spreadsheet>"
            f'<table:table table:name="Sheet1">{body}</table:table>'
            "</office:spreadsheet></office:body></office:document-content>",
        )

    return path


def test_durations_of_opendocument(tmp_path: Path) -> None:
    given = ["PT00H30M00S", "PT24H48M00S", "PT01H15M00S", "PT100H00M00S"] * 8
    took = read(ods(tmp_path / "a.ods", given)).by_name["took"]
    assert (took.kind, took.unit) == ("number", "s")
    assert took.numbers[0][:4].tolist() == [1800, 89_280, 4500, 360_000]


@pytest.mark.parametrize(
    ("cells", "seconds"),
    (
        (["0:30:00", "30:05:00", "1:15:30"], [1800, 108_300, 4530]),
        (["0 days 01:00:00", "1 days 06:05:00"], [3600, 108_300]),
        (["1 day, 6:05:00", "1:00:00"], [108_300, 3600]),
        (["PT24H48M", "PT0.5S"], [89_280, 0.5]),
        (["2h 50m", "19h", "50m"], [10_200, 68_400, 3000]),
        (["6:30 PM", "12:00 AM"], [66_600, 0]),
    ),
)
def test_durations_in_texts(tmp_path: Path, cells: list[str], seconds: list[float]) -> None:
    path = tmp_path / "a.csv"
    lines = [f'"{cell}";{n}' for n, cell in enumerate(cells * 12)]
    path.write_text("\n".join(["took;count", *lines, ""]))
    took = read(path).by_name["took"]
    assert (took.kind, took.unit) == ("number", "s")
    assert took.numbers[0][: len(cells)].tolist() == seconds


def test_a_later_file_may_write_durations_otherwise(tmp_path: Path) -> None:
    rows: list[list[Any]] = [
        [datetime.timedelta(hours=n), n % 7, ("high", "low")[n % 2]] for n in range(40)
    ]
    path = write(tmp_path / "a.xlsx", [["took", "count", "label"], *rows])
    description = open_dataset(DataSettings(source=str(path))).description
    preparation = description.preparation
    assert isinstance(preparation, RowPreparation) and preparation.columns[0].unit == "s"
    assert any("'took' in s" in note for note in description.notes)

    later = tmp_path / "b.csv"
    later.write_text("took,count\nPT30H5M,1\nPT1H,2\n")
    found = read_input(later, description, DataSettings())
    assert [preparation.array(raw)[0] for raw in found.raws] == [108_300, 3600]
    assert preparation.array({"took": "30:05", "count": "1"})[0] == 108_300


@pytest.mark.parametrize("merged", ((), ("A1:B1",)))
def test_groups_of_names(tmp_path: Path, merged: tuple[str, ...]) -> None:
    head = [["size", None, "result"], ["w", "h", "label"]]
    rows = [[n * 1.5, n % 7, ("small", "big")[n % 2]] for n in range(20)]
    path = write(tmp_path / "a.xlsx", [*head, *rows], merged)
    table = read_table(path, DataSettings())
    assert table.column_names == ("size w", "size h", "result label") and len(table) == 20
    assert not any(column.unit for column in table.columns)

    description = open_dataset(DataSettings(source=str(path))).description
    later = write(tmp_path / "b.xlsx", [*head, [4.5, 2, None]], merged)
    found = read_input(later, description, DataSettings())
    assert found.raws == ({"size w": 4.5, "size h": 2.0},)
