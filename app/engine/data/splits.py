"""Divides examples into splits: stratified, seeded, no class lost.

Groups and exact copies are kept together: a unit is what must stay together, one example or a group
of them. Everything here counts in units and moves units.
"""

from __future__ import annotations

import os
import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from app.engine.data.dataset import SPLITS
from app.engine.text import percent_text

if TYPE_CHECKING:
    from collections.abc import Sequence

TRAINING, VALIDATION, TEST = range(3)
"""The indices of SPLITS."""

UNASSIGNED = -1
"""An example without a split of its own, which may be divided freely."""

AUTO_SHARE = 0.1
AUTO_MOST = 3_000
"""The share of the examples for validation where it is left open, and their number at most."""

_SUFFIX = "(?:[-_ .]?(?:set|data|split|images|imgs|pictures|files|[0-9]+))?"
_SPLIT_NAMES = (
    re.compile(rf"(?:train|training|trn){_SUFFIX}", re.IGNORECASE),
    re.compile(rf"(?:val|valid|validation|validate|dev){_SUFFIX}", re.IGNORECASE),
    re.compile(rf"(?:test|testing|tst|t10k){_SUFFIX}", re.IGNORECASE),
)


def split_of(name: str) -> int:
    """Returns the split that a word such as "train", "val2017" or "test-set" names.

    The index in SPLITS, else UNASSIGNED.
    """
    for split, pattern in enumerate(_SPLIT_NAMES):
        if pattern.fullmatch(name.strip()):
            return split

    return UNASSIGNED


@dataclass(frozen=True)
class Division:
    """The split of every example.

    splits: (N,) int8, the index in SPLITS, UNASSIGNED for copies that are left out. reason: how it
    was done, in a sentence or two. left_out: how many are.
    """

    splits: np.ndarray
    reason: str
    left_out: int = 0

    def indices(self) -> dict[str, np.ndarray]:
        """Returns the rows of each split, ascending."""
        return {name: np.flatnonzero(self.splits == split) for split, name in enumerate(SPLITS)}


def divide(
    targets: np.ndarray,
    predefined_splits: np.ndarray,
    units: np.ndarray,
    class_count: int,
    validation_share: float | None,
    test_share: float,
    seed: int,
) -> Division:
    """Divides examples with class numbers `targets` (N,) and `units` (N,) that stay together.

    predefined_splits: (N,), those that the data have. Predefined validation and test sets are left
    as they are; training examples that are copies of theirs are left out. What is missing is taken
    from the rest. Each class with two units or more gets one in validation, with three or more one
    in test; training keeps at least one.
    """
    splits = predefined_splits.astype(np.int8, copy=True)
    left_out = _leave_out_copies(splits, units)
    pool = np.flatnonzero((splits == UNASSIGNED) & ~left_out | (splits == TRAINING))
    splits[pool] = TRAINING
    shares: dict[int, float] = {}

    reasons = []
    if (predefined_splits == VALIDATION).any():
        reasons.append("The data have a validation set of their own.")
    else:
        share = validation_share
        if share is None:
            share = min(AUTO_SHARE, AUTO_MOST / max(1, len(pool)))

        shares[VALIDATION] = share
        reasons.append(
            f"Validation: {percent_text(share)} of the training examples, the same share of every "
            "class."
        )

    if (predefined_splits == TEST).any():
        reasons.append("The data have a test set of their own.")
    elif test_share > 0:
        shares[TEST] = test_share
        reasons.append(f"Test: {percent_text(test_share)}, taken in the same way.")
    else:
        reasons.append("There is no test set.")

    if shares:
        random = np.random.Generator(np.random.PCG64(seed))
        _move_units(splits, targets, units, pool, shares, class_count, random)
        reasons.append(f"Split number {seed}.")

    if left_out.any():
        reasons.append(
            f"{int(left_out.sum()):,} training examples that are also in another set are left out."
        )

    return Division(splits, " ".join(reasons), int(left_out.sum()))


def _leave_out_copies(splits: np.ndarray, units: np.ndarray) -> np.ndarray:
    """Leaves out examples whose unit stands in a split that later ones are measured by.

    Training examples with a unit in validation or test, and validation examples with one in test,
    become UNASSIGNED in place. Returns which they are: (N,) bool.
    """
    left_out = np.zeros(len(splits), bool)
    for split, earlier in (
        (TEST, (UNASSIGNED, TRAINING, VALIDATION)),
        (VALIDATION, (UNASSIGNED, TRAINING)),
    ):
        own_units = np.unique(units[splits == split])
        if len(own_units):
            left_out |= np.isin(splits, earlier) & np.isin(units, own_units)

    splits[left_out] = UNASSIGNED
    return left_out


def _move_units(
    splits: np.ndarray,
    targets: np.ndarray,
    units: np.ndarray,
    pool: np.ndarray,
    shares: dict[int, float],
    class_count: int,
    random: np.random.Generator,
) -> None:
    """Moves units of the pool from training to the splits in `shares`, in place.

    Large units first, as long as they fit; single examples then fill what is missing.
    """
    shuffled = random.permutation(pool)
    single = (np.bincount(units[pool])[units[shuffled]] == 1) if len(pool) else pool == 0
    groups = _groups(shuffled[~single], units, targets)
    singles = shuffled[single]
    single_targets = targets[singles]

    examples = np.bincount(targets[pool], minlength=class_count)
    units_with = np.bincount(single_targets, minlength=class_count)
    for group in groups:
        units_with[list(group.content)] += 1

    quotas = _Quotas(shares, examples, units_with)
    for group in sorted(groups, key=lambda group: -len(group.rows)):
        split = quotas.best_for(group.content)
        quotas.take(split, group.content)
        splits[group.rows] = split

    for target in np.unique(single_targets).tolist():
        waiting = singles[single_targets == target]
        for split in shares:
            count = min(len(waiting), quotas.wanted(split, target))
            quotas.take_singles(split, target, count)
            splits[waiting[len(waiting) - count :]] = split
            waiting = waiting[: len(waiting) - count]

    _fill_missing_classes(splits, groups, singles, single_targets, quotas)


@dataclass(frozen=True)
class _Group:
    """A unit of several examples. rows: theirs. content: class -> how many of them."""

    rows: np.ndarray
    content: Counter[int]


def _groups(shuffled: np.ndarray, units: np.ndarray, targets: np.ndarray) -> list[_Group]:
    """Returns the units of several examples in the order in which they first appear."""
    rows_of: dict[int, list[int]] = defaultdict(list)
    for row in shuffled.tolist():
        rows_of[int(units[row])].append(row)

    return [_Group(np.array(rows), Counter(targets[rows].tolist())) for rows in rows_of.values()]


class _Quotas:
    """How many examples of each class each split should get and has.

    examples, units: (K,) of each class, in the pool. training_units: (K,) how many units with
    examples of each class training still has.
    """

    def __init__(self, shares: dict[int, float], examples: np.ndarray, units: np.ndarray) -> None:
        self.shares = shares
        self.training_units = units.copy()
        self.has = {split: np.zeros_like(examples) for split in (TRAINING, *shares)}

        self.quota: dict[int, np.ndarray] = {}
        for split, share in shares.items():
            needed_units = 3 if split == TEST and VALIDATION in shares else 2
            least = (units >= needed_units).astype(int)
            quota = np.maximum(np.rint(examples * share).astype(int), least if share > 0 else 0)
            self.quota[split] = np.minimum(quota, np.maximum(examples - 1, 0)) * (least > 0)

        self.quota[TRAINING] = np.maximum(examples - sum(self.quota.values()), 1)

    def wanted(self, split: int, target: int) -> int:
        """Returns how many further single examples of a class a split should get, and may."""
        missing = int(self.quota[split][target] - self.has[split][target])
        return max(0, min(missing, self._spare(split, target)))

    def _spare(self, split: int, target: int) -> int:
        """Returns how many units with examples of a class a split may take from training.

        One stays for training, and one for each other split that has none yet.
        """
        waiting = sum(
            bool(self.quota[other][target]) and not self.has[other][target]
            for other in self.shares
            if other != split
        )
        return int(self.training_units[target]) - 1 - waiting

    def best_for(self, content: Counter[int]) -> int:
        """Returns the split that lacks most of what is in a unit, else training.

        A split whose quota the unit would exceed by more than half of itself is left out.
        """
        best = TRAINING
        best_lack = self._lack(TRAINING, content)
        for split in self.shares:
            fits = all(self._spare(split, target) > 0 for target in content) and all(
                self.quota[split][target] - self.has[split][target] >= (number + 1) // 2
                for target, number in content.items()
            )
            lack = self._lack(split, content)
            if fits and lack > best_lack:
                best = split
                best_lack = lack

        return best

    def _lack(self, split: int, content: Counter[int]) -> float:
        """Returns the share of the quota of these classes that is missing yet, on average."""
        quota = self.quota[split]
        has = self.has[split]
        lacks = [(quota[target] - has[target]) / max(1, quota[target]) for target in content]
        return float(sum(lacks) / len(lacks))

    def take(self, split: int, content: Counter[int]) -> None:
        """Counts a unit that goes to a split."""
        for target, number in content.items():
            self.has[split][target] += number
            if split != TRAINING:
                self.training_units[target] -= 1

    def take_singles(self, split: int, target: int, count: int) -> None:
        """Counts units of one example that go from training to a split."""
        self.has[split][target] += count
        self.training_units[target] -= count


def _fill_missing_classes(
    splits: np.ndarray,
    groups: Sequence[_Group],
    singles: np.ndarray,
    single_targets: np.ndarray,
    quotas: _Quotas,
) -> None:
    """Gives a split without a class that it should have the smallest unit with that class.

    Only as long as training keeps a unit of each class.
    """
    for split in quotas.shares:
        missing = (quotas.has[split] == 0) & (quotas.quota[split] > 0)
        for target in np.flatnonzero(missing).tolist():
            alone = singles[(single_targets == target) & (splits[singles] == TRAINING)]
            first = [_Group(alone[:1], Counter({target: 1}))] if len(alone) else []
            others = [
                group
                for group in groups
                if splits[group.rows[0]] == TRAINING and target in group.content
            ]
            for group in (*first, *sorted(others, key=lambda group: len(group.rows))):
                if all(quotas.training_units[other] > 1 for other in group.content):
                    quotas.take(split, group.content)
                    splits[group.rows] = split
                    break


def groups_by_name(names: Sequence[str]) -> list[str]:
    """Returns the group of each name: the name without its last number, in its folder.

    So frames of one film share it. "" where there is no number.
    """
    groups = []
    for name in names:
        folder, file = os.path.split(name)
        stem = os.path.splitext(file)[0]
        prefix = re.sub(r"\d+(?=\D*$)", "#", stem)
        groups.append(f"{folder}/{prefix}" if prefix != stem else "")

    return groups


def units_of(equals: np.ndarray, groups: Sequence[str] | None) -> np.ndarray:
    """Returns the unit of every example: (N,) int64.

    Examples with the same number in `equals` (N,) or of equal groups ("" is none) are in one unit.
    """
    if groups is None or not any(groups):
        return equals

    parent = list(range(len(equals)))

    def root(row: int) -> int:
        while parent[row] != row:
            parent[row] = parent[parent[row]]
            row = parent[row]
        return row

    first: dict[object, int] = {}
    for row, (copy, group) in enumerate(zip(equals.tolist(), groups, strict=True)):
        for key in (copy, group) if group else (copy,):
            other = first.setdefault(key, row)
            parent[root(row)] = root(other)

    return np.array([root(row) for row in range(len(parent))], np.int64)
