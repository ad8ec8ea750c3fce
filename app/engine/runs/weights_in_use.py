"""Which weights of a run are in use: those of its best epoch, or of its last step.

The choice is `kept.json` in the run folder. The last step is evaluated when it is chosen; the test
split has no influence on the choice. A run that goes on forgets it: its last step is another one
then.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from app.engine.files import read_regular
from app.engine.runs.storage import manifest, shape
from app.engine.runs.storage.checkpoint_folder import MOST_JSON

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.engine.runs.run import Run

Which = Literal["best", "last"]

FILE = "kept.json"
PREFIX = "last-"
"""Before the names of the splits: results/last-validation.npz."""


@dataclass(frozen=True)
class WeightsInUse:
    """The weights in use, and at which point of the run they were saved.

    epoch: 0 as long as only the choice is read. partial: they are from the middle of that epoch.
    loss: of the last step's weights, per split; that of the best epoch is in summary.json.
    """

    use: Which = "best"
    epoch: int = 0
    step: int = 0
    partial: bool = False
    loss: dict[str, float | None] = field(default_factory=dict)


BEST = WeightsInUse()


def read_weights_in_use(run: Run) -> WeightsInUse:
    """Returns the choice; the best epoch where none was made.

    Raises RunFileError where the file is damaged: other weights would answer.
    """
    plain = shape.read_object(run.path, FILE)
    if not plain:
        return BEST

    fields = {key: value for key, value in plain.items() if key in WeightsInUse.__annotations__}
    if not shape.is_of(dict(fields), WeightsInUse) or "use" not in fields:
        raise manifest.damaged(run.path, FILE, "it names no weights")

    chosen = WeightsInUse(**fields)
    return chosen if chosen.use == "last" else BEST


def last_weights(state: Mapping[str, Any]) -> WeightsInUse:
    """Returns a checkpoint's weights as a choice, by its state.json. Raises KeyError."""
    progress = state["progress"]
    partial = progress["batch"] > 0
    return WeightsInUse("last", progress["epoch"] - (not partial), progress["step"], partial)


def best_weights(run: Run) -> WeightsInUse | None:
    """Returns those of the best epoch so far; None without any."""
    if run.best_folder is None:
        return None

    try:
        state = json.loads(read_regular(run.best_folder / "state.json", MOST_JSON))
        partial = bool(state.get("partial"))
        return WeightsInUse("best", int(state["epoch"]), int(state["step"]), partial)
    except (KeyError, OSError, TypeError, ValueError):
        return None


def last_step_of(run: Run) -> WeightsInUse | None:
    """Returns the last step that was saved, if it can be chosen.

    None while the run goes on, and where the last step is the best epoch.
    """
    if run.status == "running" or run.best_folder is None:
        return None

    try:
        best = json.loads(read_regular(run.best_folder / "state.json", MOST_JSON))
        newest = max((run.path / "checkpoints").glob("state-*/state.json"), default=None)
        last = last_weights(json.loads(read_regular(newest, MOST_JSON))) if newest else None

        return last if last and last.step != best["step"] else None
    except (KeyError, OSError, TypeError, ValueError):
        return None


def forget_choice(run: Run) -> None:
    """Returns to the best epoch, for a run that goes on. Raises UserError where it cannot."""
    manifest.remove(run.path, FILE)
