"""Packages of an environment that are there only in part, as a set-up leaves them that was killed.

pip and uv take a package for installed as soon as they find its metadata, whatever of it is
missing. The standard library only, as in launch.py.
"""

from __future__ import annotations

import csv
import shutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def incomplete(environment: Path) -> list[Path]:
    """Returns the metadata folders of the packages that lack files, or have shorter ones.

    Only sizes are compared: that takes a fraction of a second, sums of all bytes some ten.
    """
    return [folder for folder in _metadata(environment) if not _has_all(folder)]


def is_complete(environment: Path, name: str) -> bool:
    """Returns whether a package of this name is installed with all its files."""
    return any(
        folder.name.startswith(f"{name}-") and _has_all(folder) for folder in _metadata(environment)
    )


def forget_incomplete(environment: Path) -> list[str]:
    """Removes the metadata of such packages, so that they are installed again; returns names."""
    folders = incomplete(environment)
    for folder in folders:
        shutil.rmtree(folder)

    return [folder.name.partition("-")[0] for folder in folders]


def forget_compiled(environment: Path) -> None:
    """Removes what Python has compiled, which it makes anew at the first import.

    On a full disk Python 3.11 leaves such files cut off ("marshal data too short"), and reads them.
    """
    for folder in list(environment.rglob("__pycache__")):
        shutil.rmtree(folder)


def _metadata(environment: Path) -> list[Path]:
    """Returns the metadata folders of all packages."""
    libraries = [*environment.glob("lib/python*/site-packages"), environment / "Lib/site-packages"]
    return sorted(folder for library in libraries for folder in library.glob("*.dist-info"))


def _has_all(metadata: Path) -> bool:
    """Returns whether every file that the package lists is there in its size.

    What Python compiles may be of another size: some packages ship it, and Python makes it anew.
    """
    try:
        with (metadata / "RECORD").open(encoding="utf-8", newline="") as file:
            rows = [row for row in csv.reader(file) if len(row) == 3]

        return bool(rows) and all(
            (metadata.parent / name).stat().st_size == int(size)
            for name, _, size in rows
            if size and not name.endswith(".pyc")
        )
    except (OSError, ValueError):
        return False
