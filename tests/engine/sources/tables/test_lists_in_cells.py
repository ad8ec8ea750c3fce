"""Lists in the cells of a Parquet file: numbers become columns, words become one text."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

from app.engine.errors import UserError
from app.engine.experiment.data_settings import DataSettings
from app.engine.results.inputs import read_input
from app.engine.sources.opening import open_dataset
from app.engine.sources.tables.preview import preview
from app.engine.sources.tables.reading import read_table

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.sources.tables.columns import Table

ROWS = 40
SIGNALS = [[row + 0.5, row * 2.0, row % 3 / 4] for row in range(ROWS)]
SIZES = [row % 9 + 0.5 for row in range(ROWS)]
LABELS = [("high", "low")[row % 2] for row in range(ROWS)]


def read(path: Path) -> Table:
    return read_table(path, DataSettings())


def write(path: Path, **columns: Any) -> Path:
    parquet.write_table(pa.table(columns), path)
    return path


def test_what_three_programs_write_is_the_same(tmp_path: Path) -> None:
    data = {"x": SIGNALS, "label": LABELS}
    pd.DataFrame(data).to_parquet(tmp_path / "pandas.parquet")
    pl.DataFrame(data, {"x": pl.Array(pl.Float32, 3), "label": pl.String}).write_parquet(
        tmp_path / "polars.parquet"
    )
    source = tmp_path / "pandas.parquet"
    duckdb.sql(f"COPY (SELECT * FROM '{source}') TO '{tmp_path / 'duckdb.parquet'}'")
    for name in ("pandas", "polars", "duckdb"):
        table = read(tmp_path / f"{name}.parquet")
        assert table.column_names == ("x[0]", "x[1]", "x[2]", "label")
        assert np.stack([c.numbers[0] for c in table.columns[:3]], 1).tolist() == SIGNALS
        assert "Lists, a column for every place: 'x' with 3 numbers." in table.notes


@pytest.mark.parametrize(
    "kind",
    (
        pa.list_(pa.float32()),
        pa.large_list(pa.int16()),
        pa.list_(pa.float64(), 3),
        pa.list_(pa.uint8()),
        pa.list_(pa.decimal128(24, 2)),
    ),
)
def test_every_kind_of_list(tmp_path: Path, kind: pa.DataType) -> None:
    lists = pa.array([[1, 2, 3], None, [4, 5, 6]] * 4, pa.list_(pa.int64())).cast(
        kind if not pa.types.is_fixed_size_list(kind) else pa.list_(pa.float64())
    )
    if pa.types.is_fixed_size_list(kind):
        lists = pa.array(lists.to_pylist(), kind)
    table = read(write(tmp_path / "a.parquet", x=lists, y=range(12)))
    assert table.column_names == ("x[0]", "x[1]", "x[2]", "y")
    values = table.by_name["x[1]"].numbers[0]
    assert values[[0, 2]].tolist() == [2, 5] and np.isnan(values[1])


def test_lists_within_lists(tmp_path: Path) -> None:
    points = [[[row, row + 1], [row + 2, row + 3], [0, 1]] for row in range(12)]
    table = read(write(tmp_path / "a.parquet", points=points, y=range(12)))
    assert table.column_names[:3] == ("points[0, 0]", "points[0, 1]", "points[1, 0]")
    assert table.by_name["points[1, 1]"].numbers[0][5] == 8


def test_lists_of_words_are_tags(tmp_path: Path) -> None:
    tags = [[["red", "new"], ["new"], [], ["red"], ["old", "red"]][row % 5] for row in range(60)]
    path = write(tmp_path / "a.parquet", size=np.arange(60) % 7 / 2, tags=tags)
    description = open_dataset(DataSettings(source=str(path))).description
    assert description.task == "multi-label" and description.classes == ("new", "old", "red")


@pytest.mark.parametrize(
    ("cells", "reason"),
    (
        ([[1.0], [1.0, 2.0]], "it has lists of different lengths (1 to 2)"),
        ([[[1], [2, 3]], [[1], [2]]], "it has lists of 1 to 2 values within lists"),
        ([{"a": 1}, {"a": 2}], "it has records within its cells"),
        ([b"%PDF-1", b"%PDF-2"], "it has bytes, such as those of a file"),
        ([[2**60, 1], [2**60 + 1, 2]], "it has lists of large whole numbers"),
        ([[], []], "it has no values"),
    ),
)
def test_what_is_not_read_has_its_reason(tmp_path: Path, cells: list[Any], reason: str) -> None:
    path = write(tmp_path / "a.parquet", x=cells * 20, size=range(40), label=LABELS)
    (column,) = (column for column in preview(path, DataSettings()).columns if column.name == "x")
    assert (column.role, column.reason) == ("ignore", reason)


def test_a_list_that_is_named_like_a_target_is_predicted(tmp_path: Path) -> None:
    both = [[row % 2, row % 3 % 2] for row in range(ROWS)]
    path = write(tmp_path / "a.parquet", labels=both, size=SIZES, width=SIZES[::-1])
    description = open_dataset(DataSettings(source=str(path))).description
    assert description.task == "multi-label"
    assert description.reading.targets == ("labels[0]", "labels[1]")
    assert description.reading.inputs == ("size", "width")


def test_a_list_can_be_chosen_and_ignored(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", x=SIGNALS, other=SIGNALS, size=SIZES)
    settings = DataSettings(source=str(path), target="x", columns={"other": "ignore"})
    description = open_dataset(settings).description
    assert description.task == "regression"
    assert [amount.name for amount in description.amounts] == ["x[0]", "x[1]", "x[2]"]
    assert description.reading.inputs == ("size",)


def test_an_embedding_is_read_and_is_no_target(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", kind=LABELS, x=SIGNALS)
    dataset = open_dataset(DataSettings(source=str(path)))
    assert dataset.description.classes == ("high", "low")
    assert dataset.description.reading.inputs == ("x[0]", "x[1]", "x[2]")

    later = write(tmp_path / "b.parquet", extra=range(ROWS), x=SIGNALS)
    found = read_input(later, dataset.description, DataSettings())
    preparation = dataset.description.preparation
    arrays = np.stack([preparation.array(raw) for raw in found.raws])
    assert arrays.tolist() == dataset.inputs.tolist()


# --- other types


def test_large_decimals_stay_apart_and_others_are_amounts(tmp_path: Path) -> None:
    keys = [Decimal(9007199254740992 + row % 3) for row in range(12)]
    table = read(
        write(
            tmp_path / "a.parquet",
            key=pa.array(keys, pa.decimal128(20, 0)),
            price=pa.array([Decimal("12.50")] * 12, pa.decimal128(24, 2)),
            much=pa.array([Decimal("1.5")] * 12, pa.decimal256(40, 3)),
            half=pa.array(np.arange(12).astype(np.float16)),
        )
    )
    assert table.by_name["key"].distinct == 3 and table.by_name["key"].kind == "text"
    assert table.by_name["price"].numbers[0][0] == 12.5
    assert table.by_name["much"].numbers[0][0] == 1.5
    assert table.by_name["half"].numbers[0][3] == 3.0


def test_types_of_duckdb(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    duckdb.sql(
        "COPY (SELECT i::HUGEINT AS huge, uuid() AS key, (i || '.25')::DECIMAL(9, 2) AS price, "
        "i::UBIGINT AS whole, 'a' || i % 3 AS word, DATE '2024-01-01' + i::INT AS day, "
        "TIME '06:30:00' AS at, i % 2 = 0 AS even, ('a' || i % 2)::ENUM('a0', 'a1') AS kind "
        f"FROM range(30) t(i)) TO '{path}' (FORMAT PARQUET)"
    )
    table = read(path)
    kinds = {column.name: column.kind for column in table.columns}
    assert kinds == {
        "huge": "number",
        "key": "text",
        "price": "number",
        "whole": "number",
        "word": "text",
        "day": "date",
        "at": "number",
        "even": "text",
        "kind": "text",
    }
    assert len(table.by_name["key"].texts[0].as_py()) == 36


def test_types_of_polars_and_pandas(tmp_path: Path) -> None:
    pl.DataFrame(
        {"kind": ["a", "b"] * 10, "took": [90_000_000] * 20, "none": [None] * 20},
        {"kind": pl.Categorical, "took": pl.Duration("us"), "none": pl.Null},
    ).write_parquet(tmp_path / "a.parquet")
    table = read(tmp_path / "a.parquet")
    assert [column.kind for column in table.columns] == ["text", "number", "empty"]
    assert table.by_name["took"].numbers[0][0] == 90.0 and table.by_name["took"].unit == "s"

    pd.DataFrame(
        {
            "kind": pd.Categorical(["a", "b"] * 10),
            "whole": pd.array([1, None] * 10, dtype="Int64"),
            "even": pd.array([True, None] * 10, dtype="boolean"),
            "word": pd.array(["x", None] * 10, dtype="string"),
        }
    ).to_parquet(tmp_path / "b.parquet")
    table = read(tmp_path / "b.parquet")
    assert [column.kind for column in table.columns] == ["text", "number", "text", "text"]


# --- lists of whole numbers

NUMBERS = [[[0, 2], [1], [], [0], [1, 2]][row % 5] for row in range(60)]
MARKS = [[float(number in row) for number in range(3)] for row in NUMBERS]


@pytest.mark.parametrize("kind", [pa.int64(), pa.uint8()])
@pytest.mark.parametrize("name", ["labels", "found"])
def test_whole_numbers_of_several_lengths_are_tags(
    tmp_path: Path, kind: pa.DataType, name: str
) -> None:
    lists = pa.array(NUMBERS, pa.list_(kind))
    path = write(tmp_path / "a.parquet", size=np.arange(60) % 7 / 2, **{name: lists})
    dataset = open_dataset(DataSettings(source=str(path), target=name))
    assert dataset.description.task == "multi-label"
    assert dataset.description.classes == ("0", "1", "2")
    assert dataset.targets.tolist() == MARKS


def test_lists_of_one_number_or_none_are_tags(tmp_path: Path) -> None:
    lines = [f'{{"size": {row % 7}, "labels": {[[3], [], [5]][row % 3]}}}' for row in range(60)]
    path = tmp_path / "a.jsonl"
    path.write_text("\n".join(lines), encoding="utf-8")
    dataset = open_dataset(DataSettings(source=str(path)))
    assert dataset.description.task == "multi-label" and dataset.description.classes == ("3", "5")
    assert dataset.targets[:3].tolist() == [[1, 0], [0, 0], [0, 1]]


def test_many_tags_in_many_combinations_are_found_by_their_name(tmp_path: Path) -> None:
    lists = [[tag for tag in range(9) if row >> tag & 1] for row in range(1, 200)]
    path = write(tmp_path / "a.parquet", labels=lists, size=np.arange(199) % 7 / 2)
    description = open_dataset(DataSettings(source=str(path))).description
    assert description.reading.targets == ("labels",)
    assert description.classes == tuple(map(str, range(8)))


def test_later_lists_of_one_length_are_the_tags_of_training(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", size=np.arange(60) % 7 / 2, labels=NUMBERS)
    trained = open_dataset(DataSettings(source=str(path))).description
    later = write(tmp_path / "b.parquet", size=np.arange(9), labels=[[2, 0], [1, 2], [0, 1]] * 3)
    dataset = open_dataset(DataSettings(source=str(later)), trained=trained)
    assert dataset.targets[:3].tolist() == [[1, 0, 1], [0, 1, 1], [1, 1, 0]]


def test_a_sequence_of_many_numbers_is_no_tag(tmp_path: Path) -> None:
    lists = [list(range(row * 30, row * 30 + 20 + row % 3)) for row in range(80)]
    path = write(tmp_path / "a.parquet", tokens=lists, size=range(80), label=LABELS * 2)
    columns = {column.name: column for column in preview(path, DataSettings()).columns}
    assert columns["tokens"].reason == "it has lists of different lengths (20 to 22)"
    with pytest.raises(UserError, match=r"'tokens' of .* cannot be predicted: it has lists of dif"):
        open_dataset(DataSettings(source=str(path), target="tokens"))


@pytest.mark.parametrize("task", ["multi-label", None])
def test_lists_beside_a_text_are_all_predicted(tmp_path: Path, task: str | None) -> None:
    texts = [f"the words of the row number {row} here" for row in range(60)]
    path = write(tmp_path / "a.parquet", text=texts, marks=[list(map(int, row)) for row in MARKS])
    dataset = open_dataset(DataSettings(source=str(path), task=task))
    assert dataset.description.kind == "text"
    assert dataset.description.reading.targets == ("marks[0]", "marks[1]", "marks[2]")
    assert dataset.targets.tolist() == MARKS


@pytest.mark.parametrize("name", ["box", "soft"])
def test_lists_that_could_be_predicted_are_named(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / "a.parquet", x=SIZES, **{name: SIGNALS})
    with pytest.raises(UserError, match="left to be predicted") as caught:
        open_dataset(DataSettings(source=str(path)))
    assert f"one of: 'x', '{name}'" in caught.value.remedy
