"""Where the computing thread of a process stands: what its heart reads, to see whether it hangs.

Only that thread changes it. A mark costs a few microseconds, and there are some in a step.
"""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FREE = "free"
"""Nobody can count on it: between two orders the first process pauses, saves, waits for a turn."""

WORKS = "works"
"""It does its share of an order, so others may wait for it."""

WAITS = "waits"
"""It waits for the others in an exchange."""


@dataclass(frozen=True)
class Stretch:
    """How long something took: seconds, and seconds of processor time of the computing thread."""

    seconds: float = 0.0
    busy: float = 0.0


class Position:
    """What the thread that made it does.

    order: the number of the order that it follows, or waits to give. moves: grows with every mark.
    kind: of the work, of which each piece takes about as long as the one before. longest: of all
    pieces of a kind so far.
    """

    def __init__(self) -> None:
        self.state = FREE
        self.order = 0
        self.moves = 0
        self.kind = ""
        self.longest: dict[str, Stretch] = {}
        self.thread = threading.get_ident()
        self.clock = clock_of(self.thread)
        self.begun = Stretch()

    def works(self, kind: str) -> None:
        """Begins a piece of work of a kind."""
        self._ends()
        self.kind = kind
        self.state = WORKS
        self._begins()

    def free(self) -> None:
        """Ends the work of this process on an order."""
        self._ends()
        self.state = FREE
        self.moves += 1

    def waits(self) -> None:
        """Ends a piece of work: what is missing is missing of others."""
        self._ends()
        self.state = WAITS
        self.moves += 1

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Goes around an exchange, for which all processes wait."""
        state = self.state
        self.waits()
        try:
            yield
        finally:
            self.state = state
            self._begins()

    def spent(self) -> Stretch:
        """Returns how long the piece of work takes by now; any thread may ask."""
        begun = self.begun
        return Stretch(time.monotonic() - begun.seconds, self.clock() - begun.busy)

    def _begins(self) -> None:
        self.begun = Stretch(time.monotonic(), self.clock())
        self.moves += 1

    def _ends(self) -> None:
        if self.state != WORKS:
            return

        spent = self.spent()
        longest = self.longest.get(self.kind, Stretch())
        self.longest[self.kind] = Stretch(
            max(longest.seconds, spent.seconds), max(longest.busy, spent.busy)
        )


def clock_of(thread: int) -> Callable[[], float]:
    """Returns what tells the processor time of a thread, or of the process where nothing does."""
    if not hasattr(time, "pthread_getcpuclockid"):
        return time.process_time

    number = time.pthread_getcpuclockid(thread)
    return lambda: time.clock_gettime(number)
