"""What a network is made for: the form of one example, and the output that is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Shape = tuple[int, ...]
"""The shape of one example, without the batch."""

InputKind = Literal["image", "row", "text", "signal"]

PLURALS: dict[InputKind, str] = {
    "image": "pictures",
    "row": "table rows",
    "text": "texts",
    "signal": "signals",
}
"""What a person calls the kinds of input."""

Answers = Literal["values", "tokens", "copy", "pair"]
"""The forms of output.

values: (outputs,). tokens: (L, outputs), one output at each token. copy: the shape of the example
itself, restored. pair: (2, outputs), an embedding for each half of a pair.
"""


Meaning = Literal["", "classes", "tags", "amounts"]
"""What the values are that a network answers with.

classes: logits of which one is right. tags: logits of yes or no each. amounts: standardised ones.
"": not known, or something else.
"""


@dataclass(frozen=True)
class Input:
    """One thing that a network looks at: an example, or one half of a pair.

    shape: of one example. image: (C, H, W) float. signal: (C, L) float. row: (F,) float, numeric
    columns first, then a column for each category that holds the number of its value. text: (L,)
    int64 token numbers; 0 is padding and stands only at the end.

    vocabulary: the number of tokens, padding included. categories: how many values each category
    has, of which number 0 is a value never seen.
    """

    kind: InputKind
    shape: Shape
    vocabulary: int = 0
    categories: tuple[int, ...] = ()

    @property
    def numeric_columns(self) -> int:
        """How many columns of a row are numeric."""
        return self.shape[0] - len(self.categories)

    @property
    def copy(self) -> Shape:
        """The shape of a restored example: a row's numeric columns, else everything."""
        return (self.numeric_columns,) if self.kind == "row" else self.shape

    def to_plain(self) -> dict[str, Any]:
        """Returns plain data for JSON, of which :meth:`from_plain` makes the same input."""
        return {
            "kind": self.kind,
            "shape": list(self.shape),
            "vocabulary": self.vocabulary,
            "categories": list(self.categories),
        }

    @classmethod
    def from_plain(cls, data: dict[str, Any]) -> Input:
        """Returns the input in plain data; raises KeyError where kind or shape is missing."""
        return cls(
            data["kind"],
            tuple(data["shape"]),
            data.get("vocabulary", 0),
            tuple(data.get("categories", ())),
        )


@dataclass(frozen=True)
class Problem:
    """What a template needs to know to draw a network, and a recipe to choose its values.

    input, shape, vocabulary, categories: see Input. outputs: how many numbers the network gives:
    classes, 1 for yes or no, amounts, tokens, or the size of an embedding; for a copy as many as
    the example has. examples: how many there are to train on. answers: the form of the output.
    other: the second half of a pair. meaning: of the values that are the output.
    """

    input: InputKind
    shape: Shape
    outputs: int
    examples: int
    answers: Answers = "values"
    vocabulary: int = 0
    categories: tuple[int, ...] = ()
    other: Input | None = None
    meaning: Meaning = ""

    @classmethod
    def of(
        cls,
        inputs: tuple[Input, ...],
        outputs: int,
        examples: int,
        answers: Answers = "values",
        meaning: Meaning = "",
    ) -> Problem:
        """Returns the problem of one input, or of the two halves of a pair."""
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
            meaning,
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
    def averaged(self) -> str:
        """What members of a network average: probabilities of "classes" or "tags", or "values"."""
        return self.meaning if self.meaning in ("classes", "tags") else "values"

    @property
    def vocabulary_of_texts(self) -> int:
        """The number of tokens of the texts that come in; 0 where none does."""
        return max((each.vocabulary for each in self.inputs if each.kind == "text"), default=0)

    @property
    def output_shape(self) -> Shape:
        """The shape of the network's output for one example."""
        if self.answers == "tokens":
            return self.shape[0], self.outputs
        if self.answers == "copy":
            return self.first.copy
        if self.answers == "pair":
            return 2, self.outputs

        return (self.outputs,)

    def tower(self, half: int) -> Problem:
        """Returns the problem of the encoder for one half of a pair (0 or 1).

        Its output is an embedding.
        """
        return Problem.of((self.inputs[half],), self.outputs, self.examples)

    def to_plain(self) -> dict[str, Any]:
        """Returns plain data for JSON, of which :meth:`from_plain` makes the same problem."""
        plain: dict[str, Any] = {
            "input": self.input,
            "shape": list(self.shape),
            "outputs": self.outputs,
            "examples": self.examples,
            "answers": self.answers,
            "vocabulary": self.vocabulary,
            "categories": list(self.categories),
        }
        if self.other is not None:
            plain["other"] = self.other.to_plain()
        if self.meaning:
            plain["meaning"] = self.meaning

        return plain

    @classmethod
    def from_plain(cls, data: dict[str, Any]) -> Problem:
        """Returns the problem in plain data; raises KeyError where a required key is missing."""
        return cls(
            data["input"],
            tuple(data["shape"]),
            data["outputs"],
            data["examples"],
            data.get("answers", "values"),
            data.get("vocabulary", 0),
            tuple(data.get("categories", ())),
            Input.from_plain(data["other"]) if data.get("other") else None,
            data.get("meaning", ""),
        )


def words(shape: Shape) -> str:
    """Returns a shape in a person's words: (32, 14, 14) is "32 channels of 14 × 14"."""
    if len(shape) == 3:
        channels = "1 channel" if shape[0] == 1 else f"{shape[0]:,} channels"
        return f"{channels} of {shape[1]} × {shape[2]}"

    if len(shape) == 2:
        return f"{shape[0]:,} tokens of {shape[1]:,}"
    if len(shape) == 1:
        return "1 value" if shape[0] == 1 else f"{shape[0]:,} values"

    return "one value"
