"""Columns with long tails are bent before they are standardised, and can be bent back."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from app.engine.data.kinds.row.column import RowColumn
from app.engine.data.kinds.row.preparation import RowPreparation
from app.engine.data.kinds.row.tails import Bend, bend_of

DRAW = np.random.default_rng(0)
INCOMES = np.exp(1.5 * DRAW.standard_normal(2_000))
BOTH_SIDES = DRAW.standard_t(1.2, 2_000)


def column(values: np.ndarray, name: str = "income") -> RowColumn:
    bend = bend_of(values)
    assert bend is not None
    return RowColumn(
        name,
        "number",
        "median",
        fill=float(np.median(values)),
        mean=float(values.mean()),
        std=float(values.std()),
        centre=bend.centre,
        bend=bend.scale,
        bent_mean=bend.mean,
        bent_std=bend.std,
    )


PLAIN = RowColumn("age", "number", "median", fill=40.0, mean=40.0, std=10.0)


def prepared(preparation: RowPreparation, rows: np.ndarray) -> torch.Tensor:
    return preparation.tensor(torch.from_numpy(rows.astype(np.float32)))


@pytest.mark.parametrize(
    "values",
    [
        DRAW.standard_normal(20_000),
        DRAW.uniform(0, 1, 2_000),
        DRAW.exponential(1.0, 20_000),
        (DRAW.random(2_000) < 0.01).astype(float),
        np.where(DRAW.random(2_000) < 0.3, 1.0, 1000.0 * DRAW.integers(0, 5, 2_000)),
        np.full(50, 3.0),
    ],
    ids=["normal", "uniform", "waiting times", "a rare mark", "a scale", "one number"],
)
def test_usual_columns_stay_as_they_are(values: np.ndarray) -> None:
    assert bend_of(values) is None


@pytest.mark.parametrize("values", [INCOMES, -INCOMES, BOTH_SIDES], ids=["up", "down", "both"])
def test_a_long_tail_comes_near_and_what_is_dense_is_spread(values: np.ndarray) -> None:
    seen = prepared(RowPreparation((column(values),)), values[:, None])[:, 0].numpy()
    assert abs(seen.mean()) < 1e-3 and seen.std() == pytest.approx(1, abs=1e-3)
    assert np.abs(seen).max() < 8 < np.abs((values - values.mean()) / values.std()).max()
    order = np.argsort(values)
    assert (np.diff(seen[order]) >= 0).all(), "larger stays larger"

    half = np.quantile(seen, 0.75) - np.quantile(seen, 0.25)
    assert half > 0.4, "the half of the rows in the middle is not at one place"


def test_a_tail_to_one_side_is_a_logarithm_from_its_end() -> None:
    bend = bend_of(INCOMES)
    assert isinstance(bend, Bend)
    assert bend.centre == INCOMES.min()
    below = np.quantile(INCOMES, 0.1)
    assert bend.centre + bend.scale == pytest.approx(below)
    share = (bend.centre + bend.scale > INCOMES).mean()
    assert share == pytest.approx(0.1, abs=0.01)


def test_only_columns_with_tails_are_bent_and_gaps_are_filled_first() -> None:
    tail = column(INCOMES)
    preparation = RowPreparation((tail, PLAIN))
    rows = np.array([[np.nan, 50.0], [tail.fill, np.nan]])
    seen = prepared(preparation, rows)
    assert seen[0, 0] == seen[1, 0]
    assert seen[:, 1].tolist() == [1.0, 0.0]


def test_restored_numbers_have_their_unit_again() -> None:
    preparation = RowPreparation((column(INCOMES), PLAIN))
    rows = np.stack([INCOMES[:200], np.linspace(0, 90, 200)], 1)
    back = preparation.in_units(prepared(preparation, rows)).numpy()
    np.testing.assert_allclose(back, rows, rtol=1e-3, atol=1e-3)

    wild = preparation.in_units(torch.tensor([[1e6, 0.0], [-1e6, 0.0]]))
    assert torch.isfinite(wild).all()


def test_its_code_does_the_same() -> None:
    tail = column(INCOMES)
    flagged = RowColumn("debt", "number", "median", flagged=True, mean=5.0, std=0.5)
    preparation = RowPreparation((tail, flagged))
    code = preparation.code()
    names: dict[str, object] = {"torch": torch}
    names |= {name.upper(): torch.from_numpy(array) for name, array in code.arrays.items()}
    exec(code.text, names)

    rows = torch.tensor([[3.0, 4.0, 0.0], [9.0, float("nan"), 1.0]])
    seen = preparation.tensor(rows)
    assert torch.equal(names["prepare"](rows), seen)  # type: ignore[operator]

    exec(preparation.units_code(), names)
    expected = preparation.in_units(seen)
    assert torch.equal(names["answers"](seen), expected)  # type: ignore[operator]


def test_it_survives_plain_data_and_older_ones_are_not_bent() -> None:
    preparation = RowPreparation((column(INCOMES), PLAIN))
    assert RowPreparation.from_plain(preparation.to_plain()) == preparation

    plain = preparation.to_plain()
    for each in plain["columns"]:
        for name in ("centre", "bend", "bent_mean", "bent_std"):
            del each[name]

    old = RowPreparation.from_plain(plain)
    rows = np.array([[old.columns[0].mean, 40.0]])
    assert prepared(old, rows).abs().max() < 1e-6
