"""Which weights of a run are used: those of its best epoch or, where a person wants them, those of its last step.

The choice is `kept.json` in the run folder. The last step is judged when it is chosen; the test split has no say in it.
A run that goes on forgets the choice: its last step is another one then.
"""

from __future__ import annotations

import contextlib
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from app.engine import storage
from app.engine.errors import UserError
from app.engine.runs.run import Run

if TYPE_CHECKING:
    from app.engine.data.dataset import Dataset, Description

Which = Literal["best", "last"]

FILE = "kept.json"
PREFIX = "last-"
"""Before the names of the splits: results/last-validation.npz."""


@dataclass(frozen=True)
class Kept:
    """Weights of a run, and where they stand. partial: in the middle of that epoch. loss: of the last step's weights,
    per split; the best epoch's is in summary.json. The best epoch's number is 0 as long as only the choice is read."""

    use: Which = "best"
    epoch: int = 0
    step: int = 0
    partial: bool = False
    loss: dict[str, float | None] = field(default_factory=dict)


BEST = Kept()


def read_kept(run: Run) -> Kept:
    """The choice; the best epoch where none was made or it is damaged."""
    plain = run.read_json(FILE)
    try:
        return Kept(**plain) if plain.get("use") == "last" else BEST
    except TypeError:
        return BEST


def place(state: Mapping[str, Any]) -> Kept:
    """Where a checkpoint's weights stand, by its state.json. Raises KeyError."""
    progress = state["progress"]
    partial = progress["batch"] > 0
    return Kept("last", progress["epoch"] - (not partial), progress["step"], partial)


def last_of(run: Run) -> Kept | None:
    """The last step that was saved, if it can be chosen: None while the run goes on, and where the best epoch is it."""
    if run.status == "running" or run.best_folder is None:
        return None
    try:
        best = json.loads((run.best_folder / "state.json").read_bytes())
        newest = max((run.path / "checkpoints").glob("state-*/state.json"), default=None)
        last = place(json.loads(newest.read_bytes())) if newest else None
        return last if last and last.step != best["step"] else None
    except (KeyError, OSError, TypeError, ValueError):
        return None


def use(run: Run, which: Which, check: Callable[[], None] = lambda: None) -> None:
    """Chooses the weights that Predictor and load_report take. The last step's are first judged, on the CPU.

    check: called once a batch and once a file; what it raises gives up, and the choice stays as it was.
    Raises UserError where the run goes on, where weights or data are not there, or where the data changed.
    """
    if run.status == "running":
        raise UserError(
            f"The run '{run.name}' is still being trained.", "Wait until it ends, or stop it."
        )
    storage.write_json(
        run.path / FILE, asdict(_judged(run, check)) if which == "last" else {"use": "best"}
    )


def forget(run: Run) -> None:
    """Back to the best epoch: for a run that goes on."""
    with contextlib.suppress(OSError):
        (run.path / FILE).unlink(missing_ok=True)


def _judged(run: Run, check: Callable[[], None]) -> Kept:
    """Writes what the last step's weights say of validation and test."""
    from app.engine.results.predictor import Predictor
    from app.engine.training.validation import write_results

    predictor = Predictor.load(run, "last")
    dataset = _data(run, predictor.description, check)
    loss: dict[str, float | None] = {}
    for split in ("validation", "test"):
        rows = dataset.indices.get(split)
        if rows is None or not len(rows):
            continue
        judged = predictor.judge(dataset, check, split)
        write_results(run, PREFIX + split, rows, judged)
        loss[split] = judged.loss if math.isfinite(judged.loss) else None
    kept = predictor.kept
    return Kept("last", kept.epoch, kept.step, kept.partial, loss)


def _data(run: Run, description: Description, check: Callable[[], None]) -> Dataset:
    """The data of the run, as they were. Raises UserError."""
    from app.engine.sources.opening import open_dataset

    try:
        dataset = open_dataset(run.experiment().data, check=check)
    except UserError as error:
        why = f"{error.what[:1].lower()}{error.what[1:]}"
        raise UserError(
            f"The last epoch cannot be judged without the data of the run: {why}",
            "Put them back, or stay with the best epoch.",
        ) from error
    if dataset.description.fingerprint != description.fingerprint:
        raise UserError(
            "The last epoch cannot be judged: the data changed since this run was trained.",
            "Put them back as they were, or stay with the best epoch.",
        )
    return dataset
