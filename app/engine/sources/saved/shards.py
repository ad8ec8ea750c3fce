"""Which files a saved data set consists of, and of which split each is."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.engine.data.splits import UNASSIGNED
from app.engine.files import is_file, is_folder, read_regular
from app.engine.sources.folder_walk import is_junk
from app.engine.sources.layout.folder_words import folder_split

if TYPE_CHECKING:
    from pathlib import Path

ARROW = ".arrow"
PARQUET = ".parquet"
SUFFIXES = (ARROW, PARQUET)

SHARD = re.compile(
    r"(?P<split>.+?)-\d{4,6}-of-\d{4,6}(?:-[0-9a-f]{6,40})?\.(?:arrow|parquet)", re.IGNORECASE
)
"""The name of one of several files: train-00000-of-00003.parquet."""

NUMBERED = re.compile(r"\d{4,6}\.parquet", re.IGNORECASE)
"""The name of one of several files in the folder of its split: train/0000.parquet."""

STATE = "state.json"
"""The file in the folder of each split that says which files it has."""

LARGEST = 1 << 20
"""Bytes of a file of settings at most."""


@dataclass(frozen=True)
class Shard:
    """A file of a saved data set. split: the index in SPLITS, else UNASSIGNED."""

    path: Path
    split: int = UNASSIGNED


def shards_in(folder: Path) -> list[Shard]:
    """Returns the files of the data set that is saved in a folder, [] where none is.

    Below it there may be a folder for each split, or one around all, such as data/. Raises OSError.
    """
    if shards := _saved_to_disk(folder, UNASSIGNED) or _named_shards(folder):
        return shards

    inner = [folder / name for name in _folders(folder)]
    of_splits = [path for path in inner if folder_split(path.name) != UNASSIGNED]
    shards = [shard for path in of_splits for shard in _of_split(path)]
    if shards or of_splits or not inner:
        return shards

    around = [found for path in inner if (found := _named_shards(path) or _below(path))]
    return around[0] if len(around) == 1 else []


def _below(folder: Path) -> list[Shard]:
    splits = [folder / name for name in _folders(folder) if folder_split(name) != UNASSIGNED]
    return [shard for path in splits for shard in _of_split(path)]


def _of_split(folder: Path) -> list[Shard]:
    """Returns the files in the folder of a split."""
    split = folder_split(folder.name)
    if saved := _saved_to_disk(folder, split):
        return saved

    numbered = [name for name in _files(folder, SUFFIXES) if NUMBERED.fullmatch(name)]
    return [Shard(folder / name, split) for name in numbered]


def _saved_to_disk(folder: Path, split: int) -> list[Shard]:
    """Returns the files that save_to_disk wrote into a folder, in their order."""
    try:
        state = json.loads(read_regular(folder / STATE, LARGEST))
    except (OSError, ValueError, RecursionError):
        return []

    return [Shard(folder / name, split) for name in _named_in(state)]


def _named_in(state: Any) -> list[str]:
    """Returns the files that a state names; a name with a folder in it is of none."""
    files = state.get("_data_files") if isinstance(state, dict) else None
    names = [item.get("filename") for item in files or [] if isinstance(item, dict)]
    return [name for name in names if isinstance(name, str) and os.path.basename(name) == name]


def _named_shards(folder: Path) -> list[Shard]:
    """Returns the files of a folder whose names say their splits, where there are no others."""
    names = _files(folder, SUFFIXES)
    matches = [SHARD.fullmatch(name) for name in names]
    if not all(matches):
        return []

    return [
        Shard(folder / name, folder_split(match["split"]))
        for name, match in zip(names, matches, strict=True)
        if match
    ]


def _files(folder: Path, suffixes: tuple[str, ...]) -> list[str]:
    with os.scandir(folder) as entries:
        named = [entry for entry in entries if entry.name.lower().endswith(suffixes)]
        return sorted(entry.name for entry in named if is_file(entry) and not is_junk(entry.name))


def _folders(folder: Path) -> list[str]:
    with os.scandir(folder) as entries:
        names = [entry.name for entry in entries if is_folder(entry) and not is_junk(entry.name)]
    return sorted(names)
