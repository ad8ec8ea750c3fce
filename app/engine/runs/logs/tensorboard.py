"""The curves of a run as an event file of TensorBoard, and the other way round."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from app.engine.errors import UserError
from app.engine.files import disk_error, open_regular
from app.engine.runs.history import read_history
from app.engine.runs.logs.curves import Curve, Curves
from app.engine.runs.logs.records import (
    Damaged,
    Scalar,
    read_scalars,
    write_scalar,
    write_version,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from app.engine.runs.history import History
    from app.engine.runs.run import Run

MARK = "tfevents"
"""Stands in the names of event files."""

TRAINING_LOSS = "loss/training"
VALIDATION_LOSS = "loss/validation"
EPOCH_LOSS = "loss/training epoch"
RATE = "learning rate"
NORM = "gradient norm"


def write_run(run: Run, folder: Path) -> Path:
    """Writes the curves of a run into a folder of its name below another; returns the file.

    What stands there of an earlier time is replaced. Raises UserError.
    """
    values = timed_values(run)
    begun = run.started.timestamp()
    path = folder / run.name / f"events.out.{MARK}.{int(begun):010d}.netwright"
    part = path.with_name(f".{path.name}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as file:
            write_version(file, begun)
            for value in values:
                write_scalar(file, value)
        part.replace(path)
    except OSError as error:
        raise disk_error(error, path) from error

    return path


def timed_values(run: Run) -> Iterator[Scalar]:
    """Returns every value of the curves of a run.

    The times of the steps are spread evenly over that of the training. Raises UserError.
    """
    history = read_history(run.path)
    seconds = float(run.summary().get("seconds") or 0.0)
    begun = run.started.timestamp()
    last = max([*history.steps[-1:].tolist(), *(line["step"] for line in history.epochs), 1])
    return (
        Scalar(tag, step, value, begun + seconds * step / last)
        for tag, step, value in _values(history)
    )


def _values(history: History) -> Iterator[tuple[str, int, float]]:
    """Yields every value of the curves; what was not measured has none."""
    columns = ((TRAINING_LOSS, history.losses), (RATE, history.rates), (NORM, history.norms))
    for tag, values in columns:
        steps = history.steps.tolist()
        for step, value in zip(steps, values.tolist(), strict=True):
            if tag != NORM or np.isfinite(value):
                yield tag, int(step), value

    for line in history.epochs:
        figures = {f"validation/{name}": value for name, value in line["metrics"].items()}
        losses = {EPOCH_LOSS: line["training_loss"], VALIDATION_LOSS: line["validation_loss"]}
        for tag, figure in (losses | figures).items():
            if figure is not None:
                yield tag, line["step"], figure


def read_events(paths: list[Path]) -> Curves:
    """Returns the curves of event files, of one run that was begun again as one.

    A file that is cut off is read as far as it goes, which is noted. Raises UserError for one that
    is no event file or of another version, and where nothing can be read.
    """
    values: dict[str, dict[int, float]] = {}
    notes: list[str] = []
    for path in sorted(paths, key=lambda path: path.name):
        read = False
        try:
            with open_regular(path) as file:
                for scalar in read_scalars(file):
                    values.setdefault(scalar.tag, {})[scalar.step] = scalar.value
                    read = True
        except OSError as error:
            raise disk_error(error, path) from error
        except Damaged as error:
            if not read:
                raise UserError(
                    f"'{path.name}' cannot be read as a log of TensorBoard: {error}.",
                    "Choose another file.",
                ) from error
            notes.append(f"'{path.name}' is read to that place only: {error}.")

    if not values:
        names = paths[0].parent.name
        raise UserError(f"The log in '{names}' holds no curves.", "Choose another folder.")

    curves = {
        tag: Curve(
            np.array(sorted(points), np.int64), np.array([points[step] for step in sorted(points)])
        )
        for tag, points in values.items()
    }
    return Curves(curves, tuple(notes))
