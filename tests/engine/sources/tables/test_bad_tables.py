"""Tables that something is wrong with: one sentence each, rows that are left out are listed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

from app.engine.errors import UserError
from app.engine.experiment.data_settings import DataSettings
from app.engine.sources.cache import Cache
from app.engine.sources.opening import open_dataset

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.data.dataset import Dataset

GOOD = "size,weight,label\n" + "".join(f"{n * n},{n * 1.5},{'xyz'[n % 3]}\n" for n in range(40))


def open_data(path: Path, content: str | bytes | None = None, **settings: Any) -> Dataset:
    if content is not None:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return open_dataset(
        DataSettings(source=str(path), **settings), cache=Cache(path.parent / "cache")
    )


def refusal_of(path: Path, content: str | bytes | None = None, **settings: Any) -> UserError:
    with pytest.raises(UserError) as caught:
        open_data(path, content, **settings)

    assert caught.value.remedy and caught.value.setting and caught.value.what.count(". ") == 0
    return caught.value


JUNK = bytes(np.random.default_rng(1).integers(0, 256, 20_000, dtype=np.uint8))
WORKBOOK = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.csv", "", "is empty"),
        ("a.csv", "\n \n\t\n", "is empty"),
        ("a.csv", b"\xef\xbb\xbf", "is empty"),
        ("a.csv", "a,b,c\n", "no other row"),
        ("a.csv", "a,b,c\n1,2,x\n", "only one row"),
        ("a.csv", "a\n" + "1\n2\n3\n" * 9, "only one column"),
        ("a.csv", JUNK, "not a text table"),
        ("a.csv", GOOD.replace("4", "\0", 1), "zero byte in line"),
        ("a.csv", GOOD * 50 + "\0,1,x", "zero byte in line"),
        ("a.csv", GOOD + '1,"2,x\n3,4,y\n', "never closed"),
        ("a.xlsx", b"PK\x03\x04" + JUNK, "damaged"),
        ("a.xlsx", JUNK, "not a spreadsheet"),
        ("a.xls", WORKBOOK, "cannot be read"),
        ("a.xlsx", WORKBOOK + "EncryptedPackage".encode("utf-16-le"), "protected by a password"),
        ("a.parquet", b"PAR1" + JUNK, "damaged Parquet"),
        ("a.parquet", JUNK, "not a Parquet"),
        ("a.xls", "<html><table><tr><td>1</td></tr></table></html>", "web page"),
        (
            "a.csv",
            "text\n" + "".join(f"this is sentence number {n} here\n" for n in range(30)),
            "only one column",
        ),
        (
            "a.csv",
            "a,label\n" + "".join(f"{n * n},x\n" for n in range(30)),
            "'label': every value is the same",
        ),
        (
            "a.csv",
            "file,label\n" + "".join(f"i/{n}.png,{'ab'[n % 2]}\n" for n in range(30)),
            "'i/0.png'",
        ),
    ],
)
def test_useless_tables_are_refused_in_one_sentence(
    tmp_path: Path, name: str, content: str | bytes, words: str
) -> None:
    error = refusal_of(tmp_path / name, content)
    assert words in error.what and name in error.what


def test_damaged_workbooks_are_refused(tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for n in range(200):
        book.active.append([n, n * 1.5, "ab"[n % 2]])

    book.save(tmp_path / "a.xlsx")
    whole = (tmp_path / "a.xlsx").read_bytes()
    assert "damaged" in refusal_of(tmp_path / "b.xlsx", whole[: len(whole) // 2]).what

    position = whole.index(b"xl/worksheets/sheet1.xml") + 60
    refusal_of(tmp_path / "c.xlsx", whole[:position] + bytes(400) + whole[position + 400 :])


def test_ragged_rows_are_left_out_counted_and_listed(tmp_path: Path) -> None:
    description = open_data(
        tmp_path / "a.csv", GOOD + "1,2\n\n1,2,x,4\n5,6,y\n7,8,z,,\n"
    ).description
    assert description.total == 42  # with the row that only ends in separators
    assert [(item.path, item.reason) for item in description.skipped] == [
        ("row 42", "it has 2 cells, not 3"),
        ("row 44", "it has 4 cells, not 3"),
    ]

    assert any("2 rows have more or fewer than 3 cells" in note for note in description.notes)


def test_equal_names_are_made_different(tmp_path: Path) -> None:
    description = open_data(tmp_path / "a.csv", GOOD.replace("weight", "size", 1)).description
    assert [column.name for column in description.preparation.columns] == ["size", "size (2)"]
    assert any("'size (2)'" in note for note in description.notes)


def test_texts_in_a_target_of_numbers_are_shown_with_their_rows(tmp_path: Path) -> None:
    rows = "".join(
        f"{n * n},{'free' if n in (3, 9, 20, 33) else round(n * 1.37, 2)}\n" for n in range(60)
    )
    for settings in ({}, {"target": "price"}, {"task": "regression"}):
        error = refusal_of(tmp_path / "a.csv", "size,price\n" + rows, **settings)
        assert error.what == (
            "The target 'price' must be a number, but 4 cells are not: 'free' (row 5), 'free' "
            "(row 11), 'free' (row 22)."
        )

        assert error.setting == "data.target"


def test_texts_in_a_column_of_numbers_count_as_missing_only_if_chosen(tmp_path: Path) -> None:
    content = GOOD.replace("\n4,", "\nfour,", 1)
    notes = open_data(tmp_path / "a.csv", content).description.notes
    assert any("'four'" in note and "not read" in note for note in notes)
    description = open_data(tmp_path / "a.csv", columns={"size": "number"}).description

    assert any(
        "1 cell of 'size' is not a number and counts as missing: 'four' (row 4)" in note
        for note in description.notes
    )


def test_infinities_are_missing_and_counted(tmp_path: Path) -> None:
    content = GOOD.replace("\n4,", "\ninf,", 1).replace("\n9,", "\n1e999,", 1)
    dataset = open_data(tmp_path / "a.csv", content)
    assert np.isnan(dataset.inputs[[2, 3], 0]).all() and not np.isinf(dataset.inputs).any()
    assert any("2 values of 'size' are infinite" in note for note in dataset.description.notes)


def test_infinite_targets_are_left_out_as_such(tmp_path: Path) -> None:
    rows = "".join(
        f"{n * n},{ {3: 'inf', 9: '-1e999', 12: ''}.get(n, round(n * 1.37, 2)) }\n"
        for n in range(60)
    )
    description = open_data(tmp_path / "a.csv", "size,price\n" + rows).description
    assert description.total == 57
    assert {item.path: item.reason for item in description.skipped} == {
        "row 5": "its value of 'price' is infinite",
        "row 11": "its value of 'price' is infinite",
        "row 14": "it has no value of 'price'",
    }


def test_rows_without_target_and_dropped_gaps_are_listed(tmp_path: Path) -> None:
    content = GOOD + "1,2,\n3,4,NA\n,5,x\n"
    description = open_data(tmp_path / "a.csv", content, missing={"size": "drop"}).description
    assert description.total == 40
    assert {item.path: item.reason for item in description.skipped} == {
        "row 42": "it has no value of 'label'",
        "row 43": "it has no value of 'label'",
        "row 44": "it has no value of 'size'",
    }


def test_a_class_with_one_row_is_trained_on_and_mentioned(tmp_path: Path) -> None:
    description = open_data(tmp_path / "a.csv", GOOD + "5,6,lonely\n").description
    index = description.classes.index("lonely")
    assert [counts[index] for counts in description.counts.values()] == [1, 0, 0]
    assert any("'lonely'" in note for note in description.notes)


def test_a_line_of_500_megabytes_is_refused_without_reading_it(tmp_path: Path) -> None:
    for name, beginning in (("a.csv", b""), ("b.csv", b"a,b\n" + b"1,2\n" * 10)):
        with (tmp_path / name).open("wb") as file:
            file.write(beginning + b"1," * (11 << 20))
            file.truncate(500 << 20)
        with pytest.raises(UserError, match=r"longer than 16 million"):
            open_data(tmp_path / name)


def test_ten_thousand_columns(tmp_path: Path) -> None:
    values = np.random.default_rng(0).normal(size=(30, 10_000)).round(3)
    heads = ",".join([*(f"f{n}" for n in range(10_000)), "label"])
    rows = [",".join([*map(str, row), "ab"[n % 2]]) for n, row in enumerate(values.tolist())]
    dataset = open_data(tmp_path / "a.csv", "\n".join([heads, *rows]))

    assert dataset.inputs.shape == (30, 10_000)
    assert np.allclose(dataset.inputs, values)


def test_numbers_of_thousands_of_digits(tmp_path: Path) -> None:
    """Python refuses to make numbers of them."""
    long = "9" * 5000
    rows = "".join(f"{n % 7},kind {long}{n % 2},{n % 3}\n" for n in range(40))
    for head in (f"{long},{long}8,{long}9\n", "a,b,c\n"):
        path = tmp_path / f"{len(head)}.csv"
        dataset = open_data(path, head + rows, header=True, task="classification")
        assert dataset.description.total == 40

    dataset = open_data(path, target="b")
    assert dataset.description.classes == (f"kind {long}0", f"kind {long}1")


def test_a_cell_with_a_zero_byte_names_no_picture(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as parquet

    names = [f"~a\0{n}.png" for n in range(30)]
    parquet.write_table(pa.table({"f": names, "y": [*"ab"] * 15}), tmp_path / "a.parquet")
    assert "None of the pictures" in refusal_of(tmp_path / "a.parquet").what


def test_a_cancel_leaves_nothing_behind(tmp_path: Path) -> None:
    class Stopped(Exception):
        pass

    def check() -> None:
        raise Stopped

    (tmp_path / "a.csv").write_text(GOOD, encoding="utf-8")
    with pytest.raises(Stopped):
        open_dataset(DataSettings(source=str(tmp_path / "a.csv")), check=check)


@pytest.mark.parametrize("kind", (pl.Int128, pl.UInt128))
def test_a_type_that_the_reader_does_not_know_is_not_called_damage(
    tmp_path: Path, kind: type[pl.DataType]
) -> None:
    path = tmp_path / "totals.parquet"
    totals = pl.Series(range(10), dtype=kind)
    pl.DataFrame({"size": range(10), "total": totals, "label": ["a", "b"] * 5}).write_parquet(path)

    with pytest.raises(UserError, match=r"type that is not read .*64 bits.*Convert that column"):
        open_data(path)


def test_texts_that_are_no_utf8_are_told(tmp_path: Path) -> None:
    path = tmp_path / "bad.parquet"
    words = pa.array([b"red", b"bl\xc3"] * 10).view(pa.string())
    parquet.write_table(pa.table({"size": range(20), "colour": words}), path)
    with pytest.raises(UserError, match=r"bad\.parquet' is a damaged Parquet file"):
        open_data(path)
