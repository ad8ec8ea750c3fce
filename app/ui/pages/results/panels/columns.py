"""Columns: which columns of a table the network relies on, by shuffling one at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from app.engine.learning.metrics import METRICS, metric_text
from app.engine.robustness.importance import REPEATS
from app.engine.text import number_text, percent_text
from app.ui.pages.results.figure_table import Column, FigureTable, Line
from app.ui.pages.results.panels.measured import MeasuredPanel
from app.ui.widgets.card import Card

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.engine.data.dataset import Dataset
    from app.engine.results.predictor import Predictor
    from app.engine.robustness.importance import Importances
    from app.ui.pages.parts import Parts
    from app.ui.pages.results.selection import ViewContent
    from app.ui.state.revisions.draft import RevisionDraft


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


class ColumnsPanel(MeasuredPanel):
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

    button_name: ClassVar[str] = "Measure the columns"
    button_tip: ClassVar[str] = (
        f"Shuffles every column {REPEATS} times and judges the test examples each time."
    )
    progress: ClassVar[str] = "Shuffling one column after the other…"

    def __init__(self, parts: Parts, draft: RevisionDraft) -> None:
        super().__init__(parts, draft)
        self.table = FigureTable(self.theme, "results.columns.table", "Columns", _columns(False))
        self.card = Card("Columns", "the one that costs most first")
        self.card.body.addWidget(self.table, 1)
        self.card.hide()
        self.column.addWidget(self.card, 1)

    @classmethod
    def applies(cls, content: ViewContent) -> bool:
        task = content.task
        return content.kind == "row" and task is not None and task.answers != "copy"

    def measured(
        self, predictor: Predictor, dataset: Dataset, check: Callable[[], None]
    ) -> Importances:
        from app.engine.robustness import permutation  # noqa: PLC0415 - loads torch

        return permutation.measure_columns(predictor, dataset, check)

    def show_found(self, found: Importances) -> str:
        metric = METRICS[found.metric]
        self.table.model_.columns = list(_columns(metric.shown == "percent"))
        self.table.show_lines(
            [
                Line(number, (each.column, each.drop, each.least, each.most))
                for number, each in enumerate(found.columns)
            ]
        )
        self.card.show()
        return (
            f"With all columns: {metric.label} {metric_text(found.metric, found.figure)} on "
            f"{found.examples:,} {found.split} examples.{_warning(found)}"
        )

    def clear(self) -> None:
        self.card.hide()


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
