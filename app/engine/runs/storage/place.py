"""Where the folder of a run is: a run follows a folder that is moved, and stops without one."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from app.engine import files
from app.engine.runs.storage.run_lock import OWNER

if TYPE_CHECKING:
    from app.engine.runs.control import Control
    from app.engine.runs.run import Run


class Place:
    """Looks after the folder of a run that is claimed. Only Linux says where a folder went."""

    def __init__(self, run: Run, control: Control) -> None:
        self._run = run
        self._control = control
        self._folder = files.open_folder(run.path) if sys.platform == "linux" else None
        self._left: Path | None = None

    def check(self) -> bool:
        """Looks whether the folder is still there; returns whether the run followed it.

        Where it is gone, the run is asked to stop at once. It costs a question for one file.
        """
        if self._left is not None and self._left.exists():
            _gather(self._left, self._run.path)
        if (self._run.path / OWNER).exists() or self._control.stopping_at_once:
            return False

        place = self._moved_to()
        if place is None:
            self._control.stop(at_once=True)
            return False

        self._left = self._run.path
        self._run.follow(place)
        self._run.log(f"The folder was moved to '{place}'; the run goes on there.")
        if self._left.exists():
            _gather(self._left, place)

        return True

    def _moved_to(self) -> Path | None:
        if self._folder is None:
            return None

        place = Path(os.readlink(f"/proc/self/fd/{self._folder}"))
        return place if (place / OWNER).exists() else None

    def close(self) -> None:
        """Ends the looking; it may be called twice."""
        if self._left is not None and self._left.exists():
            _gather(self._left, self._run.path)
        if self._folder is not None:
            os.close(self._folder)
            self._folder = None


def _gather(left: Path, place: Path) -> None:
    """Brings what was written under the old path, just after a folder was moved, to the new one."""
    if (left / "experiment.toml").exists():
        return  # another run

    for name in ("checkpoints", "epochs", "looks"):
        with contextlib.suppress(OSError):
            (place / name).mkdir(exist_ok=True)
            for path in (left / name).iterdir():
                if not (place / name / path.name).exists():
                    files.rename(path, place / name / path.name)

    shutil.rmtree(left, ignore_errors=True)
