"""How far the members of a network disagree, told of trained networks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from app.engine.learning.tasks import TASKS
from app.engine.results.member_spread import MemberSpread, member_spread, quarters
from app.engine.results.predictor import Predictor
from app.engine.sources.opening import open_dataset
from tests.ui.trained_runs import train_on

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.data.dataset import Dataset


def trained(folder: Path, sample: str, template: str) -> tuple[Predictor, Dataset]:
    """Returns a network after two epochs on a built-in table, and the data."""
    model = {"template": template, "width": 16}
    run = train_on(
        folder,
        {"source": f"sample:{sample}"},
        model | ({"members": 8} if template == "tabm" else {}),
    )
    return Predictor.load(run), open_dataset(run.experiment().data)


@pytest.mark.parametrize("sample", ("iris", "diabetes", "breast-cancer"))
def test_the_mean_of_the_members_is_the_answer(tmp_path: Path, sample: str) -> None:
    predictor, dataset = trained(tmp_path / "run", sample, "tabm")
    rows = dataset.inputs[:5]
    spread = member_spread(predictor, rows)
    assert isinstance(spread, MemberSpread) and spread.members == 8
    answers = predictor.predictions(rows)
    np.testing.assert_allclose(spread.predictions.mean(axis=0), answers, rtol=1e-4, atol=1e-4)
    assert (spread.low <= spread.high).all() and (spread.low < spread.high).any()

    words = spread.words(predictor.description, predictor.task, 1)
    if sample == "diabetes":
        assert words.startswith("Nine of ten of its 8 members say ") and " to " in words
    else:
        assert words == f"{spread.agreeing()[1]} of its 8 members say so."


def test_a_network_without_members_has_no_spread(tmp_path: Path) -> None:
    predictor, dataset = trained(tmp_path / "run", "iris", "mlp")
    assert member_spread(predictor, dataset.inputs[:2]) is None


def test_members_that_agree_are_counted() -> None:
    each = np.array([[[0.9, 0.1]], [[0.8, 0.2]], [[0.3, 0.7]]])
    assert MemberSpread(each).agreeing().tolist() == [2]


def test_quarters_begin_with_the_examples_on_which_members_agree() -> None:
    rng = np.random.default_rng(0)
    apart = rng.permutation(np.repeat([0.1, 1.0, 2.0, 4.0], 5))
    each = apart[None, :, None] * np.linspace(-1, 1, 21)[:, None, None]
    targets = 2 * apart[:, None]
    found = quarters(MemberSpread(each), TASKS["regression"], targets)
    assert [quarter.count for quarter in found] == [5] * 4
    np.testing.assert_allclose([quarter.figure for quarter in found], [0.2, 2.0, 4.0, 8.0])
    np.testing.assert_allclose([quarter.apart for quarter in found], [0.18, 1.8, 3.6, 7.2])
    assert quarters(MemberSpread(each[:, :3]), TASKS["regression"], targets[:3]) == []
