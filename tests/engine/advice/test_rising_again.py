"""Findings where the learning rate rises again and again: only settled epochs are compared."""

from __future__ import annotations

import numpy as np

from app.engine.advice.after_training import after_training
from app.engine.advice.figures import Figures
from app.engine.advice.while_training import while_training
from app.engine.experiment.experiment import Experiment
from tests.engine.advice.progress import ProgressSoFar, epochs


def waves(epochs_planned: int, patience: int = 0) -> Experiment:
    return Experiment.model_validate(
        {
            "optimizer": {"kind": "adamw", "learning_rate": 0.004},
            "schedule": {"kind": "cosine-restarts"},
            "training": {"epochs": epochs_planned, "patience": patience},
        }
    )


def test_early_stopping_before_any_epoch_has_settled(describe) -> None:
    progress = ProgressSoFar(
        losses=np.linspace(2.0, 0.5, 40),
        epochs=epochs([1.0, 0.7, 0.6, 0.5], [1.1, 0.8, 0.7, 0.71]),
        shares=np.linspace(1.0, 0.8, 40),
    )
    (finding,) = after_training(progress, describe(), waves(40, patience=1))
    assert finding.key == "patience"


def test_the_last_epochs_are_compared_with_those_just_before(describe) -> None:
    # Two epochs are settled, then a wave rises, and the last one is settled again.
    shares = np.repeat([0.1, 0.1, 0.9, 0.9, 0.9, 0.1], 10)
    losses = [0.9, 0.85, 0.9, 0.8, 0.602, 0.6]
    progress = ProgressSoFar(
        losses=np.linspace(2.0, 0.5, 60), epochs=epochs(losses, losses), shares=shares
    )
    assert after_training(progress, describe(), waves(6)) == []


def test_the_weights_that_are_kept_may_be_of_an_epoch_in_a_wave(describe) -> None:
    shares = np.repeat([0.1] * 8 + [0.9], 10)
    validation = [1.0, 0.5, 0.8, 0.9, 1.0, 1.1, 1.2, 1.3, 0.45]
    training = [1.0, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.3]
    progress = ProgressSoFar(
        losses=np.linspace(2.0, 0.5, 90), epochs=epochs(training, validation), shares=shares
    )
    found = while_training(progress, describe(), waves(40))
    (finding,) = [each for each in found if each.key == "overfitting"]
    assert "The weights of epoch 9 are kept." in finding.text

    figures = Figures(progress, describe(), waves(40), in_use=9)
    assert figures.epoch_in_use is not None and figures.epoch_in_use["epoch"] == 9
