"""The most frequent confusions: a matrix of many classes has too many cells to look at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal

from app.engine.text import percent_text
from app.ui.pages.results.figure_table import Column, FigureTable, Line

if TYPE_CHECKING:
    from app.ui.pages.results.confusion.counts import Confusion
    from app.ui.style.theme import Theme

FROM = 31
"""Classes from which on the list is offered."""

MOST = 200
"""Confusions that are listed."""


def columns(many: str) -> tuple[Column, ...]:
    """Returns the columns. many: what the examples are called."""
    return (
        Column("True class → answer", "Which class is taken for which.", plain="confusion"),
        Column(many.capitalize(), f"How many {many} that are.", lambda n: f"{n:,}", width=72),
        Column(
            "Of the class",
            f"What share of the {many} of the true class that is.",
            percent_text,
            True,
            92,
            "share",
        ),
    )


class TopConfusions(FigureTable):
    """Shows which class is taken for which, the most frequent first.

    confusion_picked(true, answer): a line was clicked, or Enter pressed on it.
    """

    confusion_picked = Signal(int, int)

    def __init__(self, theme: Theme) -> None:
        super().__init__(
            theme, "results.confusions", "Most frequent confusions", columns("examples"), 1, True
        )
        self._pairs: list[tuple[int, int, int]] = []
        self.picked.connect(self._pick_pair)

    def show_confusion(self, confusion: Confusion, many: str) -> None:
        """Shows the confusions of a matrix. many: what the examples are called."""
        self._pairs = confusion.mistakes(MOST)
        self.model_.columns = list(columns(many))
        self.show_lines(
            [
                Line(
                    number,
                    (
                        f"{confusion.classes[true]} → {confusion.classes[answer]}",
                        count,
                        confusion.share(true, answer),
                    ),
                    confusion.words(true, answer),
                )
                for number, (true, answer, count) in enumerate(self._pairs)
            ]
        )

    def _pick_pair(self, number: int) -> None:
        true, answer, _ = self._pairs[number]
        self.confusion_picked.emit(true, answer)
