"""Any answer, without knowing it: its parts as lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt

from app.ui.pages.tryit.answer_cards.base import AnswerCard, truth_of
from app.ui.style.theme import Theme, style
from app.ui.widgets.label import Label

if TYPE_CHECKING:
    from app.ui.pages.tryit.prediction import TryItResult

MOST = 12
"""Parts of the answer that are shown."""


class GenericAnswerCard(AnswerCard):
    """Shows the parts of an answer as a report gives them (Answer.items)."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme)
        self.lines = Label()
        self.lines.setObjectName("tryit.answers")
        self.lines.setWordWrap(True)
        self.lines.setTextFormat(Qt.TextFormat.PlainText)
        style(self.lines, "row")
        self.column.addWidget(self.lines)
        self.column.addStretch(1)

    def show_result(self, result: TryItResult | None) -> None:
        answer = result.answer if result is not None else None
        items = answer.items[:MOST] if answer is not None else ()
        self.lines.setText("\n".join(f"{item.label}: {item.text}" for item in items))

    def words(self, result: TryItResult) -> tuple[str, str]:
        headline, note = super().words(result)
        true = truth_of(result)
        return headline, " ".join(
            part for part in (f"In truth {true}." if true else "", note) if part
        )
