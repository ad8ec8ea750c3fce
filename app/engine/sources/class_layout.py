"""Which folders above a file name its class, and which its split."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.engine.data.names import readable
from app.engine.data.splits import TEST, TRAINING, UNASSIGNED, VALIDATION, split_of

if TYPE_CHECKING:
    from app.engine.sources.folder_walk import SourceFile

DEEPEST = 3
"""At most so many single folders around everything are passed through."""


@dataclass(frozen=True)
class Layout:
    """Where the folders of classes and splits stand.

    depth: single folders around everything, which are passed through. split_first: splits stand
    above the classes. split_second: splits stand below the classes.
    """

    depth: int = 0
    split_first: bool = False
    split_second: bool = False

    def class_and_split(self, parts: tuple[str, ...]) -> tuple[str, int]:
        """Returns class and split of a file; the class is "" outside every class folder.

        parts: the folders between the source and it. split: the index in SPLITS, else UNASSIGNED.
        """
        parts = parts[self.depth :]
        if self.split_first:
            if len(parts) < 2:
                return "", UNASSIGNED
            return readable(parts[1]), _split_folder(parts[0])

        if not parts:
            return "", UNASSIGNED

        split = split_of(parts[1]) if self.split_second and len(parts) > 1 else UNASSIGNED
        return readable(parts[0]), split

    def outside(self, label: str, split: int) -> bool:
        """Returns whether a file of this class and split stands outside the class folders."""
        return not label or (self.split_first and split == UNASSIGNED)

    def group(self, parts: tuple[str, ...]) -> str:
        """Returns the sub-folder of a class in which a file stands, "" directly in the class."""
        below = parts[self.depth + (2 if self.split_first else 1) :]
        if self.split_second and below and split_of(below[0]) != UNASSIGNED:
            below = below[1:]

        return readable("/".join(parts)) if below else ""

    def holds_only_splits(self, labels: list[str]) -> bool:
        """Returns whether the folders are all named after splits, so that there are no classes."""
        return (
            self.depth == 0
            and not self.split_first
            and bool(labels)
            and all(split_of(label) != UNASSIGNED for label in labels)
        )

    def note(self, files: list[SourceFile]) -> tuple[str, ...]:
        """Returns a sentence on where the classes stand, if not directly in the source."""
        if not self.depth:
            return ()

        folder = readable("/".join(files[0].parts[: self.depth]))
        return (f"The classes are the folders in '{folder}'.",)


def _split_folder(name: str) -> int:
    """Returns the split of a folder beside "train": "val..." and "test..." are no classes there."""
    split = split_of(name)
    if split == UNASSIGNED and name.lower().startswith("val"):
        return VALIDATION
    if split == UNASSIGNED and name.lower().startswith("test"):
        return TEST

    return split


def layout_of(files: list[SourceFile], depth: int = 0) -> Layout:
    """Finds out where splits and classes stand in these folders.

    A folder "train" is a split only if it holds folders: of car, train and plane, train is a class.
    Below the classes, at least half of them must have a train folder and some a test or validation
    folder. A single folder around everything is passed through.
    """
    parts = [file.parts[depth:] for file in files]
    tops = {part[0] for part in parts if part}
    training = {top for top in tops if split_of(top) == TRAINING}
    deeper = Counter(part[0] for part in parts if len(part) > 1)
    direct = Counter(part[0] for part in parts if len(part) == 1)
    if training and all(deeper[top] > direct[top] for top in training):
        return Layout(depth, split_first=True)

    below: dict[str, set[int]] = {}
    for part in parts:
        if part:
            below.setdefault(part[0], set()).add(split_of(part[1]) if len(part) > 1 else UNASSIGNED)

    with_training = sum(TRAINING in splits for splits in below.values())
    with_others = any(splits & {VALIDATION, TEST} for splits in below.values())
    if len(below) > 1 and with_training * 2 >= len(below) and with_others:
        return Layout(depth, split_second=True)

    one_folder = len(tops) == 1 and not direct
    if one_folder and depth < DEEPEST and len({part[1] for part in parts if len(part) > 1}) > 1:
        return layout_of(files, depth + 1)

    return Layout(depth)
