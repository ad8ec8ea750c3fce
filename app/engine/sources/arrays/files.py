"""The files that belong to a source of arrays: one of many arrays, or one file for each array."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from app.engine.data.array_file import open_arrays
from app.engine.data.splits import UNASSIGNED, split_of
from app.engine.errors import UserError
from app.engine.files import is_file, is_folder
from app.engine.sources.arrays.headers import (
    IMAGE_WORDS,
    LABEL_WORDS,
    SETTING,
    ArrayHeader,
    are_unnamed,
    header_of,
    name_and_split,
    plain,
    read_headers,
    with_likely_splits,
)
from app.engine.sources.arrays.label_tables import headers_of_table
from app.engine.sources.arrays.roles import may_be_labels
from app.engine.sources.format import unusable
from app.engine.text import names_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from app.engine.experiment.data_settings import DataSettings

SUFFIXES = (".npz", ".npy")
TABLES = (".csv", ".tsv")

MOST_FILES = 200
"""At most so many files beside an array are looked into."""

FILE_WORDS = frozenset({"imgs", "signals", "signal", "label", "lbl", "lbls", "gt"})
"""Words that say what a file holds rather than which data set it belongs to."""


@dataclass(frozen=True)
class ArrayFiles:
    """The files of a source, in the order of their names.

    path: the source. own: the array that the source itself is, where others stand beside it; ""
    where all its arrays are in one file, or the source is a folder. tables: that may hold labels.
    """

    path: Path
    arrays: tuple[Path, ...]
    tables: tuple[Path, ...] = ()
    own: str = ""
    family: frozenset[str] = field(default=frozenset(), repr=False)

    @property
    def several(self) -> bool:
        """Whether every array has a file of its own."""
        return self.path.is_dir() or bool(self.own)

    def with_own(self, data: DataSettings, headers: Sequence[ArrayHeader]) -> DataSettings:
        """Returns the settings with the array of the source itself as the input.

        Where one is chosen, or the source holds labels, they stay as they are.
        """
        own = next((header for header in headers if self.own and header.key == self.own), None)
        if data.inputs is not None or own is None or len(own.shape) < 2 or may_be_labels(own):
            return data

        return data.replace(inputs=own.name)

    @property
    def files(self) -> tuple[Path, ...]:
        return (*self.arrays, *self.tables)


def is_array_source(source: str) -> bool:
    """Returns whether a source is a file of arrays, or a folder of such without further folders."""
    path = Path(source)
    if path.is_file():
        return path.suffix.lower() in SUFFIXES
    if not path.is_dir():
        return False

    found = False
    with os.scandir(path) as entries:
        for entry in entries:
            if entry.name.startswith("."):
                continue
            if is_folder(entry):
                return False
            found = found or (entry.name.lower().endswith(SUFFIXES) and is_file(entry))

    return found


def find_files(source: str) -> ArrayFiles:
    """Returns the files that belong to a source. Raises UserError and OSError."""
    path = Path(source)
    if path.is_dir():
        arrays, tables = _in_folder(path, frozenset())
        return ArrayFiles(path, arrays, tables) if len(arrays) > 1 else find_files(str(arrays[0]))
    if path.suffix.lower() == ".npz" and not _is_one_unnamed(path):
        return ArrayFiles(path, (path,))

    family = _family(path.stem)
    arrays, tables = _in_folder(path.parent, family)
    if path not in arrays:
        arrays = (path, *arrays)

    return ArrayFiles(path, arrays, tables, path.stem, family)


@contextlib.contextmanager
def open_source(source: str) -> Iterator[tuple[ArrayFiles, list[ArrayHeader]]]:
    """Opens the files of a source and reads the headers of their arrays.

    Raises UserError where the source is damaged, and OSError. A damaged file beside it is left out.
    """
    files = find_files(source)
    with contextlib.ExitStack() as stack:
        if not files.several:
            file = stack.enter_context(open_arrays(files.path, SETTING))
            yield files, read_headers(file)
            return

        headers: list[ArrayHeader] = []
        for path in files.arrays:
            try:
                file = stack.enter_context(open_arrays(path, SETTING))
                stored = list(file.headers())
            except UserError:
                if path == files.path:
                    raise
                continue
            if len(stored) == 1:
                header = header_of(stored[0], _within(path.stem, files.family), file)
                headers.append(dataclasses.replace(header, key=path.stem))

        if not headers:
            names = names_text([path.name for path in files.arrays])
            what = f"holds several files of several arrays each ({names})"
            raise unusable(files.path, what, "Open one of them.")

        yield files, with_likely_splits(headers + _labels_in_tables(files, headers))


def _labels_in_tables(files: ArrayFiles, headers: list[ArrayHeader]) -> list[ArrayHeader]:
    """Returns the columns of tables beside arrays, where no array holds as many labels."""
    rows = {header.shape[:1] for header in headers if not may_be_labels(header)}
    labelled = any(may_be_labels(header) and header.shape[:1] in rows for header in headers)
    found: list[ArrayHeader] = []
    for path in files.tables:
        is_names = "classmap" in plain(path.stem)
        if is_names or not labelled:
            found += headers_of_table(path, _within(path.stem, files.family), rows, is_names)

    return found


def _in_folder(folder: Path, family: frozenset[str]) -> tuple[tuple[Path, ...], tuple[Path, ...]]:
    """Returns the arrays and the tables of a folder that belong to one data set.

    family: the words that its names share. Where no other file has them, those belong to it that
    say nothing but what they hold.
    """
    with os.scandir(folder) as entries:
        names = sorted(
            entry.name
            for entry in entries
            if entry.name.lower().endswith((*SUFFIXES, *TABLES))
            and not entry.name.startswith(".")
            and is_file(entry)
        )

    usable = [folder / name for name in names]
    related = [entry for entry in usable if family <= _family(entry.stem)]
    if family and len(related) < 2:
        related += [entry for entry in usable if not _family(entry.stem)]

    related = related[:MOST_FILES]
    return (
        tuple(entry for entry in related if entry.suffix.lower() in SUFFIXES),
        tuple(entry for entry in related if entry.suffix.lower() in TABLES),
    )


def _is_one_unnamed(path: Path) -> bool:
    """Returns whether a file holds one array that nobody named. Raises UserError and OSError."""
    with open_arrays(path, SETTING) as file:
        keys = [stored.key for stored in file.headers()]

    return len(keys) == 1 and are_unnamed(keys)


def _words(stem: str) -> list[str]:
    return [word for word in re.split(r"[-_. ]+", stem.lower()) if word]


def _family(stem: str) -> frozenset[str]:
    """Returns the words of a name that say to which data set it belongs."""
    common = IMAGE_WORDS | LABEL_WORDS | FILE_WORDS
    name, _ = name_and_split(stem)
    return frozenset(
        word for word in _words(name) if word not in common and split_of(word) == UNASSIGNED
    )


def _within(stem: str, family: frozenset[str]) -> str:
    """Returns the name of a file without the words that all its data set shares."""
    words = [word for word in re.split(r"[-_. ]+", stem) if word.lower() not in family]
    return "_".join(words) or stem
