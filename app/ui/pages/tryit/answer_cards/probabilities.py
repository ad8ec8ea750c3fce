"""Classes or tags with their probabilities."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from app.engine.text import percent_text
from app.ui.pages.tryit.answer_bars import AnswerBars
from app.ui.pages.tryit.answer_cards.base import AnswerCard, spread_of, spread_words, truth_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.engine.results.member_spread import MemberSpread
    from app.ui.pages.tryit.context import PredictionContext
    from app.ui.pages.tryit.prediction import TryItResult
    from app.ui.style.theme import Theme


class ProbabilitiesAnswerCard(AnswerCard):
    """Shows how probable each class or tag is, as bars."""

    views: ClassVar[Mapping[str, str]] = {
        "classes": "The bars say how sure the network is of each class; together they are 100 %.",
        "yes-no": (
            "The bars say how sure the network is of yes and of no; together they are 100 %."
        ),
        "tags": (
            "Each bar is a question of its own: does it have this tag? Several may be long, or "
            "none."
        ),
    }

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme)
        self.bars = AnswerBars(theme)
        self.column.addWidget(self.bars)
        self.column.addStretch(1)

    @classmethod
    def details(cls, context: PredictionContext) -> MemberSpread | None:
        return spread_of(context)

    def show_result(self, result: TryItResult | None) -> None:
        if result is None or result.answer is None:
            self.bars.show_ranking([])
            return

        many = result.task.targets == "tags"
        self.bars.show_ranking(result.ranking, truth_of(result), together=not many)

    def words(self, result: TryItResult) -> tuple[str, str]:
        """Returns a class, how sure it is and whether it is right; or the tags that are set."""
        if result.answer is None:
            return "", ""

        true = truth_of(result)
        if result.task.targets == "tags":
            return result.answer.headline, f"In truth: {true}." if true else ""

        name, probability = result.ranking[0]
        sure = f"{percent_text(probability)} sure"
        if true:
            sure += ", and it is right." if true == name else f". In truth it is {true}."
        if members := spread_words(result):
            sure = f"{sure.removesuffix('.')}. {members}"

        return name, sure


ANSWER_CARD = ProbabilitiesAnswerCard
