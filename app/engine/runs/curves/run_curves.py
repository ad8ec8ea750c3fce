"""The curves of a run for a comparison: losses of steps and figures of epochs, over any axis."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np

from app.engine.runs.history import History, or_nan, read_history
from app.engine.runs.recorded_events import recorded_preparation
from app.engine.runs.storage.manifest import RunFileError

if TYPE_CHECKING:
    from app.engine.runs.events import RunPrepared
    from app.engine.runs.run import Run

Axis = Literal["step", "epoch", "examples", "time"]


@dataclass(frozen=True, eq=False)
class RunCurves:
    """What a run logged.

    steps, losses: (n,), a logged step each. epoch_steps: (e,) steps done at the end of each epoch;
    validation: (e,) loss; metrics: by name, (e,); elapsed: (e,) seconds of work up to there. NaN is
    not known. steps_per_epoch: at least 1, 0 where not known. training_examples: of an epoch, 0
    where not known; batch: examples of a step. seconds: of the whole run, None where not known.
    steps_known: whether steps are those of an optimizer; those of some other tools are epochs.
    """

    steps: np.ndarray
    losses: np.ndarray
    epoch_steps: np.ndarray
    validation: np.ndarray
    elapsed: np.ndarray
    steps_per_epoch: float
    training_examples: int = 0
    batch: int = 0
    seconds: float | None = None
    metrics: dict[str, np.ndarray] = field(default_factory=dict)
    steps_known: bool = True

    @classmethod
    def of(
        cls, history: History, prepared: RunPrepared | None = None, seconds: float | None = None
    ) -> RunCurves:
        """Returns the curves of a history.

        prepared: what was known before the first step. seconds: of the whole run.
        """
        epochs = history.epochs
        per_epoch = float(max(1, len(history.steps)))
        if prepared is not None:
            per_epoch = float(max(1, prepared.steps_per_epoch))
        elif epochs:
            per_epoch = max(1.0, epochs[-1]["step"] / epochs[-1]["epoch"])

        names = dict.fromkeys(name for line in epochs for name in line["metrics"])
        return cls(
            history.steps,
            history.losses,
            np.array([line["step"] for line in epochs], dtype=float),
            np.array([or_nan(line["validation_loss"]) for line in epochs], dtype=float),
            np.array([or_nan(line.get("elapsed")) for line in epochs], dtype=float),
            per_epoch,
            prepared.training_examples if prepared is not None else 0,
            prepared.batch_size if prepared is not None else 0,
            seconds,
            {
                name: np.array([or_nan(line["metrics"].get(name)) for line in epochs], dtype=float)
                for name in names
            },
        )

    @property
    def last_step(self) -> float:
        """Steps done, as far as is logged; 0 before the first."""
        ends = [float(steps[-1]) for steps in (self.steps, self.epoch_steps) if len(steps)]
        return max(ends, default=0.0)

    @property
    def has_times(self) -> bool:
        """Whether it says when its epochs ended; older runs do not."""
        return bool(np.isfinite(self.elapsed).any())

    def places(self, axis: Axis, steps: np.ndarray) -> np.ndarray | None:
        """Returns where (n,) steps lie on an axis; None where that cannot be known.

        On that of time a step lies evenly between the ends of the epochs around it; in a run that
        does not say when its epochs ended, evenly between its beginning and its end.
        """
        if axis == "step":
            return steps.astype(float) if self.steps_known else None
        if axis == "epoch":
            return np.asarray(steps / self.steps_per_epoch) if self.steps_per_epoch else None
        if axis == "examples":
            return self._examples(steps)

        return self._times(steps)

    def _examples(self, steps: np.ndarray) -> np.ndarray | None:
        """Returns the examples seen; the last batch of an epoch may be smaller than the others."""
        if not self.training_examples or not self.batch:
            return None

        epochs, within = np.divmod(steps, self.steps_per_epoch)
        seen = np.minimum(within * self.batch, self.training_examples)
        return np.asarray(epochs * self.training_examples + seen)

    def _times(self, steps: np.ndarray) -> np.ndarray | None:
        """Returns the seconds of work up to each step."""
        known = np.isfinite(self.elapsed)
        at = np.concatenate([[0.0], self.epoch_steps[known]])
        seconds = np.concatenate([[0.0], self.elapsed[known]])
        last = self.last_step
        if self.seconds is not None and last > at[-1] and self.seconds > seconds[-1]:
            at = np.append(at, last)
            seconds = np.append(seconds, self.seconds)
        if len(at) < 2:
            return None

        times = np.interp(steps, at, seconds)
        if steps.size and last > at[-1]:
            # Behind the last epoch that is known it goes on at that epoch's pace.
            pace = (seconds[-1] - seconds[-2]) / max(1.0, at[-1] - at[-2])
            times = np.where(steps > at[-1], seconds[-1] + (steps - at[-1]) * pace, times)

        return np.asarray(times)


def read_curves(run: Run, prepared: RunPrepared | None = None) -> RunCurves:
    """Returns the curves of a run as they are now; it may be running.

    prepared: what was known before its first step, where that is read already.

    They are not compared with the hashes of the manifest, which would take as long as reading them.
    Raises UserError where the disk refuses them.
    """
    prepared = prepared or recorded_preparation(run)
    try:
        seconds = run.summary().get("seconds")
    except RunFileError:
        seconds = None

    return RunCurves.of(read_history(run.path, verified=False), prepared, seconds)
