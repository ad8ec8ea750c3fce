"""Tiny runs that are trained once, to be copied and damaged: ended, stopped, killed."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.engine.experiment.toml_file import from_plain
from app.engine.results.choose_weights import use
from app.engine.runs.control import Control
from app.engine.runs.events import CheckpointSaved, EpochDone
from app.engine.runs.run import Run
from app.engine.training import trainer
from tests import tiny_files
from tests.engine.tiny import Combination
from tests.fuzz.corpus import sounds

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

AS_KILLED = "as killed"
"""The end of the name of a folder for what stands on the disk
in the middle of a run: a kill leaves that."""

TRAINING: dict[str, Any] = {
    "batch_size": 8,
    "threads": 1,
    "device": "cpu",
    "precision": "float32",
    "seed": 1,
}


@dataclass(frozen=True)
class Template:
    """A run that is copied. asked: the file that its network is asked about. data: what it saw."""

    name: str
    sort: str
    folder: Path
    asked: Path
    data: Path

    @property
    def goes_on(self) -> bool:
        """Whether the run can be resumed without more epochs."""
        return self.name in ("stopped", "killed")


RUNS: Mapping[str, tuple[str, str, str]] = {
    "ended": ("classification", "row", "mlp"),
    "pictures": ("classification", "image", "cnn"),
    "sounds": ("classification", "signal", "cnn-1d"),
    "recordings": ("classification", "wav", "cnn-1d"),
    "last": ("regression", "row", "mlp"),
    "stopped": ("classification", "text", "text-cnn"),
    "killed": ("binary-classification", "row", "mlp"),
}
"""name -> task, sort of the data, template of the network."""

ASKED = {
    "row": "row.csv",
    "image": "pictures/3.png",
    "signal": "signals.npz",
    "text": "text.csv",
    "wav": "a/0.wav",
}


def train_templates(folder: Path) -> None:
    """Trains every run of RUNS below a folder."""
    for name, (task, sort, template) in RUNS.items():
        data = _data(folder / "data" / name, task, sort)
        kind = "signal" if sort == "wav" else sort
        combination = Combination(task, kind, template, _loss(task), "adamw")
        plain: dict[str, Any] = {**tiny_files.settings(combination), "data": data}
        plain["training"] = {**plain["training"], **TRAINING, "epochs": 3}

        experiment = from_plain({**plain, "name": name})
        run = Run.create(folder, experiment, folder / "runs" / name)
        control = Control()
        stops = name in ("stopped", "killed")

        def stop(event: Any, control: Control = control, run: Run = run) -> None:
            if isinstance(event, EpochDone) and event.epoch == 2:
                control.stop()
            if isinstance(event, CheckpointSaved):
                copy = folder / f"{run.name} {AS_KILLED}"
                shutil.copytree(run.path, copy, dirs_exist_ok=True)

        finished = trainer.train(experiment, run, stop if stops else ignore, control)
        assert finished.status == ("stopped" if stops else "completed"), finished
        if name == "last":
            use(run, "last")
        if name == "killed":  # what a process leaves that is killed there
            shutil.rmtree(run.path)
            (folder / f"{name} {AS_KILLED}").rename(run.path)
            assert run.status == "interrupted", run.status


def ignore(_: Any) -> None:
    """Listens to a run without doing anything."""


def _data(folder: Path, task: str, sort: str) -> dict[str, Any]:
    """Writes what a run is trained on and returns the [data] settings for it."""
    if sort != "wav":
        return tiny_files.write_files(folder, task, sort)

    folder.mkdir(parents=True)
    return {"source": str(sounds(folder)), "validation_share": 0.2, "test_share": 0.2}


def _loss(task: str) -> str:
    return {
        "classification": "cross-entropy",
        "binary-classification": "binary-cross-entropy",
        "regression": "l2",
    }[task]


def templates(folder: Path) -> list[Template]:
    """Returns the runs that `train_templates` trained below a folder."""
    return [
        Template(
            name,
            sort,
            folder / "runs" / name,
            folder / "data" / name / ASKED[sort],
            folder / "data" / name,
        )
        for name, (_, sort, _) in RUNS.items()
    ]


def copy_of(template: Template, folder: Path) -> Run:
    """Copies a run below a folder, under its own name, and returns the copy."""
    target = folder / template.name
    shutil.copytree(template.folder, target, symlinks=True)
    return Run(target)
