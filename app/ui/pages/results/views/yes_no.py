"""Yes or no: the view of two classes, with what another threshold would do."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from app.engine.results.reports.yes_no import YesNoReport
from app.ui.pages.parts import GuideCard
from app.ui.pages.results.confusion.side_card import SideCard
from app.ui.pages.results.confusion.threshold import ThresholdPanel
from app.ui.pages.results.outcome import has_examples
from app.ui.pages.results.views.classes import ClassesView

if TYPE_CHECKING:
    from app.engine.results.reports.classes import ClassReport
    from app.ui.pages.results.selection import ViewContent


class YesNoView(ClassesView):
    """Shows two classes, with one more side beside the matrix."""

    views: ClassVar[tuple[str, ...]] = ("yes-no",)

    def make_side(self) -> SideCard:
        self.panel = ThresholdPanel(self.theme)
        self.panel.moved.connect(self._moved)
        tip = "Where to say yes: what every threshold would do."

        return SideCard(self.theme, (("threshold", "Curves", tip, "Threshold", self.panel),))

    def show_split(self, report: ClassReport, content: ViewContent) -> None:
        assert isinstance(report, YesNoReport)
        self.panel.show_split(report)
        super().show_split(self.panel.report_at(report), content)

    def suggested(self, report: ClassReport) -> str:
        return "threshold" if has_examples(report) else "classes"

    def _moved(self) -> None:
        if self._content is not None:
            super().show_split(self.panel.report_at(self.report_of(YesNoReport)), self.content)

    def guide(self) -> list[GuideCard]:
        return [
            *super().guide(),
            GuideCard(
                "Where to say yes",
                "A low threshold finds more and raises more false alarms. Choose it by what a "
                "mistake costs: a missed illness more than a second look, a wrong alarm at night "
                "more than a late one.",
            ),
        ]


VIEW = YesNoView
