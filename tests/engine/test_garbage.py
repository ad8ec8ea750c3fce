"""Memory that was freed in small pieces goes back to the system."""

from __future__ import annotations

import ctypes
import sys

import psutil
import pytest

from app.engine import garbage

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
