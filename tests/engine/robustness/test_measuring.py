"""Figures of disturbed examples: every disturbance changes what it says, and only that."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from app.engine.data.kinds.image.preparation import ImagePreparation
from app.engine.data.kinds.row.column import RowColumn
from app.engine.data.kinds.row.preparation import RowPreparation
from app.engine.errors import UserError
from app.engine.robustness.disturbance import disturbances
from app.engine.robustness.disturbances.typing_errors import mistyped
from app.engine.robustness.measuring import measure
from tests.engine import tiny
from tests.engine.explain import networks

if TYPE_CHECKING:
    from app.engine.data.preparation import Preparation

SEED = 7
FITTING = {
    "image": ["noise", "rotation", "brightness"],
    "row": ["noise", "missing-columns"],
    "signal": ["noise"],
    "text": ["typing-errors", "cut-texts"],
}
TEMPLATES = {"image": "cnn", "row": "mlp", "signal": "cnn-1d", "text": "text-cnn"}


def disturbed(
    kind: str, examples: np.ndarray, preparation: Preparation, level: float
) -> np.ndarray:
    (disturbance,) = (found for found in disturbances() if found.kind == kind)
    before = examples.copy()
    changed = disturbance.apply(examples, preparation, level, np.random.default_rng(SEED))
    assert np.array_equal(examples, before, equal_nan=True), "the originals are kept"
    assert changed.shape == examples.shape and changed.dtype == examples.dtype
    return changed


@pytest.mark.parametrize("sort", FITTING)
def test_each_kind_of_data_has_its_curves(sort: str) -> None:
    combination = networks.combination("classification", sort, TEMPLATES[sort])
    dataset = tiny.dataset("classification", sort)
    seen: list[tuple[int, int]] = []
    measured = measure(
        networks.predictor(combination), dataset, progress=lambda *done: seen.append(done)
    )

    assert [curve.disturbance.kind for curve in measured.curves] == FITTING[sort]
    assert (measured.metric, measured.split) == ("accuracy", "test")
    assert measured.examples == measured.total == tiny.VALIDATED
    for curve in measured.curves:
        assert list(curve.levels) == sorted({curve.disturbance.neutral, *curve.disturbance.levels})
        assert all(0 <= figure <= 1 for figure in curve.figures)

    wholes = {
        curve.figures[curve.levels.index(curve.disturbance.neutral)] for curve in measured.curves
    }
    assert len(wholes) == 1
    assert seen[-1][0] == seen[-1][1] == len(seen)


def test_the_same_seed_gives_the_same_figures() -> None:
    combination = networks.combination("regression", "row", "mlp")
    predictor = networks.predictor(combination)
    dataset = tiny.dataset("regression", "row")
    assert measure(predictor, dataset).to_plain() == measure(predictor, dataset).to_plain()


def test_a_task_whose_answer_is_the_example_has_none() -> None:
    combination = networks.combination("language-modelling", "text", "gpt")
    with pytest.raises(UserError, match="would have another answer"):
        measure(networks.predictor(combination), tiny.dataset("language-modelling", "text"))


def test_a_quarter_turn_is_a_quarter_turn() -> None:
    picture = np.zeros((6, 1, 9, 9), np.uint8)
    picture[:, 0, 0, :] = 200
    preparation = ImagePreparation(9, 9, 1, "crop", (0.5,), (0.25,))
    for turned in disturbed("rotation", picture, preparation, 90.0):
        edges = {"left": turned[0, 1:-1, 0].min(), "right": turned[0, 1:-1, -1].min()}
        assert max(edges.values()) == 200 and min(edges.values()) == 0
        assert turned[0, 1:-1, 1:-1].max() == 0


def test_brightness_stays_within_black_and_white() -> None:
    picture = np.full((1, 1, 2, 2), 100, np.uint8)
    preparation = ImagePreparation(2, 2, 1, "crop", (0.5,), (0.25,))
    assert disturbed("brightness", picture, preparation, 0.5).max() == 50
    assert disturbed("brightness", picture, preparation, 3.0).min() == 255


def test_missing_values_reach_number_flag_and_category_of_a_column_together() -> None:
    preparation = RowPreparation(
        (
            RowColumn("a", "number", "flag", std=1.0, flagged=True),
            RowColumn("b", "number", "mean", std=1.0),
            RowColumn("c", "category", "category", categories=("x", "y")),
        )
    )
    rows = np.tile(np.array([[1.0, 2.0, 0.0, 2.0]], np.float32), (300, 1))
    changed = disturbed("missing-columns", rows, preparation, 0.25)
    gaps = np.stack([np.isnan(changed[:, 0]), np.isnan(changed[:, 1]), changed[:, 3] == 0], axis=1)
    assert (gaps.sum(1) == 1).all() and (gaps.sum(0) > 50).all()
    assert np.array_equal(changed[:, 2] == 1, gaps[:, 0])


def test_noise_is_as_large_as_it_says() -> None:
    preparation = RowPreparation((RowColumn("a", "number", "mean", std=4.0),))
    rows = np.zeros((4000, 1), np.float32)
    assert disturbed("noise", rows, preparation, 0.5).std() == pytest.approx(2.0, rel=0.05)


def test_typing_errors_leave_blanks_and_touch_their_share() -> None:
    text = "the quick brown fox " * 100
    typed = mistyped(text, 0.1, np.random.default_rng(SEED))
    assert typed.count(" ") == pytest.approx(text.count(" "), abs=25)
    assert 0.85 < len(typed) / len(text) < 1.15 and typed != text
    assert mistyped(text, 0.0, np.random.default_rng(SEED)) == text


def test_a_text_that_is_cut_off_keeps_its_beginning() -> None:
    tokens = np.array([[5, 6, 7, 8, 0, 0]], np.int32)
    preparation = tiny.preparation("text")
    assert disturbed("cut-texts", tokens, preparation, 0.5).tolist() == [[5, 6, 0, 0, 0, 0]]
    assert disturbed("cut-texts", tokens, preparation, 0.9).tolist() == [[5, 0, 0, 0, 0, 0]]
