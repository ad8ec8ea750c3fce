"""The log of a training with Hugging Face's Trainer: trainer_state.json in its checkpoints."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from app.engine.errors import UserError
from app.engine.files import disk_error, read_regular
from app.engine.runs.logs.curves import Curve, Curves
from app.engine.runs.logs.settings_beside import whole_if_whole

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.runs.logs.curves import Settings

STATE = "trainer_state.json"

LARGEST = 512 << 20
"""Bytes of a log; a larger one is none."""

SETTINGS = {
    "num_train_epochs": ("training", "epochs"),
    "train_batch_size": ("training", "batch_size"),
}
"""Entries that say how it was trained, and what they are called here."""


def read_trainer_state(path: Path) -> Curves:
    """Returns the curves of a log. Raises UserError where it cannot be read or is none."""
    try:
        state = json.loads(read_regular(path, LARGEST))
    except OSError as error:
        raise disk_error(error, path) from error
    except (ValueError, RecursionError) as error:
        raise UserError(
            f"'{path.name}' cannot be read as the log of a Trainer: it is cut off or damaged.",
            "Choose that of an earlier checkpoint.",
        ) from error

    lines = state.get("log_history") if isinstance(state, dict) else None
    if not isinstance(lines, list):
        raise UserError(
            f"'{path.name}' is no log of a Trainer: it has no 'log_history'.",
            "Choose another file.",
        )

    points: dict[str, dict[int, float]] = {}
    for line in lines:
        step = _number(line.get("step")) if isinstance(line, dict) else None
        if step is None:
            continue

        for name, value in line.items():
            number = _number(value)
            if name != "step" and number is not None:
                points.setdefault(name, {})[int(step)] = number

    return Curves(
        {name: _curve(values) for name, values in points.items()}, (), False, _kept(state)
    )


def _curve(points: dict[int, float]) -> Curve:
    steps = sorted(points)
    return Curve(np.array(steps, np.int64), np.array([points[step] for step in steps]))


def _kept(state: dict[str, Any]) -> Settings:
    """Returns what it says of how it was trained."""
    found = {place: _number(state.get(name)) for name, place in SETTINGS.items()}
    return {place: whole_if_whole(value) for place, value in found.items() if value is not None}


def _number(value: Any) -> float | None:
    known = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if known else None
