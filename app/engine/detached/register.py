"""The register of runs that lie outside the usual folder: a small file in the person's data."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from app.engine import files, folders
from app.engine.errors import UserError
from app.engine.runs.run import TRASH, Run, default_folder, list_runs

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_RUNS = 1000
"""Runs that are remembered; the oldest are forgotten first."""

MOST_BYTES = 8 << 20
PATIENCE = 5.0
"""Seconds that another program may hold the register."""


def add(path: Path) -> None:
    """Remembers a run, if it lies outside the usual folder.

    Where that is refused nothing is lost but its line in the list, so nothing is raised.
    """
    path = Path(path).absolute()
    if path.parent == default_folder():
        return

    try:
        _register().parent.mkdir(parents=True, exist_ok=True)
        with FileLock(_register().with_suffix(".lock"), timeout=PATIENCE):
            known = [other for other in _read() if other != str(path)]
            runs = [*known, str(path)][-MOST_RUNS:]
            files.write_atomically(_register(), files.json_line({"runs": runs}, ascii_only=True))
    except (OSError, Timeout, UserError):
        return


def runs() -> list[Run]:
    """Returns all runs that are known, newest first: the usual folder's and the register's."""
    found = [*list_runs(default_folder()), *elsewhere()]
    return sorted(found, key=lambda run: (run.started, run.name), reverse=True)


def folders_of_runs() -> Iterator[Path]:
    """Yields the folders of all runs that are known, in no order; nothing in them is read."""
    with contextlib.suppress(OSError):
        yield from [path for path in default_folder().iterdir() if path.name != TRASH]

    for run in elsewhere():
        yield run.path


def elsewhere() -> list[Run]:
    """Returns the runs of the register that are still there, newest first."""
    return [Run(Path(text)) for text in reversed(_read()) if _is_run(Path(text))]


def _is_run(path: Path) -> bool:
    try:
        return (path / "experiment.toml").is_file()
    except OSError:
        return False


def _register() -> Path:
    return folders.data() / "runs.json"


def _read() -> list[str]:
    """Returns the folders in the register; [] where it cannot be read."""
    try:
        data = json.loads(files.read_regular(_register(), MOST_BYTES))
        return [path for path in data["runs"] if isinstance(path, str)]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return []
