"""Runs whose scripts are written and trained in this process, and compared bit for bit."""

from __future__ import annotations

import contextlib
import io
import runpy
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from app.engine.experiment.toml_file import from_plain, to_plain
from app.engine.export.formats.python import FORMAT
from app.engine.export.trained_network import TrainedNetwork
from app.engine.results.predictor import Predictor
from app.engine.runs.control import Control
from app.engine.runs.events import StepsDone
from app.engine.runs.run import Run
from app.engine.sources.format import no_progress
from app.engine.training.trainer import train
from tests.engine import tiny
from tests.engine.training.small import Listener, at_step

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.experiment.experiment import Experiment
    from tests.engine.tiny import Combination

EPOCHS = 2
BATCH = 10

PICTURES = tiny.Combination("classification", "image", "cnn", "cross-entropy", "adamw")
TEXTS = tiny.Combination("classification", "text", "text-encoder", "cross-entropy", "adamw")

Changes = dict[int, dict[str, float | None]]
"""By the step in whose middle they are requested: values by "SECTION__FIELD"."""


def changed(combination: Combination, **sections: dict[str, Any]) -> Experiment:
    """Returns the tiny experiment of a combination with other settings."""
    plain = to_plain(tiny.experiment(combination, EPOCHS, BATCH))
    for name, values in sections.items():
        plain[name] = {**plain.get(name, {}), **values}

    return from_plain(plain)


def trained_run(
    requested: Experiment, data: Any, folder: Path, changes: Changes | None = None
) -> tuple[TrainedNetwork, list[float]]:
    """Trains and returns the run's network, and the loss of every step.

    changes: that are requested while it trains.
    """
    listener = Listener()
    run = Run.create(folder / "runs", requested)
    control = Control()
    with contextlib.ExitStack() as stack:
        for step, values in (changes or {}).items():
            stack.enter_context(at_step(step, lambda values=values: control.change(**values)))
        finished = train(requested, run, listener, control, data)

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
    raw = trained.raw(trained.rows)
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
