"""Further sorts of files that hold a table, a file each, found by walking this folder."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.sources.tables.doors.door import Door


@cache
def all_doors() -> tuple[Door, ...]:
    """Returns every door. To add one is to add a file with an object `DOOR`."""
    modules = [
        importlib.import_module(info.name)
        for info in pkgutil.iter_modules(__path__, __name__ + ".")
        if info.name.rpartition(".")[2] != "door"
    ]
    return tuple(module.DOOR for module in modules)


def door_of(path: Path, head: bytes) -> Door | None:
    """Returns the door that reads a file, None where it is a text, a spreadsheet or Parquet.

    head: its first bytes.
    """
    return next((door for door in all_doors() if door.matches(path, head)), None)


def door_of_name(name: str) -> Door | None:
    """Returns the door to which the name of a file belongs for certain, None where none does."""
    small = name.lower()
    return next((door for door in all_doors() if small.endswith(door.suffixes)), None)
