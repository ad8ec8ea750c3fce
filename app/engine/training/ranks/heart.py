"""Finds out that another process of a run has ended, failed or hangs, within ten seconds.

Every process counts up a value of the store once a second, and looks at those of the others. It
counts its own beats, not seconds: where the whole computer slept, nobody was silent. The beat also
says where the computing thread stands; each heart looks whether its own hangs, see `Standstill`.
"""

from __future__ import annotations

import json
import os
import socket
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import psutil

from app.engine import files
from app.engine.training.ranks.standstill import Place
from app.engine.training.ranks.world import name_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.engine.training.ranks.standstill import Standstill
    from app.engine.training.ranks.world import World

BEAT_SECONDS = 1.0

MOST_SILENT = 6
"""Beats of its own after which a process that did not beat is given up."""

BROKEN = ("gloo", "NCCL", "Connection", "connection", "Broken pipe")
"""What is in the text of an error where an exchange broke."""

GO_ON = "Resume it: it goes on from its last checkpoint."

MOST_UNANSWERED = 2
"""Times in a row that the store does not answer; see ANSWER_SECONDS in world.py."""

LAST_SECONDS = 1.0
"""So long a process may take to end by itself, where one on another computer was given up."""


class Heart:
    """A thread that beats, and that ends what is silent on this computer."""

    def __init__(
        self, world: World, standstill: Standstill, on_end: Callable[[str, str], None]
    ) -> None:
        """on_end: called on the thread where nothing else helps, with the reason and details."""
        self._world = world
        self._standstill = standstill
        self._on_end = on_end
        self._store = world.store()
        self._over = threading.Event()
        self._silent: str = ""
        self._processes: dict[int, list[Any]] = {}
        self._thread = threading.Thread(target=self._beat, name="heart", daemon=True)
        process = psutil.Process()
        self._store.set(
            f"process/{world.rank}",
            files.json_line([socket.gethostname(), process.pid, process.create_time()]).decode(),
        )
        self._store.set(f"beat/{world.rank}", standstill.place(0).to_text())

    def begin(self) -> None:
        """Begins to beat, once all others are there."""
        for rank in range(self._world.size):
            # Read now: where the process with the store hangs, the store does not answer.
            self._processes[rank] = json.loads(self._store.get(f"process/{rank}"))

        self._thread.start()

    def close(self) -> None:
        """Ends the thread; returns when it has ended."""
        self._over.set()
        if self._thread.is_alive():
            self._thread.join()

    def reason(self, seconds: float) -> tuple[str, str, str] | None:
        """Returns (what, remedy, details) of another process that is gone, or None after a wait."""
        waited = 0.0
        while True:
            if (found := failure_in(self._store, self._world)) is not None:
                return found
            if self._silent:
                return self._silent, GO_ON, ""
            if waited >= seconds or self._over.wait(0.1):
                return None

            waited += 0.1

    def _beat(self) -> None:
        others = [rank for rank in range(self._world.size) if rank != self._world.rank]
        keys = [f"beat/{rank}" for rank in others]
        seen: dict[int, bytes] = {}
        silent = dict.fromkeys(others, 0)
        count = 0
        unanswered = 0
        while not self._over.wait(BEAT_SECONDS):
            count += 1
            try:
                own = self._standstill.place(count)
                self._store.set(f"beat/{self._world.rank}", own.to_text())
                beats = self._store.multi_get(keys)
                is_over = self._store.check(["end"])
            except RuntimeError:
                unanswered += 1
                if unanswered >= MOST_UNANSWERED:
                    self._give_up_store()
                    return
                continue

            unanswered = 0
            if is_over:
                # The first process goes on alone, and whatever is waited for here never comes.
                if not self._over.wait(LAST_SECONDS):
                    os._exit(0)
                return

            for rank, beat in zip(others, beats, strict=True):
                silent[rank] = silent[rank] + 1 if seen.get(rank) == beat else 0
                seen[rank] = beat
                if silent[rank] == MOST_SILENT and not self._has_left(rank):
                    name = name_of(rank, self._world.size)
                    self._silent = f"{name} has not answered for {MOST_SILENT} seconds."
                    self._end(rank)

            waiting = (Place.from_text(beat.decode()).waits_for(own) for beat in beats)
            if (hung := self._standstill.look(any(waiting))) and not self._over.is_set():
                self._end_itself(hung)
                return

    def _end_itself(self, hung: str) -> None:
        """Ends this process, whose computing thread hangs, once the others can read why."""
        details = self._standstill.traceback()
        tell_failure(self._store, self._world, hung, GO_ON, details)
        self._on_end(f"{self._world.name} ends: {hung}", details)

    def _has_left(self, rank: int) -> bool:
        """Returns whether a process has ended because of another one."""
        with suppress(RuntimeError):
            return bool(self._store.check([f"left/{rank}"]))

        return False

    def _give_up_store(self) -> None:
        """Ends the first process, which has the store or whose torchrun had it."""
        self._silent = f"{name_of(0, self._world.size)} has not answered."
        if self._world.rank == 0:
            self._on_end("The program that started the processes has ended, and so do they.", "")
        else:
            self._end(0)

    def _end(self, rank: int) -> None:
        """Ends a silent process of this computer; those that wait for it then notice its end.

        Of one on another computer nobody can be sure to notice anything: this process ends instead.
        """
        host, number, created = self._processes[rank]
        if host == socket.gethostname():
            with suppress(psutil.Error):  # it has ended already
                process = psutil.Process(number)
                if process.create_time() == created and not self._over.is_set():
                    process.kill()
        elif not self._over.wait(LAST_SECONDS):
            self._on_end(self._silent, "")


def failure_in(store: Any, world: World) -> tuple[str, str, str] | None:
    """Returns what another process says of its own failure: (what, remedy, details), or None."""
    for rank in range(world.size):
        key = f"failed/{rank}"
        with suppress(RuntimeError, ValueError, KeyError):
            if rank != world.rank and store.check([key]):
                plain = json.loads(store.get(key))
                what = f"{name_of(rank, world.size)} failed: {plain['what']}"
                return what, str(plain["remedy"]), str(plain["details"])

    return None


def is_broken(error: BaseException) -> bool:
    """Returns whether an exchange broke because of another process; other errors are one's own."""
    return isinstance(error, RuntimeError) and any(sign in str(error) for sign in BROKEN)


def tell_failure(store: Any, world: World, what: str, remedy: str, details: str) -> None:
    """Says to the others why this process ends."""
    plain = {"what": what, "remedy": remedy, "details": details[-20_000:]}
    with suppress(RuntimeError):
        store.set(f"failed/{world.rank}", files.json_line(plain, ascii_only=True).decode().strip())


def end_at_once(reason: str, details: str) -> None:
    """Ends this process, whose computing thread hangs or waits for one that will not answer."""
    os.write(2, f"{reason}\n{details}".encode())
    os._exit(1)
