"""The operators of a foreign network in one form, whatever the file, and what becomes of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

SCALING = "a constant"
"""An operator that adds a constant, or multiplies by it.

Its settings have "factor", where it multiplies by one number.
"""

EMBEDDING = "embedding"
"""An operator that looks token numbers up in a table."""

EPSILON = 1e-5
"""What norms here add to the variance."""


@dataclass(frozen=True)
class Operator:
    """One operator of a network.

    op: a key of RULES, or what the file calls it where there is none. inputs: the names of the
    values that it reads, without weights. output: of the value that it gives. name: what a block
    of it may be called. weights: by role. settings: by the names of torch. shape: of the output,
    batch included; None for a side that is not known, () where nothing is. before: likewise, of
    its first input.
    """

    op: str
    inputs: tuple[str, ...]
    output: str
    name: str
    weights: dict[str, torch.Tensor] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    shape: tuple[int | None, ...] = ()
    before: tuple[int | None, ...] = ()


@dataclass(frozen=True)
class BlockOf:
    """The block that an operator becomes. weights: by their names in its module.

    turned: of what reads or gives places with channels: whether channels come first in the file,
    which come last here; None for what does not mind. gives: likewise, of its output.
    """

    kind: str
    settings: dict[str, Any] = field(default_factory=dict)
    weights: dict[str, torch.Tensor] = field(default_factory=dict)
    turned: bool | None = False
    gives: bool | None = False


class NoBlock(Exception):
    """No block does what an operator does; the message says what it does, a clause."""


def pair(value: Any) -> int:
    """Returns the one number of a size that is the same along both sides. Raises NoBlock."""
    values = list(value) if isinstance(value, (list, tuple)) else [value]
    if len(set(values)) > 1:
        raise NoBlock("with other sizes along one side than along the other")

    return int(values[0])
