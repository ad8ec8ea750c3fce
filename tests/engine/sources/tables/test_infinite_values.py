"""Infinite values of tables are missing, never a class, unless they are words among words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

from app.engine.data.values import NO_VALUE
from app.engine.errors import UserError
from app.engine.experiment.data_settings import DataSettings
from app.engine.sources.cache import Cache
from app.engine.sources.opening import open_dataset

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.data.dataset import Dataset

COUNT = 60
SIZES = [n * n * 0.5 for n in range(COUNT)]


def open_table(path: Path, table: dict[str, list[Any]], **settings: Any) -> Dataset:
    if path.suffix == ".parquet":
        parquet.write_table(pa.table(table), path)
    else:
        rows = zip(*table.values(), strict=True)
        lines = [",".join(table), *(",".join(map(str, row)) for row in rows)]
        path.write_text("\n".join(lines), encoding="utf-8")

    return open_dataset(
        DataSettings(source=str(path), **settings), cache=Cache(path.parent / "cache")
    )


def left_out(dataset: Dataset) -> dict[str, str]:
    return {item.path: item.reason for item in dataset.description.skipped}


@pytest.mark.parametrize("name", ["a.csv", "a.parquet"])
def test_an_infinite_label_is_a_missing_one(tmp_path: Path, name: str) -> None:
    kinds: list[float] = [n % 3 for n in range(COUNT)]
    kinds[4:7] = [float("inf"), float("-inf"), float("nan")]
    dataset = open_table(
        tmp_path / name, {"size": SIZES, "kind": kinds}, target="kind", task="classification"
    )

    assert dataset.description.classes == ("0", "1", "2")
    assert dataset.description.total == COUNT - 3
    first = 6 if name == "a.csv" else 5
    assert left_out(dataset) == {
        f"row {row}": "it has no value of 'kind'" for row in range(first, first + 3)
    }
    assert any("3 rows are left out" in note for note in dataset.description.notes)


def test_an_infinite_label_among_numbers_and_a_few_words(tmp_path: Path) -> None:
    kinds: list[Any] = [n % 3 for n in range(COUNT)]
    kinds[4] = "inf"
    kinds[9] = "other"
    dataset = open_table(
        tmp_path / "a.csv", {"size": SIZES, "kind": kinds}, target="kind", task="classification"
    )

    assert dataset.description.classes == ("0", "1", "2", "other")
    assert left_out(dataset) == {"row 6": "it has no value of 'kind'"}


def test_inf_is_a_word_among_words(tmp_path: Path) -> None:
    kinds = [("inf", "sup", "max")[n % 3] for n in range(COUNT)]
    dataset = open_table(tmp_path / "a.csv", {"size": SIZES, "kind": kinds}, target="kind")
    assert dataset.description.classes == ("inf", "max", "sup")
    assert dataset.description.total == COUNT


def test_nothing_but_infinite_labels_is_refused(tmp_path: Path) -> None:
    kinds = ["inf", "-inf"] * (COUNT // 2)
    with pytest.raises(UserError, match="'kind'"):
        open_table(
            tmp_path / "a.csv", {"size": SIZES, "kind": kinds}, target="kind", task="classification"
        )


@pytest.mark.parametrize("name", ["a.csv", "a.parquet"])
def test_an_infinite_amount_to_predict_is_left_out(tmp_path: Path, name: str) -> None:
    prices = [n * 1.37 for n in range(COUNT)]
    prices[7] = float("-inf")
    dataset = open_table(tmp_path / name, {"size": SIZES, "price": prices}, target="price")

    row = 9 if name == "a.csv" else 8
    assert left_out(dataset) == {f"row {row}": "its value of 'price' is infinite"}
    assert np.isfinite(dataset.targets).all() and len(dataset.targets) == COUNT - 1


@pytest.mark.parametrize("name", ["a.csv", "a.parquet"])
def test_an_infinite_input_is_a_missing_one(tmp_path: Path, name: str) -> None:
    sizes = list(SIZES)
    sizes[3] = float("inf")
    grades: list[float] = [n % 4 for n in range(COUNT)]
    grades[5] = float("inf")
    dataset = open_table(
        tmp_path / name,
        {"size": sizes, "grade": grades, "kind": [("x", "y")[n % 2] for n in range(COUNT)]},
        target="kind",
        columns={"grade": "category"},
    )

    assert dataset.description.total == COUNT
    size, grade = dataset.description.preparation.columns
    assert set(grade.categories) == {"0", "1", "2", "3", NO_VALUE}
    assert np.isnan(dataset.inputs[3, 0])
    assert any("1 value of 'size' is infinite" in note for note in dataset.description.notes)
    assert (size.name, size.role, size.flagged) == ("size", "number", True)


def test_a_picture_list_has_no_class_of_infinity(tmp_path: Path) -> None:
    from PIL import Image

    names = [f"{n}.png" for n in range(12)]
    for n, name in enumerate(names):
        Image.new("L", (4, 4), n * 20).save(tmp_path / name)

    kinds = ["inf" if n == 5 else n % 2 for n in range(12)]
    dataset = open_table(tmp_path / "a.csv", {"file": names, "label": kinds})
    assert dataset.description.classes == ("0", "1")
    assert left_out(dataset) == {"5.png": "row 7 names no class"}
