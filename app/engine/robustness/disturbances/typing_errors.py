"""Texts with typing errors."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np
from typing_extensions import override

from app.engine.data.kinds.text.preparation import TextPreparation
from app.engine.robustness.disturbance import Disturbance

if TYPE_CHECKING:
    from app.engine.data.preparation import Preparation
    from models.shape import InputKind


class TypingErrors(Disturbance):
    """A share of the letters is left out, doubled, or changes places with the next one."""

    kind: ClassVar[str] = "typing-errors"
    label: ClassVar[str] = "Typing errors"
    reads: ClassVar[tuple[InputKind, ...]] = ("text",)
    unit: ClassVar[str] = "of the letters"
    levels: ClassVar[tuple[float, ...]] = (0.02, 0.05, 0.1, 0.2)
    order: ClassVar[int] = 50

    @override
    def apply(
        self,
        examples: np.ndarray,
        preparation: Preparation,
        level: float,
        generator: np.random.Generator,
    ) -> np.ndarray:
        assert isinstance(preparation, TextPreparation)
        disturbed = np.zeros_like(examples)
        for row, tokens in zip(disturbed, examples, strict=True):
            text = mistyped(preparation.decode(tokens.tolist()), level, generator)
            row[:] = preparation.array(text) if text.strip() else tokens

        return disturbed


def mistyped(text: str, share: float, generator: np.random.Generator) -> str:
    """Returns a text in which about a share of the letters is typed wrong."""
    typed: list[str] = []
    letters = list(text)
    index = 0
    while index < len(letters):
        letter = letters[index]
        kind = int(generator.integers(3)) if generator.random() < share else -1
        if letter.isspace() or kind < 0:
            typed.append(letter)
        elif kind == 1:
            typed += [letter, letter]
        elif kind == 2 and index + 1 < len(letters):
            typed += [letters[index + 1], letter]
            index += 1

        index += 1

    return "".join(typed)


DISTURBANCE = TypingErrors()
