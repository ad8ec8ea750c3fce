"""The card with the curves of a comparison, their controls, and what is cut off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QHBoxLayout, QToolButton

from app.engine.text import count_text
from app.ui.pages.runs.compare.plot import ComparePlot
from app.ui.pages.runs.compare.tools import CompareTools
from app.ui.plots.base.plot_card import PlotCard
from app.ui.style.theme import style
from app.ui.text.literal import tooltip
from app.ui.widgets.label import Label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.ui.pages.runs.compare.drawn import Drawing
    from app.ui.pages.runs.compare.plot import Look
    from app.ui.state.preferences import Preferences
    from app.ui.style.theme import Theme


class CurvesCard(PlotCard):
    """The plot with a row of controls above it, and a sentence below where something is cut."""

    def __init__(self, theme: Theme, preferences: Preferences) -> None:
        super().__init__(ComparePlot(theme), "Curves", " ", "runs.compare.curves", "comparison")
        self.tools_row = CompareTools(theme, preferences, self.compare_plot)
        self.body.insertWidget(0, self.tools_row)
        for button in self.tools_row.buttons:
            self.add_tool(button)

        self.remark = Label()
        self.remark.setObjectName("runs.compare.remark")
        self.remark.setWordWrap(True)
        style(self.remark, "secondary")
        self.all = QToolButton()
        self.all.setObjectName("runs.compare.all")
        self.all.setCheckable(True)
        self.all.setText("Show all")
        self.all.setAccessibleName("Show all values")
        self.all.setToolTip(tooltip("Shows every value, however far from the others."))
        style(self.all, "small")
        self.all.toggled.connect(self._show_all)
        foot = QHBoxLayout()
        foot.setSpacing(8)
        foot.addWidget(self.remark, 1)
        foot.addWidget(self.all)
        self.body.addLayout(foot)
        self._cut = 0
        self._texts = ("", "")
        self.compare_plot.cut.connect(self._show_cut)
        self.refused.connect(self.say)
        self._say()

    @property
    def compare_plot(self) -> ComparePlot:
        assert isinstance(self.plot, ComparePlot)
        return self.plot

    def show_drawing(self, drawing: Drawing, looks: Sequence[Look], trouble: str) -> None:
        """Shows these curves. trouble: what could not be read, "" for nothing."""
        choice = self.tools_row.choice
        metric = self.tools_row.headline if choice.quantity == "figure" else None
        names = {"validation": "validation loss", "training": "training loss"}
        what = f"validation {metric.label}" if metric is not None else names[choice.quantity]
        self.compare_plot.name_axes(drawing.x_title, what)
        self.compare_plot.show_drawing(drawing, looks, metric)
        shown = count_text(len(drawing.curves), "curve")
        self.compare_plot.setAccessibleName(f"{what} over {drawing.x_title}: {shown}")
        self.set_why(f"{what} over {drawing.x_title}")
        self._texts = (drawing.remark, trouble)
        self._say()

    def say(self, trouble: str) -> None:
        """Says what went wrong."""
        self._texts = ("", trouble)
        self._say()

    def _show_all(self, show_all: bool) -> None:
        self.compare_plot.set_show_all(show_all)
        self._say()

    def _show_cut(self, count: int) -> None:
        self._cut = count
        self._say()

    def _say(self) -> None:
        cut = ""
        if self._cut:
            go = "goes" if self._cut == 1 else "go"
            cut = f"{count_text(self._cut, 'curve')} {go} beyond this axis."

        if self.all.isChecked():
            cut = "Every value is shown."

        text = " ".join(part for part in (cut, *self._texts) if part)
        self.remark.setText(text)
        self.remark.setVisible(bool(text))
        self.all.setVisible(bool(self._cut) or self.all.isChecked())
