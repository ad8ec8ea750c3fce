"""Compares mapped arrays with their digests in the background, while a network learns from them."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from app.engine.data.digests import BLOCK, block_digest
from app.engine.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

IDLE_SHARE = 4
"""After each block the thread waits so many times as long as the block took."""

POLL_SECONDS = 0.1


@dataclass(eq=False)
class MappedCopy:
    """An array that is mapped from a file, too large to be compared when it is opened.

    array: uint8, contiguous. blocks: the digests of its blocks. discard: ends the use of the file,
    called where a block is not what it was. is_damaged: whether that was found.
    """

    array: np.ndarray
    blocks: tuple[bytes, ...]
    discard: Callable[[], None]
    is_damaged: bool = False

    def compare(self) -> Iterator[None]:
        """Compares a block at each turn; ends with the last block or a damaged one."""
        # Of the map itself, not the file of its name: that may be another one by now.
        content = self.array.reshape(-1).view(np.uint8).data
        for number, expected in enumerate(self.blocks):
            start = number * BLOCK
            if block_digest(content[start : start + BLOCK]) != expected:
                self.is_damaged = True
                self.discard()
                return

            yield


class Verification:
    """Compares all mapped copies of a data set once, beside a training.

    Its thread has the lowest priority where the system knows priorities of threads, and waits
    between blocks until somebody needs the result.
    """

    def __init__(self, copies: Sequence[MappedCopy]) -> None:
        self.copies = copies
        self.is_complete = not copies
        """Whether all is compared."""

        self._hurry = threading.Event()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Compares while the body runs; what is not compared by then is left."""
        if self.copies:
            self._thread = threading.Thread(target=self._compare, name="verify data", daemon=True)
            self._thread.start()

        try:
            yield
        finally:
            self._stop.set()
            self._hurry.set()
            if self._thread is not None:
                self._thread.join()

    def require(self, check: Callable[[], None]) -> None:
        """Waits until all is compared; `check` is called meanwhile and may raise to cancel.

        Raises UserError where something is damaged.
        """
        self._hurry.set()
        while self._thread is not None and self._thread.is_alive():
            check()
            self._thread.join(POLL_SECONDS)

        self.refuse_damage()

    def refuse_damage(self) -> None:
        """Raises UserError where something was found damaged so far."""
        if any(copy.is_damaged for copy in self.copies):
            raise UserError(
                "The stored copy of the data was damaged on the disk; it is no longer used.",
                "Go on with the run or start it again: they are then read again.",
            )

    def _compare(self) -> None:
        _lower_priority()
        for copy in self.copies:
            begun = time.perf_counter()
            for _ in copy.compare():
                if self._stop.is_set():
                    return

                self._hurry.wait(IDLE_SHARE * (time.perf_counter() - begun))
                begun = time.perf_counter()

        self.is_complete = True


def _lower_priority() -> None:
    """Gives this thread the lowest priority; other systems than Linux know none for a thread."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 19)
