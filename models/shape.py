"""What a network meets: the form of one example and what is to be answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Shape = tuple[int, ...]

InputKind = Literal["image", "row", "text", "signal"]

PLURALS: dict[InputKind, str] = {
    "image": "pictures",
    "row": "table rows",
    "text": "texts",
    "signal": "signals",
}
"""What a person calls them."""

Answers = Literal["values", "tokens", "copy", "pair"]
"""values: (outputs,).

tokens: (L, outputs), one answer a token. copy: the example itself, restored. pair: (2, outputs), a
point in space for each half of a pair.
"""


@dataclass(frozen=True)
class Input:
    """One thing that a network looks at. shape: of one example, without the batch.

    image: (C, H, W) float. signal: (C, L) float. row: (F,) float: numbers first, then a column per
    category that holds the number of its value. text: (L,) int64 token numbers, 0 is padding and
    stands only at the end. vocabulary: tokens there are, padding included. categories: how many
    values each category has, 0 being unseen.
    """

    kind: InputKind
    shape: Shape
    vocabulary: int = 0
    categories: tuple[int, ...] = ()

    @property
    def numbers(self) -> int:
        """Of a row: its columns that are amounts."""
        return self.shape[0] - len(self.categories)

    @property
    def copy(self) -> Shape:
        """What is restored of it: everything, but of a row its numbers."""
        return (self.numbers,) if self.kind == "row" else self.shape

    def to_plain(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "shape": list(self.shape),
            "vocabulary": self.vocabulary,
            "categories": list(self.categories),
        }

    @classmethod
    def from_plain(cls, data: dict[str, Any]) -> Input:
        return cls(
            data["kind"],
            tuple(data["shape"]),
            data.get("vocabulary", 0),
            tuple(data.get("categories", ())),
        )


@dataclass(frozen=True)
class Problem:
    """What a template needs to know to draw a network, and a recipe to choose its values.

    input, shape, vocabulary, categories: see Input. outputs: how many numbers the network answers
    with (classes, 1 for yes/no, amounts, tokens, or the size of an embedding; a copy has as many as
    the example). examples: how many there are to train on. answers: their form. other: the second
    half of a pair.
    """

    input: InputKind
    shape: Shape
    outputs: int
    examples: int
    answers: Answers = "values"
    vocabulary: int = 0
    categories: tuple[int, ...] = ()
    other: Input | None = None

    @classmethod
    def of(
        cls, inputs: tuple[Input, ...], outputs: int, examples: int, answers: Answers = "values"
    ) -> Problem:
        first = inputs[0]
        return cls(
            first.kind,
            first.shape,
            outputs,
            examples,
            answers,
            first.vocabulary,
            first.categories,
            inputs[1] if len(inputs) > 1 else None,
        )

    @property
    def first(self) -> Input:
        """The example, or the first half of a pair."""
        return Input(self.input, self.shape, self.vocabulary, self.categories)

    @property
    def inputs(self) -> tuple[Input, ...]:
        """The example, or both halves of a pair."""
        return (self.first, self.other) if self.other is not None else (self.first,)

    @property
    def answer(self) -> Shape:
        """The shape of an answer, of one example."""
        if self.answers == "tokens":
            return self.shape[0], self.outputs
        if self.answers == "copy":
            return self.first.copy

        return (2, self.outputs) if self.answers == "pair" else (self.outputs,)

    def tower(self, number: int) -> Problem:
        """What the encoder of one half of a pair meets (0 or 1): it answers with a point in space."""
        return Problem.of((self.inputs[number],), self.outputs, self.examples)

    def to_plain(self) -> dict[str, Any]:
        plain: dict[str, Any] = {
            "input": self.input,
            "shape": list(self.shape),
            "outputs": self.outputs,
            "examples": self.examples,
            "answers": self.answers,
            "vocabulary": self.vocabulary,
            "categories": list(self.categories),
        }
        return plain | ({"other": self.other.to_plain()} if self.other is not None else {})

    @classmethod
    def from_plain(cls, data: dict[str, Any]) -> Problem:
        return cls(
            data["input"],
            tuple(data["shape"]),
            data["outputs"],
            data["examples"],
            data.get("answers", "values"),
            data.get("vocabulary", 0),
            tuple(data.get("categories", ())),
            Input.from_plain(data["other"]) if data.get("other") else None,
        )


def words(shape: Shape) -> str:
    """A shape of one example in a person's words: (32, 14, 14) is "32 channels of 14 × 14"."""
    if len(shape) == 3:
        channels = "1 channel" if shape[0] == 1 else f"{shape[0]:,} channels"
        return f"{channels} of {shape[1]} × {shape[2]}"

    if len(shape) == 2:
        return f"{shape[0]:,} tokens of {shape[1]:,}"
    if len(shape) == 1:
        return "1 value" if shape[0] == 1 else f"{shape[0]:,} values"

    return "one value"
