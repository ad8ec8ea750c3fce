"""What every view of the Results page has: cards side by side, what is shown, and what it has to
say in the Guide.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QBoxLayout, QVBoxLayout, QWidget

if TYPE_CHECKING:
    from app.ui.pages.parts import GuideCard, Parts
    from app.ui.pages.results.showing import Shown


class View(QWidget):
    """show_results(shown): figures and examples of one split.

    saved(file name, callable): a file is wanted; the callable makes its bytes. wanted(): the run's
    data are wanted. said(): what the Guide says has changed.
    """

    saved = Signal(str, object)
    wanted = Signal()
    predictions = Signal()

    heights = (300, 380)
    """The least height of a card at 100 %: side by side, and below one another."""

    def __init__(self, parts: Parts) -> None:
        super().__init__()
        self.parts = parts
        self.theme = parts.theme
        self.shown: Shown | None = None
        self.cards: list[QWidget] = []
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(12)
        self.row = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self.row.setSpacing(12)
        whole.addLayout(self.row, 1)

    def add(self, card: QWidget, share: int) -> None:
        """A card beside the others; share: of the width."""
        self.cards.append(card)
        self.row.addWidget(card, share)

    def arrange(self, wide: bool) -> None:
        """Side by side where there is room, else one below the other."""
        self.row.setDirection(
            QBoxLayout.Direction.LeftToRight if wide else QBoxLayout.Direction.TopToBottom
        )
        for card in self.cards:
            card.setMinimumHeight(self.theme.px(self.heights[0 if wide else 1]))

    def show_results(self, shown: Shown) -> None:
        """Another report, or the same one with other data.

        A view keeps what is chosen in it where it still means something.
        """
        self.shown = shown
        self.fill(shown)

    def fill(self, shown: Shown) -> None:
        """Show it; each view its own way."""
        raise NotImplementedError

    def hasHeightForWidth(self) -> bool:
        """No: it takes the height it gets, whatever its longest text would like."""
        return False

    def sizeHint(self) -> QSize:
        """No more than it needs: it takes the room that is left, and must not make its page scroll."""
        return self.minimumSizeHint()

    def guide(self) -> list[GuideCard]:
        """What this view means, and findings in it."""
        return []

    def close_down(self) -> None:
        """The view goes: what it started in the background is given up."""

    def report_of(self, kind: type[Any]) -> Any:
        """The report shown, which is of this kind."""
        assert self.shown is not None and isinstance(self.shown.report, kind)
        return self.shown.report
