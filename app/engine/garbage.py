"""Collects Python's garbage on the thread that may do it, and says what becomes of freed memory."""

from __future__ import annotations

import ctypes
import gc
import os
import sys
from typing import TYPE_CHECKING

from app.engine.free_memory import free_memory

if TYPE_CHECKING:
    from collections.abc import Callable

M_ARENA_MAX = -8
M_MMAP_MAX = -4
M_TRIM_THRESHOLD = -1
"""The numbers of options in malloc.h of glibc."""

MOST_BYTES = 2**31 - 1
"""The largest number that an option takes."""

CHOICES = (
    "MALLOC_MMAP_MAX_",
    "MALLOC_MMAP_THRESHOLD_",
    "MALLOC_TOP_PAD_",
    "MALLOC_TRIM_THRESHOLD_",
)
"""Variables by which a person chooses themselves what glibc does; GLIBC_TUNABLES is another."""

MOST_ARENAS = 2
"""Heaps of the C library: one for the window's thread, one for all that work beside it."""

PLENTY = 4
"""So many times what a step needs must be free, for a process to keep what steps free."""

_only_trains = False
_collectors: list[Callable[[], None]] = []


def collect() -> None:
    """Collects what nothing refers to any more: here, or as a window does it."""
    if _collectors:
        _collectors[-1]()
    else:
        gc.collect()


def leave_to(collector: Callable[[], None]) -> None:
    """Makes `collect` call a window's collector instead, until `take_back`.

    Garbage may be the window's then, and must not be destroyed on another thread.
    """
    _collectors.append(collector)


def take_back(collector: Callable[[], None]) -> None:
    """Ends what `leave_to` began."""
    _collectors.remove(collector)


def keep_few_arenas() -> None:
    """Lets all threads that begin from now on share one heap of the C library (glibc).

    It gives eight for each processor otherwise, one to each new thread, and what a run's thread
    frees in one of them is free for the threads of that one only: 40 MB more are held after ten
    minutes of use.
    """
    _set_options({M_ARENA_MAX: MOST_ARENAS})


def only_train() -> None:
    """Says that this process only trains, and has no window: all threads share one heap (glibc).

    `keep_freed_memory` acts in such a process alone.
    """
    global _only_trains
    _only_trains = True
    if not _is_chosen():
        _set_options({M_ARENA_MAX: 1})


def keep_freed_memory(needed: int) -> bool:
    """Lets the process keep what a training step frees for the next one; returns whether it does.

    Large pieces go back to the system at once otherwise, which clears every page when they are
    asked for again; `python -m tests.bench allocator` prints what that costs. As the pieces do not
    fit each other, up to a third more is held: so it is done only where memory is plenty, and
    where nobody has chosen otherwise, see CHOICES.

    needed: the bytes that a step is predicted to hold, in all processes of the run together.
    """
    if not _only_trains or _is_chosen() or needed * PLENTY > free_memory():
        return False

    return _set_options({M_MMAP_MAX: 0, M_TRIM_THRESHOLD: MOST_BYTES})


def _is_chosen() -> bool:
    """Returns whether a person has chosen how memory is freed."""
    tunables = os.environ.get("GLIBC_TUNABLES", "")
    return "glibc.malloc." in tunables or any(name in os.environ for name in CHOICES)


def _set_options(options: dict[int, int]) -> bool:
    """Sets options of glibc; returns whether that is the C library here."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt is None:
        return False

    for option, value in options.items():
        mallopt(option, value)

    return True


def give_back() -> None:
    """Gives freed memory back to the system, where the C library would keep it (glibc).

    After many runs the free pieces between used ones come to several hundred MB that neither
    another program nor the next large array can have. It takes some 20 ms.
    """
    if sys.platform != "linux":
        return

    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # other C libraries have none
    if trim is not None:
        trim(ctypes.c_size_t(0))
