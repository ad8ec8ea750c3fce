"""Collects Python's garbage on the thread that may do it, and gives freed memory back."""

from __future__ import annotations

import ctypes
import gc
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

M_ARENA_MAX = -8
"""The number of the option in malloc.h of glibc."""

MOST_ARENAS = 2
"""Heaps of the C library: one for the window's thread, one for all that work beside it."""

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
    if sys.platform == "linux":
        mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # other C libraries have none
        if mallopt is not None:
            mallopt(M_ARENA_MAX, MOST_ARENAS)


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
