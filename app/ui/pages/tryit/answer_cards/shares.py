"""Classes or tags with their probabilities."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.engine.text import percent_text
from app.ui.pages.tryit.answer_cards.bars import AnswerBars
from app.ui.pages.tryit.answer_cards.base import ReplyView, truth_of

if TYPE_CHECKING:
    from app.ui.pages.tryit.asking import Reply
    from app.ui.style.theme import Theme


class SharesReply(ReplyView):
    def __init__(self, theme: Theme) -> None:
        super().__init__(theme)
        self.bars = AnswerBars(theme)
        self.column.addWidget(self.bars)
        self.column.addStretch(1)

    def show_reply(self, reply: Reply | None) -> None:
        if reply is None or reply.answer is None:
            self.bars.show_ranking([])
            return

        many = reply.task.targets == "tags"
        self.bars.show_ranking(
            reply.ranking, truth_of(reply.description, reply.task, reply), together=not many
        )

    def words(self, reply: Reply) -> tuple[str, str]:
        """One class: how sure, and whether it is right. Tags: those that are set."""
        if reply.answer is None:
            return "", ""

        true = truth_of(reply.description, reply.task, reply)
        if reply.task.targets == "tags":
            return reply.answer.headline, f"In truth: {true}." if true else ""

        name, probability = reply.ranking[0]
        sure = f"{percent_text(probability)} sure"
        if true:
            sure += ", and it is right." if true == name else f". In truth it is {true}."

        return name, sure


REPLY = SharesReply
