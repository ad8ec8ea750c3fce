"""Curves over steps, epochs, examples and time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from app.engine.runs.curves.run_curves import RunCurves, read_curves
from app.engine.runs.history import History
from tests.written_runs import BATCH, Shape, write_run

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.runs.metrics_lines import EpochLine


def line(epoch: int, step: int, elapsed: float | None) -> EpochLine:
    found: EpochLine = {
        "epoch": epoch,
        "step": step,
        "training_loss": 1.0,
        "validation_loss": 1.0 / epoch,
        "metrics": {"accuracy": 0.5},
        "best": True,
        "best_epoch": epoch,
        "since_best": 0,
        "seconds": 0.1,
    }
    if elapsed is not None:
        found["elapsed"] = elapsed
    return found


def history(*epochs: EpochLine, steps: int = 20) -> History:
    none = np.full(steps, np.nan)
    return History(np.arange(1, steps + 1), np.ones(steps), none, none, list(epochs))


def test_a_written_run_has_its_axes(tmp_path: Path) -> None:
    curves = read_curves(write_run(tmp_path, shape=Shape(steps=120, epochs=4)))
    at = np.array([0, 30, 45, 120])
    assert curves.places("step", at).tolist() == [0, 30, 45, 120]
    assert curves.places("epoch", at).tolist() == [0, 1, 1.5, 4]
    each = 30 * BATCH - 7
    examples = curves.places("examples", at)
    assert examples is not None and examples.tolist() == [0, each, each + 15 * BATCH, 4 * each]
    times = curves.places("time", at)
    assert times is not None and times.tolist() == [0, 2, 3, 8]
    assert curves.has_times and list(curves.metrics) == ["accuracy", "macro_f1"]


def test_time_goes_on_behind_the_last_epoch() -> None:
    curves = RunCurves.of(history(line(1, 10, 4.0), steps=15))
    times = curves.places("time", np.array([5.0, 10.0, 15.0]))
    assert times is not None and times.tolist() == [2, 4, 6]
    whole = RunCurves.of(history(line(1, 10, 4.0), steps=15), seconds=5.0)
    times = whole.places("time", np.array([10.0, 15.0]))
    assert times is not None and times.tolist() == [4, 5]


def test_a_run_without_times_is_spread_evenly_or_not_at_all() -> None:
    older = history(line(1, 10, None), line(2, 20, None))
    assert RunCurves.of(older).places("time", np.array([5.0])) is None
    times = RunCurves.of(older, seconds=40.0).places("time", np.array([5.0, 20.0]))
    assert times is not None and times.tolist() == [10, 40]
    assert not RunCurves.of(older, seconds=40.0).has_times


@pytest.mark.parametrize("axis", ["step", "epoch", "examples", "time"])
def test_a_run_of_which_nothing_is_known_breaks_no_axis(axis: str) -> None:
    none = np.empty(0)
    curves = RunCurves.of(History(none, none, none, none))
    places = curves.places(axis, none)  # type: ignore[arg-type]
    assert places is None or not len(places)
