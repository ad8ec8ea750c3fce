"""The one question that a table may leave open.

Are the whole numbers of its target classes, or tags where there are several in a row, or amounts?
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.engine.learning.tasks import TASKS
from app.ui.pages.data.states import button
from app.ui.pages.data.task_box import with_task
from app.ui.style.theme import style
from app.ui.widgets.card import Card
from app.ui.widgets.label import Label

if TYPE_CHECKING:
    from app.ui.state.document import Document

ANSWERS = (
    ("classes", "Classes", "Each number is only a name; none lies between two others."),
    ("tags", "Tags", "Each number is the name of a tag; a row has several of them."),
    ("amounts", "Amounts", "Larger is more; an answer may lie between two numbers."),
)


class Question(Card):
    """Asks while the question is open; either answer sets the task."""

    def __init__(self, document: Document) -> None:
        super().__init__()
        self._document = document
        self.setObjectName("data.question")
        style(self, "card-warning")
        self._words = Label()
        self._words.setWordWrap(True)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self._words, 1)

        self._answers = {
            targets: self._answer(targets, words, tip) for targets, words, tip in ANSWERS
        }
        for answer in self._answers.values():
            row.addWidget(answer)

        self.body.addLayout(row)
        self.hide()

    def _answer(self, targets: str, words: str, tip: str) -> QWidget:
        kind = next(task.kind for task in TASKS.values() if task.targets == targets)
        return button(
            words,
            f"data.question.{targets}",
            tip,
            lambda: self._document.set(
                with_task(self._document.experiment, kind, self._document.dataset)
            ),
        )

    def show_question(self, preview: Any) -> None:
        """Shows the question of a preview; None where there is no table."""
        text = preview.question if preview is not None else ""
        self._words.setText(text.replace("; choose the task to decide", ""))
        several = bool(text) and TASKS[preview.task].targets == "tags"
        self._answers["tags"].setVisible(several)
        self._answers["classes"].setVisible(not several)
        self.setVisible(bool(text))
