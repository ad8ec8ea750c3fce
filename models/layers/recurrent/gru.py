"""Gated recurrent unit: reads token by token, and two gates decide what it remembers."""

from __future__ import annotations

from typing import ClassVar

from models.layers.block import BLOCKS
from models.layers.recurrent.recurrence import Recurrent


@BLOCKS.register
class GRU(Recurrent):
    """Gated recurrent unit (Cho et al. 2014, arXiv:1406.1078) over tokens: (N, D) -> (N, width)."""

    kind: ClassVar[str] = "gru"
    label: ClassVar[str] = "GRU"
    summary: ClassVar[str] = (
        "Reads the sequence token by token and keeps a memory; learned gates decide what is kept "
        "and what is overwritten."
    )
    gates: ClassVar[int] = 3
