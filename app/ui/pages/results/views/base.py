"""The base class of what the Results page shows of a report: cards side by side, and a Guide."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, TypeVar

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QBoxLayout, QVBoxLayout, QWidget

from app.engine.results.reports import SplitReport
from app.ui.pages.results.example_gallery import ExampleGallery

if TYPE_CHECKING:
    from app.ui.pages.parts import GuideCard, Parts
    from app.ui.pages.results.selection import ViewContent
    from app.ui.state.revisions.draft import RevisionDraft

R = TypeVar("R", bound=SplitReport)


class ResultsView(QWidget):
    """Shows figures and examples of one split: show_results(content).

    save_wanted(file name, callable): a file is to be saved; the callable makes its bytes.
    data_wanted(): the run's data are to be opened. guide_changed(): the Guide says something else.
    """

    save_wanted = Signal(str, object)
    data_wanted = Signal()
    guide_changed = Signal()

    views: ClassVar[tuple[str, ...]] = ()
    """The views of reports (SplitReport.view) that it shows."""

    heights = (300, 380)
    """The least height of a card at 100 %: side by side, and below one another."""

    def __init__(self, parts: Parts) -> None:
        super().__init__()
        self.parts = parts
        self.theme = parts.theme
        self.cards: list[QWidget] = []
        self._content: ViewContent | None = None

        self.row = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self.row.setSpacing(12)

        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        column.addLayout(self.row, 1)

    @property
    def content(self) -> ViewContent:
        """What is shown; only to be asked for after show_results."""
        assert self._content is not None
        return self._content

    def add(self, card: QWidget, share: int) -> None:
        """Puts a card beside the others. share: of the width."""
        self.cards.append(card)
        self.row.addWidget(card, share)

    def arrange(self, wide: bool) -> None:
        """Puts the cards side by side where there is room, else one below the other."""
        self.row.setDirection(
            QBoxLayout.Direction.LeftToRight if wide else QBoxLayout.Direction.TopToBottom
        )
        for card in self.cards:
            card.setMinimumHeight(self.theme.px(self.heights[0 if wide else 1]))

    def show_results(self, content: ViewContent) -> None:
        """Shows another report, or the same one with other data.

        What a person has chosen in the view stays where it still means something.
        """
        self._content = content
        self.fill(content)

    def use_draft(self, draft: RevisionDraft) -> None:
        """Offers to change the labels of examples that are looked at."""
        for gallery in self.findChildren(ExampleGallery):
            gallery.use_draft(draft)

    def fill(self, content: ViewContent) -> None:
        """Shows the content, each view in its own way."""
        raise NotImplementedError

    def hasHeightForWidth(self) -> bool:
        """Returns False: it takes the height it gets, whatever its longest text would like."""
        return False

    def sizeHint(self) -> QSize:
        """Returns the least size: the view takes what is left and must not make its page scroll."""
        return self.minimumSizeHint()

    def guide(self) -> list[GuideCard]:
        """Returns the Guide's cards: what this view means, and findings in it."""
        return []

    def close_down(self) -> None:
        """Gives up what the view started in the background, before it goes."""

    def report_of(self, kind: type[R]) -> R:
        """Returns the report shown, which is of this kind."""
        report = self.content.report
        assert isinstance(report, kind)
        return report
