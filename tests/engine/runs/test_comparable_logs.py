"""Logs of other tools over the same axes as runs: epochs, names of figures, known settings."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest

from app.engine.errors import UserError
from app.engine.runs.logs.comparable import comparable_curves, epoch_length, judged_each_epoch
from app.engine.runs.logs.foreign_run import is_log, read_log
from tests.engine.runs.test_logs import KERAS, LIGHTNING, curve, event_file

if TYPE_CHECKING:
    from pathlib import Path

STATE = {
    "num_train_epochs": 2,
    "train_batch_size": 16,
    "log_history": [
        {"epoch": 0.5, "grad_norm": 2.0, "learning_rate": 1e-4, "loss": 2.0, "step": 50},
        {"epoch": 1.0, "eval_accuracy": 0.5, "eval_loss": 1.8, "eval_runtime": 3.0, "step": 100},
        {"epoch": 1.5, "grad_norm": 1.0, "learning_rate": 5e-5, "loss": 1.0, "step": 150},
        {"epoch": 2.0, "eval_accuracy": 0.75, "eval_loss": 1.2, "eval_runtime": 3.0, "step": 200},
        {"epoch": 2.0, "step": 200, "total_flos": 1e9, "train_loss": 1.4, "train_runtime": 60.0},
    ],
}


def test_the_log_of_a_trainer(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint-200" / "trainer_state.json"
    path.parent.mkdir()
    path.write_text(json.dumps(STATE))
    found = read_log(path)
    assert is_log(path) and found.name == "checkpoint-200"
    assert found.history.losses.tolist() == [2.0, 1.0] and found.history.norms.tolist() == [2, 1]
    assert found.settings == {("training", "epochs"): 2, ("training", "batch_size"): 16}
    assert epoch_length(found) == 100 and judged_each_epoch(found)

    curves = comparable_curves(found)
    np.testing.assert_array_equal(curves.places("epoch", curves.epoch_steps), [1.0, 2.0])
    assert curves.metrics["accuracy"].tolist() == [0.5, 0.75]


@pytest.mark.parametrize(
    ("content", "words"), (('{"log_history": [{"st', "cut off"), ("[]", "no log"), ("{}", "no log"))
)
def test_a_trainer_log_that_is_damaged_is_told(tmp_path: Path, content: str, words: str) -> None:
    path = tmp_path / "trainer_state.json"
    path.write_text(content)
    with pytest.raises(UserError, match=words):
        read_log(path)


def test_epochs_of_keras_begin_with_one_and_are_no_steps(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text(KERAS)
    curves = comparable_curves(read_log(tmp_path / "log.csv"))
    np.testing.assert_array_equal(curves.places("epoch", curves.epoch_steps), [1.0, 2.0])
    assert curves.places("step", curves.steps) is None
    assert curves.places("examples", curves.steps) is None
    assert curves.places("time", curves.steps) is None

    event_file(tmp_path / "tb" / "train" / "a.tfevents.1", curve("epoch_loss", [3, 2, 1]))
    event_file(tmp_path / "tb" / "validation" / "a.tfevents.2", curve("epoch_loss", [3, 2, 1]))
    found = read_log(tmp_path / "tb")
    assert found.steps_are_epochs and judged_each_epoch(found)


def test_epochs_of_lightning_follow_from_its_column_of_epochs(tmp_path: Path) -> None:
    (tmp_path / "metrics.csv").write_text(LIGHTNING)
    (tmp_path / "hparams.yaml").write_text(
        "lr: 0.001\nbatch_size: 32\nname: mine\nlayers:\n- 3\nmax_epochs: 2 \nseed: {}\n"
    )
    found = read_log(tmp_path / "metrics.csv")
    assert found.settings == {
        ("optimizer", "learning_rate"): 0.001,
        ("training", "batch_size"): 32,
        ("training", "epochs"): 2,
    }
    assert epoch_length(found) == 10
    curves = comparable_curves(found)
    assert list(curves.metrics) == ["accuracy"]
    np.testing.assert_allclose(curves.places("epoch", curves.epoch_steps), [0.9, 1.9])


def test_without_a_curve_of_epochs_their_length_is_not_known(tmp_path: Path) -> None:
    scalars = curve("loss", [3, 2, 1]) + curve("val_loss", [3.0, 2.0], first=1)
    event_file(tmp_path / "a.tfevents.1", scalars)
    found = read_log(tmp_path)
    curves = comparable_curves(found)
    assert curves.places("epoch", curves.steps) is None and not judged_each_epoch(found)
    np.testing.assert_array_equal(curves.places("step", curves.steps), [0, 1, 2])
