"""The files of revisions beside a run: each is written once a training used the one before.

"2026-11-22 digits revision 1.toml" lies beside the folder "2026-11-22 digits". What a training was
started with is never written again, so that its data stay what they were.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from app.engine.errors import UserError
from app.engine.experiment.revision import Revision, read_revision

if TYPE_CHECKING:
    from app.engine.runs.run import Run


def revisions_of(run_folder: Path) -> list[Path]:
    """Returns the files of a run's revisions, oldest first."""
    found = _numbered(run_folder)
    return [found[number] for number in sorted(found)]


def _numbered(run_folder: Path) -> dict[int, Path]:
    pattern = re.compile(rf"{re.escape(run_folder.name)} revision (\d{{1,6}})\.toml")
    try:
        names = [path.name for path in run_folder.parent.iterdir()]
    except OSError:
        return {}

    matches = [match for name in names if (match := pattern.fullmatch(name))]
    return {int(match[1]): run_folder.parent / match[0] for match in matches}


def next_file(run_folder: Path) -> Path:
    """Returns the path of the next revision of a run, later than all that are there."""
    number = 1 + max(_numbered(run_folder), default=0)
    return run_folder.parent / f"{run_folder.name} revision {number}.toml"


def newest_revision(run: Run) -> Revision:
    """Returns what was changed last: the newest file beside a run, else what it was trained with.

    Raises UserError where that cannot be read.
    """
    files = revisions_of(run.path)
    if files:
        return read_revision(files[-1])

    trained_with = run.experiment().data.revision
    return read_revision(Path(trained_with)) if trained_with else Revision()


def revision_of(run: Run) -> Revision | None:
    """Returns the revision that a run was trained with; None without one, or where it is gone."""
    path = run.experiment().data.revision
    if not path:
        return None

    try:
        return read_revision(Path(path))
    except UserError:
        return None
