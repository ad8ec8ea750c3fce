"""Whole numbers such as 20240315 are dates, in every type a file has for them."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING

import numpy as np
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from app.engine.data.kinds.row.preparation import RowPreparation
from app.engine.experiment.data_settings import DataSettings
from app.engine.results.inputs import read_input
from app.engine.sources.opening import open_dataset
from app.engine.sources.tables.reading import read_table

if TYPE_CHECKING:
    from pathlib import Path

FIRST = datetime.date(2024, 1, 20)
DAYS = [FIRST + datetime.timedelta(days=3 * n) for n in range(40)]
NUMBERS = [int(day.strftime("%Y%m%d")) for day in DAYS]
SINCE_1970 = [(day - datetime.date(1970, 1, 1)).days for day in DAYS]


def write(path: Path, numbers: list[int]) -> Path:
    labels = ["early" if n < len(numbers) / 2 else "late" for n in range(len(numbers))]
    if path.suffix == ".csv":
        lines = [f"{number},{label}" for number, label in zip(numbers, labels, strict=True)]
        path.write_text("\n".join(["day,label", *lines, ""]))
    elif path.suffix == ".parquet":
        pq.write_table(pa.table({"day": numbers, "label": labels}), path)
    else:
        book = openpyxl.Workbook()
        sheet = book.active
        assert sheet is not None
        for row in (("day", "label"), *zip(numbers, labels, strict=True)):
            sheet.append(row)
        book.save(path)

    return path


@pytest.mark.parametrize("suffix", (".csv", ".parquet", ".xlsx"))
def test_they_are_days(tmp_path: Path, suffix: str) -> None:
    path = write(tmp_path / f"a{suffix}", NUMBERS)
    day = read_table(path, DataSettings()).by_name["day"]
    assert (day.kind, day.date) == ("date", "%Y%m%d")
    assert day.numbers[0].tolist() == SINCE_1970

    description = open_dataset(DataSettings(source=str(path))).description
    assert description.reading.dates == {"day": "%Y%m%d"}
    assert any("'day': dates, read as days" in note for note in description.notes)
    for later in (".csv", ".parquet", ".xlsx"):
        found = read_input(write(tmp_path / f"b{later}", NUMBERS[7:9]), description, DataSettings())
        arrays = [description.preparation.array(row) for row in found.raws]
        assert [float(array[0]) for array in arrays] == SINCE_1970[7:9]

    for typed in (str(NUMBERS[3]), NUMBERS[3]):
        assert description.preparation.array({"day": typed})[0] == SINCE_1970[3]


@pytest.mark.parametrize("suffix", (".csv", ".parquet"))
def test_other_whole_numbers_are_none(tmp_path: Path, suffix: str) -> None:
    for numbers in ([*NUMBERS[:-1], 20241340], NUMBERS[:4] * 10, [n + 10**7 for n in NUMBERS]):
        day = read_table(write(tmp_path / f"a{suffix}", numbers), DataSettings()).by_name["day"]
        assert day.kind == "number" and day.numbers[0].tolist() == numbers


def test_a_number_of_the_training_stays_one(tmp_path: Path) -> None:
    numbers = [*NUMBERS[:-1], 20241340]
    path = write(tmp_path / "a.csv", numbers)
    description = open_dataset(DataSettings(source=str(path))).description
    assert isinstance(description.preparation, RowPreparation)
    found = read_input(write(tmp_path / "b.csv", NUMBERS), description, DataSettings())
    np.testing.assert_array_equal([row["day"] for row in found.raws], NUMBERS)
