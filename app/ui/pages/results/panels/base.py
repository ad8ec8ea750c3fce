"""The base class of panels: what it shows, what may be concluded from it, and what not."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.ui.pages.parts import GuideCard
from app.ui.style.theme import style
from app.ui.widgets.label import Label

if TYPE_CHECKING:
    from app.ui.pages.parts import Parts
    from app.ui.pages.results.selection import ViewContent
    from app.ui.state.revisions.draft import RevisionDraft

LIVE = "This comes when the run has ended."


class Panel(QWidget):
    """One look at the results of a run: show_content(content).

    data_wanted(): the run's data are to be opened. guide_changed(): the Guide says something else.
    """

    data_wanted = Signal()
    guide_changed = Signal()

    key: ClassVar[str]
    label: ClassVar[str]
    tip: ClassVar[str]
    order: ClassVar[int] = 100
    shows: ClassVar[str]
    """What it shows, in a sentence or two."""

    means: ClassVar[str]
    """What may be concluded from it."""

    means_not: ClassVar[str]
    """What may not."""

    def __init__(self, parts: Parts, draft: RevisionDraft) -> None:
        super().__init__()
        self.parts = parts
        self.theme = parts.theme
        self.draft = draft
        self._content: ViewContent | None = None
        style(self, "page")
        self.words = Label(self.shows)
        self.words.setObjectName(f"results.{self.key}.shows")
        self.words.setWordWrap(True)
        style(self.words, "secondary")
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(16, 0, 16, 16)
        self.column.setSpacing(8)
        self.column.addWidget(self.words)

    @property
    def content(self) -> ViewContent:
        """What is shown; only to be asked for after show_content."""
        assert self._content is not None
        return self._content

    @classmethod
    def applies(cls, content: ViewContent) -> bool:
        """Returns whether it has a meaning for runs of this task and data."""
        raise NotImplementedError

    @classmethod
    def why_not(cls, content: ViewContent) -> str:
        """Returns why it cannot be shown now, in a sentence; "" where it can."""
        return LIVE if content.live else ""

    def show_content(self, content: ViewContent) -> None:
        """Shows another run or split, or the same one with other data."""
        self._content = content
        self.fill(content)

    def fill(self, content: ViewContent) -> None:
        """Shows the content, each panel in its own way."""
        raise NotImplementedError

    def arrange(self, wide: bool) -> None:
        """Puts cards side by side where there is room, else one below the other."""

    def guide(self) -> list[GuideCard]:
        """Returns the Guide's cards: what is shown, and what follows from it."""
        return [
            GuideCard(self.label, self.shows),
            GuideCard("What it tells", self.means),
            GuideCard("What it does not tell", self.means_not),
        ]

    def sizeHint(self) -> QSize:
        """Returns the least size: it takes what is left and must not make the window larger."""
        return self.minimumSizeHint()
