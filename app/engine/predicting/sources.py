"""What a trained network is asked about: files of an example each, files of many, folders."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from app.engine.data.kinds import kind_of
from app.engine.data.names import natural_key, readable
from app.engine.data.nouns import noun
from app.engine.data.picture_files.formats import suffix_of
from app.engine.errors import UserError
from app.engine.files import disk_error
from app.engine.results.inputs import ARRAYS, TABLES, is_array_file, is_table
from app.engine.results.named_files import FILES
from app.engine.sources.folder_walk import FolderWalk
from app.engine.sources.format import Check, no_check
from app.engine.sources.layout.file_sorts import file_sort

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.engine.data.dataset import Skipped
    from app.engine.data.preparation import Preparation
    from app.engine.results.inputs import PredictionInput

OF_MANY = "row", "pair"
"""Kinds of which no file holds a single example."""


@dataclass(frozen=True)
class Source:
    """What is read together.

    name: as it was named. files: those of an example each; () for one file of many examples, which
    is the name, and for what was read already: given. left_out: files of a folder that cannot be
    read here, and why. folder: whether the files are all those of a folder, which is the name.
    """

    name: str
    files: tuple[str, ...] = field(default=(), repr=False)
    given: PredictionInput | None = None
    left_out: tuple[Skipped, ...] = field(default=(), repr=False)
    folder: bool = False


@dataclass
class _FilesBelow(FolderWalk):
    """The files below a folder that have one of some endings."""

    suffixes: tuple[str, ...] = ()

    def refusal(self, name: str) -> tuple[str, bool] | None:
        return None if suffix_of(name) in self.suffixes else (f"it is {file_sort(name)}", True)


def sources_of(
    names: Sequence[str], preparation: Preparation, check: Check = no_check
) -> list[Source]:
    """Returns the sources that names of files and folders stand for, in their order.

    Files of an example each that follow one another are one source. preparation: of the network.
    Raises UserError for a folder without such files, and whatever `check` raises.
    """
    sources: list[Source] = []
    single: list[str] = []

    def finish() -> None:
        if single:
            sources.append(Source(single[0], tuple(single)))
            single.clear()

    for name in names:
        path = Path(name).expanduser()
        folder = _is_folder(path)
        if not folder and not holds_many(path, preparation):
            single.append(name)
            continue

        finish()
        sources += _of_folder(path, name, preparation, check) if folder else [Source(name)]

    finish()
    return sources


def holds_many(path: Path, preparation: Preparation) -> bool:
    """Returns whether a file may hold many examples for a network."""
    return is_table(path, preparation) or is_array_file(path, preparation)


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError):  # a zero byte in its name; it is told when it is opened
        return False


def _of_folder(path: Path, name: str, preparation: Preparation, check: Check) -> list[Source]:
    """Returns what a folder holds: one source of all single examples, or one for each table."""
    walk = _walk(path, preparation)
    try:
        walk.run(check)
    except OSError as error:
        raise disk_error(error, path) from error

    files = sorted((file.path for file in walk.files), key=natural_key)
    left_out = tuple(item for item in walk.skipped if not item.ignored)
    if not files and not left_out:
        many = preparation.kind in OF_MANY
        what = "tables" if many else noun(preparation.kind)
        raise UserError(
            f"'{readable(path)}' holds no {what} that can be read.",
            f"Choose a folder with {what}.",
        )

    if preparation.kind in OF_MANY:
        return [Source(file) for file in files]

    return [Source(name, tuple(files), left_out=left_out, folder=True)]


def _walk(path: Path, preparation: Preparation) -> FolderWalk:
    if preparation.kind == "image":
        return FolderWalk(str(path))
    if preparation.kind in OF_MANY:
        arrays = ARRAYS if preparation.kind == "pair" else ()
        return _FilesBelow(str(path), suffixes=(*TABLES, *arrays))

    kind_files = kind_of(preparation.kind).files
    own = kind_files.suffixes if kind_files is not None else ()
    return _FilesBelow(str(path), suffixes=FILES.get(preparation.kind, own))
