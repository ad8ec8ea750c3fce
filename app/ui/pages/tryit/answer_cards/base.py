"""What every view of a reply must do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

if TYPE_CHECKING:
    from app.engine.data.dataset import Description
    from app.engine.learning.task import Task
    from app.ui.pages.tryit.asking import Reply
    from app.ui.style.theme import Theme


class ReplyView(QWidget):
    """wants_writing(prompt, temperature, tokens): the network is to go on with a text;
    stop_writing().
    """

    wants_writing = Signal(str, float, int)
    stop_writing = Signal()

    hint = ""
    """Shown while nothing is given, in place of the giver's own hint."""

    seen = "What the network sees"
    """What the small picture beside the answer is."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.theme = theme
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(8)

    def show_reply(self, reply: Reply | None) -> None:
        """None: nothing is given."""
        raise NotImplementedError

    def words(self, reply: Reply) -> tuple[str, str]:
        """The answer in large, and a sentence below it."""
        answer = reply.answer
        return (answer.headline, answer.note) if answer is not None else ("", "")


def truth_of(description: Description, task: Task, reply: Reply) -> str:
    """What is known to be true of it, in words; "" where it is not known or the task has no such
    words.
    """
    true = reply.given.true
    if true is None:
        return ""
    if task.targets == "classes" and description.classes:
        return description.classes[int(true)]

    if task.targets == "tags":
        names = [name for name, there in zip(description.classes, true, strict=True) if there]
        return ", ".join(names) or "none"

    if task.targets == "amounts":
        from app.engine.text import amount_text

        words = [
            amount_text(float(value), one.unit, 4)
            for one, value in zip(description.amounts, true, strict=True)
        ]
        if len(words) == 1:
            return words[0]

        return ", ".join(
            f"{one.name} {word}" for one, word in zip(description.amounts, words, strict=True)
        )

    return ""
