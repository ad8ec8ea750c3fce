"""Does the same for many rows in threads, and hands the results on in order."""

from __future__ import annotations

import os
import time
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

MOST_THREADS = 4

TURN = 0.01
"""Seconds of a processor that a thread is given work for at once: handing on costs as much as
unpacking a small picture."""

MOST_AT_ONCE = 64

Result = TypeVar("Result")


def in_threads(
    work: Callable[[int], Result], count: int, least_ahead: int = 0
) -> Generator[tuple[int, Result], None, None]:
    """Yields every row from 0 on with its result, in order.

    A few rows ahead only: the results of all of them might not fit into memory. Closing it ends the
    threads. least_ahead: so many rows at least, for one who takes many at once and then works.
    """
    workers = max(1, min(MOST_THREADS, os.cpu_count() or 1))
    size = 1

    def some(rows: range) -> tuple[list[Result], float]:
        begun = time.thread_time()
        results = [work(row) for row in rows]
        return results, time.thread_time() - begun

    with ThreadPoolExecutor(workers, thread_name_prefix="decoding") as pool:
        pending: deque[Future[tuple[list[Result], float]]] = deque()
        row = ahead = 0
        try:
            while row < count:
                while ahead < count and ahead - row < max(least_ahead, workers * (6 + 2 * size)):
                    rows = range(ahead, min(count, ahead + size))
                    pending.append(pool.submit(some, rows))
                    ahead = rows.stop

                results, seconds = pending.popleft().result()
                size = next_size(len(results), seconds)
                for result in results:
                    yield row, result
                    row += 1
        finally:
            for future in pending:
                future.cancel()


def next_size(size: int, seconds: float) -> int:
    """Returns how many rows a thread gets at once after so many took it so long."""
    fitting = int(size * TURN / max(seconds, TURN / MOST_AT_ONCE))
    return max(1, min(MOST_AT_ONCE, 2 * size, fitting))
