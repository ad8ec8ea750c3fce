"""A best epoch that is taken from the kept ones is judged by its own weights in every process."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import numpy as np
import pytest

from app.engine.runs import checkpoint
from app.engine.runs.control import Control
from app.engine.runs.run import Run
from app.engine.training import trainer
from app.engine.training.ranks.lead import Lead
from tests.engine.training.ranks.together import Forks, needs_forks, trained
from tests.engine.training.small import Listener, experiment

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = needs_forks

EPOCHS = 5


def test_a_lost_best_epoch_is_judged_again_by_all(tmp_path: Path) -> None:
    generator = np.random.default_rng(1)
    source = tmp_path / "noise.npz"
    # Noise, so that an early epoch is the best, and more of it to judge than one batch holds.
    images = generator.integers(0, 256, (900, 8, 8), dtype=np.uint8)
    np.savez(source, images=images, labels=np.arange(900) % 3)
    requested = experiment(
        source,
        data={"validation_share": 0.6, "test_share": 0.1},
        augmentation={"flip": False, "shift": 0.0, "rotate": 0.0, "light": 0.0, "erase": 0.0},
        model={"dropout": 0.0},
        schedule={"kind": "constant"},
        optimizer={"kind": "adam", "learning_rate": 0.03},
        training={
            "epochs": EPOCHS,
            "batch_size": 16,
            "keep_epochs": True,
            "precision": "float32",
        },
    )
    alone = trained(requested, tmp_path / "runs")
    assert alone.finished.status == "completed", alone.finished.reason
    best = alone.run.summary()["best_epoch"]
    assert best < EPOCHS

    again = Run(shutil.copytree(alone.run.path, tmp_path / "runs" / "again"))
    checkpoint.drop_best(again.path / "checkpoints")
    team = Lead(Forks(2))
    finished = trainer.resume(again, Listener(), Control(), epochs=EPOCHS + 1, team=team)
    assert finished.status == "completed", finished.reason
    assert finished.summary["best_epoch"] == best
    expected = alone.run.summary()["loss"]["validation"]
    assert finished.summary["loss"]["validation"] == pytest.approx(expected, rel=1e-4)
