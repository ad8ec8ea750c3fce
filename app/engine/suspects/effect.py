"""What a revision brought: two runs that differ in it alone, compared on the same test examples.

Both answer the same examples, so they are compared example by example: the mean difference with its
95 % interval, as the mean of the differences (for right and wrong answers the interval of paired
shares). It says what other test examples of the same sort would show, not what other seeds would:
for those several trainings are compared, see studies.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from app.engine.errors import UserError
from app.engine.experiment import toml_file
from app.engine.results.intervals import FEW, Interval, mean_interval
from app.engine.results.report import read_predictions
from app.engine.runs.weights_in_use import read_weights_in_use

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from app.engine.experiment.experiment import Experiment
    from app.engine.learning.task import Task
    from app.engine.runs.run import Run


@dataclass(frozen=True)
class Effect:
    """The figure of a run with a revision beside that of the same run without it.

    base: the run without it. before, after: the share of right answers, or the mean error. count:
    examples that are compared. relabelled: how many are left out because their label was changed.
    is_error: whether the figure is an error. interval: of the difference; None for too few.
    """

    base: Path
    before: float
    after: float
    count: int
    relabelled: int
    is_error: bool
    interval: Interval | None = None

    @property
    def difference(self) -> float:
        """By how much the figure is higher with the revision."""
        return self.after - self.before

    @property
    def is_shown(self) -> bool:
        """Whether the interval is on one side of 0."""
        return self.interval is not None and (self.interval[0] > 0 or self.interval[1] < 0)


def base_of(run: Run, runs: Iterable[Run]) -> Run | None:
    """Returns the newest run that differs from this one in the revision alone; None without one."""
    own = run.experiment()
    if not own.data.revision:
        return None

    wanted = _without_revision(own)
    for other in runs:
        if other.path == run.path or other.status != "completed":
            continue

        try:
            experiment = other.experiment()
        except UserError:
            continue
        if experiment.data.revision is None and _without_revision(experiment) == wanted:
            return other

    return None


def _without_revision(experiment: Experiment) -> str:
    plain = experiment.replace(name="", data=experiment.data.replace(revision=None))
    return toml_file.dumps(plain)


def effect_of(run: Run, base: Run, task: Task) -> Effect | None:
    """Returns what the revision of a run brought; None where both have no common test examples.

    Raises UserError where the results of one of them are damaged.
    """
    before, after = (_answers(each) for each in (base, run))
    if before is None or after is None:
        return None

    rows, first, second = np.intersect1d(before["rows"], after["rows"], return_indices=True)
    old = {name: before[name][first] for name in ("targets", "predictions")}
    new = {name: after[name][second] for name in ("targets", "predictions")}
    if not len(rows) or old["predictions"].shape != new["predictions"].shape:
        return None

    same = old["targets"] == new["targets"]
    if same.ndim > 1:
        same = same.reshape(len(same), -1).all(axis=1)
    if not same.any():
        return None

    is_error = task.targets == "amounts"
    figures = [
        _figures(task, each["targets"][same], each["predictions"][same]) for each in (old, new)
    ]
    differences = figures[1] - figures[0]
    count = len(differences)
    return Effect(
        base.path,
        float(figures[0].mean()),
        float(figures[1].mean()),
        count,
        int((~same).sum()),
        is_error,
        mean_interval(differences) if count >= FEW else None,
    )


def _answers(run: Run) -> dict[str, np.ndarray] | None:
    found = read_predictions(run, read_weights_in_use(run), "test")
    return found if {"rows", "targets", "predictions"} <= set(found) else None


def _figures(task: Task, targets: np.ndarray, predictions: np.ndarray) -> np.ndarray:
    """Returns whether each answer is right, or by how much each is off: (n,) float."""
    if task.targets == "amounts":
        off: np.ndarray = np.abs(predictions - targets).reshape(len(targets), -1).mean(axis=1)
        return off.astype(float)
    if task.targets == "tags":
        share: np.ndarray = ((predictions >= 0.5) == (targets > 0)).mean(axis=1)
        return share.astype(float)

    labels = targets if targets.ndim == 1 else targets.argmax(axis=1)
    right: np.ndarray = (predictions.argmax(axis=1) == labels).astype(float)
    return right


def has_effect(task: Task) -> bool:
    """Returns whether single answers of a task are right, or off by something."""
    return task.targets in ("classes", "tags", "shares", "amounts") and not task.embeds
