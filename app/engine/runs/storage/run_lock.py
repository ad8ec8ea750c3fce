"""One process a run: a lock of the operating system, which ends with the process that holds it.

running.lock is what is locked; it stays in the folder, for a lock file that is removed can be held
twice. running.json says who holds it and is there as long as the run goes on; after a kill it stays
behind, and the lock is free.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import socket
import sys
import time
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from app.engine import files

if TYPE_CHECKING:
    from pathlib import Path

LOCK = "running.lock"
OWNER = "running.json"

SILENCE = 300.0
"""Seconds after which a run of another computer that wrote nothing counts as dead.

It is for file systems of a network that do not pass locks on.
"""

PATIENCE = 2.0
"""Seconds that `acquire` waits: somebody who asks whether it is held holds it for a moment."""


class RunLock:
    """The lock on one run folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = FileLock(folder / LOCK, thread_local=False)

    def acquire(self) -> bool:
        """Takes the lock and returns True; False where another process holds it.

        Raises OSError where the folder cannot be written.
        """
        try:
            self._lock.acquire(timeout=PATIENCE)
        except Timeout:
            return False

        try:
            if self._held_elsewhere():
                self._lock.release()
                return False

            content = owner_content(os.getpid(), socket.gethostname())
            (self.folder / OWNER).write_bytes(content)
        except OSError:
            self._lock.release()
            raise

        return True

    def touch(self) -> None:
        """Shows other computers that see the folder that the run is alive."""
        # The disk may be full or gone; the save that follows reports it.
        with contextlib.suppress(OSError):
            os.utime(self.folder / OWNER)

    def release(self) -> bool:
        """Gives the lock back; without effect where it is not held.

        Returns False where that is refused: where running.json cannot be removed it looks like a
        killed run's, and a lock that is not given back is held until this process ends.
        """
        if not self._lock.is_locked:
            return True

        released = True
        try:
            files.remove(self.folder / OWNER)
        except OSError:
            released = False

        try:
            self._lock.release()
        except OSError:
            released = False

        return released

    def _held_elsewhere(self) -> bool:
        """Returns whether another computer held the lock a short while ago.

        Both times are the file system's: computers may differ by more than that.
        """
        if not _is_of_another_computer(self.folder):
            return False

        os.utime(self.folder / LOCK)
        now = (self.folder / LOCK).stat().st_mtime
        return now - (self.folder / OWNER).stat().st_mtime < SILENCE


def owner_content(process: int, computer: str) -> bytes:
    """Returns the content of running.json: who holds the lock, and a sum of both.

    Without the sum a changed letter in the name of the computer would pass for a run that trains on
    another one.
    """
    owner = {"process": process, "computer": computer, "sum": _sum(process, computer)}
    return files.json_line(owner)


def owner_process(folder: Path) -> int | None:
    """Returns the number of the process that trains a run on this computer; None without one."""
    if not is_held(folder) or _is_of_another_computer(folder):
        return None

    try:
        process = json.loads(files.read_regular(folder / OWNER, 65536))["process"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None

    return process if type(process) is int else None


def is_held(folder: Path) -> bool:
    """Returns whether a process trains the run in this folder. Nothing is written."""
    if not (folder / OWNER).exists():
        return False
    if _is_of_another_computer(folder):
        with contextlib.suppress(OSError):
            if time.time() - (folder / OWNER).stat().st_mtime < SILENCE:
                return True

    return is_locked(folder / LOCK)


def _is_of_another_computer(folder: Path) -> bool:
    try:
        owner = json.loads(files.read_regular(folder / OWNER, 65536))
        process, computer, found = owner["process"], owner["computer"], owner["sum"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return False

    return bool(computer != socket.gethostname() and found == _sum(process, computer))


def _sum(process: object, computer: object) -> str:
    return hashlib.sha256(f"{process} {computer}".encode("utf-8", "replace")).hexdigest()[:16]


if sys.platform == "win32":

    def is_locked(path: Path) -> bool:
        """Returns whether a process holds the lock on this file; False where there is no file."""
        if not path.exists():
            return False

        lock = FileLock(path)
        try:
            lock.acquire(timeout=0)
        except (Timeout, OSError):
            return True

        lock.release()
        return False

else:
    import fcntl

    def is_locked(path: Path) -> bool:
        """Returns whether a process holds the lock on this file; False where there is no file."""
        # A shared lock: many may ask at a time, and none takes another for the owner.
        try:
            with files.open_regular(path) as file:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError:
            return False

        return False
