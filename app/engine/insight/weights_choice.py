"""Which weights a network is looked at with. This module does not import torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class WeightsChoice:
    """Weights of a run, or first ones.

    run: the folder of a run, for its weights in use; None for those that a training begins with,
    which follow from the seed and from what it starts from.
    """

    run: Path | None = None
    seed: int = 0
