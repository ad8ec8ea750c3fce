"""Turns of a race: which of its runs computes, and the requests to all of them and to each.

No torch here.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from app.engine.runs.control import Control

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.engine.compute.outputs.values import OutputsRequest


class Turns:
    """Decides which run of a race may compute.

    The turn goes to the one that has seen the fewest examples; at first to those not ready yet.

    count: of the runs. slice: examples that the holder may be ahead of the last one before it hands
    over. synchronize: waits for what a device has still to do, which would else be waited for, and
    counted, by another run.
    """

    def __init__(
        self, count: int, slice: int, synchronize: Callable[[], None] = lambda: None
    ) -> None:
        self.slice = slice
        self._synchronize = synchronize

        self._seen = dict.fromkeys(range(count), -1)
        """Member -> examples seen, of those that have not ended; -1: not ready."""

        self._holder = 0
        self._changed = threading.Condition()

    def take(self, member: int) -> None:
        """Waits for the first turn."""
        with self._changed:
            self._changed.wait_for(lambda: self._holder == member)

    def step(self, member: int, examples: int) -> float:
        """Takes what the holder of the turn has seen, before its step, and may pass the turn on.

        Returns the seconds it waited for the others.
        """
        with self._changed:
            self._seen[member] = examples
            last, seen = min(self._seen.items(), key=lambda item: (item[1], item[0]))
            if last == member or (seen >= 0 and examples < seen + self.slice):
                return 0.0

            self._synchronize()
            begun = time.perf_counter()
            self._holder = last
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._holder == member)

            return time.perf_counter() - begun

    def leave(self, member: int) -> None:
        """Takes out a run that has ended, whatever the reason; the others go on."""
        with self._changed:
            self._seen.pop(member, None)
            if self._holder == member and self._seen:
                self._holder = min(self._seen, key=lambda other: (self._seen[other], other))
            self._changed.notify_all()


class RaceControl(Control):
    """The requests to a race.

    Pause and stop go to all members; a change of settings, and watching the optimizer, to the one
    that the window shows.
    """

    def __init__(self, count: int) -> None:
        super().__init__()
        self.shown_member = 0
        self.members = tuple(RaceMember(self, index) for index in range(count))

    def change(self, **values: float | None) -> None:
        self.members[self.shown_member].change(**values)


class RaceMember(Control):
    """The requests to one run of a race, and its turns."""

    def __init__(self, race: RaceControl, index: int) -> None:
        self._race = race
        self._index = index
        self.turns: Turns | None = None
        super().__init__()

    @property
    def watching(self) -> bool:
        return self._race.watching and self._race.shown_member == self._index

    @watching.setter
    def watching(self, value: bool) -> None:
        """Does nothing: the window asks the race, and Control.__init__ sets a default here."""

    @property
    def outputs(self) -> OutputsRequest | None:
        return self._race.outputs if self._race.shown_member == self._index else None

    @outputs.setter
    def outputs(self, value: OutputsRequest | None) -> None:
        """Does nothing, as above."""

    @property
    def stopping(self) -> bool:
        return self._race.stopping or super().stopping

    @property
    def stopping_at_once(self) -> bool:
        return self._race.stopping_at_once or super().stopping_at_once

    @property
    def pausing(self) -> bool:
        return self._race.pausing

    def wait_while_paused(self) -> None:
        self._race.wait_while_paused()

    def begin_step(self, examples: int) -> float:
        return self.turns.step(self._index, examples) if self.turns is not None else 0.0
