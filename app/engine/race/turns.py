"""The lanes of a race: whose turn it is to compute, and the requests to all of them and to each.

No torch here.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from app.engine.runs.control import Control

if TYPE_CHECKING:
    from collections.abc import Callable


class Turns:
    """Who may compute.

    The turn goes to the one that has seen the fewest examples; at first to those not ready yet.

    slice: examples that the holder may be ahead of the last one before it hands over. settle: waits
    for what a device has still to do: else it would be waited for, and counted, by another.
    """

    def __init__(self, count: int, slice: int, settle: Callable[[], None] = lambda: None) -> None:
        self.slice = slice
        self._settle = settle
        self._seen = dict.fromkeys(range(count), -1)  # of those under way; -1: not ready
        self._holder = 0
        self._changed = threading.Condition()

    def take(self, member: int) -> None:
        """Wait for the first turn."""
        with self._changed:
            self._changed.wait_for(lambda: self._holder == member)

    def step(self, member: int, examples: int) -> float:
        """The holder is about to do a step, after so many examples.

        Returns the seconds it waited for others.
        """
        with self._changed:
            self._seen[member] = examples
            last, seen = min(self._seen.items(), key=lambda item: (item[1], item[0]))
            if last == member or (seen >= 0 and examples < seen + self.slice):
                return 0.0

            self._settle()
            begun = time.perf_counter()
            self._holder = last
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._holder == member)

            return time.perf_counter() - begun

    def leave(self, member: int) -> None:
        """It has ended, however that came about; the others go on."""
        with self._changed:
            self._seen.pop(member, None)
            if self._holder == member and self._seen:
                self._holder = min(self._seen, key=lambda other: (self._seen[other], other))
            self._changed.notify_all()


class RaceControl(Control):
    """The requests to a race.

    Pause and stop go to all; a change, and looking inside, to the lane looked at.
    """

    def __init__(self, count: int) -> None:
        super().__init__()
        self.looked_at = 0
        self.members = tuple(RaceMember(self, number) for number in range(count))

    def change(self, **values: float | None) -> None:
        self.members[self.looked_at].change(**values)


class RaceMember(Control):
    """The requests to one of the runs, and its turns."""

    def __init__(self, race: RaceControl, number: int) -> None:
        self._race = race
        self._number = number
        self.turns: Turns | None = None
        super().__init__()

    @property
    def watching(self) -> bool:
        return self._race.watching and self._race.looked_at == self._number

    @watching.setter
    def watching(self, value: bool) -> None:
        """Said to the race."""

    @property
    def stopping(self) -> bool:
        return self._race.stopping or super().stopping

    @property
    def hurried(self) -> bool:
        return self._race.hurried or super().hurried

    @property
    def pausing(self) -> bool:
        return self._race.pausing

    def wait_while_paused(self) -> None:
        self._race.wait_while_paused()

    def begin_step(self, examples: int) -> float:
        return self.turns.step(self._number, examples) if self.turns is not None else 0.0
