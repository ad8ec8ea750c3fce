"""Long short-term memory: reads token by token, with a memory that three gates guard."""

from __future__ import annotations

from typing import ClassVar

from models.layers.block import BLOCKS
from models.layers.recurrent.recurrence import Recurrent


@BLOCKS.register
class LSTM(Recurrent):
    """Long short-term memory (Hochreiter & Schmidhuber 1997) over tokens: (N, D) -> (N, width)."""

    kind: ClassVar[str] = "lstm"
    label: ClassVar[str] = "LSTM"
    summary: ClassVar[str] = (
        "Reads the sequence token by token and keeps two memories, a long one and a short one; "
        "gates decide what enters, stays and is passed on. A GRU is a simpler one."
    )
    gates: ClassVar[int] = 4
