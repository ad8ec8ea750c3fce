"""Tells a process whose computing thread hangs from one that is slow.

The heart of a process goes on beating while the thread that computes waits for what never comes, or
runs in a circle. Long steps are no sign of it: this looks only at the time in which others wait,
and takes for a standstill what does nothing at all meanwhile, or what computes many times as long
as the longest piece of the same work did.
"""

from __future__ import annotations

import sys
import threading
import time
import traceback
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from app.engine.training.ranks.position import WAITS, WORKS, Stretch

if TYPE_CHECKING:
    from app.engine.training.ranks.position import Position

IDLE_BEATS = 6
"""Beats in a row in which the whole process does nothing, while others wait for it."""

DISK_BEATS = 30
"""The same where it waits for a disk: one that slept, or a server's, takes its time."""

IDLE_SHARE = 0.1
"""Of a processor, that a process which does nothing may take: to beat, to show how it goes on."""

MOST_READY = 0.7
"""Of these beats, in which a thread may be seen that would run: that of the store, say.

A process that others crowd out uses no processor time either, but would run at nearly every one.
"""

IDLE_TIMES = 3.0
"""So many times the longest piece of the same work: some work is waiting, say for a device."""

BUSY_BEATS = 7
BUSY_SECONDS = 4.0
"""Processor time, below which nothing that computes is said to hang, however short it always was.

It is less than those beats take, as others may want the processors too.
"""

BUSY_TIMES = 10.0

TASKS = Path("/proc/self/task")
RUNNING = b"R"
DISK = b"D"
"""States of a thread, see proc(5)."""


@dataclass(frozen=True)
class Place:
    """What a beat tells the others of the sender: the state and the order of its `Position`."""

    beat: int
    state: str
    order: int

    def to_text(self) -> str:
        return f"{self.beat} {self.state} {self.order}"

    @classmethod
    def from_text(cls, text: str) -> Place:
        beat, state, order = text.split()
        return cls(int(beat), state, int(order))

    def waits_for(self, other: Place) -> bool:
        """Returns whether one at this place waits until one at the other has done its share."""
        return self.state == WAITS and other.state == WORKS and self.order >= other.order


class Standstill:
    """Looks at the computing thread of this process once a beat, from the heart's thread."""

    def __init__(self, position: Position, on_cpu: bool) -> None:
        """on_cpu: whether the device is the processor; else the first of each work tells little."""
        self._position = position
        self._on_cpu = on_cpu
        self._moves = -1
        self._beats = 0
        self._idle = 0
        self._ready = 0
        self._used = time.process_time()
        self._waits_for_disk = False

    def place(self, beat: int) -> Place:
        return Place(beat, self._position.state, self._position.order)

    def traceback(self) -> str:
        """Returns where in the program the computing thread stands."""
        frames = sys._current_frames()  # noqa: SLF001 - no other way
        frame = frames.get(self._position.thread)
        return "".join(traceback.format_stack(frame)) if frame is not None else ""

    def look(self, others_wait: bool) -> str:
        """Returns what is wrong, as a sentence; "" where it works, or where nobody waits for it.

        others_wait: whether another process waits for this one just now.
        """
        position = self._position
        used, moves = time.process_time(), position.moves
        is_idle = used - self._used < IDLE_SHARE
        has_moved = moves != self._moves
        self._used, self._moves = used, moves
        if has_moved or position.state != WORKS or not others_wait:
            self._beats = self._idle = self._ready = 0
            self._waits_for_disk = False
            return ""

        states = _states()
        self._beats += 1
        self._idle = self._idle + 1 if is_idle else 0
        self._ready = self._ready + (RUNNING in states) if is_idle else 0
        self._waits_for_disk |= DISK in states
        longest = position.longest.get(position.kind)
        spent = position.spent()
        if position.moves != moves:
            return ""  # it has gone on while this looked
        if self._is_idle(spent, longest):
            return f"It hung: it did nothing for {self._idle} seconds while others waited for it."
        if self._is_lost(spent, longest):
            return (
                f"It hung: it computed for {spent.busy:.0f} seconds at what took "
                f"{longest.busy if longest else 0.0:.2g} at most before, while others waited."
            )

        return ""

    def _is_idle(self, spent: Stretch, longest: Stretch | None) -> bool:
        if self._ready > MOST_READY * self._idle:
            return False

        beats = DISK_BEATS if self._waits_for_disk else IDLE_BEATS
        if longest is None:
            return self._on_cpu and self._idle >= beats

        return self._idle >= beats and spent.seconds >= IDLE_TIMES * longest.seconds

    def _is_lost(self, spent: Stretch, longest: Stretch | None) -> bool:
        """Returns whether it computes far longer than ever; where it never did, nobody knows."""
        if longest is None or self._beats < BUSY_BEATS:
            return False

        return spent.busy >= max(BUSY_SECONDS, BUSY_TIMES * longest.busy)


def _states() -> set[bytes]:
    """Returns the states of all other threads of this process, where the system tells them."""
    states: set[bytes] = set()
    if sys.platform != "linux":
        return states

    own = str(threading.get_native_id())
    for task in TASKS.iterdir():
        with suppress(OSError):  # it has just ended
            if task.name != own:
                states.add((task / "stat").read_bytes().rpartition(b")")[2].split()[0])

    return states
