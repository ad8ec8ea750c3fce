"""What is done to a part of a network to see what it is there for. torch is not needed here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["unit", "head"]
"""unit: a channel, a feature or a single value of what a block gives. head: of its attention."""


@dataclass(frozen=True)
class PartChange:
    """One part, and by what its output is multiplied: 0 mutes it.

    block: its name, "group/block" within a group. number: from 0. pruned: it is muted for good, and
    what it would save is told.
    """

    block: str
    kind: Kind
    number: int
    factor: float = 0.0
    pruned: bool = False


@dataclass(frozen=True)
class BlockParts:
    """How many parts of each kind a block has, and the weights that make one of them, own ones."""

    units: int
    heads: int
    unit_weights: int
    head_weights: int

    def count(self, kind: Kind) -> int:
        """Returns how many parts of a kind there are."""
        return self.units if kind == "unit" else self.heads

    def weights(self, kind: Kind) -> int:
        """Returns how many weights of the block make one part of a kind."""
        return self.unit_weights if kind == "unit" else self.head_weights


@dataclass(frozen=True)
class Effect:
    """A figure over a split, without and with the changes.

    metric: its name. examples: how many were judged, of how many of the split. before, after: NaN
    where it is not defined.
    """

    metric: str
    split: str
    examples: int
    total: int
    before: float
    after: float
