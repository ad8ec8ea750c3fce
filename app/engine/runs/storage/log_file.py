"""The log of a run, for a person: a line for what happened, with its time."""

from __future__ import annotations

import contextlib
import math
import threading
import time
from datetime import datetime
from typing import TYPE_CHECKING

from app.engine import files
from app.engine.data.names import visible

if TYPE_CHECKING:
    from pathlib import Path

WAIT = 0.5
"""Seconds that a line may wait for others, so that short epochs share a write."""


class LogFile:
    """Writes lines, from any thread. A disk that refuses them is not worth ending a run."""

    def __init__(self) -> None:
        self._lines = ""
        self._written = -math.inf
        self._lock = threading.Lock()

    def add(self, path: Path, text: str, may_wait: bool = False) -> None:
        """Writes a text as a line at the end of the file; one that may wait, with the next one."""
        # Further lines are set in, so that no name in a text can forge one with a time.
        shown = "\n    ".join(map(visible, text.rstrip().split("\n")))
        with self._lock:
            self._lines += f"{datetime.now():%Y-%m-%d %H:%M:%S} {shown}\n"
            now = time.monotonic()
            if may_wait and now - self._written < WAIT:
                return

            content = self._lines.encode()
            self._lines = ""
            self._written = now
            with contextlib.suppress(OSError), files.open_to_append(path) as file:
                file.write(content)
