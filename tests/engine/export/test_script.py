"""The script of a run trains to the same weights, bit for bit, and answers as the run's network."""

from __future__ import annotations

import contextlib
import io
import itertools
import os
import runpy
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from app.engine.experiment.toml_file import from_plain, to_plain
from app.engine.export.formats.python import FORMAT
from app.engine.export.script.retrace import retrace
from app.engine.export.trained_network import TrainedNetwork
from app.engine.learning.optimizer import OPTIMIZERS
from app.engine.learning.schedule import SCHEDULES
from app.engine.results.predictor import Predictor
from app.engine.runs.control import Control
from app.engine.runs.events import StepsDone
from app.engine.runs.run import Run
from app.engine.sources.format import no_progress
from app.engine.training.trainer import train
from tests.engine import tiny
from tests.engine.training.small import Listener

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.experiment.experiment import Experiment
    from tests.engine.tiny import Combination

ALL = tiny.combinations()
EPOCHS = 2
BATCH = 10


@pytest.fixture(autouse=True)
def _unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Skips fsync: nothing outlives its test."""
    monkeypatch.setattr(os, "fsync", lambda handle: None)


@pytest.fixture(autouse=True)
def _threads() -> Any:
    """Scripts set the number of threads of their process, which is this one here."""
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def trained_run(
    requested: Experiment, data: Any, folder: Path
) -> tuple[TrainedNetwork, list[float]]:
    """Trains and returns the run's network, and the loss of every step."""
    listener = Listener()
    run = Run.create(folder / "runs", requested)
    finished = train(requested, run, listener, Control(), data)
    assert finished.status == "completed", (run.path / "log.txt").read_text()
    losses = np.concatenate([event.losses for event in listener.of(StepsDone)])
    return TrainedNetwork(run, Predictor.load(run), data), losses.tolist()


def written(trained: TrainedNetwork, folder: Path) -> tuple[Path, dict[str, Any]]:
    """Writes the script and returns its path, and what it defines."""
    path = folder / "again.py"
    FORMAT.write(trained, path, no_progress)
    return path, runpy.run_path(str(path))


def first_losses(script: dict[str, Any], network: torch.nn.Module, steps: int) -> list[float]:
    """Lets the script train so many steps and returns their losses as it prints them."""
    with contextlib.redirect_stdout(io.StringIO()) as output:
        script["train"](network, steps)

    lines = output.getvalue().splitlines()
    return [float(line.split()[-1]) for line in lines if line.startswith("step")]


def require_same(trained: TrainedNetwork, losses: list[float], folder: Path) -> None:
    """The losses of all steps, the final weights and the answers are the same."""
    _, script = written(trained, folder)
    network = script["Network"]()
    found = first_losses(script, network, len(losses))
    assert np.float32(found).tolist() == losses
    assert script["sha256"](network) == trained.run.summary()["weights_sha256"]

    network = script["Network"]()
    network.load_state_dict(load_file(folder / "again.safetensors"))
    rows = trained.rows
    raw = trained.raw(rows)
    inputs = [torch.from_numpy(array) for array in FORMAT.inputs(trained, raw)]
    prepares = [function for name, function in script.items() if name.startswith("prepare")]
    with torch.no_grad():
        own = trained.answering(*map(torch.from_numpy, raw))
        prepared = [prepare(half) for prepare, half in zip(prepares, inputs, strict=True)]
        other = script["answers"](network.eval().requires_grad_(False)(*prepared))

    assert torch.equal(own, other)
    summary = trained.run.summary()
    loss, figure = script["evaluate"](network, "test")
    assert loss == pytest.approx(summary["loss"]["test"], rel=1e-6)
    headline = trained.task.headline.name
    assert figure == pytest.approx(summary["metrics"]["test"][headline], abs=1e-6)


def one_of_each() -> list[Combination]:
    """Returns a combination for every task with every kind of data, the optimizers in turn."""
    found: dict[tuple[str, str], Combination] = {}
    for combination in tiny.thinned(ALL):
        found.setdefault((combination.task, combination.sort), combination)

    kinds = itertools.cycle(sorted(optimizer.kind for optimizer in OPTIMIZERS.all()))
    return [
        each._replace(optimizer=kind) for each, kind in zip(found.values(), kinds, strict=False)
    ]


@pytest.mark.parametrize("combination", one_of_each(), ids=str)
def test_a_script_trains_to_the_same_weights(combination: Combination, tmp_path: Path) -> None:
    requested = tiny.experiment(combination, EPOCHS, BATCH)
    data = tiny.dataset(combination.task, combination.sort)
    trained, losses = trained_run(requested, data, tmp_path)
    require_same(trained, losses, tmp_path)


@pytest.mark.long
@pytest.mark.parametrize("combination", ALL, ids=str)
def test_every_combination_trains_to_the_same_weights(
    combination: Combination, tmp_path: Path
) -> None:
    requested = tiny.experiment(combination, EPOCHS, BATCH)
    data = tiny.dataset(combination.task, combination.sort)
    trained, losses = trained_run(requested, data, tmp_path)
    require_same(trained, losses, tmp_path)


PICTURES = tiny.Combination("classification", "image", "cnn", "cross-entropy", "adamw")


def changed(combination: Combination, **sections: dict[str, Any]) -> Experiment:
    """Returns the tiny experiment of a combination with other settings."""
    plain = to_plain(tiny.experiment(combination, EPOCHS, BATCH))
    for name, values in sections.items():
        plain[name] = {**plain.get(name, {}), **values}

    return from_plain(plain)


@pytest.mark.parametrize("schedule", [schedule.kind for schedule in SCHEDULES.all()])
def test_every_schedule(schedule: str, tmp_path: Path) -> None:
    requested = changed(PICTURES)
    requested = requested.replace(schedule=SCHEDULES.get(schedule)())
    trained, losses = trained_run(requested, tiny.dataset("classification", "image"), tmp_path)
    require_same(trained, losses, tmp_path)


SETTINGS: dict[str, dict[str, dict[str, Any]]] = {
    "moved": {"augmentation": {"flip": True, "shift": 0.2}},
    "everything": {
        "augmentation": {
            "flip": True,
            "shift": 0.2,
            "rotate": 10.0,
            "scale": 0.1,
            "light": 0.3,
            "erase": 0.4,
        },
        "model": {"dropout": 0.3},
    },
    "erased": {"augmentation": {"erase": 0.5}},
    "smoothed, clipped and weighted": {
        "loss": {"label_smoothing": 0.1, "class_weights": "balanced"},
        "training": {"gradient_clip": 0.1},
        "optimizer": {"weight_decay": 0.1},
    },
    "decays everything": {"optimizer": {"weight_decay": 0.1, "decay_all": True}},
    "accumulates": {"training": {"accumulation": 3, "batch_size": 4}},
    "recomputes": {"training": {"recompute": True}},
    "stops early": {"training": {"patience": 1, "min_delta": 10.0, "epochs": 5}},
    "one left over": {"training": {"batch_size": 23}},
    "best by the figure": {"training": {"best_by": "metric"}},
    "bfloat16": {"training": {"precision": "bfloat16"}},
}


@pytest.mark.parametrize("name", SETTINGS)
def test_settings_of_a_training(name: str, tmp_path: Path) -> None:
    trained, losses = trained_run(
        changed(PICTURES, **SETTINGS[name]), tiny.dataset("classification", "image"), tmp_path
    )
    require_same(trained, losses, tmp_path)


TEXTS = tiny.Combination("classification", "text", "text-encoder", "cross-entropy", "adamw")
GRU = [
    {"name": "tokens", "kind": "token-embedding", "vocabulary": 257, "width": 8},
    {"name": "mask", "kind": "padding-mask", "inputs": ["input"]},
    {"name": "_read", "kind": "gru", "width": 8, "inputs": ["tokens", "mask"], "output": "last"},
    {"name": "answer", "kind": "output", "outputs": 3},
]
"""Its blocks have another order by their names than the attributes of the code."""


def test_attention_in_bfloat16(tmp_path: Path) -> None:
    requested = changed(TEXTS, training={"precision": "bfloat16"})
    trained, losses = trained_run(requested, tiny.dataset("classification", "text"), tmp_path)
    require_same(trained, losses, tmp_path)


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_an_own_network_with_a_recurrent_layer(precision: str, tmp_path: Path) -> None:
    requested = changed(TEXTS, training={"precision": precision})
    plain = to_plain(requested)
    plain["model"] = {"blocks": GRU}
    trained, losses = trained_run(
        from_plain(plain), tiny.dataset("classification", "text"), tmp_path
    )
    require_same(trained, losses, tmp_path)


def test_the_proof_compares_the_first_losses_and_the_final_weights(tmp_path: Path) -> None:
    trained, losses = trained_run(
        changed(PICTURES), tiny.dataset("classification", "image"), tmp_path
    )
    path, _ = written(trained, tmp_path)
    assert retrace(trained, path, True, no_progress) == {
        "steps": len(losses),
        "steps_same": len(losses),
        "loss_difference": 0.0,
        "weights_same": True,
    }

    # Another seed is another training, and is found out.
    path.write_text(path.read_text().replace("SEED = 0\n", "SEED = 1\n"))
    found = retrace(trained, path, True, no_progress)
    assert found["steps_same"] == 0 and found["weights_same"] is False
    assert found["loss_difference"] > 0
