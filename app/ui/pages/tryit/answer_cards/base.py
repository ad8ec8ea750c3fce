"""The base class of answer cards: what Try it shows of an answer, below its headline."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.engine.results.member_spread import member_spread
from app.engine.text import amount_text
from app.ui.text.words import target_words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.engine.results.member_spread import MemberSpread
    from app.ui.pages.parts import GuideCard
    from app.ui.pages.tryit.context import PredictionContext
    from app.ui.pages.tryit.prediction import TryItResult
    from app.ui.style.theme import Theme


class AnswerCard(QWidget):
    """Shows one answer, or that there is none yet: show_result(result or None)."""

    views: ClassVar[Mapping[str, str]] = {}
    """The views of results (Task.view) whose answers it shows; each with a sentence on them for the
    Guide.
    """

    guide: ClassVar[tuple[GuideCard, ...]] = ()
    """Further cards for the Guide."""

    hint: ClassVar[str] = ""
    """Shown while nothing is given, in place of the input card's own hint."""

    seen: ClassVar[str] = "What the network sees"
    """What the small picture beside the answer is."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.theme = theme
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(8)

    @classmethod
    def details(cls, context: PredictionContext) -> Any:
        """Computes what stands beside the answer, on the background thread (TryItResult.details).

        Raises UserError, and what the context's `check` raises.
        """
        del context  # most answers stand alone
        return None

    def show_result(self, result: TryItResult | None) -> None:
        """Shows an answer; None while nothing is given."""
        raise NotImplementedError

    def words(self, result: TryItResult) -> tuple[str, str]:
        """Returns the answer in large, and a sentence below it."""
        answer = result.answer
        return (answer.headline, answer.note) if answer is not None else ("", "")


def spread_of(context: PredictionContext) -> MemberSpread | None:
    """Returns how far the members of a network disagree, None for one without.

    It is for `details` of cards whose answers members give.
    """
    if not all(context.halves):
        return None

    return member_spread(context.predictor, *(array[None] for array in context.arrays))


def spread_words(result: TryItResult) -> str:
    """Returns a sentence on how far members disagree, "" for a network without."""
    spread: MemberSpread | None = result.details
    return spread.words(result.description, result.task) if spread is not None else ""


def truth_of(result: TryItResult) -> str:
    """Returns what is known to be true of the example, in words.

    "" where it is not known or the task has no words for it.
    """
    true = result.input.true
    task = result.task
    description = result.description

    if true is None:
        return ""
    if task.targets == "classes" and description.classes:
        return description.classes[int(true)]

    if task.targets == "shares":
        return target_words(description, true)

    if task.targets == "tags":
        names = [name for name, is_set in zip(description.classes, true, strict=True) if is_set]
        return ", ".join(names) or "none"

    if task.targets == "amounts":
        words = [
            amount_text(float(value), target.unit, 4)
            for target, value in zip(description.amounts, true, strict=True)
        ]
        if len(words) == 1:
            return words[0]

        return ", ".join(
            f"{target.name} {word}" for target, word in zip(description.amounts, words, strict=True)
        )

    return ""
