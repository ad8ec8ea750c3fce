"""What the search that is set up would take: estimated in the background, then timed.

The time is never a guess. It comes from steps of its slowest trial that are really made, or from
earlier runs like it; without either there is none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from app.engine.planning.memory_estimate import MemoryEstimator
from app.engine.planning.workload import workload_key
from app.engine.search.cost import Cost, cost_of
from app.ui.state.background import Failure
from app.ui.state.network_measurer import bytes_held

if TYPE_CHECKING:
    from app.engine.experiment.experiment import Experiment
    from app.engine.planning.memory_estimate import Budget
    from app.engine.runs.control import Control
    from app.engine.search.search_folder import Plan
    from app.ui.state.background import Background
    from app.ui.state.document import Document
    from app.ui.state.trials import Trials

WAIT_MS = 250
"""Time without a change after which an estimate begins."""

KEY = "search.cost"


class SearchCost(QObject):
    """The cost of one search at a time. `changed` tells of every new state.

    cost: None while it is not known. seconds: that all trials take at most; None while nothing like
    them was measured. trouble: why it cannot be estimated or does not fit.
    """

    changed = Signal()

    def __init__(
        self, document: Document, background: Background, trials: Trials, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._document = document
        self._background = background
        self._trials = trials
        self._plan: Plan | None = None
        self._experiment: Experiment | None = None
        self._key = ""
        self.cost: Cost | None = None
        self.budget: Budget | None = None
        self.trouble = ""
        self.busy = False
        self._timer = QTimer(self, singleShot=True, interval=WAIT_MS)
        self._timer.timeout.connect(self._estimate)
        trials.measured.connect(self._tell)
        trials.ended.connect(self._tell)

    def close(self) -> None:
        """Ends the estimate and the measurement; nothing is told any more."""
        self._timer.stop()
        self._background.forget(KEY)
        self._trials.measured.disconnect(self._tell)
        self._trials.ended.disconnect(self._tell)
        self._trials.stop()

    @property
    def seconds(self) -> float | None:
        timing = self._trials.times.get(self._key)
        if self.cost is None or self._plan is None or timing is None:
            return None
        if isinstance(timing, Failure) or timing.seconds is None:
            return None

        return self.cost.seconds(timing.seconds, self._plan.trials)

    @property
    def measuring(self) -> bool:
        return self._trials.busy

    @property
    def fits(self) -> bool:
        """Whether the largest trials fit the memory that is free, as far as both are known."""
        free = self.budget.free if self.budget is not None else None
        return self.cost is None or free is None or self.cost.memory <= free

    def show(self, experiment: Experiment, plan: Plan | None) -> None:
        """Estimates another search a moment later; None estimates nothing."""
        if plan == self._plan and experiment == self._experiment and plan is not None:
            return

        self._plan = plan
        self._experiment = experiment
        self._trials.stop()
        self._background.forget(KEY)
        self.cost = None
        self.trouble = ""
        self.busy = plan is not None
        if plan is not None:
            self._timer.start()
        else:
            self._timer.stop()

        self.changed.emit()

    def _estimate(self) -> None:
        plan = self._plan
        experiment = self._experiment
        dataset = self._document.dataset
        if plan is None or experiment is None or dataset is None:
            return

        size = bytes_held(dataset)
        description = dataset.description
        cache = self._trials.predictions

        def work(control: Control) -> tuple[Cost | None, Budget, str]:
            estimator = MemoryEstimator.for_experiment(experiment, description, size, True, cache)
            found = cost_of(estimator, plan.ranges, plan.parallel, control.check)
            key = ""
            if found is not None:
                from app.engine.experiment.resolve import resolve  # noqa: PLC0415 - in background

                key = workload_key(resolve(found.slowest, description))

            return found, estimator.budget, key

        self._background.run(work, self._take, self._fail, key=KEY)

    def _take(self, found: tuple[Cost | None, Budget, str]) -> None:
        self.busy = False
        self.cost, self.budget, self._key = found
        if self.cost is None:
            self.trouble = "None of these settings go together."
        elif not isinstance(self._trials.times.get(self._key), Failure):
            self._measure()

        self.changed.emit()

    def _measure(self) -> None:
        """Takes some real steps of the slowest trial, unless that was done or a run goes on."""
        known = self._key in self._trials.times
        if self.cost is not None and not known and not self._trials.obstacle():
            # Side by side each run has one thread; alone it has as many as are quickest.
            self._trials.threads = self.cost.slowest.training.threads or 0
            self._trials.start([(self._key, self.cost.slowest)])

    def _fail(self, failure: Failure) -> None:
        self.busy = False
        self.trouble = failure.message
        self.changed.emit()

    def _tell(self, *_: object) -> None:
        self.changed.emit()
