"""Files of one sort in a folder for each class, with train/, val/, test/ above or below: what
formats of texts and of sounds share with folders of pictures.
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
from app.engine.data.splits import FREE, split_of
from app.engine.errors import UserError
from app.engine.sources.formats.image_folder import Found, Walk, is_junk, layout_of

if TYPE_CHECKING:
    from app.engine.experiment.data_settings import DataSettings
    from app.engine.sources.format import Check

LOOKED_AT = 3_000
"""At most so many files are counted to find out what a folder holds."""


@dataclass(frozen=True)
class Listed:
    """A file in the folder of its class.

    name: below the source. group: its sub-folder in the class, "" directly.
    """

    path: Path
    name: str
    label: str
    hint: int
    group: str


@dataclass(frozen=True)
class Listing:
    files: tuple[Listed, ...]
    skipped: tuple[Skipped, ...]
    notes: tuple[str, ...]

    def groups(self, data: DataSettings, rows: list[int]) -> list[str] | None:
        """What is kept together of these files, as asked for."""
        if data.group == "none":
            return None
        if data.group == "folder":
            return [self.files[row].group for row in rows]

        return splits.groups_by_name([self.files[row].name for row in rows])


class FileWalk(Walk):
    """Finds files of some endings; `noun` is what they are called."""

    def __init__(self, root: str, suffixes: tuple[str, ...], noun: str) -> None:
        super().__init__(root)
        self.suffixes = suffixes
        self.noun = noun

    def refusal(self, suffix: str) -> tuple[str, bool] | None:
        return None if suffix in self.suffixes else (f"it is not a {self.noun}", True)


def holds_mostly(source: str, suffixes: tuple[str, ...]) -> bool:
    """Whether a folder holds files of these endings, more than half of all, and no pictures; one
    outside its sub-folders, such as a readme, does not count.
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

        if sum(counts.values()) >= LOOKED_AT:
            break

    if any(counts[suffix] for suffix in (*PICTURES, *FOREIGN)):
        return False

    fitting = sum(counts[suffix] for suffix in suffixes)
    return (fitting_below > 0 or fitting > 1) and 2 * fitting > sum(counts.values())


def list_files(source: str, suffixes: tuple[str, ...], noun: str, check: Check) -> Listing:
    """The files of every class, in an order of their own. noun: "text", for sentences.

    Raises UserError where the folders name no classes, OSError for the source itself.
    """
    walk = FileWalk(source, suffixes, noun)
    walk.run(check)
    walk.files.sort(key=lambda found: found.path)
    layout = layout_of(walk.files)
    skipped = list(walk.skipped)

    rows: list[Listed] = []
    for found in walk.files:
        label, hint = layout.read(found.parts)
        name = readable(os.path.relpath(found.path, walk.root))
        if not label or (layout.split_first and hint == FREE):
            skipped.append(Skipped(name, "it stands outside the folders of the classes"))
        else:
            rows.append(Listed(Path(found.path), name, label, hint, layout.group(found.parts)))

    if not rows:
        raise UserError(
            f"There are no {noun}s in folders of their classes in '{readable(source)}'.",
            f"Put the {noun}s of every class in a sub-folder of its own.",
            "data.source",
        )
    if (
        layout.depth == 0
        and not layout.split_first
        and all(split_of(row.label) != FREE for row in rows)
    ):
        raise UserError(
            f"The {noun}s in '{readable(source)}' stand directly in folders named after splits, "
            "not after classes.",
            f"Put the {noun}s of every class in a sub-folder of its own.",
            "data.source",
        )

    rows.sort(key=lambda row: (row.hint, natural_key(row.label), natural_key(row.name)))
    notes: tuple[str, ...] = ()
    if layout.depth:
        notes = (
            "The classes are the folders in "
            f"'{readable('/'.join(_parts(walk.files[0], layout.depth)))}'.",
        )

    return Listing(tuple(rows), tuple(skipped), notes)


def need_classes(
    source: str, listing: Listing, labels: list[str], skipped: list[Skipped], noun: str
) -> None:
    """Raises UserError where fewer than two classes are left."""
    bad = [item for item in skipped if not item.ignored]
    if not labels:
        first = f"; '{bad[0].path}': {bad[0].reason}" if bad else ""
        raise UserError(
            f"None of the {len(listing.files):,} {noun}s in '{readable(source)}' could be "
            f"used{first}.",
            f"Choose a folder with a sub-folder of {noun}s for every class.",
            "data.source",
        )

    if len(set(labels)) < 2:
        more = f" ({len(bad):,} files could not be used)" if bad else ""
        raise UserError(
            f"'{readable(source)}' holds only one class, '{labels[0]}'{more}; there is nothing to "
            "tell apart.",
            f"Put the {noun}s of every class in a sub-folder of its own, at least two.",
            "data.source",
        )


def lost_classes(listing: Listing, labels: list[str]) -> tuple[str, ...]:
    """A sentence for each class of which no file could be read."""
    lost = sorted({row.label for row in listing.files} - set(labels), key=natural_key)
    return tuple(f"No file of '{name}' could be used; the class is left out." for name in lost)


def _parts(found: Found, depth: int) -> tuple[str, ...]:
    return found.parts[:depth]
