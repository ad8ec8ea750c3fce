"""The progress of a run: what a checkpoint holds beside the tensors."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from app.engine import files
from app.engine.runs.storage.checkpoint_folder import MOST_JSON

if TYPE_CHECKING:
    from pathlib import Path


@dataclass
class Progress:
    """Where a run stands. Its fields are keys in state.json."""

    step: int = 0
    """Steps done."""

    epoch: int = 1
    """The current epoch, from 1."""

    batch: int = 0
    """Batches done in this epoch."""

    loss_sum: float = 0.0
    loss_count: int = 0
    """The sum of the losses of this epoch's examples, and how many examples they are of."""

    unfinite: int = 0
    """Steps in a row whose loss was not finite."""

    best_epoch: int = 0
    best_step: int = 0
    best_loss: float | None = None
    best_metric: float | None = None
    """The best epoch; step 0 means that there is none yet."""

    reference: float | None = None
    """The validation loss that early stopping compares with."""

    since_best: int = 0
    """Epochs since that loss was improved."""

    seconds: float = 0.0
    """Of work, without pauses."""

    step_seconds: float = 0.0
    step_examples: int = 0
    """Of the steps alone, for the speed."""

    end: str = ""
    """How it ended; "" while something is left to do."""

    schedule: dict[str, float] = field(default_factory=dict)
    """What the schedule remembers of the validations."""

    examples: int = 0
    """Training examples seen."""

    changes: dict[str, float | None] = field(default_factory=dict)
    """What differs from the experiment by now, see live_changes."""

    halvings: int = 0
    """How often memory ran out and the parts of a batch were made smaller."""

    scaler: dict[str, float] = field(default_factory=dict)
    """The state of the loss scaler, for float16."""


def seconds_saved(folder: Path) -> float | None:
    """Returns the seconds of work that the newest checkpoint of a run tells; None without one.

    A damaged one tells nothing here: reading it to go on says why. No torch is loaded.
    """
    found = 0.0
    for path in folder.glob("checkpoints/state-*/state.json"):
        try:
            progress = json.loads(files.read_regular(path, MOST_JSON))["progress"]
            found = max(found, float(progress["seconds"]))
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            continue

    return found or None
