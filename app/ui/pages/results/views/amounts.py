"""Amounts: predicted against true, the spread of the errors, and the examples furthest off."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QStackedLayout, QVBoxLayout, QWidget

from app.engine.data.nouns import counted, noun
from app.engine.results.reports.amounts import AmountReport, AmountRow
from app.engine.text import amount_text, number_text, percent_text
from app.ui.pages.parts import GuideCard, Parts
from app.ui.pages.results.confusion.side_card import link
from app.ui.pages.results.figure_table import Column, FigureTable, Line
from app.ui.pages.results.missing_data import MissingDataNotice
from app.ui.pages.results.views.base import ResultsView
from app.ui.plots.base.plot_card import PlotCard
from app.ui.plots.distributions.histogram import HistogramPlot
from app.ui.plots.distributions.scatter import PointInfo, ScatterPlot
from app.ui.style.theme import style
from app.ui.widgets.card import Card
from app.ui.widgets.examples.example import example_of
from app.ui.widgets.examples.painting import ExampleView
from app.ui.widgets.label import Label
from app.ui.widgets.segments import Segments

if TYPE_CHECKING:
    from app.ui.pages.results.selection import ViewContent

MOST = 200
"""Lines of the table."""

DRAWN = 4000
"""Points of the scatter, evenly taken where there are more."""

SIDES = (
    ("worst", "Largest errors", "The examples with the largest errors."),
    ("errors", "Errors", "How the errors are spread, and the figures of every amount."),
)


def _four(value: float) -> str:
    return number_text(value, 4)


COLUMNS = (
    Column("Example", "Where it comes from.", plain="example"),
    Column("True", "The amount as the data have it.", _four, False, 84, "true"),
    Column("Predicted", "The amount as the network answers it.", _four, False, 84, "predicted"),
    Column(
        "Off by",
        "Predicted minus true: above zero is too much.",
        lambda error: f"{'+' if error > 0 else ''}{number_text(error)}",
        False,
        76,
        "error",
    ),
)


class AmountsView(ResultsView):
    """The scatter on the left; on the right the worst rows, or the errors."""

    views: ClassVar[tuple[str, ...]] = ("amounts",)

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts)
        theme = parts.theme
        self.target = 0
        self._drawn = np.zeros(0, np.int64)
        """Places in the report of the points drawn."""
        self.scatter = ScatterPlot(theme, "true", "predicted", diagonal=True)
        self.scatter.picked.connect(lambda point: self.show_row(int(self._drawn[point])))
        self.plot_card = PlotCard(
            self.scatter,
            "Predicted against true",
            "on the line it is right",
            "results.scatter",
            "predicted",
        )

        self.scatter.setMinimumHeight(theme.px(180))
        self.chooser = QComboBox()
        self.chooser.setObjectName("results.target")
        self.chooser.setAccessibleName("Which amount is shown")
        self.chooser.setToolTip("Which of the amounts is shown.")
        self.chooser.currentIndexChanged.connect(self._choose)
        self.plot_card.add_tool(self.chooser)
        self.add(self.plot_card, 11)
        self.add(self._build_side(), 10)

    def _build_side(self) -> Card:
        theme = self.theme
        self.side = Card("Largest errors")
        self.side.setObjectName("results.side")
        self.sides = Segments(theme, "results.show", SIDES)
        self.sides.chosen.connect(self.show_side)
        self.side.tools.addWidget(self.sides)
        self.table = FigureTable(theme, "results.worst", "The largest errors by example", COLUMNS)
        self.table.picked.connect(self.show_row)
        self.example = ExampleView(theme)
        self.answer = Label()
        self.answer.setTextFormat(Qt.TextFormat.RichText)
        self.answer.setObjectName("results.row.answer")
        self.answer.setWordWrap(True)
        style(self.answer, "row")
        self.notice = MissingDataNotice()
        self.notice.wanted.connect(self.data_wanted)
        save = link(
            "Save this table (CSV)",
            "results.worst.save",
            "Writes true and predicted amounts to a file.",
        )

        save.clicked.connect(lambda: self.save_wanted.emit("amounts.csv", self.table.csv))
        worst = QWidget()
        column = QVBoxLayout(worst)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(self.table, 1)
        column.addWidget(save, 0, Qt.AlignmentFlag.AlignLeft)
        self.table.setMinimumHeight(theme.px(90))
        detail = QHBoxLayout()
        detail.setSpacing(10)
        detail.addWidget(self.example, 0, Qt.AlignmentFlag.AlignTop)
        detail.addWidget(self.answer, 1)
        column.addLayout(detail)
        column.addWidget(self.notice)

        for widget in (self.answer, self.example, self.notice):
            widget.hide()

        self.histogram = HistogramPlot(theme)
        self.histogram.setObjectName("results.residuals")
        self.histogram.setAccessibleName("How the errors are spread")
        self.figures = Label()
        self.figures.setObjectName("results.figures")
        self.figures.setWordWrap(True)
        self.figures.setTextFormat(Qt.TextFormat.RichText)
        style(self.figures, "row")
        errors = QWidget()
        lines = QVBoxLayout(errors)
        lines.setContentsMargins(0, 0, 0, 0)
        lines.addWidget(self.histogram, 1)
        lines.addWidget(self.figures)
        self._stack = QStackedLayout()
        self._stack.addWidget(worst)
        self._stack.addWidget(errors)
        self.side.body.addLayout(self._stack, 1)

        return self.side

    # --- what is shown

    def fill(self, _content: ViewContent) -> None:
        report = self.report_of(AmountReport)
        names = [row.name for row in report.amounts]
        if names != [self.chooser.itemText(k) for k in range(self.chooser.count())]:
            self.chooser.blockSignals(True)
            self.chooser.clear()
            self.chooser.addItems(names)
            self.chooser.blockSignals(False)
            self.target = 0

        self.chooser.setVisible(len(names) > 1)
        self._show()

    def _choose(self, number: int) -> None:
        self.target = max(0, number)
        self._show()

    def show_side(self, name: str) -> None:
        """Shows a side: "worst" or "errors"."""
        self.sides.set_value(name)
        self._stack.setCurrentIndex(0 if name == "worst" else 1)
        self.side.title.setText({key: text for key, text, _ in SIDES}[name])

    def _show(self) -> None:
        report = self.report_of(AmountReport)
        content = self.content

        row = report.amounts[self.target]
        count = report.count
        self._drawn = (
            np.arange(count)
            if count <= DRAWN
            else np.linspace(0, count - 1, DRAWN).astype(np.int64)
        )

        true = report.true(self.target)
        predicted = report.predicted(self.target)
        self.scatter.name_axes(f"true{_unit(row)}", f"predicted{_unit(row)}")
        self.scatter.tell = self._tell
        self.scatter.show_points(true[self._drawn], predicted[self._drawn])
        self.scatter.setAccessibleDescription(
            f"{count:,} points; off by {amount_text(row.mae, row.unit)} on average."
        )
        drawn = f"{DRAWN:,} of {counted(content.kind, count)}; " if count > DRAWN else ""
        self.plot_card.set_why(f"{drawn}on the line it is right")
        self.histogram.show_values(
            report.residuals(self.target), f"predicted minus true{_unit(row)}"
        )
        self.figures.setText(_figures(row, noun(content.kind)))
        self.table.show_lines(
            [
                Line(
                    self._index(report, miss.row),
                    (self._name(content, miss.row), miss.true, miss.predicted, miss.error),
                )
                for miss in report.misses(self.target, MOST)
            ]
        )

        for widget in (self.answer, self.example, self.notice):
            widget.hide()

    def _tell(self, point: int) -> PointInfo:
        report = self.report_of(AmountReport)
        content = self.content

        index = int(self._drawn[point])
        example = (
            example_of(content.dataset, int(report.rows[index]))
            if content.dataset is not None
            else None
        )
        return self._words(report, index), example

    def show_row(self, index: int) -> None:
        """Shows an example, by its place in the report: ringed, and in full below the table."""
        report = self.report_of(AmountReport)
        content = self.content

        self.show_side("worst")
        points = np.flatnonzero(self._drawn == index)
        self.scatter.mark(int(points[0]) if len(points) else -1)
        self.table.choose(index)
        self.answer.setText(self._words(report, index))
        self.answer.show()

        if content.dataset is None:
            self.notice.say(content.missing, content.offer)
            self.notice.show()
            return

        self.example.show_example(example_of(content.dataset, int(report.rows[index])))
        self.example.show()

    def _words(self, report: AmountReport, index: int) -> str:
        row = report.amounts[self.target]
        true = float(report.true(self.target)[index])
        predicted = float(report.predicted(self.target)[index])

        unit = escape(row.unit)
        return (
            f"is {amount_text(true, unit, 4)}, predicted {amount_text(predicted, unit, 4)} "
            f"(off by {amount_text(abs(predicted - true), unit)})"
        )

    @staticmethod
    def _index(report: AmountReport, row: int) -> int:
        return int((report.rows == row).argmax())

    @staticmethod
    def _name(content: ViewContent, row: int) -> str:
        dataset = content.dataset
        return (
            dataset.names[row]
            if dataset is not None and row < len(dataset.names)
            else f"#{row + 1}"
        )

    def guide(self) -> list[GuideCard]:
        cards = [
            GuideCard(
                "What you see",
                "Every point is an example: the further right, the larger the true amount; the "
                "higher, the larger the predicted one. On the dashed line both are the same; a "
                "cloud without slope has learned nothing.",
            )
        ]
        if self._content is None:
            return cards

        row = self.report_of(AmountReport).amounts[self.target]
        if row.rmse > 2 * row.mae:
            cards.append(
                GuideCard(
                    "A few errors are large",
                    "The RMSE is more than twice the mean error, so a few examples are far off. "
                    "If they are mistakes in the data, L1 is moved less by them; if they matter "
                    "most, L2.",
                    "warning",
                )
            )

        return cards


def _unit(row: AmountRow) -> str:
    return f" ({row.unit})" if row.unit else ""


def _figures(row: AmountRow, many: str) -> str:
    """Returns the figures of an amount in sentences."""
    r2 = f"R² {number_text(row.r2)}. " if row.r2 is not None else ""
    near = (
        f" {percent_text(row.near)} of the {many} are within a tenth."
        if row.near is not None
        else ""
    )
    unit = escape(row.unit)
    return (
        f"Off by <b>{amount_text(row.mae, unit)}</b> on average, half of the {many} by less "
        f"than {amount_text(row.median_error, unit)}; RMSE {amount_text(row.rmse, unit)}. "
        f"{r2}Always answering {number_text(row.always)} would be off by "
        f"{amount_text(row.baseline, unit)}.{near}"
    )


VIEW = AmountsView
