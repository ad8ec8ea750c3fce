"""The priority of a thread that computes: it gives way to the window and to other programs.

Only once there is something to see. A process that computes all the time beside a thread of less
priority takes three quarters of a core from it: the first point of a curve would come after four
times the time, where it needs to come after two.
"""

from __future__ import annotations

import os
import sys
import threading
from contextlib import suppress
from pathlib import Path

from app.engine import files

NICENESS = 5
"""Of a thread that computes; 0 is usual, 19 is the least priority."""

_NAME = "nw-compute"
"""Fifteen characters at most; the system cuts what is longer."""

_LOAD = Path("/proc/loadavg")
_TASKS = Path("/proc/self/task")


def name_thread() -> None:
    """Gives the calling thread a name in the system that the threads it starts inherit.

    OpenMP starts one for every further core. By its name `give_way` finds them; only Linux has it.
    """
    if sys.platform == "linux" and not _is_main():
        with suppress(OSError):
            (_TASKS / str(threading.get_native_id()) / "comm").write_text(_NAME, encoding="ascii")


def spread() -> None:
    """Keeps the threads that compute together on a processor each until `give_way`, on Linux.

    Only where other programs compute on all processors. The system moves a thread to the processor
    of the one that wakes it then, where both wait for the same turn: the first point of a curve
    took twice the time or seven times, by chance. On an idle computer it would cost a tenth of
    a second.
    """
    if sys.platform != "linux" or _is_main():
        return

    import torch  # noqa: PLC0415 - the window loads this module before it

    torch.ones(1 << 17).add_(1)  # large enough to start the other threads
    processors = sorted(os.sched_getaffinity(os.getpid()))
    threads = _named()
    if len(threads) == len(processors) and _runnable() > len(processors):
        for thread, processor in zip(threads, processors, strict=True):
            with suppress(OSError):  # it has ended
                os.sched_setaffinity(thread, {processor})


def give_way() -> None:
    """Lowers the priority of the calling thread, and of those that compute for it.

    They may move to any processor again. The main thread keeps its priority: then there is no
    window to give way to.
    """
    if _is_main() or not hasattr(os, "setpriority"):
        return

    for thread in {threading.get_native_id(), *_named()}:
        if sys.platform == "linux":
            with suppress(OSError):  # it has ended
                os.sched_setaffinity(thread, os.sched_getaffinity(os.getpid()))

        with suppress(OSError):  # it may have ended, or not be allowed, and is only a courtesy
            if os.getpriority(os.PRIO_PROCESS, thread) < NICENESS:
                os.setpriority(os.PRIO_PROCESS, thread, NICENESS)


def _is_main() -> bool:
    return threading.current_thread() is threading.main_thread()


def _named() -> list[int]:
    """Returns the system's numbers of the threads that have the name, on Linux; else none."""
    found = []
    with suppress(OSError):
        for task in _TASKS.iterdir():
            with suppress(OSError):  # it has ended
                if files.read_regular(task / "comm", 64).strip() == _NAME.encode():
                    found.append(int(task.name))

    return found


def _runnable() -> int:
    """Returns how many threads of the computer compute, or could, at this moment; Linux tells."""
    with suppress(OSError, ValueError, IndexError):
        told = files.read_regular(_LOAD, 256).split()
        return int(told[3].partition(b"/")[0])

    return 0
