"""Dividing examples: stratified, seeded, groups and exact copies kept together, no class lost.

A unit is what must stay together: one example, or a group of them. Everything here counts in units
and moves units.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from app.engine.data.dataset import SPLITS
from app.engine.text import percent_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    pass

import hashlib
import os
from collections import Counter, defaultdict

pass

TRAINING, VALIDATION, TEST = range(3)
AUTO_SHARE = 0.1
AUTO_MOST = 3_000


@dataclass(frozen=True)
class Division:
    """places: (N,) int8, the place in SPLITS of every example, FREE for those left out (copies of
    judged ones).

    reason: how it was done, in a sentence or two.
    """

    places: np.ndarray
    reason: str
    left_out: int = 0

    def indices(self) -> dict[str, np.ndarray]:
        return {name: np.flatnonzero(self.places == place) for place, name in enumerate(SPLITS)}


def divide(
    targets: np.ndarray,
    hints: np.ndarray,
    units: np.ndarray,
    classes: int,
    validation_share: float | None,
    test_share: float,
    seed: int,
) -> Division:
    """Divides examples with class numbers `targets` (N,), own splits `hints` (N,) and `units` (N,)
    that stay together.

    Own validation and test sets are left as they are; training examples that are copies of theirs
    are left out. What is missing is taken from the rest. Each class with two units or more gets one
    in validation, with three or more one in test; training keeps at least one.
    """
    places = hints.astype(np.int8, copy=True)
    left_out = _leave_out_copies(places, units)
    pool = np.flatnonzero((places == FREE) & ~left_out | (places == TRAINING))
    places[pool] = TRAINING
    own = [place for place in (VALIDATION, TEST) if (hints == place).any()]
    shares: dict[int, float] = {}

    words = []
    if VALIDATION in own:
        words.append("The data have a validation set of their own.")
    else:
        share = (
            min(AUTO_SHARE, AUTO_MOST / max(1, len(pool)))
            if validation_share is None
            else validation_share
        )
        shares[VALIDATION] = share
        words.append(
            f"Validation: {percent_text(share)} of the training examples, the same share of every "
            "class."
        )

    if TEST in own:
        words.append("The data have a test set of their own.")
    elif test_share > 0:
        shares[TEST] = test_share
        words.append(f"Test: {percent_text(test_share)}, taken in the same way.")
    else:
        words.append("There is no test set.")

    if shares:
        _carve(
            places,
            targets,
            units,
            pool,
            shares,
            classes,
            np.random.Generator(np.random.PCG64(seed)),
        )
        words.append(f"Split number {seed}.")

    if left_out.any():
        words.append(
            f"{int(left_out.sum()):,} training examples that also stand in another set are left "
            "out."
        )

    return Division(places, " ".join(words), int(left_out.sum()))


def _leave_out_copies(places: np.ndarray, units: np.ndarray) -> np.ndarray:
    """Marks FREE every training example whose unit stands in validation or test, validation ones in
    test: (N,) bool.
    """
    out = np.zeros(len(places), bool)
    for judged, learners in ((TEST, (FREE, TRAINING, VALIDATION)), (VALIDATION, (FREE, TRAINING))):
        own = np.unique(units[places == judged])
        if len(own):
            out |= np.isin(places, learners) & np.isin(units, own)

    places[out] = FREE
    return out


def _carve(
    places: np.ndarray,
    targets: np.ndarray,
    units: np.ndarray,
    pool: np.ndarray,
    shares: dict[int, float],
    classes: int,
    random: np.random.Generator,
) -> None:
    """Moves units of the pool from training to the splits in `shares`, in place."""
    order = random.permutation(pool)
    members: dict[int, list[int]] = defaultdict(list)
    for row in order.tolist():
        members[int(units[row])].append(row)

    contents = {
        unit: Counter(targets[rows].tolist()) for unit, rows in members.items() if len(rows) > 1
    }
    unit_class = {unit: int(targets[rows[0]]) for unit, rows in members.items() if len(rows) == 1}
    total = np.bincount(targets[pool], minlength=classes)

    count = np.zeros(classes, int)
    for unit in members:
        for target in contents.get(unit, (unit_class.get(unit),)):
            count[target] += 1

    state = _State(shares, total, count)
    for unit in sorted(contents, key=lambda unit: -len(members[unit])):
        split = state.best_for(contents[unit])
        state.take(split, contents[unit])
        places[members[unit]] = split

    singles: dict[int, list[int]] = defaultdict(list)
    for unit, target in unit_class.items():
        singles[target].append(unit)

    for target, waiting in sorted(singles.items()):
        for split in shares:
            while waiting and state.wants(split, target):
                state.take(split, {target: 1})
                places[members[waiting.pop()]] = split

    _mend(places, members, contents, unit_class, shares, state)


class _State:
    """How many examples of each class each split wants and has, and how many units training still
    has.
    """

    def __init__(self, shares: dict[int, float], total: np.ndarray, units: np.ndarray) -> None:
        self.shares = shares
        self.left = units.copy()
        self.has = {split: np.zeros_like(total) for split in (TRAINING, *shares)}

        self.want: dict[int, np.ndarray] = {}
        for split, share in shares.items():
            least = (
                units >= (2 if split == VALIDATION else 3 if VALIDATION in shares else 2)
            ).astype(int)
            want = np.maximum(np.rint(total * share).astype(int), least if share > 0 else 0)
            self.want[split] = np.minimum(want, np.maximum(total - 1, 0)) * (least > 0)

        self.want[TRAINING] = np.maximum(total - sum(self.want.values()), 1)

    def wants(self, split: int, target: int) -> bool:
        return bool(self.has[split][target] < self.want[split][target]) and self._spare(
            split, target
        )

    def _spare(self, split: int, target: int) -> bool:
        """Whether this split may take a unit of the class: one stays for training, one for each
        split with none yet.
        """
        waiting = sum(
            bool(self.want[other][target]) and not self.has[other][target]
            for other in self.shares
            if other != split
        )
        return bool(self.left[target] > 1 + waiting)

    def best_for(self, content: Counter[int]) -> int:
        """The split that lacks most of what is in this unit and would not get far too much of it;
        else training.
        """
        best = TRAINING
        lack = self._lack(TRAINING, content)
        for split in self.shares:
            fits = all(self._spare(split, target) for target in content) and all(
                self.want[split][target] - self.has[split][target] >= (number + 1) // 2
                for target, number in content.items()
            )
            if fits and self._lack(split, content) > lack:
                best = split
                lack = self._lack(split, content)

        return best

    def _lack(self, split: int, content: Counter[int]) -> float:
        """How much of what the split wants of these classes is missing yet, 0..1 on average."""
        want = self.want[split]
        has = self.has[split]
        return float(
            sum((want[target] - has[target]) / max(1, want[target]) for target in content)
            / len(content)
        )

    def take(self, split: int, content: Counter[int] | dict[int, int]) -> None:
        for target, number in content.items():
            self.has[split][target] += number
            if split != TRAINING:
                self.left[target] -= 1


def _mend(
    places: np.ndarray,
    members: dict[int, list[int]],
    contents: dict[int, Counter[int]],
    unit_class: dict[int, int],
    shares: dict[int, float],
    state: _State,
) -> None:
    """Gives a split that got nothing of a class its smallest unit of it, as long as training keeps
    one.
    """
    for split in shares:
        for target in np.flatnonzero((state.has[split] == 0) & (state.want[split] > 0)).tolist():
            candidates = [
                unit
                for unit, rows in members.items()
                if places[rows[0]] == TRAINING
                and (unit_class.get(unit) == target or target in contents.get(unit, ()))
            ]
            for unit in sorted(candidates, key=lambda unit: len(members[unit])):
                content = contents.get(unit) or Counter({target: 1})
                if all(state.left[other] > 1 for other in content):
                    state.take(split, content)
                    places[members[unit]] = split
                    break


def digests(inputs: np.ndarray) -> np.ndarray:
    """A fingerprint of every example of (N, C, H, W) uint8: (N, 16) uint8."""
    found = np.empty((len(inputs), 16), np.uint8)
    for row in range(len(inputs)):
        content = np.ascontiguousarray(inputs[row])
        found[row] = np.frombuffer(hashlib.blake2b(content.data, digest_size=16).digest(), np.uint8)

    return found


def groups_by_name(names: Sequence[str]) -> list[str]:
    """A name without its last number, in its folder: frames of one film share it.

    "" where there is no number.
    """
    groups = []
    for name in names:
        folder, file = os.path.split(name)
        stem = os.path.splitext(file)[0]
        prefix = re.sub(r"\d+(?=\D*$)", "#", stem)
        groups.append(f"{folder}/{prefix}" if prefix != stem else "")

    return groups


def units_of(prints: np.ndarray, groups: Sequence[str] | None) -> np.ndarray:
    """The unit of every example: those with equal fingerprints (N, 16) or equal groups ("" is
    none), joined: (N,).
    """
    same = np.ascontiguousarray(prints).view(f"V{prints.shape[1]}").ravel()
    _, copies = np.unique(same, return_inverse=True)
    if groups is None or not any(groups):
        return np.asarray(copies, np.int64).ravel()

    parent = list(range(len(copies)))

    def root(row: int) -> int:
        while parent[row] != row:
            parent[row] = parent[parent[row]]
            row = parent[row]
        return row

    first: dict[object, int] = {}
    for row, (copy, group) in enumerate(zip(copies.ravel().tolist(), groups, strict=True)):
        for key in (copy, group) if group else (copy,):
            other = first.setdefault(key, row)
            parent[root(row)] = root(other)

    return np.array([root(row) for row in range(len(parent))], np.int64)


FREE = -1
"""No split of its own: may be divided freely. Otherwise the place in SPLITS."""


_SPLIT_WORDS = "(?:[-_ .]?(?:set|data|split|images|imgs|pictures|files|[0-9]+))?"


_SPLIT_NAMES = (
    re.compile(rf"(?:train|training|trn){_SPLIT_WORDS}", re.IGNORECASE),
    re.compile(rf"(?:val|valid|validation|validate|dev){_SPLIT_WORDS}", re.IGNORECASE),
    re.compile(rf"(?:test|testing|tst|t10k){_SPLIT_WORDS}", re.IGNORECASE),
)


def split_of(name: str) -> int:
    """The place in SPLITS that a word such as "train", "val2017" or "test-set" names, else FREE."""
    for place, pattern in enumerate(_SPLIT_NAMES):
        if pattern.fullmatch(name.strip()):
            return place

    return FREE


def named(place: int) -> str:
    """For messages: the split's name."""
    return SPLITS[place] if place != FREE else "free"
