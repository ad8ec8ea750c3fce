"""What a network meets: the form of one example and what is to be answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Problem:
    """What a template needs to know to draw a network, and a recipe to choose its values.

    input: the sort of example. shape: of one example, without the batch; (C, H, W) for pictures.
    outputs: how many numbers the network answers with (classes, or 1 for yes/no).
    examples: how many there are to train on.
    """

    input: Literal["image"]
    shape: Shape
    outputs: int
    examples: int

    def to_plain(self) -> dict[str, object]:
        return {"input": self.input, "shape": list(self.shape), "outputs": self.outputs, "examples": self.examples}

    @classmethod
    def from_plain(cls, data: dict) -> Problem:
        return cls(data["input"], tuple(data["shape"]), data["outputs"], data["examples"])


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
