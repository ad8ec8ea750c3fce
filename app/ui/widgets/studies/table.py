"""The table of a study: a line for each member, with its figures and how it differs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QFrame, QGridLayout, QVBoxLayout, QWidget

from app.engine.learning.metrics import metric_text
from app.engine.studies import words
from app.ui.style.theme import style
from app.ui.text.literal import button_text, tooltip
from app.ui.widgets.elided import ElidedLabel
from app.ui.widgets.label import Label
from app.ui.widgets.studies.strip import Axis, SeedStrip

if TYPE_CHECKING:
    from app.engine.studies.intervals import Difference
    from app.engine.studies.outcome import MemberOutcome, Outcome
    from app.engine.studies.study import Study
    from app.ui.state.beside.questions import Option
    from app.ui.style.theme import Theme

TOP = Qt.AlignmentFlag.AlignTop
HEADS = ("", "Seeds", "Mean ± deviation", "", "Difference", "95 % interval", "Verdict")
NAME, SEEDS, MEAN, STRIP, DIFFERENCE, INTERVAL, VERDICT = range(len(HEADS))
TIPS = {
    SEEDS: "How many of the trainings have a figure.",
    MEAN: "Over the seeds, on validation; below it the least and the largest figure.",
    STRIP: "A dot for each seed, its mean as a line, and as a bar the 95 % interval of the mean.",
    DIFFERENCE: "To the first line, on average.",
    INTERVAL: "Where the difference would be with other seeds, in 95 of 100 cases.",
}


class Line:
    """The widgets of one member. box: ticked where it is part of the study; None where it must."""

    def __init__(self, theme: Theme, grid: QGridLayout, row: int, option: Option | None) -> None:
        self.box: QCheckBox | None = None
        self.name = ElidedLabel("", 12)
        style(self.name, "row-strong")
        self.detail = ElidedLabel("", 12)
        style(self.detail, "secondary")
        self.done = _label("row")
        self.mean = _label("row-strong")
        self.range = _label("secondary")
        self.strip = SeedStrip(theme)
        self.difference = _label("row-strong")
        self.interval = _label("row")
        self.shows = _label("row")
        self.shows.setWordWrap(True)
        head: QWidget = self.name
        if option is not None:
            head = self.box = QCheckBox(button_text(option.name))
            self.box.setObjectName(f"study.{option.key.replace(' ', '.')}")
            self.box.setChecked(option.chosen)
            self.detail.setText(option.detail)
            self.detail.setVisible(bool(option.detail))

        grid.addWidget(_stack(head, self.detail), row, NAME, TOP)
        grid.addWidget(self.done, row, SEEDS, TOP)
        grid.addWidget(_stack(self.mean, self.range), row, MEAN, TOP)
        grid.addWidget(self.strip, row, STRIP, TOP)
        grid.addWidget(self.difference, row, DIFFERENCE, TOP)
        grid.addWidget(self.interval, row, INTERVAL, TOP)
        grid.addWidget(self.shows, row, VERDICT, TOP)
        self.clear()

    def clear(self) -> None:
        """Shows no figures."""
        for label in (self.done, self.mean, self.range):
            label.setText("")

        self.strip.show_figures((), None, None)
        self.show_difference("", "", "", "row")

    def show_outcome(self, outcome: MemberOutcome, study: Study, axis: Axis | None) -> None:
        """Shows the figures of a member."""
        if self.box is None:
            self.name.setText(outcome.member.name)
            self.detail.setText(outcome.member.detail)
            self.detail.setVisible(bool(outcome.member.detail))

        self.done.setText(words.done_text(outcome, study))
        self.mean.setText(words.mean_text(outcome, study))
        self.range.setText(words.range_text(outcome, study))
        figures = tuple(outcome.figures.values())
        self.strip.show_figures(figures, outcome.spread, axis if figures else None)
        metric = study.metric
        lines = [
            f"Seed {seed}: {metric_text(metric.name, figure, study.unit)}"
            for seed, figure in sorted(outcome.figures.items())
        ]
        self.strip.setToolTip(tooltip("\n".join(lines)))
        self.strip.setAccessibleName(". ".join(lines))

    def show_difference(self, difference: str, interval: str, shows: str, role: str) -> None:
        """Shows how a member differs from the first one."""
        self.difference.setText(difference)
        self.interval.setText(interval)
        self.shows.setText(shows)
        style(self.shows, role)


class StudyTable(QWidget):
    """The members of a study. changed(): another part is ticked, or one less."""

    changed = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.lines: list[Line] = []
        self._options: list[Option] = []
        self._heads: list[Label] = []
        style(self, "page")
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, theme.px(8), 0)
        self._grid = QGridLayout()
        outer.addLayout(self._grid)
        outer.addStretch(1)
        self._grid.setHorizontalSpacing(theme.px(16))
        self._grid.setVerticalSpacing(theme.px(8))
        self._grid.setColumnStretch(NAME, 3)
        self._grid.setColumnStretch(STRIP, 3)
        self._grid.setColumnStretch(VERDICT, 2)
        for column, head in enumerate(HEADS):
            label = Label(head)
            label.setToolTip(tooltip(TIPS.get(column, "")))
            style(label, "secondary")
            self._grid.addWidget(label, 0, column)
            self._heads.append(label)

    @property
    def chosen(self) -> tuple[str, ...]:
        """The keys of the options that are ticked."""
        return tuple(
            option.key
            for option, line in zip(self._options, self.lines[1:], strict=False)
            if line.box is not None and line.box.isChecked()
        )

    def show_options(self, options: tuple[Option, ...]) -> None:
        """Offers what may be part of the study, below the training as it is."""
        self._options = list(options)
        self._add(None)
        for option in options:
            line = self._add(option)
            if line.box is not None:
                line.box.toggled.connect(lambda _: self.changed.emit())

    def show_outcome(self, outcome: Outcome, chosen: tuple[str, ...]) -> None:
        """Shows what came of a study. chosen: the options that it is of."""
        if self._options:
            keys = [option.key for option in self._options]
            lines = [self.lines[0], *(self.lines[1 + keys.index(key)] for key in chosen)]
        else:
            while len(self.lines) < len(outcome.members):
                self._add(None)
            lines = self.lines

        axis = _axis(outcome)
        self._heads[STRIP].setText(_axis_text(axis, outcome.study))
        several = len(outcome.members) > 1
        for column in (DIFFERENCE, INTERVAL, VERDICT):
            self._heads[column].setVisible(several)

        for line in self.lines:
            if line not in lines:
                line.clear()
        for line, member in zip(lines, outcome.members, strict=True):
            line.show_outcome(member, outcome.study, axis)
            if member is not outcome.members[0]:
                self._compare(line, member, outcome)

    def _compare(self, line: Line, member: MemberOutcome, outcome: Outcome) -> None:
        study = outcome.study
        found = outcome.difference_to_first(member)
        if found is None:
            line.show_difference("", "", "", "row")
            return

        shows, role = _shows(found, study)
        sign = "+" if found.mean > 0 else ""
        by = f"{sign}{words.difference_text(found.mean, study)}"
        line.show_difference(by, words.interval_text(found, study), shows, role)
        line.interval.setToolTip(tooltip(words.how_compared(found)))

    def _add(self, option: Option | None) -> Line:
        row = 1 + 2 * len(self.lines)
        if self.lines:
            between = QFrame()
            style(between, "separator")
            self._grid.addWidget(between, row, 0, 1, len(HEADS))

        line = Line(self._theme, self._grid, row + 1, option)
        self.lines.append(line)
        return line


def _shows(found: Difference, study: Study) -> tuple[str, str]:
    """Returns what a difference shows in a few words, and their role."""
    if found.count < 2:
        return "too few seeds", "secondary"
    if found.low is None:
        return ("the same" if not found.mean else "the same with each seed"), "secondary"
    if not found.shown:
        return "no difference shown", "secondary"

    better = words.is_better(found, study)
    if study.leaves_out:
        return ("it hurts", "warning") if better else ("it helps", "good")

    return ("better", "good") if better else ("worse", "warning")


def _axis(outcome: Outcome) -> Axis | None:
    figures = [figure for member in outcome.members for figure in member.figures.values()]
    if not figures:
        return None

    first = outcome.members[0].spread
    return Axis(min(figures), max(figures), first.mean if first is not None else None)


def _axis_text(axis: Axis | None, study: Study) -> str:
    if axis is None:
        return ""

    low, high = (metric_text(study.metric.name, end, study.unit) for end in (axis.low, axis.high))
    return f"{study.metric.label}, {low} to {high}" if low != high else study.metric.label


def _label(role: str) -> Label:
    label = Label()
    style(label, role)
    return label


def _stack(first: QWidget, second: QWidget) -> QWidget:
    holder = QWidget()
    column = QVBoxLayout(holder)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(2)
    column.addWidget(first)
    column.addWidget(second)
    return holder
