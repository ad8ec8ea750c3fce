"""A folder of the user's own things, a TOML file for each: how it is read and made."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from app.engine.errors import UserError, message_of
from app.engine.files import disk_error

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Kept = TypeVar("Kept")


def read_each(
    folder: Path, most: int, read: Callable[[Path], Kept]
) -> tuple[dict[str, Kept], tuple[str, ...]]:
    """Returns what at most so many files hold, by their names, and why others cannot be used.

    read: of one file; raises UserError. A folder that is not there is empty.
    """
    found: dict[str, Kept] = {}
    problems: list[str] = []
    try:
        paths = sorted(folder.glob("*.toml"))[:most]
    except OSError:
        paths = []

    for path in paths:
        try:
            found[path.stem] = read(path)
        except UserError as error:
            problems.append(message_of(error))

    return found, tuple(problems)


def make(folder: Path) -> None:
    """Makes the folder where it is not there. Raises UserError where the disk refuses."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise disk_error(error, folder) from error
