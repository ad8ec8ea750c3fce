"""Rows: gaps, scales and categories by the training rows alone; one row as the whole table."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from app.engine.data.kinds import read_preparation
from app.engine.data.kinds.row.preparation import RowPreparation
from app.engine.data.numbers import NumberStyle
from app.engine.data.values import NO_VALUE
from app.engine.errors import UserError
from app.engine.sources.parts.rows import RowPart, _median
from app.engine.sources.tables.columns import Column

if TYPE_CHECKING:
    from collections.abc import Mapping

STYLE = NumberStyle(",")


def part(
    columns: Mapping[str, list[str]], missing: Mapping[str, Any] | None = None, **roles: str
) -> RowPart:
    import pyarrow as pa

    columns_read = [
        Column(name, STYLE, pa.array(cells, pa.large_string())) for name, cells in columns.items()
    ]
    roles = {
        column.name: roles.get(column.name, "number" if column.numeric else "category")
        for column in columns_read
    }
    return RowPart(columns_read, roles, missing or {}, STYLE)


CELLS = {
    "size": ["1,5", "", "2,5", "3,5", "10", "NA"],
    "colour": ["red", "blue", "red", "", "green", "blue"],
}
TRAINING = np.array([0, 1, 2, 3])


def fit_part(**changes: Any) -> tuple[np.ndarray, RowPreparation]:
    values, preparation = part({**CELLS, **changes.pop("cells", {})}, **changes).fit(TRAINING)
    assert isinstance(preparation, RowPreparation)
    return values, preparation


def test_rows_are_kept_with_gaps_flags_and_numbers_of_categories() -> None:
    values, preparation = fit_part()
    assert values.dtype == np.float32
    assert preparation.features == ("size", "size: missing", "colour")
    assert preparation.inputs[0].shape == (3,) and preparation.inputs[0].categories == (4,)
    assert set(preparation.categories[0].categories) == {"red", "blue", NO_VALUE}
    assert preparation.categories[0].categories[0] == "red"  # the most frequent first
    assert np.isnan(values[[1, 5], 0]).all() and values[:, 1].tolist() == [0, 1, 0, 0, 0, 1]

    codes = preparation.categories[0].numbers
    assert values[:, 2].tolist() == [
        codes["red"],
        codes["blue"],
        codes["red"],
        codes[NO_VALUE],
        0,
        codes["blue"],
    ]


def test_statistics_are_of_the_training_rows_alone() -> None:
    _, first = fit_part()
    _, second = fit_part(
        cells={
            "size": ["1,5", "", "2,5", "3,5", "-999", "7"],
            "colour": ["red", "blue", "red", "", "violet", "pink"],
        }
    )

    assert first == second
    _, third = fit_part(cells={"size": ["1,5", "", "2,5", "99", "10", "NA"]})
    assert third != first


@pytest.mark.parametrize(
    ("policy", "fill"), [("median", 2.5), ("mean", 2.5), ("zero", 0.0), (None, 2.5)]
)
def test_the_network_sees_gaps_filled_and_one_scale(policy: str | None, fill: float) -> None:
    values, preparation = fit_part(missing={"size": policy} if policy else {})
    batch = torch.from_numpy(values)
    prepared = preparation.tensor(batch)
    without_gaps = np.array([1.5, fill, 2.5, 3.5])
    expected = (
        np.array([1.5, fill, 2.5, 3.5, 10, fill]) - without_gaps.mean()
    ) / without_gaps.std()

    assert np.allclose(prepared[:, 0].numpy(), expected, atol=1e-6)
    assert torch.equal(prepared[:, 1:], batch[:, 1:]) and torch.isnan(
        batch[1, 0]
    )  # the batch itself stays
    assert prepared[:4, 0].mean().abs() < 1e-6 and prepared[:4, 0].std(
        correction=0
    ) == pytest.approx(1)


@pytest.mark.parametrize("count", [1, 2, 3, 4, 999, 1_000])
def test_the_median_is_that_of_numpy(count: int) -> None:
    values = np.random.default_rng(count).normal(0, 1e6, count).astype(np.float32)
    assert _median(values) == np.median(values.astype(np.float64))


def test_mean_and_median_differ_where_they_should() -> None:
    cells = {"size": ["1", "", "2", "9", "10", "NA"]}
    assert fit_part(cells=cells)[1].amounts[0].fill == 2
    assert fit_part(cells=cells, missing={"size": "mean"})[1].amounts[0].fill == 4


def test_settling_and_coding_give_the_same() -> None:
    rows = part(CELLS)
    values, preparation = rows.fit(TRAINING)
    assert np.array_equal(rows.encode(preparation), values, equal_nan=True)
    assert np.array_equal(part(CELLS).encode(preparation), values, equal_nan=True)


def test_one_row_is_prepared_as_the_table() -> None:
    values, preparation = fit_part()
    for row in range(6):
        raw = {name: cells[row] for name, cells in CELLS.items()}
        assert np.array_equal(preparation.array(raw), values[row], equal_nan=True)

    assert np.array_equal(
        preparation.array({"size": 1.5, "colour": "red"}), values[0], equal_nan=True
    )
    assert np.array_equal(
        preparation.array({"size": "1.5", "colour": " red "}), values[0], equal_nan=True
    )
    assert math.isnan(preparation.array({"colour": "red", "size": None})[0])
    assert math.isnan(preparation.array({"colour": "red", "size": math.inf})[0])
    assert preparation.array({"size": 1, "colour": "never seen"})[2] == 0

    with pytest.raises(UserError, match="'abc' is not a number, but 'size'"):
        preparation.array({"size": "abc", "colour": "red"})

    with pytest.raises(UserError, match="none of the columns"):
        preparation.array({"Size": "1"})


def test_a_gap_that_is_not_filled_is_refused_in_one_row() -> None:
    _, preparation = fit_part(
        missing={"size": "drop"}, cells={"size": ["1", "2", "3", "4", "5", "6"]}
    )
    with pytest.raises(UserError, match="'size' has no value"):
        preparation.array({"size": "", "colour": "red"})


def test_policies_that_do_not_fit_are_refused() -> None:
    with pytest.raises(UserError) as caught:
        part(CELLS, {"size": "category"})
    assert caught.value.setting == "data.missing" and "median" in caught.value.remedy


def test_no_variation_and_no_values_divide_by_nothing() -> None:
    values, preparation = fit_part(
        cells={"size": ["5", "5", "5", "5", "6", ""], "none": ["", "", "", "", "1", "2"]}
    )
    prepared = preparation.tensor(torch.from_numpy(values))
    assert torch.isfinite(prepared).all() and prepared[0, 0] == 0
    assert next(column for column in preparation.columns if column.name == "size").std == 1


def test_a_preparation_survives_json() -> None:
    _, preparation = fit_part(cells={"when": [f"{day}.3.2024" for day in range(1, 7)]})
    again = read_preparation(json.loads(json.dumps(preparation.to_plain(), allow_nan=False)))
    assert again == preparation
    assert again.array({"size": 1, "colour": "red", "when": "2.3.2024"})[1] == 19_784


def test_what_is_filled_and_unseen_is_noted() -> None:
    rows = part(CELLS)
    rows.fit(TRAINING)

    notes = " ".join(rows.notes)
    for words in ("2 missing values of 'size'", "1 missing value of 'colour'", "1 row has a value"):
        assert words in notes


def test_equal_rows_are_copies_unless_most_are() -> None:
    few = part({"a": ["1", "2", "3", "1"], "b": ["x", "y", "z", "x"]}).fingerprints()
    assert (few[0] == few[3]).all() and len(np.unique(few, axis=0)) == 3
    many = part({"a": ["0", "1"] * 20}).fingerprints()
    assert len(np.unique(many, axis=0)) == 40
    assert not np.array_equal(
        part({"b": ["x", "y"]}).fingerprints()[0], part({"b": ["v", "y"]}).fingerprints()[0]
    )


def test_gaps_are_noted_in_other_data_too() -> None:
    _, preparation = fit_part()
    other = part({"size": ["", "2,5"], "colour": ["red", "blue"]})
    other.encode(preparation)
    assert other.notes == (
        "1 missing value of 'size': the median of training, 2.5; a further input says where.",
    )
