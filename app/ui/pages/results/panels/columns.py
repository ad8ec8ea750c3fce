"""Columns: which columns of a table the network relies on, by shuffling one at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton

from app.engine.learning.metrics import METRICS, metric_text
from app.engine.robustness.importance import REPEATS
from app.engine.text import number_text, percent_text
from app.ui.pages.results.figure_table import Column, FigureTable, Line
from app.ui.pages.results.loaded_network import LoadedNetwork
from app.ui.pages.results.missing_data import MissingDataNotice
from app.ui.pages.results.panels.base import Panel
from app.ui.style.theme import style
from app.ui.text.literal import tooltip
from app.ui.widgets.card import Card
from app.ui.widgets.label import Label

if TYPE_CHECKING:
    from app.engine.robustness.importance import Importances
    from app.engine.runs.control import Control
    from app.ui.pages.parts import Parts
    from app.ui.pages.results.selection import ViewContent
    from app.ui.state.background import Failure
    from app.ui.state.revisions.draft import RevisionDraft

TIP = f"Shuffles every column {REPEATS} times and judges the test examples each time."


def _columns(is_share: bool) -> tuple[Column, ...]:
    def words(value: float) -> str:
        return number_text(100 * value, 2) if is_share else number_text(value)

    unit = " (points)" if is_share else ""
    return (
        Column("Column", "The column that is shuffled.", plain="column"),
        Column(
            f"Costs{unit}",
            f"How much worse the figure gets without the column: the mean of {REPEATS} shuffles.",
            words,
            False,
            130,
            "drop",
        ),
        Column("least", "The shuffle that cost least.", words, False, 80, "least"),
        Column("most", "The shuffle that cost most.", words, False, 80, "most"),
    )


class ColumnsPanel(Panel):
    """A table of the columns, the most important first."""

    key: ClassVar[str] = "columns"
    label: ClassVar[str] = "Columns"
    tip: ClassVar[str] = "Which columns the network relies on: the figure without what each says."
    order: ClassVar[int] = 40
    shows: ClassVar[str] = (
        "How much worse the figure on the test examples gets when the values of one column are "
        "dealt out anew, so that they say nothing of their row."
    )
    means: ClassVar[str] = (
        "The network relies on columns that cost much. One that costs nothing may be left out, and "
        "one that costs nearly everything may give the answer away: look whether it is known in "
        "practice."
    )
    means_not: ClassVar[str] = (
        "It says what this network uses, not what causes the target. Of two columns that say the "
        "same, each may look unimportant, because the other one is still there."
    )

    def __init__(self, parts: Parts, draft: RevisionDraft) -> None:
        super().__init__(parts, draft)
        self._network = LoadedNetwork()
        self._measured_for: object = None
        self.button = QPushButton("Measure")
        self.button.setObjectName("results.columns.measure")
        self.button.setAccessibleName("Measure the columns")
        self.button.setToolTip(tooltip(TIP))
        style(self.button, "primary")
        self.button.clicked.connect(self._measure)
        self.status = Label()
        self.status.setObjectName("results.columns.status")
        self.status.setWordWrap(True)
        style(self.status, "secondary")
        self.notice = MissingDataNotice("results.columns.why")
        self.notice.wanted.connect(self.data_wanted)
        self.table = FigureTable(self.theme, "results.columns.table", "Columns", _columns(False))
        self.card = Card("Columns", "the one that costs most first")
        self.card.body.addWidget(self.table, 1)
        self.card.hide()
        self.column.addWidget(self.button, 0, Qt.AlignmentFlag.AlignLeft)
        self.column.addWidget(self.status)
        self.column.addWidget(self.notice, 1)
        self.column.addWidget(self.card, 1)

    @classmethod
    def applies(cls, content: ViewContent) -> bool:
        task = content.task
        return content.kind == "row" and task is not None and task.answers != "copy"

    def fill(self, content: ViewContent) -> None:
        has_data = content.dataset is not None
        self.notice.setVisible(not has_data)
        self.button.setVisible(has_data)
        if not has_data:
            self.notice.say(content.missing, content.offer)

        if (content.path, content.dataset) != self._measured_for:
            self._measured_for = content.path, content.dataset
            self.parts.background.forget("results.columns")
            self.button.setEnabled(True)
            self.status.setText("")
            self.card.hide()

    def _measure(self) -> None:
        path, dataset = self.content.path, self.content.dataset
        if path is None or dataset is None:
            return

        network = self._network
        self.button.setEnabled(False)
        self.status.setText("Shuffling one column after the other…")

        def measure(control: Control) -> Importances:
            from app.engine.robustness import permutation  # noqa: PLC0415 - loads torch

            return permutation.measure_columns(network.predictor(path), dataset, control.check)

        self.parts.background.run(measure, self._take, self._failed, key="results.columns")

    def _take(self, found: Importances) -> None:
        metric = METRICS[found.metric]
        self.button.setEnabled(True)
        self.status.setText(
            f"With all columns: {metric.label} {metric_text(found.metric, found.figure)} on "
            f"{found.examples:,} {found.split} examples.{_warning(found)}"
        )
        self.table.model_.columns = list(_columns(metric.shown == "percent"))
        self.table.show_lines(
            [
                Line(number, (each.column, each.drop, each.least, each.most))
                for number, each in enumerate(found.columns)
            ]
        )
        self.card.show()

    def _failed(self, failure: Failure) -> None:
        self.button.setEnabled(True)
        self.status.setText(failure.message)

    def close_down(self) -> None:
        self.parts.background.forget("results.columns")


def _warning(found: Importances) -> str:
    """Returns what a person should look at, "" for nothing."""
    total = sum(max(0.0, each.drop) for each in found.columns)
    if len(found.columns) < 2 or total <= 0:
        return ""

    first = found.columns[0]
    share = first.drop / total
    if share < 0.8:
        return ""

    return f" '{first.column}' alone makes up {percent_text(share)} of all that columns bring."


PANEL = ColumnsPanel
