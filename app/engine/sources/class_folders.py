"""Files of one type in a folder for each class, with train/, val/, test/ above or below.

What the formats of texts and of sounds share.
"""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from app.engine.data import splits
from app.engine.data.dataset import Skipped
from app.engine.data.names import natural_key, readable
from app.engine.data.pictures import FOREIGN
from app.engine.data.pictures import SUFFIXES as PICTURES
from app.engine.errors import UserError
from app.engine.sources.class_layout import layout_of
from app.engine.sources.folder_walk import FolderWalk, is_junk

if TYPE_CHECKING:
    from app.engine.experiment.data_settings import DataSettings
    from app.engine.sources.format import Check

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

    noun: "text" or "sound", for sentences.
    """

    source: str
    noun: str
    files: tuple[ClassFile, ...]
    skipped: tuple[Skipped, ...]
    notes: tuple[str, ...]

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

    def refusal(self, suffix: str) -> tuple[str, bool] | None:
        return None if suffix in self.suffixes else (f"it is not a {self.noun}", True)


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


def list_files(source: str, suffixes: tuple[str, ...], noun: str, check: Check) -> FileList:
    """Lists the files of every class, ordered by split, class and name.

    noun: "text" or "sound", for sentences. Raises UserError where the folders name no classes,
    OSError for the source itself.
    """
    walk = SuffixWalk(source, suffixes, noun)
    walk.run(check)
    walk.files.sort(key=lambda file: file.path)
    layout = layout_of(walk.files)
    skipped = list(walk.skipped)

    files: list[ClassFile] = []
    for file in walk.files:
        label, split = layout.class_and_split(file.parts)
        name = walk.name_of(file)
        if layout.outside(label, split):
            skipped.append(Skipped(name, "it stands outside the folders of the classes"))
        else:
            group = layout.group(file.parts)
            files.append(ClassFile(Path(file.path), name, label, split, group))

    if not files:
        raise UserError(
            f"There are no {noun}s in folders of their classes in '{readable(source)}'.",
            f"Put the {noun}s of every class in a sub-folder of its own.",
            "data.source",
        )
    if layout.holds_only_splits([file.label for file in files]):
        raise UserError(
            f"The {noun}s in '{readable(source)}' stand directly in folders named after splits, "
            "not after classes.",
            f"Put the {noun}s of every class in a sub-folder of its own.",
            "data.source",
        )

    files.sort(key=lambda file: (file.split, natural_key(file.label), natural_key(file.name)))
    return FileList(source, noun, tuple(files), tuple(skipped), layout.note(walk.files))


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
