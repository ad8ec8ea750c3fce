"""Setting up a search: which settings are tried, how, and what it costs before it begins."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from app.engine.errors import UserError
from app.engine.learning.metrics import METRICS
from app.engine.search.study import require_optuna
from app.engine.text import bytes_text, count_text, rough_duration_text
from app.ui.pages.search.setup_layout import STRATEGIES, SetupLayout
from app.ui.pages.search.setup_rows import TriedRow
from app.ui.state.searches.draft import Draft, proposed, tryable
from app.ui.state.searches.search_cost import SearchCost
from app.ui.style.theme import style
from app.ui.text.literal import button_text, tooltip

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from app.engine.search.search_folder import Plan
    from app.ui.pages.parts import Parts
    from app.ui.state.trials import Trials

NO_DATA = "Choose data first: the runs learn from them."
SECTION_NAMES = {
    "model": "Network",
    "loss": "Loss",
    "optimizer": "Optimizer",
    "schedule": "Schedule",
    "training": "Training",
    "augmentation": "Varying pictures",
}


class SearchSetup(SetupLayout):
    """The dialog that sets a search up; `begin` starts it, shows it and closes the dialog."""

    def __init__(self, parts: Parts, trials: Trials, parent: QWidget, first: str = "") -> None:
        """first: SECTION.FIELD of the setting from whose menu it was opened."""
        super().__init__(parts.theme, parent)
        self.parts = parts
        self.draft = Draft()
        self.plan: Plan | None = None
        self.setting_rows: dict[str, TriedRow] = {}
        self._experiment = parts.document.experiment
        self._missing = _missing()
        self._estimate = SearchCost(parts.document, parts.background, trials, self)
        self._estimate.changed.connect(self._show_cost)
        self.trials.show_value(self.draft.trials)
        self.parallel.show_value(self.draft.parallel)
        self.menu.aboutToShow.connect(self._fill_menu)
        self.strategy.chosen.connect(lambda key: self._take(replace(self.draft, strategy=key)))
        self.trials.valueChanged.connect(self._take_numbers)
        self.parallel.valueChanged.connect(self._take_numbers)
        self.cancel.clicked.connect(self.reject)
        self.start.clicked.connect(self.begin)
        self.queue.clicked.connect(self.add_to_queue)
        if first:
            self.add(first)
        else:
            self._take(self.draft)

    # --- what is tried

    def add(self, name: str) -> None:
        """Tries another setting, with values around its present one."""
        if name in self.setting_rows:
            return

        try:
            tried = proposed(self.parts.document, name)
        except UserError:
            tried = None  # the experiment is in trouble, which its page says

        if tried is None:
            return

        row = TriedRow(self.theme, tried)
        row.changed.connect(lambda changed: self._take(self.draft.with_setting(changed)))
        row.removed.connect(self.remove)
        self.setting_rows[name] = row
        self.rows.insertWidget(self.rows.count() - 1, row)
        self._take(self.draft.with_setting(tried))

    def remove(self, name: str) -> None:
        """Keeps a setting as it is in the experiment."""
        row = self.setting_rows.pop(name)
        self.rows.removeWidget(row)
        row.hide()
        row.deleteLater()
        self._take(self.draft.without(name))

    def _fill_menu(self) -> None:
        self.menu.clear()
        for section, rows in tryable(self.parts.document).items():
            inner = self.menu.addMenu(SECTION_NAMES.get(section, section))
            for name, label in rows:
                action = inner.addAction(button_text(label), partial(self.add, name))
                action.setEnabled(name not in self.setting_rows)

    def _take_numbers(self, *_: object) -> None:
        trials = round(self.trials.value())
        parallel = round(self.parallel.value())
        self._take(replace(self.draft, trials=trials, parallel=parallel))

    def _take(self, draft: Draft) -> None:
        """Takes another draft, and says what it would be."""
        self.draft = draft
        self.nothing.setVisible(not draft.tried)
        self.strategy_words.setText(
            next(tip for key, _, tip in STRATEGIES if key == draft.strategy)
        )
        dataset = self.parts.document.dataset
        self.plan = None
        trouble = self._missing or ("" if dataset is not None else NO_DATA)
        role = "problem"
        if not trouble and not draft.tried:
            trouble, role = "Add a setting that is to be tried.", "secondary"
        elif not trouble and dataset is not None:
            try:
                self.plan = draft.plan(self._experiment, dataset)
            except UserError as error:
                trouble = error.what

        self.problem.setText(trouble)
        self.problem.setVisible(bool(trouble))
        style(self.problem, role)
        self._estimate.show(self._experiment, self.plan)
        self._show_cost()

    # --- what it costs

    def _show_cost(self) -> None:
        estimate = self._estimate
        plan = self.plan
        text = "Search"
        if plan is not None:
            text = f"Search: {', '.join(cost_words(plan, estimate))}"

        self.start.setText(text)
        self.start.setAccessibleName(text)
        for button in (self.start, self.queue):
            button.setEnabled(plan is not None and not estimate.trouble)

        self.start.setToolTip(
            tooltip("Begins the search, in processes that go on without this window.")
        )
        self.cost.setText(self._sentence())
        self.cost.setVisible(bool(self.cost.text()))
        style(self.cost, "secondary" if not estimate.trouble and estimate.fits else "problem")

    def _sentence(self) -> str:
        """Returns what stands above the button: what is judged, and how the cost is meant."""
        estimate = self._estimate
        plan = self.plan
        if plan is None:
            return ""
        if estimate.trouble:
            return estimate.trouble

        metric = METRICS[plan.metric]
        better = "Higher is better." if metric.better == "higher" else "Lower is better."
        words = [f"Judged by {metric.label} on validation. {better}"]
        if estimate.busy:
            words.append("What it takes is being estimated …")
        elif estimate.measuring:
            words.append("The slowest run is being timed …")
        elif estimate.cost is not None and estimate.seconds is None:
            words.append("How long it takes was not measured.")

        if not estimate.fits and estimate.budget is not None:
            free = bytes_text(estimate.budget.free)
            words.append(f"It needs more memory than the {free} that are free.")

        return " ".join(words)

    # --- the end

    def begin(self) -> None:
        """Begins the search and shows it."""
        if self.plan is not None and self.start.isEnabled():
            self.parts.searches.begin(self._experiment, self.plan)
            self.parts.go("search")
            self.accept()

    def add_to_queue(self) -> None:
        """Lets the search wait until what is in the queue has been trained."""
        if self.plan is not None and self.queue.isEnabled():
            self.parts.queue.add_search(self._experiment, self.plan, self._estimate.seconds)
            self.parts.go("runs")
            self.accept()

    def done(self, result: int) -> None:
        """Ends the estimate, then closes."""
        self._estimate.close()
        super().done(result)


def cost_words(plan: Plan, estimate: SearchCost) -> list[str]:
    """Returns what a search takes, as far as it is known: "12 runs", "about 40 minutes", "3 GiB".

    "at most" is said where some of its runs may take less.
    """
    words = [count_text(plan.trials, "run")]
    cost = estimate.cost
    if cost is None:
        return words

    if (seconds := estimate.seconds) is not None:
        less = cost.uneven or plan.strategy == "tpe"
        most = " at most" if less and seconds >= 60 else ""
        words.append(f"{rough_duration_text(seconds)}{most}")

    words.append(bytes_text(cost.memory))
    return words


def _missing() -> str:
    """Returns what is not installed, with the command that brings it; "" where all is there."""
    try:
        require_optuna()
    except UserError as error:
        return error.message

    return ""
