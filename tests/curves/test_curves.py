"""The Guide on recorded trainings of seeds that it was not tuned on: `python -m tests.curves`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.curves import recorded
from tests.curves.cases import ILLNESSES, Case
from tests.curves.recording import record
from tests.curves.replay import replayed, verdict

if TYPE_CHECKING:
    from pathlib import Path

    from tests.curves.recorded import Recorded

MOST_FALSE = 0.02
FEWEST_FOUND = 11


@pytest.fixture(scope="module")
def runs() -> list[Recorded]:
    return recorded.read()


def test_healthy_trainings_raise_no_alarm_and_illnesses_are_found(runs: list[Recorded]) -> None:
    result = verdict([run for run in runs if not run.tuned])
    assert result.healthy >= 60
    assert result.illnesses == len(ILLNESSES) == 12
    assert len(result.false) <= MOST_FALSE * result.healthy, [
        (run.name, run.seed, {item.finding.key for item in said}) for run, said in result.false
    ]
    assert len(ILLNESSES) - len(result.missed) >= FEWEST_FOUND, result.missed


def test_every_sample_and_template_is_among_them(runs: list[Recorded]) -> None:
    from tests.curves.cases import healthy

    expected = {(case.name, case.seed) for case in healthy()}
    assert {(run.name, run.seed) for run in runs if not run.expected} == expected


def test_every_healthy_training_is_said_to_go_well(runs: list[Recorded]) -> None:
    praised = [run for run in runs if not run.expected]
    said = {run.name for run in praised for item in replayed(run) if item.finding.key == "well"}
    assert said == {run.name for run in praised}


def test_a_recorded_training_is_read_as_it_was_written(tmp_path: Path) -> None:
    settings = {
        "data": {"source": "sample:iris"},
        "model": {"template": "mlp"},
        "training": {"epochs": 3},
    }
    run = record(Case("iris-mlp", 99, settings, by_hand=(1, {"learning_rate_factor": 2.0})))
    recorded.write([run], tmp_path / "curves.xz")
    (read,) = recorded.read(tmp_path / "curves.xz")

    assert read.description.classes == run.description.classes
    assert read.resolved == run.resolved
    assert read.changes == run.changes != []
    assert np.allclose(read.losses, run.losses, rtol=0.01)
    assert (read.confusions[3] == run.confusions[3]).all()
    assert [line["best"] for line in read.epochs] == [line["best"] for line in run.epochs]
    assert read.until(2).epochs == read.epochs[:2]
    assert read.until(2).steps.max() <= read.epochs[1]["step"]
