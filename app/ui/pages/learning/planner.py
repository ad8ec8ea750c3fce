"""The planner: a table of what would fit this device and what it would cost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Signal

from app.engine.errors import UserError
from app.engine.planning.memory_estimate import MemoryEstimator
from app.engine.planning.options import options
from app.engine.planning.workload import epoch_seconds_like, workload_key
from app.engine.text import UNKNOWN, bytes_text, duration_text
from app.ui.pages.learning.memory_fit import parts as device_parts
from app.ui.pages.learning.planner_layout import PlannerLayout
from app.ui.pages.learning.planner_rows import Row
from app.ui.state.background import Failure
from app.ui.state.document import FAKE_DATA
from app.ui.state.network_measurer import bytes_held
from app.ui.style.theme import style
from app.ui.text.literal import tooltip

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from PySide6.QtWidgets import QWidget

    from app.engine.experiment.experiment import Experiment
    from app.engine.experiment.resolve import ResolvedExperiment
    from app.engine.planning.fit_to_memory import FitResult
    from app.engine.planning.option import Option
    from app.ui.state.background import Background
    from app.ui.state.document import Document
    from app.ui.state.session import Session
    from app.ui.state.trials import Trials
    from app.ui.style.theme import Theme


class Planner(PlannerLayout):
    """The window of the planner; it follows the open experiment.

    It predicts in the background, and measures when asked to. device_read(Budget): it has read what
    is free on the device.
    """

    device_read = Signal(object)

    def __init__(
        self,
        document: Document,
        session: Session,
        background: Background,
        theme: Theme,
        trials: Trials,
        parent: QWidget,
    ) -> None:
        super().__init__(theme, parent)
        self._document = document
        self._session = session
        self._background = background
        self._theme = theme
        self.trials = trials
        self.rows: list[Row] = []
        self._shown = 0
        self._estimator: MemoryEstimator | None = None
        self._pace: Callable[[ResolvedExperiment], float | None] = lambda _: None
        self._applied: list[Experiment] = []
        self._filling = self._closed = False
        self.fit.clicked.connect(self.fit_to_memory)
        self.measure.clicked.connect(self.measure_or_stop)
        self.undo.clicked.connect(self._undo)
        self.closing.clicked.connect(self.accept)
        document.changed.connect(self._refresh)
        document.data_changed.connect(self._allow)
        session.state_changed.connect(self._allow)
        theme.changed.connect(self._restyle)
        trials.begun.connect(self._trial_begun)
        trials.measured.connect(self._trial_measured)
        trials.ended.connect(self._trials_ended)
        self.finished.connect(self._close)
        self._refresh()

    # --- predicting

    def _refresh(self, *_: object) -> None:
        """Starts over for the experiment as it is now.

        The rows of before stay, greyed, until theirs is known.
        """
        document = self._document
        self._estimator = None
        self._shown = 0
        self._filling = True

        for row in self.rows:
            row.set_enabled(False)

        self._allow()
        try:
            experiment = document.experiment
            description = document.assumed_description
            document.resolved()
        except UserError as error:
            self._stop_filling(error.message, "problem")
            return

        self._pace = self._pace_before()
        size = bytes_held(document.dataset)

        data_open = document.dataset is not None

        def begin(_: object) -> tuple[MemoryEstimator, Iterator[Option]]:
            estimator = MemoryEstimator.for_experiment(
                experiment, description, size, data_open, self.trials.predictions
            )
            return estimator, options(estimator)

        self._run(begin, self._begin_rows, "planner")

    def _begin_rows(self, begun: tuple[MemoryEstimator, Iterator[Option]]) -> None:
        self._estimator, rows = begun
        budget = self._estimator.budget
        self.device_read.emit(budget)
        if budget.free is None or budget.room is None:
            self.budget.setText(f"{budget.label}: free memory {UNKNOWN}. {budget.reason}".strip())
        else:
            of = f" of {bytes_text(budget.total)}" if budget.total is not None else ""
            self.budget.setText(
                f"{budget.label}: {bytes_text(budget.free)}{of} are free. A fifth of that is "
                "left for other programs, so there is room for a training that takes up to "
                f"{bytes_text(budget.room)}."
            )

        if self._document.dataset is None:
            self.budget.setText(f"{self.budget.text()} {FAKE_DATA}")

        self._allow()
        # What can be done first gets the focus, once it can be done.
        if self.focusWidget() in (None, self.closing):
            self.fit.setFocus()

        self._next(rows)

    def _next(self, rows: Iterator[Option]) -> None:
        def take(option: Option | None) -> None:
            if option is None:
                self._stop_filling()
            else:
                self._show(option)
                self._next(rows)

        self._run(lambda _: next(rows, None), take, "planner")

    def _show(self, option: Option) -> None:
        assert self._estimator is not None

        budget = self._estimator.budget
        if self._shown == len(self.rows):
            added = Row(self._theme, self.grid, len(self.rows) + 1, self.apply)
            if self.rows:
                self.setTabOrder(self.rows[-1].button, added.button)

            self.setTabOrder(added.button, self.fit)
            self.rows.append(added)

        row = self.rows[self._shown]
        self._shown += 1
        row.show_option(option, budget.free)
        self._show_time(row)

        if not option.changes:
            pieces = device_parts(option.estimate.needed, budget)
            self.bar.setVisible(bool(pieces))
            self.bar.show_parts(pieces)

        self._allow()

    def _run(self, work: Callable[[Any], Any], take: Callable[[Any], None], key: str) -> None:
        """Runs on the background thread, one job a row, so that others get their turn.

        Nothing arrives after closing.
        """
        self._background.run(
            work,
            lambda result: None if self._closed else take(result),
            lambda failure: None if self._closed else self._fail(failure),
            key=key,
        )

    def _close(self, _: int) -> None:
        self._closed = True
        self.trials.stop()

    def _fail(self, failure: Failure) -> None:
        self._stop_filling(failure.message, "problem")

    def _stop_filling(self, text: str = "", role: str = "secondary") -> None:
        self._filling = False
        for row in self.rows[self._shown :]:
            row.hide()

        if text:
            self._say(text, role)

        self._allow()

    # --- what can be done

    def apply(self, option: Option) -> None:
        self._change(option.changes, f"Applied: {option.title}.")

    def fit_to_memory(self) -> None:
        """Finds the largest batch that fits, and takes it."""
        estimator = self._estimator
        if estimator is None:
            return

        def find(_: object) -> FitResult:
            from app.engine.planning.fit_to_memory import fit  # noqa: PLC0415 - it loads torch

            return fit(estimator)

        self._say("Looking for the largest batch that fits …")
        self._run(find, lambda found: self._take_fit(found, estimator), "planner.fit")

    def _take_fit(self, found: FitResult, estimator: MemoryEstimator) -> None:
        if estimator is not self._estimator:
            self._say("The settings have changed meanwhile; press Fit to memory again.")
        elif found.missing:
            self._say(f"{found.text} It lacks {bytes_text(found.missing)}.", "problem")
        elif found.changes:
            self._change(found.changes, found.text)
        else:
            self._say(found.text)

    def _change(self, changes: dict[str, Any], message: str) -> None:
        self.trials.stop()
        if trouble := self._document.change(changes):
            self._say(trouble, "problem")
            return

        self._applied.append(self._document.experiment)
        self._say(message, "good")
        self._allow()

    def _undo(self) -> None:
        self._applied.pop()
        self.trials.stop()
        self._document.undo()
        self._say("The previous settings are back.")
        self._allow()

    def _say(self, text: str, role: str = "secondary") -> None:
        self.notice.setText(text)
        self.notice.setVisible(bool(text))
        style(self.notice, role)

    def _allow(self, *_: object) -> None:
        """Disables what cannot be done now, and says why."""
        obstacle = self.trials.obstacle()
        self.measure.setText("Stop measuring" if self.trials.busy else "Measure times")
        self.measure.setEnabled(
            self.trials.busy or (not obstacle and not self._filling and bool(self._shown))
        )
        self.measure.setToolTip(
            tooltip(obstacle)
            or "Takes some real steps for every row that fits, on a copy of the network."
        )
        self.fit.setEnabled(self._estimator is not None)
        # Only what was applied here is taken back here, not what was changed elsewhere since.
        mine = bool(self._applied) and self._applied[-1] == self._document.experiment
        self.undo.setEnabled(mine and self._document.can_undo)

    # --- times

    def measure_or_stop(self) -> None:
        """Measures every row that has no time yet and may fit, in the order of the table."""
        if self.trials.busy:
            self.trials.stop()
            return

        series: dict[str, Experiment] = {}
        for row in self.rows[: self._shown]:
            option = row.option
            if option is None or option.estimate.verdict == "no":
                continue

            key = workload_key(option.estimate.resolved)
            # A trial that failed is made again.
            known = getattr(self.trials.times.get(key), "seconds", None)
            if known is None and self._pace(option.estimate.resolved) is None:
                series.setdefault(key, option.estimate.requested)

        if not series:
            self._say("Every row that fits has its time already.")
            return

        self.trials.start(list(series.items()))
        self._allow()

    def _pace_before(self) -> Callable[[ResolvedExperiment], float | None]:
        """Returns the measured pace of the last run, for settings like those it had."""
        record = self._session.live_record
        description = self._document.description
        if record.prepared is None or record.latest is None or description is None:
            return lambda _: None

        return epoch_seconds_like(record.prepared, record.latest.speed, description)

    def _show_time(self, row: Row) -> None:
        option = row.option
        if option is None:
            return

        resolved = option.estimate.resolved
        key = workload_key(resolved)
        trial = self.trials.times.get(key)

        if isinstance(trial, Failure):
            row.show_time("failed", trial.message, "problem")
        elif trial is not None and trial.seconds is None:
            words = "ran out of memory" if trial.lacked_memory else "not measured"
            row.show_time(words, trial.trouble, "problem")
        elif trial is not None and trial.step is not None:
            row.show_time(
                duration_text(trial.seconds), f"Measured: {duration_text(trial.step)} a step."
            )
        elif self.trials.under_way == key:
            row.show_time("measuring …", "Some real steps are being taken.")
        elif (seconds := self._pace(resolved)) is not None:
            row.show_time(
                duration_text(seconds), "From the pace of the last run, which had these settings."
            )
        else:
            row.show_time(UNKNOWN, "Not measured yet; Measure times does it.")

    def _show_times(self) -> None:
        for row in self.rows[: self._shown]:
            self._show_time(row)

    def _trial_begun(self, _: str) -> None:
        self._show_times()
        self._allow()

    def _trial_measured(self, _: str) -> None:
        self._show_times()

    def _trials_ended(self) -> None:
        self._show_times()
        self._allow()

    def _restyle(self) -> None:
        for row in self.rows:
            row.restyle()
