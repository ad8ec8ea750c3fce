"""What may stand in a run's folder: files and folders, but no links, pipes or devices."""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING

from app.engine.errors import UserError

if TYPE_CHECKING:
    from pathlib import Path

FOLDERS = ("checkpoints", "epochs", "looks", "results")

CONTROL = "control.jsonl"
"""Requests to a run in a process of its own, see detached.control_file."""

EVENTS = "events.jsonl"
"""What such a run tells, see detached.event_file."""

REMOTE = "remote.json"
"""Which other computer trains the run, see remote.place."""

CLUSTER = "cluster.json"
"""Which job of a cluster trains the run, see cluster.submitted."""

HALF_WRITTEN = re.compile(
    r"((experiment\.toml|note\.txt"
    r"|(dataset|environment|summary|kept|calibration|exports|manifest|promise)\.json"
    r"|(running|remote|cluster)\.json"
    r"|(control|events)\.jsonl)"
    r"|(\d{4,}(-\d{4,})?|(last-)?(validation|test)|margins)\.npz"
    r"|margins-\d{4,}-\d{4,}\.npy)\.\d+-\d+\.tmp"
)
"""Names of files that a kill leaves half written, see files.write_atomically."""


def refuse_others(folder: Path) -> None:
    """Raises UserError where something in a run's folder is a link, a pipe or a device.

    A run writes and removes by name, so what a link leads to would be overwritten, and a pipe would
    be waited for: a run folder may come from somebody else.
    """
    for path in (*folder.iterdir(), *_inside(folder), *_checkpoint_files(folder)):
        if path.is_symlink():
            raise UserError(
                f"'{path.relative_to(folder)}' in the run '{folder.name}' is a link to another "
                "place, which a run that goes on could overwrite.",
                "Put a copy of what it leads to in its place.",
            )
        if not path.is_file() and not path.is_dir() and path.exists():
            raise UserError(
                f"'{path.relative_to(folder)}' in the run '{folder.name}' is a pipe or a device, "
                "not a file.",
                "Remove it, or put the file in its place.",
            )


def sweep(folder: Path) -> None:
    """Removes what a kill in the middle of a write left behind; a person's own files stay.

    What a process of its own listened to and told is over, too.
    """
    for name in (CONTROL, EVENTS):
        with contextlib.suppress(OSError):
            (folder / name).unlink(missing_ok=True)

    for path in (*folder.iterdir(), *_inside(folder)):
        if HALF_WRITTEN.fullmatch(path.name) and path.is_file() and not path.is_symlink():
            with contextlib.suppress(OSError):
                path.unlink()


def _inside(folder: Path) -> list[Path]:
    return [
        path
        for name in FOLDERS
        if (folder / name).is_dir() and not (folder / name).is_symlink()
        for path in (folder / name).iterdir()
    ]


def _checkpoint_files(folder: Path) -> list[Path]:
    return [
        path
        for inner in _inside(folder)
        if inner.parent.name == "checkpoints" and inner.is_dir() and not inner.is_symlink()
        for path in inner.iterdir()
    ]
