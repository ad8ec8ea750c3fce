"""How much memory is free, asked before anything is read that says how large it is."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import psutil

from app.engine.errors import UserError
from app.engine.text import bytes_text

CONTAINER: Final = Path("/sys/fs/cgroup")
"""Where Linux tells what a container may use."""

SMALL: Final = 1 << 20
"""Bytes that are had without asking, where there are thousands of files: asking takes 0.1 ms."""


def free_memory() -> int:
    """Returns the bytes that can be had without swapping, within the limit of a container."""
    free = int(psutil.virtual_memory().available)
    try:
        limit = (CONTAINER / "memory.max").read_text(encoding="ascii").strip()
        used = (CONTAINER / "memory.current").read_text(encoding="ascii").strip()
        return max(0, min(free, int(limit) - int(used)))
    except (OSError, ValueError):  # no container, or "max": no limit
        return free


def require_memory(needed: int, path: Path | str, what: str = "data") -> None:
    """Refuses what a file announces and cannot be held, before a byte of it is read.

    needed: bytes in memory. what: the noun for its content. Raises UserError.
    """
    free = free_memory()
    if needed > free:
        raise UserError(
            f"'{path}' says that it holds {bytes_text(needed)} of {what}; "
            f"{bytes_text(free)} of memory are free.",
            "If it is not damaged, make it smaller or use a computer with more memory.",
        )
