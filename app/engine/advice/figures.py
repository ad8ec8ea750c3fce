"""The figures of a training as findings read them: with its schedule and the changes by hand."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

import numpy as np

from app.engine.advice.before_training import task_meant
from app.engine.advice.remedies import peak_rate

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.engine.data.dataset import Description
    from app.engine.experiment.experiment import Experiment
    from app.engine.learning.tasks import Task
    from app.engine.runs.metrics_lines import EpochLine
    from app.engine.runs.summary import ChangeMade

WARM = 0.5
"""From this share of the peak learning rate on, the network should be seen to learn."""

HIGH = 0.5
"""Above this share of the peak, figures jump that will settle when the learning rate falls."""

SETTLED = 0.2
"""Below this share of the peak, a network is judged whose learning rate rises again and again."""

EARLY = 0.3
MOST_EARLY = 12
"""In this share of the epochs, but no more than these, nothing need have been learned yet."""

PERSISTENCE = 3
"""A finding on epochs must hold for so many in a row: one or two may be chance."""


class ProgressSoFar(Protocol):
    """The figures of a training so far.

    steps: (n,) numbers of the steps, from 1; losses, rates (learning rates), norms (of the
    gradient, NaN where not measured): (n,), of these steps. epochs: the lines of its epochs.
    confusions: epoch -> (K, K) validation counts, true class by row; of the last PERSISTENCE
    epochs and the best, as far as they are known. changes: those made while it trained.
    """

    @property
    def steps(self) -> np.ndarray: ...

    @property
    def losses(self) -> np.ndarray: ...

    @property
    def rates(self) -> np.ndarray: ...

    @property
    def norms(self) -> np.ndarray: ...

    @property
    def epochs(self) -> Sequence[EpochLine]: ...

    @property
    def confusions(self) -> Mapping[int, np.ndarray]: ...

    @property
    def changes(self) -> Sequence[ChangeMade]: ...


@dataclass(frozen=True)
class Figures:
    """The figures of a training, and what its settings say of them.

    in_use: the epoch whose weights are in use; while it trains, the best so far; 0 where they are
    from the middle of one. every_epoch: whether all are compared though the learning rate rises
    again, see `epochs`.
    """

    progress: ProgressSoFar
    description: Description
    resolved: Experiment
    in_use: int
    every_epoch: bool = False

    @cached_property
    def task(self) -> Task:
        return task_meant(self.resolved, self.description)

    @cached_property
    def epochs(self) -> list[EpochLine]:
        """The lines of the epochs that are compared.

        Where the learning rate rises again, these are the epochs at whose end it was low: in
        between every loss is higher, and settles.
        """
        if not self.rises_again:
            return list(self.progress.epochs)

        low = self.progress.steps[self.rate_shares <= SETTLED]
        settled = set(low.tolist())
        return [epoch for epoch in self.progress.epochs if epoch["step"] in settled]

    @cached_property
    def losses(self) -> np.ndarray:
        """The losses of the steps that are compared, see `epochs`: (n,)."""
        losses = np.asarray(self.progress.losses, dtype=float)
        return losses[self.rate_shares <= SETTLED] if self.rises_again else losses

    @property
    def rises_again(self) -> bool:
        """Whether the schedule goes up more than once, and only settled epochs are compared."""
        schedule = self.resolved.schedule
        return schedule is not None and schedule.rises_again and not self.every_epoch

    @cached_property
    def training(self) -> np.ndarray:
        """The training loss of every epoch: (epochs,), NaN where it was not finite."""
        return np.array([or_nan(epoch["training_loss"]) for epoch in self.epochs])

    @cached_property
    def validation(self) -> np.ndarray:
        """The validation loss of every epoch: (epochs,), NaN where it was not finite."""
        return np.array([or_nan(epoch["validation_loss"]) for epoch in self.epochs])

    @cached_property
    def least(self) -> int:
        """The index of the epoch with the least validation loss, which must not be NaN in all."""
        return int(np.nanargmin(self.validation))

    @cached_property
    def best(self) -> int:
        """The index of the best epoch, whose weights are kept.

        Its loss is not always the least: the main metric decides where it was chosen to, and where
        examples are compared.
        """
        number = self.epochs[-1]["best_epoch"]
        known = (index for index, epoch in enumerate(self.epochs) if epoch["epoch"] == number)
        return next(known, self.least)

    @property
    def since_better(self) -> int:
        """How many epochs there were since the best one and since the least validation loss."""
        return len(self.epochs) - 1 - max(self.best, self.least)

    # --- the learning rate

    @cached_property
    def rate_shares(self) -> np.ndarray:
        """The learning rates as shares of the peak: (n,)."""
        rates = np.asarray(self.progress.rates, dtype=float)
        peak = peak_rate(self.resolved)
        return rates / peak if peak else np.ones(len(rates))

    @property
    def is_warm(self) -> bool:
        """Whether the schedule has come near its peak: before, a flat line says nothing of it.

        It must have been there for the last half of the steps.
        """
        shares = self.rate_shares
        return not len(shares) or bool(shares[len(shares) // 2 :].max() >= WARM)

    @cached_property
    def warm_epochs(self) -> int:
        """How many epochs have begun since the schedule came near its peak."""
        shares = self.rate_shares
        if not len(shares):
            return len(self.epochs)

        is_warm = shares >= WARM
        first = int(is_warm.argmax())
        if not is_warm[first]:
            return 0

        begun = self.progress.steps[first] - 1
        ends = [0, *(epoch["step"] for epoch in self.epochs)]
        return len(self.epochs) - bisect_left(ends, begun, hi=len(self.epochs))

    @property
    def is_early(self) -> bool:
        """Whether too little was trained near the peak to say that something was not learned.

        It takes some epochs, and a share of the run: of few examples an epoch is a few steps.
        """
        planned = self.resolved.training.epochs or 0
        return self.warm_epochs < max(PERSISTENCE, min(EARLY * planned, MOST_EARLY))

    @property
    def rate_will_fall(self) -> bool:
        """Whether the learning rate is near its peak now and will fall before the end."""
        schedule = self.resolved.schedule
        shares = self.rate_shares
        if schedule is None or not schedule.lowers_rate or not len(shares):
            return False

        return bool(shares[-1] > HIGH) and self.epochs_left > 0

    @property
    def epochs_left(self) -> int:
        return max(0, (self.resolved.training.epochs or 0) - len(self.progress.epochs))

    # --- changes

    @cached_property
    def changes_by_hand(self) -> list[ChangeMade]:
        """The changes that a person made so far, the oldest first.

        Those that the run made itself have a reason; of a run that goes on from a checkpoint there
        are some that lie ahead.
        """
        steps = self.progress.steps
        done = int(steps[-1]) if len(steps) else 0
        return [
            change
            for change in self.progress.changes
            if not change.get("why") and change["step"] < done
        ]

    @property
    def epochs_since_change(self) -> int:
        """How many whole epochs were trained since the last change by hand."""
        if not self.changes_by_hand:
            return len(self.epochs)

        step = self.changes_by_hand[-1]["step"]
        begins = [0, *(epoch["step"] for epoch in self.epochs)]
        return sum(begin >= step for begin in begins[:-1])

    # --- classes

    @property
    def last_matrices(self) -> list[np.ndarray]:
        """The confusion matrices of the last epochs; [] where too few are known."""
        numbers = [epoch["epoch"] for epoch in self.epochs[-PERSISTENCE:]]
        matrices = [self.progress.confusions.get(number) for number in numbers]
        known = [np.asarray(matrix) for matrix in matrices if matrix is not None]
        return known if len(known) == PERSISTENCE else []

    @property
    def epoch_in_use(self) -> EpochLine | None:
        """The epoch whose weights are in use."""
        lines = self.progress.epochs
        return next((epoch for epoch in lines if epoch["epoch"] == self.in_use), None)

    @property
    def matrix_in_use(self) -> np.ndarray | None:
        """The confusion matrix of the weights in use, as far as it is known."""
        matrix = self.progress.confusions.get(self.in_use)
        return None if matrix is None else np.asarray(matrix)


def or_nan(value: float | None) -> float:
    """Returns NaN for None, which stands for it in the lines of epochs."""
    return float("nan") if value is None else float(value)
