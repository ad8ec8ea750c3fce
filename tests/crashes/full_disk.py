"""Trains on disks that are truly full, and on once there is room: limits of a file, tiny disks."""

from __future__ import annotations

import ctypes
import errno
import functools
import os
import resource
import shutil
import signal
from typing import TYPE_CHECKING, Any

from app.engine.runs.run import Run
from tests.crashes.calls import Campaign, Case, outcome_of
from tests.crashes.legs import Leg, Note, leg_of, train
from tests.engine.training.small import at_step
from tests.faults import run_with_fault

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.crashes.calls import CaseToRun

LIMITS = (0, 50, 400, 1500, 3000, 5000, 8000, 15_000)
"""Bytes of a file, at most: from none at all to where all fits."""

ROOM = (0, 4, 8, 16, 24, 32, 40, 48, 56, 64, 72, 80, 88, 96, 112, 128, 160, 256)
"""KiB that are left of a disk of 32 MiB from the first step on; a run takes about 100."""

CLONE_NEWNS = 0x00020000
CLONE_NEWUSER = 0x10000000
MS_REC = 0x4000
MS_PRIVATE = 0x40000

NONE = 1 << 60
"""A call that does not come: nothing else fails."""


class FullDiskCampaign(Campaign):
    """Cases on a run from its start to its end, which goes on when there is room."""

    def cases(self, with_strace: bool = False) -> Iterator[CaseToRun]:
        """Yields what runs a case; None is a case of what this computer does not allow."""
        for limit in LIMITS:
            yield functools.partial(self._case, "file limit", limit, "EFBIG", self._with_limit)
        for room in ROOM:
            yield functools.partial(self._case, "full disk", room, "ENOSPC", self._on_full_disk)

    def _case(
        self, target: str, size: int, error: str, work: Callable[[int], list[Any] | None]
    ) -> Case | None:
        shutil.rmtree(self.folder / "disk", ignore_errors=True)
        (self.folder / "disk").mkdir()
        result = run_with_fault(work, (size,), NONE, errno.EIO)
        if not result.error and result.value is None:
            return None

        outcome, wrong = result.value or ("", [result.error])
        return Case(target, f"size {size}", error, outcome, wrong)

    def _with_limit(self, limit: int) -> list[Any]:
        """Trains with a limit of the size of a file; returns what came of it, and what is wrong."""
        run = Run.create(self.folder / "disk", self.subject.experiment)
        notes: list[Note] = []
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # then a write that is refused is an error
        unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, unlimited[1]))
        train(self.subject.experiment, run, notes)
        resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)

        return self._found(run, leg_of(notes))

    def _on_full_disk(self, room: int) -> list[Any] | None:
        """Trains on a disk that fills; returns the same, None where no disk can be made."""
        disk = self.folder / "disk"
        if not _mount(disk):
            return None

        ballast = disk / "ballast"
        notes: list[Note] = []
        run = Run.create(disk, self.subject.experiment)
        with at_step(0, lambda: _fill(ballast, room)):
            train(self.subject.experiment, run, notes)

        ballast.unlink()
        return self._found(run, leg_of(notes))

    def _found(self, run: Run, leg: Leg) -> list[Any]:
        return [outcome_of(leg), [*self.wrong_end(run, leg), *self.wrong_resume(run, leg)]]


def _fill(ballast: Path, room: int) -> None:
    """Fills a disk with a file so that so many KiB are left."""
    with ballast.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, shutil.disk_usage(ballast.parent).free - room * 1024)


def _mount(folder: Path) -> bool:
    """Puts a disk of 32 MiB in a folder's place, for this process alone.

    Returns whether that is allowed.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNS | (CLONE_NEWUSER if os.getuid() else 0)):
        return False

    # Else it would be seen from outside.
    if libc.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None):
        return False

    return not libc.mount(b"none", os.fsencode(folder), b"tmpfs", 0, b"size=32m")
