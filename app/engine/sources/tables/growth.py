"""Watches the memory that a reader fills where no file says beforehand how much it will be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.engine.data.names import readable
from app.engine.errors import UserError
from app.engine.free_memory import free_memory
from app.engine.text import bytes_text

if TYPE_CHECKING:
    from pathlib import Path

STEP = 32 << 20
"""Bytes that are read between two looks at the free memory."""

RESERVE = 256 << 20
"""Bytes that stay free for everything else."""


class Growth:
    """Counts what was read of a file and refuses to go on before memory is full."""

    def __init__(self, path: Path | str) -> None:
        self._path = path
        self._size = 0
        self._next = STEP

    def add(self, size: int) -> None:
        """Counts so many bytes in memory. Raises UserError where no more can be held."""
        self._size += size
        if self._size >= self._next:
            self._next = self._size + STEP
            self.require(0)

    def require(self, size: int) -> None:
        """Raises UserError where so many further bytes cannot be held."""
        free = free_memory()
        if free - size < RESERVE:
            raise too_much(self._path, f"{bytes_text(self._size + size)} of it were read")


def too_much(path: Path | str, reason: str) -> UserError:
    """Returns the error for a table that does not fit into memory."""
    return UserError(
        f"'{readable(path)}' holds more than fits into memory: {reason}, and "
        f"{bytes_text(free_memory())} are free.",
        "Make it smaller, or use a computer with more memory.",
        "data.source",
    )
