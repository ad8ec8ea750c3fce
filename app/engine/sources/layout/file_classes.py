"""Gives every file of a folder its class and split, by the folders above it or by its own name."""

from __future__ import annotations

import os
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.engine.data.dataset import Skipped
from app.engine.data.names import natural, readable
from app.engine.errors import UserError
from app.engine.sources.layout.find_layout import find_layout
from app.engine.text import names_text

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from app.engine.experiment.data_settings import DataSettings
    from app.engine.sources.folder_walk import FolderWalk, SourceFile
    from app.engine.sources.layout.class_layout import Layout, Place

NAMED = 0.9
"""The share of the files whose names must begin with a class for that to be offered."""

SHOWN = 3
"""At most so many classes are named in a question."""

_NUMBER = re.compile(r"(?P<name>.*?[^\W\d_].*?)[\s._\-#(]*\d[\d\s._\-()]*")


@dataclass(frozen=True)
class ClassFiles:
    """The files that have a class, in the order of the walk, and what follows from their folders.

    places: of each file.
    """

    files: tuple[SourceFile, ...]
    places: tuple[Place, ...]
    layout: Layout
    skipped: tuple[Skipped, ...]


def class_in_name(path: str) -> str:
    """Returns the class that a file's name begins with: "cat" of cat.001.jpg; "" without one."""
    match = _NUMBER.fullmatch(os.path.splitext(os.path.basename(path))[0])
    return readable(match["name"]) if match else ""


def class_files(
    walk: FolderWalk, data: DataSettings, nouns: str, known: Collection[str] = ()
) -> ClassFiles:
    """Gives the files of a walk their classes and splits, as the settings or their folders say.

    nouns: what the files are, for sentences. known: the classes of a training, whose folders are
    looked for.

    Raises UserError where no folder can be a class, or where it is not clear which are.
    """
    if data.labels in ("tags", "crops"):
        raise UserError(
            f"The {nouns} in '{readable(walk.root)}' have no label files of boxes, or they are "
            "in folders of their classes.",
            "Choose other labels under [data], or leave them open.",
            "data.labels",
        )

    layout = find_layout(walk.files, data.labels, known)
    if layout.question:
        raise _question(walk, layout)

    files = []
    places = []
    skipped = []
    by_name = data.labels == "name"
    for file in walk.files:
        place = layout.place(file.parts)
        if by_name:
            place = _named(file, place)
        if place.label:
            files.append(file)
            places.append(place)
        else:
            outside = "it is outside the folders of the classes"
            reason = "its name has no class before a number" if by_name else outside
            skipped.append(Skipped(walk.name_of(file), reason))

    if walk.files and not files:
        raise _no_classes(walk, layout, nouns, by_name)

    one = len({place.label for place in places}) == 1 and data.labels is None and not known
    if one and (offered := offered_classes(files)):
        raise UserError(
            f"All {nouns} in '{readable(walk.root)}' are in one folder, '{places[0].label}'. "
            f"Their names begin with {names_text(offered, SHOWN)}.",
            'If these are the classes, choose labels = "name" under [data].',
            "data.labels",
        )

    return ClassFiles(tuple(files), tuple(places), layout, tuple(skipped))


def _named(file: SourceFile, place: Place) -> Place:
    group = readable("/".join(file.parts))
    return type(place)(class_in_name(file.path), place.split, group)


def _question(walk: FolderWalk, layout: Layout) -> UserError:
    outer, inner = layout.question
    return UserError(
        f"The folders in '{readable(walk.root)}' can be read in two ways: the classes are "
        f"{names_text(outer, SHOWN)}, or they are {names_text(inner, SHOWN)}, which stand in most "
        "of these.",
        'Choose where the classes come from: the outer folders (labels = "folder" under [data]), '
        'or the innermost ones (labels = "last-folder").',
        "data.labels",
    )


def _no_classes(walk: FolderWalk, layout: Layout, nouns: str, by_name: bool) -> UserError:
    """Returns the error where no file has a class, which says what can be done."""
    source = readable(walk.root)
    if by_name:
        first = os.path.basename(readable(walk.files[0].path))
        return UserError(
            f"No name of the {nouns} in '{source}' begins with a class before a number, such as "
            f"'cat_12'; the first is '{first}'.",
            "Choose other labels under [data], or leave them open.",
            "data.labels",
        )

    if masks := layout.passed_names("masks"):
        return UserError(
            f"The {nouns} in '{source}' are beside their masks in {names_text(masks, SHOWN)}, "
            "not in folders of their classes. A mask says what every pixel is; that is not "
            "learned here.",
            f"Put the {nouns} of every class in a sub-folder of its own, or open a table that "
            "names their classes.",
            "data.source",
        )

    what = f"There are no {nouns} in folders of their classes in '{source}'."
    if names := layout.passed_names("split", "part"):
        what = (
            f"The {nouns} in '{source}' are directly in {names_text(names, len(names))}, not in "
            "folders of their classes."
        )

    ways = [
        f"Put the {nouns} of every class in a sub-folder of its own, or open a table that names "
        "their classes."
    ]
    if classes := offered_classes(walk.files):
        ways.append(
            f"Their names begin with {names_text(classes, SHOWN)}: if these are the classes, "
            'choose labels = "name" under [data].'
        )
    if any(passed.kind == "part" for passed in layout.passed.values()):
        ways.append('If these folders are the classes, choose labels = "folder" under [data].')

    return UserError(what, " ".join(ways), "data.labels")


def offered_classes(files: Sequence[SourceFile]) -> tuple[str, ...]:
    """Returns the classes that the names of files begin with, () where they name none.

    There are at least two, of at least two files each, in nearly all names.
    """
    counts = Counter(class_in_name(file.path) for file in files)
    unnamed = counts.pop("", 0)
    single = sum(count == 1 for count in counts.values())
    fitting = counts.total() - single
    if len(counts) - single < 2 or fitting < NAMED * (fitting + single + unnamed):
        return ()

    return natural(counts)
