"""Delimiters, decimals, thousands, encodings and headers are recognised and can be overruled."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from app.engine.errors import UserError
from app.engine.experiment.data_settings import DataSettings
from app.engine.sources.tables.preview import preview
from app.engine.sources.tables.reading import read_table

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.sources.tables.columns import Table

HEADS = ("größe", "weight", "city", "count")
CITIES = ("Köln", "São Paulo", "Łódź")


def read(path: Path, **settings: Any) -> Table:
    return read_table(path, DataSettings(**settings))


def amounts(rows: int = 40) -> np.ndarray:
    return np.round(np.array([[57.8 + 311.1 * row, 1.5 * row - 3] for row in range(rows)]), 1)


def format_number(number: float, decimal: str, thousands: str, digits: int = 1) -> str:
    text = f"{number:,.{digits}f}" if thousands else f"{number:.{digits}f}"
    return text.replace(",", "T").replace(".", decimal).replace("T", thousands)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("decimal", [".", ","])
def test_delimiter_decimals_quotes_and_thousands_are_detected(
    tmp_path: Path, delimiter: str, decimal: str
) -> None:
    values = amounts()
    for quoted, grouped in itertools.product((False, True), (False, True)):
        thousands = ("." if decimal == "," else ",") if grouped else ""
        rows = [list(HEADS)] + [
            [
                format_number(a, decimal, thousands),
                format_number(b, decimal, thousands),
                CITIES[row % 3],
                str(row * 7),
            ]
            for row, (a, b) in enumerate(values)
        ]

        lines = [
            delimiter.join(f'"{cell}"' if quoted or delimiter in cell else cell for cell in row)
            for row in rows
        ]
        (tmp_path / "a.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
        table = read(tmp_path / "a.csv")
        case = f"{quoted=} {grouped=}"

        assert table.column_names == HEADS and table.dialect.delimiter == delimiter, case
        assert [column.kind for column in table.columns] == [
            "number",
            "number",
            "text",
            "number",
        ], case

        assert np.array_equal(
            np.stack([column.numbers[0] for column in table.columns[:2]], axis=1), values
        ), case
        assert table.columns[3].numbers[0].tolist() == [row * 7 for row in range(40)]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["57,8", "3,25", "1"], [57.8, 3.25, 1]),
        (["1'234.5", "12", "3'000"], [1234.5, 12, 3000]),
        (["1\u202f234,5", "2 000", "3,5"], [1234.5, 2000, 3.5]),
        (["−3.5", "+2", "1e3"], [-3.5, 2, 1000]),
        (["950", "1.200", "15.300", "1.234.567"], [950, 1200, 15300, 1234567]),
        (["0,123", "1,234"], [0.123, 1.234]),
        (["0.123", "1.234"], [0.123, 1.234]),
        (["1,234", "20", "3,000"], [1234, 20, 3000]),
    ],
)
def test_numbers_as_people_write_them(
    tmp_path: Path, cells: list[str], expected: list[float]
) -> None:
    lines = [f'"{cell}";x' for cell in cells * 5]
    (tmp_path / "a.csv").write_text("\n".join(["v;w", *lines]), encoding="utf-8")
    assert read(tmp_path / "a.csv").columns[0].numbers[0].tolist() == expected * 5


@pytest.mark.parametrize(
    "encoding",
    ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-16-le-bom", "cp1252", "cp1250"],
)
def test_the_same_table_in_every_encoding(tmp_path: Path, encoding: str) -> None:
    heads = ("größe", "naïf".replace("ï", "ë"), "café", "übung")
    text = "\r\n".join(
        [";".join(heads)] + [f"{row};{row % 5};Bär;{'äöü'[row % 3]}" for row in range(30)]
    )
    content = (
        b"\xff\xfe" + text.encode("utf-16-le")
        if encoding == "utf-16-le-bom"
        else text.encode(encoding)
    )

    (tmp_path / "a.csv").write_bytes(content)
    table = read(tmp_path / "a.csv")
    assert table.column_names == heads
    assert set(table.columns[3].texts.to_pylist()) == set("äöü")
    assert table.dialect.encoding and table.dialect.reasons["encoding"]


@pytest.mark.parametrize(
    ("encoding", "words"),
    [
        ("cp1250", "příliš žluťoučký kůň úpěl ďábelské ódy"),
        ("cp1250", "zażółć gęślą jaźń"),
        ("cp1250", "árvíztűrő tükörfúrógép"),
        ("cp1252", "été forêt garçon où œuvre"),
        ("cp1252", "smørbrød på øen æble"),
        ("cp1252", "señor niño año"),
        ("cp1252", "größe straße müller"),
        ("cp1251", "широкая электрификация южных губерний"),
    ],
)
def test_code_pages_are_recognised_by_their_letters(
    tmp_path: Path, encoding: str, words: str
) -> None:
    lines = ["a;text"] + [f"{row};{word}" for row, word in enumerate(words.split() * 4)]
    (tmp_path / "a.csv").write_bytes("\n".join(lines).encode(encoding))
    table = read(tmp_path / "a.csv")
    assert table.columns[1].texts.to_pylist() == words.split() * 4
    assert table.dialect.encoding == encoding


def test_utf8_that_is_cut_or_a_little_broken_stays_utf8(tmp_path: Path) -> None:
    content = "a;ß\n".encode() + "".join(f"{row};äöü\n" for row in range(200)).encode()
    (tmp_path / "a.csv").write_bytes(content.replace("5;äöü".encode(), b"5;\xff", 1))
    table = read(tmp_path / "a.csv")
    assert table.dialect.encoding == "utf-8" and table.column_names == ("a", "ß")
    assert any("not valid" in note for note in table.notes)


def test_everything_detected_can_be_overruled(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes("a;b\n1,5;x|y\n2,5;z|w\n3,5;v|u\n".encode("cp1250"))
    assert read(tmp_path / "a.csv").dialect.style.decimal == ","
    assert read(tmp_path / "a.csv", decimal=".").columns[0].kind == "text"
    assert read(tmp_path / "a.csv", thousands=",").columns[0].kind != "number"
    assert read(tmp_path / "a.csv", delimiter="|", header=False).dialect.delimiter == "|"
    assert read(tmp_path / "a.csv", header=False).column_names == ("column 1", "column 2")
    assert len(read(tmp_path / "a.csv", header=False)) == 4
    assert read(tmp_path / "a.csv", encoding="cp1252").dialect.encoding == "cp1252"

    for setting, value in (("encoding", "klingon"), ("delimiter", "::")):
        with pytest.raises(UserError) as caught:
            read(tmp_path / "a.csv", **{setting: value})
        assert caught.value.setting == f"data.{setting}"


@pytest.mark.parametrize(
    ("first", "rows", "header"),
    [
        ("5.1,3.5,setosa", ["4.9,3.0,setosa", "6.3,2.5,virginica"], False),
        ("a,b,c", ["1,2,x", "3,4,y"], True),
        ("name,town", ["Ann,Bonn", "Bob,Kiel"], True),
        ("Ann,Bonn", ["Bob,Bonn", "Eve,Kiel"], False),
        ("country,2019,2020", ["Chad,1.5,2.5", "Mali,3.5,4.5"], True),
        ("1.png,cat", ["2.png,dog", "3.png,cow"], False),
    ],
)
def test_names_in_the_first_row(tmp_path: Path, first: str, rows: list[str], header: bool) -> None:
    (tmp_path / "a.csv").write_text("\n".join([first, *rows * 3]), encoding="utf-8")
    table = read(tmp_path / "a.csv")
    assert table.dialect.header is header
    assert len(table) == 3 * len(rows) + (not header)


def test_runs_of_spaces_names_of_rows_and_separators_at_the_end(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(
        "  a    b  \n" + "".join(f" {n * 1.5}   {n}\n" for n in range(9)), encoding="utf-8"
    )
    assert read(tmp_path / "a.txt").column_names == ("a", "b")
    (tmp_path / "r.csv").write_text(
        "a,b\n" + "".join(f"r{n},{n},{n * 2}\n" for n in range(9)), encoding="utf-8"
    )
    table = read(tmp_path / "r.csv")

    assert table.column_names == ("row name", "a", "b") and table.columns[2].numbers[0][3] == 6
    (tmp_path / "e.csv").write_text(
        "a;b\n" + "".join(f"{n};{n * 2};\n" for n in range(9)), encoding="utf-8"
    )
    assert read(tmp_path / "e.csv").column_names == ("a", "b")


def test_spreadsheets_and_parquet_are_read_as_the_same_table(tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    import pyarrow as pa
    import pyarrow.parquet as parquet

    heads = ("size (cm)", "größe", "label")
    rows = [[n * 1.5, n, "ab"[n % 2]] for n in range(20)]
    book = openpyxl.Workbook()

    sheet = book.active
    for row in ([], list(heads), *rows):  # an empty row above
        sheet.append(row)

    book.create_sheet("other").append(["nothing here"])
    book.save(tmp_path / "a.xlsx")
    parquet.write_table(
        pa.table({name: [row[index] for row in rows] for index, name in enumerate(heads)}),
        tmp_path / "a.parquet",
    )

    (tmp_path / "a.csv").write_text(
        "\n".join([",".join(heads)] + [f"{a},{b},{c}" for a, b, c in rows]), encoding="utf-8"
    )
    csv = read(tmp_path / "a.csv")
    for name in ("a.xlsx", "a.parquet"):
        table = read(tmp_path / name)
        assert table.column_names == heads

        for ours, theirs in zip(table.columns, csv.columns, strict=True):
            assert ours.kind == theirs.kind
            assert ours.numbers[0].tolist() == theirs.numbers[0].tolist() or ours.kind == "text"

        assert table.columns[1].texts.to_pylist() == csv.columns[1].texts.to_pylist()  # 5, not 5.0

    assert read(tmp_path / "a.xlsx").row_name(0) == "row 3"
    assert read(tmp_path / "a.xlsx").dialect.sheets == ("Sheet", "other")
    assert len(read(tmp_path / "a.xlsx", sheet="other", header=False)) == 1

    with pytest.raises(UserError, match="'Sheet', 'other'"):
        read(tmp_path / "a.xlsx", sheet="third")


def test_a_wrong_name_changes_nothing_but_is_noted(tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for row in (["a", "b"], [1.5, "x"], [2.5, "y"], [3.5, "x"]):
        book.active.append(row)

    book.save(tmp_path / "a.xlsx")
    (tmp_path / "a.csv").write_bytes((tmp_path / "a.xlsx").read_bytes())
    (tmp_path / "b.xlsx").write_text("a,b\n1.5,x\n2.5,y\n", encoding="utf-8")

    for name, what in (("a.csv", "is a spreadsheet"), ("b.xlsx", "is text")):
        table = read(tmp_path / name)
        assert table.column_names == ("a", "b") and what in table.notes[0]


def test_the_preview_shows_twenty_rows_and_every_reason(tmp_path: Path) -> None:
    lines = ["id;when;size;colour;label"] + [
        f"P{row};2024-01-{row % 28 + 1:02};{row * 1.5:.1f};{'rgb'[row % 3]};{row % 2}".replace(
            ".", ","
        )
        for row in range(300)
    ]
    (tmp_path / "a.csv").write_text("\n".join(lines), encoding="utf-8")
    shown = preview(tmp_path / "a.csv", DataSettings())
    assert (shown.delimiter, shown.decimal, shown.encoding, shown.header) == (
        ";",
        ",",
        "utf-8",
        True,
    )

    assert len(shown.rows) == 20 and shown.rows[2] == ("P2", "2024-01-03", "3,0", "b", "0")
    assert shown.row_names[0] == "row 2" and (shown.total, shown.complete) == (300, True)
    roles = {column.name: (column.role, column.reason) for column in shown.columns}
    assert roles["id"] == ("ignore", "an identifier: every value is different")
    assert roles["when"][0] == "number" and "days" in roles["when"][1]
    assert roles["colour"][0] == "category" and roles["label"][0] == "target"
    assert all(shown.reasons[name] for name in ("delimiter", "decimal", "encoding", "header"))
    assert shown.task == "binary-classification" and not shown.problem

    chosen = preview(
        tmp_path / "a.csv", DataSettings(columns={"colour": "target"}, missing={"size": "mean"})
    )
    assert chosen.targets == ("colour",)
    assert next(column.policy for column in chosen.columns if column.name == "size") == "mean"


def test_a_preview_of_a_large_table_reads_its_beginning(tmp_path: Path) -> None:
    line = (
        "1.5,2.5,some words to fill the line with,a\n2.5,3.5,other words to fill the line with,b\n"
    )
    (tmp_path / "a.csv").write_text("x,y,words,label\n" + line * 60_000, encoding="utf-8")
    shown = preview(tmp_path / "a.csv", DataSettings())
    assert not shown.complete and 100_000 < shown.total < 140_000
    assert any("first" in note for note in shown.notes)


def test_a_preview_says_what_is_wrong_and_still_shows_the_rows(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(
        "a,b\n" + "".join(f"{n * n},k\n" for n in range(30)), encoding="utf-8"
    )
    shown = preview(tmp_path / "a.csv", DataSettings(target="nobody"))
    assert (
        "no column 'nobody'" in shown.problem
        and shown.setting == "data.target"
        and len(shown.rows) == 20
    )
