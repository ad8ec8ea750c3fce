"""Finds out which folders are classes, from the names of all folders and how they repeat.

Folders are passed from the outside inwards until those are reached that can be classes: single ones
around everything, splits, parts such as "fold1", and sources such as "patient 3" that hold the same
folders each. Of two levels with the same names in every folder either may be the classes; that is a
question.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.engine.data.names import natural, readable
from app.engine.data.splits import TEST, TRAINING, UNASSIGNED, VALIDATION, split_of
from app.engine.sources.layout.class_layout import Layout, Parts, Passed
from app.engine.sources.layout.folder_words import (
    folder_split,
    is_contents,
    is_mask,
    is_part,
    is_source,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from app.engine.experiment.data_settings import Labels
    from app.engine.sources.folder_walk import SourceFile

DEEPEST = 8
"""At most so many levels of folders are passed through."""

MOSTLY = 0.8
"""The share of the files that decides where folders of some other names stand among them."""


def find_layout(
    files: Iterable[SourceFile], labels: Labels | None = None, known: Collection[str] = ()
) -> Layout:
    """Finds out where splits and classes stand in the folders of these files.

    A folder "train" is a split only if it holds folders, or stands beside a test set: of car, train
    and plane, train is a class. Below the classes, at least half of them must have a training
    folder and some a test or validation folder.

    labels: as the settings say. known: the classes of a training, whose folders are looked for.
    """
    return layout_of_folders(Counter(file.parts for file in files), labels, known)


def layout_of_folders(
    counts: Counter[Parts], labels: Labels | None = None, known: Collection[str] = ()
) -> Layout:
    """Finds out the same from the number of files in each folder."""
    return _Finder(counts, labels, known).find()


@dataclass(frozen=True)
class _Level:
    """The folders at one depth inside those that were passed, by their names.

    direct, deeper: how many files stand in the folders of a name, and in folders below them. below:
    how many files there are under each name one level further down. deepest: in folders below
    those. paths: of each name's folders.
    """

    direct: Counter[str]
    deeper: Counter[str]
    below: dict[str, Counter[str]]
    paths: dict[str, set[Parts]]
    deepest: Counter[str]

    @property
    def names(self) -> list[str]:
        return sorted(self.paths)

    @property
    def next_names(self) -> set[str]:
        return {name for names in self.below.values() for name in names}

    def mostly_deeper(self, names: Collection[str]) -> bool:
        """Returns whether most files under each of these names stand deeper."""
        return all(self.deeper[name] > self.direct[name] for name in names)

    @property
    def common(self) -> set[str]:
        """The names that most folders have inside, where those are of most files; else none."""
        counts = Counter(name for names in self.below.values() for name in names)
        common = {name for name, count in counts.items() if 2 * count > len(self.paths) >= 2}
        covered = sum(names[name] for names in self.below.values() for name in common)
        total = self.direct.total() + self.deeper.total()

        return common if len(common) > 1 and covered >= MOSTLY * total else set()


class _Finder:
    def __init__(
        self, counts: Counter[Parts], labels: Labels | None, known: Collection[str]
    ) -> None:
        self._counts = counts
        self._labels = labels
        self._known = frozenset(known)
        self._passed: dict[Parts, Passed] = {}
        self._ends: set[Parts] = {()}

    def find(self) -> Layout:
        question: tuple[tuple[str, ...], ...] = ()
        for _ in range(DEEPEST):
            level = self._level()
            passed = self._nested_splits(level) or self._to_pass(level)
            if not passed:
                question = self._question(level)
                break

            self._pass(level, passed)

        return Layout(self._passed, self._labels == "last-folder", self._splits_below(), question)

    def _level(self) -> _Level:
        level = _Level(Counter(), Counter(), defaultdict(Counter), defaultdict(set), Counter())
        for parts, count in self._counts.items():
            depth = next(
                (end for end in range(len(parts), -1, -1) if parts[:end] in self._ends), None
            )
            if depth is None or depth == len(parts):
                continue

            name = parts[depth]
            level.paths[name].add(parts[: depth + 1])
            if len(parts) == depth + 1:
                level.direct[name] += count
            else:
                level.deeper[name] += count
                level.below[name][parts[depth + 1]] += count
                level.deepest[name] += count if len(parts) > depth + 2 else 0

        return level

    def _pass(self, level: _Level, passed: dict[str, Passed]) -> None:
        for name, what in passed.items():
            for parts in level.paths[name]:
                self._passed[parts] = what
                self._ends.discard(parts[:-1])
                if what.kind != "masks":
                    self._ends.add(parts)

    # --- what is passed

    def _nested_splits(self, level: _Level) -> dict[str, Passed]:
        """Returns folders inside one of the same split: training_set/training_set/cats."""
        return {
            name: Passed("split", split)
            for name in level.names
            if (split := folder_split(name)) != UNASSIGNED
            and (level.deeper[name] > level.direct[name] or _repeats(level.paths[name]))
            and all(self._split_above(parts) == split for parts in level.paths[name])
        }

    def _split_above(self, parts: Parts) -> int:
        above = [self._passed[parts[:end]].split for end in range(1, len(parts))]
        return next((split for split in reversed(above) if split != UNASSIGNED), UNASSIGNED)

    def _to_pass(self, level: _Level) -> dict[str, Passed]:
        names = level.names
        if not names:
            return {}
        if self._known:
            here = sum(self._is_known(name) for name in names)
            deeper = sum(self._is_known(name) for name in level.next_names)
            if here and here >= min(deeper, len(names)):
                return {}
            if deeper and not here:
                return self._all_of(names)

        if splits := self._splits(level):
            return splits
        if masked := _beside_masks(names):
            return masked
        if len(names) == 1:
            return self._single(level, names[0])
        if self._labels == "folder":
            return {}
        if all(map(_is_split_or_part, names)) or self._are_sources(level):
            return self._all_of(names)

        return {}

    def _is_known(self, name: str) -> bool:
        return readable(name) in self._known

    def _all_of(self, names: Collection[str]) -> dict[str, Passed]:
        return {
            name: Passed("split", split)
            if (split := folder_split(name)) != UNASSIGNED
            else Passed("part" if len(names) > 1 else "around")
            for name in names
        }

    def _splits(self, level: _Level) -> dict[str, Passed]:
        """Returns the folders that are splits, where these are; {} where they may be classes."""
        names = level.names
        found = {name: folder_split(name) for name in names}
        training = [name for name, split in found.items() if split == TRAINING]
        judging = [name for name, split in found.items() if split in (VALIDATION, TEST)]
        others = [name for name, split in found.items() if split == UNASSIGNED]

        strict = any(split_of(name) == TRAINING for name in training)
        deeper = bool(training) and level.mostly_deeper(training)
        others_deeper = strict and deeper and level.mostly_deeper(others)
        if not ((training and judging) or others_deeper or names == training):
            return {}
        if not others_deeper and len(others) > len(training) + len(judging):
            return {}

        return {
            name: Passed("split", split)
            for name in names
            if (split := _beside_splits(name)) != UNASSIGNED
        }

    def _single(self, level: _Level, name: str) -> dict[str, Passed]:
        """Returns the one folder, where it stands around the others; {} where it is a class."""
        says_nothing = is_contents(name) or is_part(name) or folder_split(name) != UNASSIGNED
        if says_nothing or (not level.direct[name] and len(level.below[name]) > 1):
            return {name: Passed("around")}
        if level.direct[name]:
            return {}

        (inner,) = level.below[name]
        deeper = any(
            len(parts) > len(path) + 1
            for path in level.paths[name]
            for parts in self._counts
            if parts[: len(path) + 1] == (*path, inner)
        )
        return {name: Passed("around")} if deeper or is_contents(inner) else {}

    def _are_sources(self, level: _Level) -> bool:
        """Returns whether each folder is a source or part with the same folders in it."""
        common = level.common
        if not common or not all(map(_is_passable, level.names)):
            return False

        inside = level.deepest.total() >= MOSTLY * level.deeper.total()
        return inside or not all(map(_is_passable, common))

    # --- what is left open

    def _question(self, level: _Level) -> tuple[tuple[str, ...], ...]:
        """Returns the names of two levels of which either may be the classes, else ()."""
        common = level.common
        if self._labels is not None or self._known or not common:
            return ()
        if any(_is_passable(name) or is_contents(name) for name in common):
            return ()

        return natural(map(readable, level.names)), natural(map(readable, common))

    def _splits_below(self) -> bool:
        splits: dict[str, set[int]] = defaultdict(set)
        for parts in self._counts:
            end = next((e for e in range(len(parts), -1, -1) if parts[:e] in self._ends), None)
            if end is not None and end < len(parts):
                splits[parts[end]] |= {folder_split(name) for name in parts[end + 1 :]}

        with_training = sum(TRAINING in found for found in splits.values())
        with_others = any(found & {VALIDATION, TEST} for found in splits.values())
        return len(splits) > 1 and with_training * 2 >= len(splits) and with_others


def _repeats(paths: Collection[Parts]) -> bool:
    """Returns whether folders stand in one of the same name each: test_set/test_set."""
    return all(len(parts) > 1 and parts[-1] == parts[-2] for parts in paths)


def _beside_masks(names: Collection[str]) -> dict[str, Passed]:
    """Returns the folder of pictures where all others are of their masks; {} where it is none."""
    pictures = [name for name in names if is_contents(name)]
    masks = [name for name in names if is_mask(name)]
    if len(pictures) != 1 or not masks or len(pictures) + len(masks) < len(names):
        return {}

    return {name: Passed("masks" if name in masks else "around") for name in (*pictures, *masks)}


def _is_split_or_part(name: str) -> bool:
    return folder_split(name) != UNASSIGNED or is_part(name)


def _is_passable(name: str) -> bool:
    return _is_split_or_part(name) or is_source(name)


def _beside_splits(name: str) -> int:
    """Returns the split of a folder beside "train": "val..." and "test..." are no classes there."""
    split = folder_split(name)
    if split == UNASSIGNED and name.lower().startswith("val"):
        return VALIDATION
    if split == UNASSIGNED and name.lower().startswith("test"):
        return TEST

    return split
