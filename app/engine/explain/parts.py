"""The parts of an example that are taken away one after the other, for each kind of input."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

import numpy as np
import torch

from app.engine.data.kinds.row.preparation import RowPreparation
from app.engine.data.kinds.text.preparation import TextPreparation

if TYPE_CHECKING:
    from app.engine.data.preparation import Preparation
    from app.engine.explain.example import Example

CELLS_A_SIDE = 14
"""A picture is taken away in so many by so many cells.

Single pixels would be noise, at which a network fails whatever they show.
"""

SEGMENTS = 50
"""A signal is taken away in so many pieces."""


class Parts(ABC):
    """An example cut into parts. count: how many there are."""

    count: int

    @abstractmethod
    def without(self, removed: torch.Tensor) -> torch.Tensor:
        """Returns prepared examples (S, ...) in which parts are taken away: (S, count) bool."""

    @abstractmethod
    def of_map(self, relevance: np.ndarray) -> np.ndarray:
        """Returns (count,) what a map gives to each part, the mean over its places."""

    def strongest(self, relevance: np.ndarray) -> list[int] | str:
        """Returns the place of a map's maximum: [row, column] or [sample], or the part's name.

        Of equal places it is the one in their middle.
        """
        most = np.argwhere(relevance >= relevance.max())
        middle = np.abs(most - most.mean(axis=0)).sum(axis=1).argmin()
        return [int(place) for place in most[middle]]


class CellParts(Parts):
    """Cells of a picture or pieces of a signal; what is taken away gets the mean of training."""

    def __init__(self, example: Example, half: int) -> None:
        self._given = example.inputs[half]
        sides = self._given.shape[2:]
        most = CELLS_A_SIDE if len(sides) == 2 else SEGMENTS
        counts = [min(most, side) for side in sides]
        along = [
            torch.arange(side) * count // side for side, count in zip(sides, counts, strict=True)
        ]
        self._part = along[0] if len(sides) == 1 else along[0][:, None] * counts[1] + along[1]
        self.count = int(np.prod(counts))

    def without(self, removed: torch.Tensor) -> torch.Tensor:
        return torch.where(removed[:, self._part][:, None], torch.zeros(()), self._given)

    def of_map(self, relevance: np.ndarray) -> np.ndarray:
        part = self._part.numpy().ravel()
        sums = np.bincount(part, relevance.ravel(), self.count)
        means: np.ndarray = sums / np.bincount(part, minlength=self.count)
        return means


class RowParts(Parts):
    """The columns of a row; what is taken away reads as a gap, or as a category never seen.

    Whether a value was missing, where the network is told that, belongs to its column.
    """

    def __init__(self, example: Example, half: int) -> None:
        preparation = preparation_of(example, half)
        assert isinstance(preparation, RowPreparation)
        self._given = example.inputs[half]
        self.names = [column.name for column in (*preparation.amounts, *preparation.categories)]
        self.count = len(self.names)

        place = {name: index for index, name in enumerate(self.names)}
        flagged = [place[column.name] for column in preparation.amounts if column.flagged]
        amounts = len(preparation.amounts)
        self._part = torch.tensor([*range(amounts), *flagged, *range(amounts, self.count)])

        gap = np.zeros((1, len(self._part)), np.float32)
        gap[0, :amounts] = np.nan
        self._typical = preparation.tensor(torch.from_numpy(gap))

    def without(self, removed: torch.Tensor) -> torch.Tensor:
        return torch.where(removed[:, self._part], self._typical, self._given)

    def of_map(self, relevance: np.ndarray) -> np.ndarray:
        """Returns the sum over a column's features: its value, and whether there was one."""
        sums: np.ndarray = np.bincount(self._part.numpy(), relevance, self.count)
        return sums

    def to_map(self, values: torch.Tensor) -> torch.Tensor:
        """Returns (F,) features of (count,) columns; a flag for missing values gets none."""
        first = torch.zeros(len(self._part))
        for part, value in enumerate(values):
            first[(self._part == part).nonzero()[0, 0]] = value

        return first

    def strongest(self, relevance: np.ndarray) -> str:
        return self.names[int(self.of_map(relevance).argmax())]


class TokenParts(Parts):
    """The tokens of a text; the rest moves together, for padding stands only at the end."""

    def __init__(self, example: Example, half: int) -> None:
        self._tokens = example.inputs[half][0]
        self._there = (self._tokens != 0).nonzero()[:, 0]
        self.count = len(self._there)
        preparation = preparation_of(example, half)
        assert isinstance(preparation, TextPreparation)
        self.names = [preparation.decode([int(self._tokens[place])]) for place in self._there]

    def without(self, removed: torch.Tensor) -> torch.Tensor:
        changed = torch.zeros(len(removed), len(self._tokens), dtype=self._tokens.dtype)
        for row, gone in zip(changed, removed, strict=True):
            left = self._tokens[self._there[~gone]]
            row[: len(left)] = left

        return changed

    def of_map(self, relevance: np.ndarray) -> np.ndarray:
        of_tokens: np.ndarray = relevance[self._there.numpy()]
        return of_tokens

    def strongest(self, relevance: np.ndarray) -> str:
        return self.names[int(self.of_map(relevance).argmax())] if self.count else ""


def parts_of(example: Example, half: int) -> Parts:
    """Returns a half of an example cut into parts, as its kind is."""
    kind = example.half(half).kind
    if kind == "row":
        return RowParts(example, half)

    return TokenParts(example, half) if kind == "text" else CellParts(example, half)


def preparation_of(example: Example, half: int) -> Preparation:
    """Returns how one half of an example is prepared."""
    preparation = example.description.preparation
    halves: tuple[Preparation, ...] = getattr(preparation, "halves", (preparation,))
    return halves[half]
