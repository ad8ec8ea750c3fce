"""Rows that are no examples: above the names, below them, between the rows and at the end."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from app.engine.experiment.data_settings import DataSettings
from app.engine.sources.opening import open_dataset
from app.engine.sources.tables.preview import preview
from app.engine.sources.tables.reading import read_table

if TYPE_CHECKING:
    from app.engine.sources.tables.columns import Table

CASES = Path(__file__).parents[3] / "cases" / "tables"
NAMES = ("length", "count", "colour", "label")
ROWS = [f"{n}.5,{n % 7},{('red', 'blue')[n % 2]},{('high', 'low')[n % 3 % 2]}" for n in range(30)]


def read(path: Path, *lines: str, **settings: object) -> Table:
    path.write_text("\n".join([*lines, ""]), encoding="utf-8")
    return read_table(path, DataSettings.model_validate(settings))


def told(table: Table, words: str) -> bool:
    return any(re.search(words, note) for note in table.notes)


# --- below the names


def test_units_row_of_the_case() -> None:
    description = open_dataset(DataSettings(source=str(CASES / "units_row.csv"))).description
    assert description.total == 120
    assert description.reading.units == {"length": "mm", "count": "pcs"}
    assert any("length in mm, count in pcs" in note for note in description.notes)


@pytest.mark.parametrize(
    ("row", "units"),
    (
        ("mm,pcs,,", {"length": "mm", "count": "pcs"}),
        ("[mm],[-],[-],[-]", {"length": "mm"}),
        ("(mm),(1),,", {"length": "mm"}),
        ("°C,%,-,-", {"length": "°C", "count": "%"}),
        ("in mm,in kg,,", {"length": "mm", "count": "kg"}),
        ("Fuß,Stk.,,", {"length": "Fuß", "count": "Stk."}),
        ("mm,,,", {"length": "mm"}),
    ),
)
def test_units(tmp_path: Path, row: str, units: dict[str, str]) -> None:
    table = read(tmp_path / "a.csv", ",".join(NAMES), row, *ROWS)
    assert table.column_names == NAMES and len(table) == 30 and table.row_name(0) == "row 3"
    assert {column.name: column.unit for column in table.columns if column.unit} == units
    assert table.dialect.second_row == "units"


def test_the_unit_of_one_column_among_many(tmp_path: Path) -> None:
    rows = [f"{row}.5,{row % 4},{1900 + row},{row * 9}.5 €,{'ab'[row % 2]}" for row in range(30)]
    table = read(tmp_path / "a.csv", "size,rooms,year,rent,sort", "m²,,,,", *rows)
    assert table.dialect.second_row == "units" and len(table) == 30
    assert (table.by_name["size"].kind, table.by_name["size"].unit) == ("number", "m²")

    table = read(tmp_path / "a.csv", "size,rooms,year,rent,sort", "m²,,,,a", *rows)
    assert len(table) == 31  # an example with a gap and a slip


def test_two_rows_of_names(tmp_path: Path) -> None:
    lines = [f"s{n % 3},{n},{n + 1.5},{n * 2},{n * 3}" for n in range(20)]
    first = ",temperature,,pressure,"
    table = read(tmp_path / "a.csv", first, "site,mean,largest,mean,largest", *lines)
    assert table.column_names == (
        "site",
        "temperature mean",
        "temperature largest",
        "pressure mean",
        "pressure largest",
    )
    assert len(table) == 20 and told(table, "names are in two rows")
    assert all(table.by_name[name].kind == "number" for name in table.column_names[1:])


@pytest.mark.parametrize(
    ("first", "second", "names"),
    (
        ("size,,result", "w,h,label", ("size w", "size h", "result label")),
        ("size,size,result", "w,h,label", ("size w", "size h", "result label")),
        ("size,,result", "width,height,label", ("size width", "size height", "result label")),
        ("size,,", "width,s,class", ("size width", "size s", "size class")),
        ("when,,result", "time,date,kind", ("when time", "when date", "result kind")),
        ("size,number,result", "m,h,label", ("size m", "number h", "result label")),
    ),
)
def test_groups_of_names(tmp_path: Path, first: str, second: str, names: tuple[str, ...]) -> None:
    lines = [f"{n},{n / 2},{('small', 'big')[n % 2]}" for n in range(20)]
    table = read(tmp_path / "a.csv", first, second, *lines, skip_rows=0)
    assert table.column_names == names and len(table) == 20
    assert [column.kind for column in table.columns] == ["number", "number", "text"]
    assert not any(column.unit for column in table.columns)


def test_groups_of_names_above_texts(tmp_path: Path) -> None:
    lines = [f"p{n},{('Rome', 'Oslo')[n % 2]},{('a', 'b')[n // 3 % 2]}" for n in range(20)]
    table = read(tmp_path / "a.csv", "person,,result", "name,city,label", *lines)
    assert table.column_names == ("person name", "person city", "result label")
    assert len(table) == 20
    table = read(tmp_path / "a.csv", "name,,label", *lines)
    assert table.column_names == ("name", "column 2", "label") and len(table) == 20


def test_groups_of_many_columns_are_no_title(tmp_path: Path) -> None:
    first = "site,May,,,,,,June,,,,,"
    second = "name,a,b,c,d,e,f,a,b,c,d,e,f"
    lines = [",".join([f"s{n}", *(str(n * place) for place in range(1, 13))]) for n in range(20)]
    for above in ((), ("Report of 2024",)):
        table = read(tmp_path / "a.csv", *above, first, second, *lines)
        assert table.column_names[:3] == ("site name", "May a", "May b") and len(table) == 20
        assert table.column_names[-1] == "June f"


def test_units_below_two_rows_of_names(tmp_path: Path) -> None:
    lines = [f"{n},{n / 2},{('small', 'big')[n % 2]}" for n in range(20)]
    table = read(tmp_path / "a.csv", "size,,result", "width,height,label", "mm,cm,", *lines)
    assert table.column_names == ("size width", "size height", "result label")
    assert len(table) == 20 and [column.unit for column in table.columns] == ["mm", "cm", ""]


@pytest.mark.parametrize("flags", (",,,class", "meta,,i,c", "a=b,,,class", "weight,,,"))
def test_flags_below_a_row_of_types(tmp_path: Path, flags: str) -> None:
    types = "continuous,discrete,string,discrete"
    table = read(tmp_path / "a.csv", ",".join(NAMES), types, flags, *ROWS)
    assert table.column_names == NAMES and len(table) == 30 and table.row_name(0) == "row 4"
    assert table.by_name["label"].factorized[1] == ["high", "low"]


def test_a_row_of_types_is_left_out(tmp_path: Path) -> None:
    table = read(tmp_path / "a.csv", ",".join(NAMES), "float,int,string,class", *ROWS)
    assert table.column_names == NAMES and len(table) == 30 and told(table, "types of columns")


@pytest.mark.parametrize(
    "row", ("n/a,,red,high", ",,blue,low", "0.5,x,red,high", "12 mm,3,red,low")
)
def test_an_example_with_gaps_is_an_example(tmp_path: Path, row: str) -> None:
    table = read(tmp_path / "a.csv", ",".join(NAMES), row, *ROWS)
    assert table.column_names == NAMES and len(table) == 31
    assert table.dialect.second_row == "example"


def test_a_one_that_comes_again_is_no_unit(tmp_path: Path) -> None:
    table = read(tmp_path / "a.csv", "a,n", "abc,1", "2,1", "3,1", "5,2")
    assert len(table) == 4 and table.dialect.second_row == "example"


def test_what_the_second_row_is_can_be_chosen(tmp_path: Path) -> None:
    lines = (",".join(NAMES), "mm,pcs,,", *ROWS)
    table = read(tmp_path / "a.csv", *lines, second_row="example")
    assert len(table) == 31 and table.by_name["length"].kind == "mixed"
    table = read(tmp_path / "a.csv", *lines, second_row="names")
    assert table.column_names == ("length mm", "count pcs", "colour", "label")
    table = read(tmp_path / "a.csv", *lines, second_row="types")
    assert len(table) == 30 and not table.by_name["length"].unit


# --- above the names


@pytest.mark.parametrize(
    "above",
    (
        ("Station:,Berlin,,", "Since:,2020,,"),
        ("Report, of May, and June", ""),
        ("Report of May",),
        ("Made by a logger, version 2",),
        ("# a", "# b, c", "Report"),
    ),
)
def test_what_stands_above(tmp_path: Path, above: tuple[str, ...]) -> None:
    table = read(tmp_path / "a.csv", *above, ",".join(NAMES), *ROWS)
    assert table.column_names == NAMES and len(table) == 30
    assert table.row_name(0) == f"row {len(above) + 2}" and told(table, "above the table")
    assert table.dialect.skip_rows == len(above)


def test_a_title_above_two_columns(tmp_path: Path) -> None:
    table = read(tmp_path / "a.csv", "Heights", "name,height", *(f"n{n},{n}" for n in range(20)))
    assert table.column_names == ("name", "height") and len(table) == 20


def test_names_of_rows_as_r_writes_them_are_no_title(tmp_path: Path) -> None:
    table = read(tmp_path / "a.csv", "height", *(f"n{n},{n}" for n in range(20)))
    assert table.column_names == ("row name", "height") and len(table) == 20


def test_rows_above_can_be_chosen(tmp_path: Path) -> None:
    table = read(tmp_path / "a.csv", "a,b,c,d", ",".join(NAMES), *ROWS, skip_rows=1)
    assert table.column_names == NAMES and len(table) == 30 and table.row_name(0) == "row 3"
    table = read(tmp_path / "a.csv", "Report,,,", ",".join(NAMES), *ROWS, skip_rows=0)
    assert table.column_names[0] == "Report length"


# --- below the table


@pytest.mark.parametrize(
    "below",
    (
        ("Total,90,,",),
        ("Summe:,90,,", "Mittelwert,3,,"),
        ("Source: the office of numbers,,,",),
        ("Total,90,,", ",,,", "checked by hand,,,"),
        ("Total,,,30 screws",),
    ),
)
def test_totals_and_notes(tmp_path: Path, below: tuple[str, ...]) -> None:
    table = read(tmp_path / "a.csv", ",".join(NAMES), *ROWS, *below)
    assert len(table) == 30 and table.by_name["length"].kind == "number"
    assert told(table, "below the table and (is|are) left out")
    assert any(f"below the table: '{below[0].split(',')[0]}" in s.reason for s in table.skipped)
    assert table.estimated == 30

    table = read(tmp_path / "a.csv", ",".join(NAMES), *ROWS, *below, skip_footer=0)
    assert len(table) >= 31


@pytest.mark.parametrize(
    "below",
    (
        ("31.5,3,,",),
        ("31.5,,red,high",),
        ("31.5,,,high", "32.5,,,low"),
        ("31.5,,,",),
        (",,red,",),
        ("total,5,red,high",),
    ),
)
def test_examples_at_the_end_are_examples(tmp_path: Path, below: tuple[str, ...]) -> None:
    assert len(read(tmp_path / "a.csv", ",".join(NAMES), *ROWS, *below)) == 30 + len(below)


@pytest.mark.parametrize(
    "below",
    (
        ("435,,,Total",),
        ("450,90,,total",),
        (",90,Sum,",),
        ("435,,,Total", "14.5,,,Average"),
        ("450,88,,Total", "15,3,,Mean", "Source: Berlin,,,"),
    ),
)
def test_the_word_for_totals_in_any_cell(tmp_path: Path, below: tuple[str, ...]) -> None:
    table = read(tmp_path / "a.csv", ",".join(NAMES), *ROWS, *below)
    assert len(table) == 30 and table.dialect.skip_footer == len(below)
    assert sorted(table.by_name["label"].factorized[1]) == ["high", "low"]


def test_totals_without_a_gap_are_those_of_the_numbers(tmp_path: Path) -> None:
    lines = [f"{n},{n % 7},{('small', 'big')[n % 2]}" for n in range(30)]
    for below, rows in (("435,84,Total", 30), ("14.5,2.9,mean", 30), ("29,6,Max", 30)):
        assert len(read(tmp_path / "a.csv", "a,b,label", *lines, below)) == rows
    for below in ("17,4,mean", "12,3,max", "5,5,total"):
        table = read(tmp_path / "a.csv", "a,b,label", *lines, below)
        assert len(table) == 31 and table.dialect.skip_footer == 0


def test_a_class_of_totals_stays(tmp_path: Path) -> None:
    lines = [f"{('part', 'total')[n % 2]},{n},{n % 5}" for n in range(30)]
    assert len(read(tmp_path / "a.csv", "kind,amount,code", *lines)) == 30


def test_rows_below_can_be_chosen(tmp_path: Path) -> None:
    table = read(tmp_path / "a.csv", ",".join(NAMES), *ROWS, skip_footer=4)
    assert len(table) == 26 and table.row_name(25) == "row 27" and told(table, "last 4 rows")


# --- between the rows


def test_comments_between_the_rows(tmp_path: Path) -> None:
    lines = [",".join(NAMES), *ROWS[:10], "# sensor changed", "#9.5,3,red,high", *ROWS[10:]]
    table = read(tmp_path / "a.csv", *lines)
    assert len(table) == 30 and table.by_name["length"].kind == "number"
    assert told(table, "2 lines are comments behind # and left out")
    assert table.row_name(10) == "row 14"


def test_colours_that_begin_with_the_sign_are_no_comments(tmp_path: Path) -> None:
    lines = [f"{('#ff0000', '#00ff00')[n % 2]},{n},{n % 5}" for n in range(30)]
    assert len(read(tmp_path / "a.csv", "colour,amount,code", *lines)) == 30


def test_the_sign_of_comments_can_be_chosen(tmp_path: Path) -> None:
    lines = [",".join(NAMES), *ROWS[:10], "// sensor changed", "//9.5,3,red,high", *ROWS[10:]]
    table = read(tmp_path / "a.csv", *lines, comment="//")
    assert len(table) == 30 and table.by_name["length"].kind == "number"


# --- for a person, and for later files


def test_the_preview_says_what_was_found(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    read(path, "Report,,,", ",".join(NAMES), "mm,pcs,,", *ROWS, "Total,90,,")
    shown = preview(path, DataSettings())
    assert (shown.skip_rows, shown.second_row, shown.skip_footer, shown.comment) == (
        1,
        "units",
        1,
        "",
    )
    assert shown.reasons["skip_rows"] == "1 row stands above the table: Report"
    assert "units above numbers" in shown.reasons["second_row"]
    assert "1 row" in shown.reasons["skip_footer"] and "comment" in shown.reasons
