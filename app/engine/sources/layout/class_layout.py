"""Which folders above a file name its class, which its split, and which say neither.

What a person is told about the folders follows from it; how it is found stands in `find_layout`.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from app.engine.data.names import natural, readable
from app.engine.data.splits import UNASSIGNED
from app.engine.sources.layout.folder_words import (
    folder_split,
    is_contents,
    is_part,
    is_unlabelled,
)
from app.engine.text import names_text

if TYPE_CHECKING:
    from collections.abc import Mapping

Parts = tuple[str, ...]
"""The names of the folders from the source down to one."""


@dataclass(frozen=True)
class Passed:
    """A folder that is no class.

    kind: whether it stands alone around others, is a split, a part of the data beside others with
    the same classes, or holds masks of the pictures beside it. split: the index in SPLITS, else
    UNASSIGNED.
    """

    kind: Literal["around", "split", "part", "masks"]
    split: int = UNASSIGNED


@dataclass(frozen=True)
class Place:
    """What the folders above a file say.

    label: the class, "" outside every class folder. split: the index in SPLITS, else UNASSIGNED.
    group: the folders that keep it together with others, "" for none.
    """

    label: str
    split: int = UNASSIGNED
    group: str = ""


@dataclass(frozen=True)
class Layout:
    """Where the folders of classes and splits stand.

    passed: the folders that are no classes. innermost: the class is the last folder, not the first
    below those. split_below: splits stand below the classes. question: the names of two levels of
    folders where it is not clear which of them are the classes, else ().
    """

    passed: Mapping[Parts, Passed] = field(default_factory=dict)
    innermost: bool = False
    split_below: bool = False
    question: tuple[tuple[str, ...], ...] = ()
    _places: dict[Parts, Place] = field(default_factory=dict, compare=False, repr=False)

    def place(self, parts: Parts) -> Place:
        """Returns what the folders between the source and a file say of it."""
        if parts not in self._places:
            self._places[parts] = self._place(parts)

        return self._places[parts]

    def _place(self, parts: Parts) -> Place:
        depth = 0
        split = UNASSIGNED
        while depth < len(parts) and (passed := self.passed.get(parts[: depth + 1])):
            if passed.kind == "masks":
                return Place("", split)

            depth += 1
            split = split if passed.split == UNASSIGNED else passed.split

        below = parts[depth:]
        if not below or parts[:depth] in self._parents or is_unlabelled(below[0]):
            return Place("", split)

        if self.split_below and split == UNASSIGNED:
            found = [folder_split(name) for name in below[1:]]
            split = next((split for split in found if split != UNASSIGNED), UNASSIGNED)

        label = _innermost(below) if self.innermost else below[0]
        return Place(readable(label), split, self._group(parts, depth))

    @functools.cached_property
    def _parents(self) -> frozenset[Parts]:
        """The folders that pass on to others, so that what stands beside those is no class."""
        return frozenset(parts[:-1] for parts in self.passed)

    def _group(self, parts: Parts, depth: int) -> str:
        """Returns the folders below a class, or else those of parts above it, "" for neither."""
        split_below = self.split_below
        below = [
            name
            for name in parts[depth + 1 :]
            if not (split_below and folder_split(name) != UNASSIGNED)
        ]
        if below:
            return readable("/".join(parts))

        kinds = [self.passed[parts[:end]].kind for end in range(1, depth + 1)]
        return readable("/".join(parts[:depth])) if "part" in kinds else ""

    def is_class_folder(self, parts: Parts) -> bool:
        """Returns whether a folder stands where those of the classes stand."""
        parent = parts[:-1]
        inside = all(parent[:depth] in self.passed for depth in range(1, len(parts)))
        return inside and parts not in self.passed and parent not in self._parents

    def passed_names(self, *kinds: str) -> tuple[str, ...]:
        """Returns the names of the folders of these kinds, in natural order."""
        return natural(
            readable(parts[-1]) for parts, passed in self.passed.items() if passed.kind in kinds
        )

    def notes(self) -> tuple[str, ...]:
        """Returns sentences on where the classes stand, if not directly in the source."""
        notes = []
        around = [parts for parts, passed in self.passed.items() if passed.kind == "around"]
        if around:
            around.sort(key=len)
            folder = readable("/".join(around[-1]))
            notes.append(f"The classes are the folders in '{folder}'.")

        if names := self.passed_names("part"):
            notes.append(
                f"{names_text(names)} are no classes but parts: the classes are the folders in "
                "them. To have each part in one split, keep the files of one sub-folder together."
            )

        return tuple(notes)


def _innermost(below: Parts) -> str:
    """Returns the last folder that is neither a split nor a part."""
    names = [
        name
        for name in below
        if folder_split(name) == UNASSIGNED and not is_part(name) and not is_contents(name)
    ]
    return names[-1] if names else below[0]
