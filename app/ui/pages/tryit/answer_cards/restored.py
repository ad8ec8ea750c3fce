"""Before, damaged and restored, side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from PySide6.QtWidgets import QGridLayout, QSizePolicy

from app.engine.text import percent_text
from app.ui.pages.tryit.answer_cards.base import AnswerCard
from app.ui.style.theme import Theme, style
from app.ui.widgets.examples.example import Example, example_from
from app.ui.widgets.examples.painting import ExampleView
from app.ui.widgets.label import Label

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.ui.pages.tryit.context import PredictionContext
    from app.ui.pages.tryit.prediction import TryItResult

WORDS = ("Before", "Damaged", "Restored")


@dataclass(frozen=True, eq=False)
class RestoredExample:
    """An example before, damaged and restored."""

    clean: Example
    damaged: Example
    restored: Example


class RestoredAnswerCard(AnswerCard):
    """Shows an example before, damaged and restored."""

    views: ClassVar[Mapping[str, str]] = {
        "restored": "It is damaged as in training; the network sees only what is left.",
    }
    seen: ClassVar[str] = "What was given, before the damage"

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme)
        grid = QGridLayout()
        grid.setSpacing(8)

        self.examples: list[ExampleView] = []
        for column, word in enumerate(WORDS):
            label = Label(word)
            view = ExampleView(theme, 1.8)
            style(label, "secondary")
            view.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            view.setAccessibleName(word)
            view.setObjectName(f"tryit.restored.{column}")
            grid.addWidget(label, 0, column)
            grid.addWidget(view, 1, column)
            self.examples.append(view)

        self.column.addLayout(grid)
        self.column.addStretch(1)

    @classmethod
    def details(cls, context: PredictionContext) -> RestoredExample:
        from app.engine.results.restoring import restore  # noqa: PLC0415 - imports torch

        preparation = context.predictor.description.preparation
        restoration = restore(context.predictor, context.arrays[0][None])

        return RestoredExample(
            example_from(preparation, restoration.clean[0]),
            example_from(preparation, restoration.damaged[0]),
            example_from(preparation, restoration.restored[0]),
        )

    def show_result(self, result: TryItResult | None) -> None:
        details = result.details if result is not None else None
        examples: tuple[Example | None, ...] = (
            (details.clean, details.damaged, details.restored)
            if isinstance(details, RestoredExample)
            else (None, None, None)
        )
        for view, example in zip(self.examples, examples, strict=True):
            view.show_example(example)

    def words(self, result: TryItResult) -> tuple[str, str]:
        damage = result.description.damage
        if damage is None:
            return "Restored", ""

        what = "of it was hidden" if damage.kind == "mask" else "of its spread was added as noise"
        return (
            "Restored",
            f"{percent_text(damage.share)} {what}; the network saw only what is in the middle.",
        )


ANSWER_CARD = RestoredAnswerCard
