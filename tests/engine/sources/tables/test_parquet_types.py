"""Parquet files of pandas, Polars and DuckDB: every usual type is read as what it means."""

from __future__ import annotations

import datetime
import uuid
from typing import TYPE_CHECKING, Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

from app.engine.experiment.data_settings import DataSettings
from app.engine.sources.opening import open_dataset
from app.engine.sources.tables.reading import read_table

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.sources.tables.columns import Column, Table

DAYS = [datetime.datetime(2024, 3, day, 0, 0) for day in range(1, 13)]
HOURS = [day.replace(hour=day.day % 3 * 6) for day in DAYS]
"""Moments of which every third is at midnight."""

LARGE = [9007199254740992 + row % 3 for row in range(12)]
"""Three whole numbers of which floating point makes two."""


def read(path: Path) -> Table:
    return read_table(path, DataSettings())


def column(path: Path, **columns: Any) -> Column:
    """Writes a Parquet file with pyarrow, and returns its first column as it is read."""
    parquet.write_table(pa.table(columns), path)
    return read(path).columns[0]


def test_texts_that_are_views(tmp_path: Path) -> None:
    words = pa.array(["red", "blue", None, "red"] * 3, pa.string_view())
    colour = column(tmp_path / "a.parquet", colour=words)
    assert colour.kind == "text" and colour.factorized[1] == ["red", "blue"]


def test_whole_numbers_beyond_floating_point_stay_apart(tmp_path: Path) -> None:
    path = tmp_path / "large.parquet"
    sizes = np.linspace(0, 1, 12)
    parquet.write_table(pa.table({"size": sizes, "label": pa.array(LARGE, pa.int64())}), path)

    description = open_dataset(DataSettings(source=str(path), target="label")).description
    assert description.classes == tuple(str(LARGE[row]) for row in range(3))

    text = tmp_path / "large.csv"
    lines = [f"{size},{label}" for size, label in zip(sizes, LARGE, strict=True)]
    text.write_text("\n".join(["size,label", *lines]))
    description = open_dataset(DataSettings(source=str(text), target="label")).description
    assert len(description.classes) == 3


def test_amounts_beyond_floating_point_stay_amounts(tmp_path: Path) -> None:
    size = column(tmp_path / "a.parquet", size=pa.array([1e20, 2e30, 3.5] * 4))
    assert size.kind == "number"


def test_identifiers_are_texts(tmp_path: Path) -> None:
    values = [uuid.UUID(int=row) for row in range(12)]
    key = column(tmp_path / "a.parquet", key=pa.array([v.bytes for v in values], pa.uuid()))
    assert key.texts.to_pylist() == [str(value) for value in values]


@pytest.mark.parametrize("unit", ("s", "ms", "us", "ns"))
def test_durations_are_amounts_in_seconds(tmp_path: Path, unit: str) -> None:
    path = tmp_path / "a.parquet"
    hours = [datetime.timedelta(hours=row) for row in range(24, 36)]
    taken = column(path, taken=pa.array([*hours[:-1], None], pa.duration(unit)))
    assert taken.numbers[0].tolist()[:2] == [86_400.0, 90_000.0]
    assert np.isnan(taken.numbers[0][-1])
    assert read(path).notes == ("'taken': times, read in seconds.",)


@pytest.mark.parametrize(
    "kind", (pa.time32("s"), pa.time32("ms"), pa.time64("us"), pa.time64("ns"))
)
def test_times_of_a_day_are_amounts_in_seconds(tmp_path: Path, kind: pa.DataType) -> None:
    clock = column(tmp_path / "a.parquet", clock=pa.array([datetime.time(0, 1, 5)] * 3, kind))
    assert clock.numbers[0].tolist() == [65.0] * 3


@pytest.mark.parametrize("unit", ("s", "ms", "us", "ns"))
@pytest.mark.parametrize("zone", (None, "Europe/Berlin"))
def test_moments_with_midnights_among_them(tmp_path: Path, unit: str, zone: str | None) -> None:
    moments = pa.array(HOURS, pa.timestamp(unit, zone))
    when = column(tmp_path / "a.parquet", when=moments)
    first = (HOURS[0] - datetime.datetime(1970, 1, 1)).total_seconds() / 86_400
    assert when.kind == "date" and when.numbers[0][0] == pytest.approx(first)


def test_what_three_programs_write_is_the_same(tmp_path: Path) -> None:
    data = {
        "day": DAYS,
        "hour": HOURS,
        "colour": ["red", "blue", "red"] * 4,
        "paid": [True, False] * 6,
        "count": list(range(12)),
        "size": [row / 8 for row in range(12)],
    }
    pd.DataFrame(data).to_parquet(tmp_path / "pandas.parquet")
    pl.DataFrame(data).write_parquet(tmp_path / "polars.parquet")
    duckdb.sql(
        f"COPY (SELECT * FROM '{tmp_path / 'polars.parquet'}') "
        f"TO '{tmp_path / 'duckdb.parquet'}' (FORMAT PARQUET)"
    )

    tables = [read(tmp_path / f"{name}.parquet") for name in ("pandas", "polars", "duckdb")]
    kinds = [[found.kind for found in table.columns] for table in tables]
    assert kinds[0] == ["date", "date", "text", "text", "number", "number"]
    assert kinds[0] == kinds[1] == kinds[2]
    for number in range(len(data)):
        texts = [table.columns[number].labels for table in tables]
        assert texts[0] == texts[1] == texts[2]
