"""Who works on a search: each process holds a lock of the operating system, and any may die.

A lock ends with its process, so a trial whose worker holds none was cut off.
"""

from __future__ import annotations

import itertools
from contextlib import contextmanager
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from app.engine import files
from app.engine.errors import UserError
from app.engine.runs.storage.run_lock import is_locked

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PATIENCE = 60.0
"""Seconds that another process may hold the search: proposing a trial takes some hundredths."""


class Worker:
    """One of those that work on the search in a folder, for as long as it is not released."""

    def __init__(self, index: int, lock: FileLock) -> None:
        self.index = index
        self._lock = lock

    @classmethod
    def claim(cls, folder: Path) -> Worker:
        """Takes the first place that nobody holds. Raises UserError where the disk refuses."""
        try:
            (folder / "workers").mkdir(exist_ok=True)
            for index in itertools.count():
                lock = FileLock(_path(folder, index), thread_local=False)
                try:
                    lock.acquire(timeout=0)
                except Timeout:
                    continue

                return cls(index, lock)
        except OSError as error:
            raise files.disk_error(error, folder) from error

        raise AssertionError("there are always more places")

    def release(self) -> None:
        self._lock.release()


def is_alive(folder: Path, index: int) -> bool:
    """Returns whether the worker of this place works now."""
    return is_locked(_path(folder, index))


def count(folder: Path) -> int:
    """Returns how many work on the search in this folder now."""
    try:
        places = [path for path in (folder / "workers").iterdir() if path.suffix == ".lock"]
    except OSError:
        return 0

    return sum(is_locked(path) for path in places)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keeps all other processes from proposing trials meanwhile.

    Raises UserError where another one does not come to an end, or where the disk refuses.
    """
    lock = FileLock(folder / "search.lock", thread_local=False)
    try:
        lock.acquire(timeout=PATIENCE)
    except Timeout as error:
        raise UserError("The search is held by another program.", "Try again.") from error
    except OSError as error:
        raise files.disk_error(error, folder) from error

    try:
        yield
    finally:
        lock.release()


def _path(folder: Path, index: int) -> Path:
    return folder / "workers" / f"{index}.lock"
