"""Memory that was freed in small pieces goes back to the system."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys

import psutil
import pytest

from app.engine import garbage
from app.engine.free_memory import free_memory

PIECE = bytes(64_000)  # smaller than what the C library asks the system for by itself
PIECES = 3_000


@pytest.mark.skipif(
    sys.platform != "linux" or not hasattr(ctypes.CDLL(None), "malloc_trim"),
    reason="another C library gives memory back by itself, or has no way to",
)
def test_freed_pieces_between_used_ones_are_given_back() -> None:
    process = psutil.Process()
    pieces = [bytearray(PIECE) for _ in range(PIECES)]
    kept = pieces[::30]
    full = process.memory_info().rss

    del pieces
    garbage.give_back()

    freed = len(PIECE) * (PIECES - len(kept))
    assert full - process.memory_info().rss > freed / 2


def test_a_collector_that_is_left_to_collects_until_it_is_taken_back() -> None:
    asked = []

    def collector() -> None:
        asked.append(len(asked))

    garbage.collect()
    garbage.leave_to(collector)
    garbage.collect()
    garbage.take_back(collector)
    garbage.collect()

    assert asked == [0]


@pytest.mark.skipif(
    sys.platform != "linux" or not hasattr(ctypes.CDLL(None), "mallinfo2"),
    reason="another C library has no heaps of threads, or an older one does not count them",
)
def test_threads_that_begin_share_one_heap() -> None:
    # In a process of its own: heaps that threads of other tests have made stay.
    program = """
import ctypes, threading
from app.engine import garbage

garbage.keep_few_arenas()
meeting = threading.Barrier(8)
held = []

def work():
    held.append([bytes(1000) for _ in range(100)])
    meeting.wait()

threads = [threading.Thread(target=work) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()

C = ctypes.CDLL(None)
C.fdopen.restype = ctypes.c_void_p
file = C.fdopen(1, b"w")
C.malloc_info(0, ctypes.c_void_p(file))
C.fflush(ctypes.c_void_p(file))
"""
    told = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout

    assert 1 <= told.count("<heap nr=") <= garbage.MOST_ARENAS


FAULTS = """
import resource, sys
from app.engine import garbage

def taken():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(20):
        bytearray(64_000_000)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

if "window" not in sys.argv:
    garbage.only_train()
kept = garbage.keep_freed_memory(int(sys.argv[1]))
print(int(kept), taken() * resource.getpagesize())
"""
"""Prints how many bytes of pages were cleared for what was taken and freed 20 times."""


@pytest.mark.skipif(
    sys.platform != "linux" or not hasattr(ctypes.CDLL(None), "mallopt"),
    reason="another C library has no such option",
)
def test_a_process_that_only_trains_keeps_what_it_frees_where_memory_is_plenty() -> None:
    def kept(*arguments: object, **variables: str) -> bool:
        environment = {
            name: value
            for name, value in os.environ.items()
            if name not in garbage.CHOICES and name != "GLIBC_TUNABLES"
        }
        done = subprocess.run(
            [sys.executable, "-c", FAULTS, *map(str, arguments)],
            env=environment | variables,
            capture_output=True,
            text=True,
            check=True,
        )
        said, cleared = map(int, done.stdout.split())
        assert cleared < 2 * 64_000_000 if said else cleared > 10 * 64_000_000
        return bool(said)

    assert kept(64_000_000)
    assert not kept(64_000_000, "window")
    assert not kept(free_memory() // 2)
    assert not kept(0, MALLOC_TRIM_THRESHOLD_="131072")
    assert not kept(0, GLIBC_TUNABLES="glibc.malloc.trim_threshold=131072")
