"""Files of one type in a folder for each class, with train/, val/, test/ above or below.

What the formats of texts and of sounds share.
"""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.engine.data import splits
from app.engine.data.names import natural_key, readable
from app.engine.data.pictures import FOREIGN
from app.engine.data.pictures import SUFFIXES as PICTURES
from app.engine.data.reading import NOT_A_TABLE, Reading
from app.engine.errors import UserError
from app.engine.experiment.data_settings import DataSettings
from app.engine.sources.file_lists.columns import find_class_column
from app.engine.sources.file_lists.rows import class_rows, reading_note
from app.engine.sources.file_lists.tables import open_file_table
from app.engine.sources.folder_walk import FolderWalk, is_junk
from app.engine.sources.format import no_check
from app.engine.sources.layout.file_classes import class_files
from app.engine.sources.layout.file_sorts import file_sort, why_left_out

if TYPE_CHECKING:
    from app.engine.data.dataset import Skipped
    from app.engine.sources.file_lists.columns import FileTable
    from app.engine.sources.format import OpenOptions

SAMPLE = 3_000
"""At most so many files are counted to find out what a folder holds."""


@dataclass(frozen=True)
class ClassFile:
    """A file in the folder of its class.

    name: below the source. split: the index in SPLITS, else UNASSIGNED. group: its sub-folder in
    the class, "" directly in it.
    """

    path: Path
    name: str
    label: str
    split: int
    group: str


@dataclass(frozen=True)
class FileList:
    """The files of every class, and what was left out.

    noun: "text" or "sound", for sentences. reading: how the table was read that names the files.
    """

    source: str
    noun: str
    files: tuple[ClassFile, ...]
    skipped: tuple[Skipped, ...]
    notes: tuple[str, ...]
    reading: Reading = NOT_A_TABLE

    @property
    def chosen(self) -> dict[str, Any]:
        """The settings that a table of the files was read by, {} where there is none."""
        return {"target": self.reading.targets[0]} if self.reading.targets else {}

    def groups(self, data: DataSettings, rows: list[int]) -> list[str] | None:
        """Returns the group of each of these files, as the settings say; None for no groups."""
        if data.group == "none":
            return None
        if data.group == "folder":
            return [self.files[row].group for row in rows]

        return splits.groups_by_name([self.files[row].name for row in rows])


class SuffixWalk(FolderWalk):
    """Finds files of some endings. noun: what they are called."""

    def __init__(self, root: str, suffixes: tuple[str, ...], noun: str) -> None:
        super().__init__(root)
        self.suffixes = suffixes
        self.noun = noun

    def refusal(self, name: str) -> tuple[str, bool] | None:
        if os.path.splitext(name)[1].lower() in self.suffixes:
            return None

        sort = file_sort(name)
        if sort == f"a {self.noun}":
            return f"it is {sort} of a format that is not read", False

        return why_left_out(name, self.noun), True


def holds_mostly(source: str, suffixes: tuple[str, ...]) -> bool:
    """Returns whether most files in a folder have these endings, and none is a picture.

    A single one outside its sub-folders, such as a readme, does not count.
    """
    if not os.path.isdir(source):
        return False

    counts: Counter[str] = Counter()
    fitting_below = 0
    for folder, folders, files in os.walk(source):
        folders[:] = sorted(name for name in folders if not is_junk(name))
        for name in files:
            if is_junk(name):
                continue

            suffix = os.path.splitext(name)[1].lower()
            counts[suffix] += 1
            fitting_below += suffix in suffixes and folder != source

        if sum(counts.values()) >= SAMPLE:
            break

    if any(counts[suffix] for suffix in (*PICTURES, *FOREIGN)):
        return False

    fitting = sum(counts[suffix] for suffix in suffixes)
    return (fitting_below > 0 or fitting > 1) and 2 * fitting > sum(counts.values())


def list_files(
    source: str,
    suffixes: tuple[str, ...],
    noun: str,
    data: DataSettings,
    options: OpenOptions,
) -> FileList:
    """Lists the files of every class, ordered by split, class and name.

    Those that a table names, or else those in folders. noun: "text" or "sound", for sentences.
    Raises UserError where neither names classes, OSError for the source itself.
    """
    trained = options.trained.reading if options.trained is not None else None
    table = open_file_table(Path(source), suffixes, data, options.check, trained)
    if table is not None:
        return _listed(source, noun, table, data, trained)

    walk = SuffixWalk(source, suffixes, noun)
    walk.run(options.check)
    walk.files.sort(key=lambda file: file.path)
    known = options.trained.classes if options.trained is not None else ()
    found = class_files(walk, data, f"{noun}s", known)

    files = [
        ClassFile(Path(file.path), walk.name_of(file), place.label, place.split, place.group)
        for file, place in zip(found.files, found.places, strict=True)
    ]
    if not files:
        raise UserError(
            f"There are no {noun}s in folders of their classes in '{readable(source)}'.",
            f"Put the {noun}s of every class in a sub-folder of its own.",
            "data.source",
        )

    files.sort(key=lambda file: (file.split, natural_key(file.label), natural_key(file.name)))
    skipped = (*walk.skipped, *found.skipped)
    return FileList(source, noun, tuple(files), skipped, found.layout.notes())


def names_files(source: str, suffixes: tuple[str, ...]) -> bool:
    """Returns whether a table, or the one in a folder, names files of these endings."""
    try:
        table = open_file_table(Path(source), suffixes, DataSettings(), no_check, sample=True)
        return table is not None
    except (UserError, OSError):
        return False  # the format of all tables says what is wrong


def _listed(
    source: str, noun: str, table: FileTable, data: DataSettings, trained: Reading | None
) -> FileList:
    """Lists the files that a table names. Raises UserError where no column can be the classes."""
    target = data.target if isinstance(data.target, str) else None
    if trained is not None and trained.targets:
        target = trained.targets[0]

    class_column = find_class_column(table, target)
    found = class_rows(table, class_column, source)
    files = [ClassFile(row.path, row.name, row.label, row.split, row.folder) for row in found.rows]
    files.sort(key=lambda file: (file.split, natural_key(file.label), natural_key(file.name)))
    names = table.column_names
    reading = Reading((names[table.file_column],), (names[class_column],), table.header, files=True)
    notes = (reading_note(table, class_column),)
    return FileList(source, noun, tuple(files), tuple(found.skipped), notes, reading)


def refuse_one_class(file_list: FileList, labels: list[str], skipped: list[Skipped]) -> None:
    """Raises UserError where the files that are left, with these labels, have not two classes."""
    source = readable(file_list.source)
    noun = file_list.noun
    bad = [item for item in skipped if not item.ignored]
    if not labels:
        first = f"; '{bad[0].path}': {bad[0].reason}" if bad else ""
        raise UserError(
            f"None of the {len(file_list.files):,} {noun}s in '{source}' could be used{first}.",
            f"Choose a folder with a sub-folder of {noun}s for every class.",
            "data.source",
        )

    if len(set(labels)) < 2:
        more = f" ({len(bad):,} files could not be used)" if bad else ""
        raise UserError(
            f"'{source}' holds only one class, '{labels[0]}'{more}; there is nothing to tell "
            "apart.",
            f"Put the {noun}s of every class in a sub-folder of its own, at least two.",
            "data.source",
        )


def lost_classes(file_list: FileList, labels: list[str]) -> tuple[str, ...]:
    """Returns a sentence for each class of which no file could be read."""
    lost = sorted({file.label for file in file_list.files} - set(labels), key=natural_key)
    return tuple(f"No file of '{name}' could be used; the class is left out." for name in lost)
