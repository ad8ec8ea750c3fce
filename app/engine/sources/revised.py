"""Applies a revision to examples that were read: other labels, and examples left out.

It is applied after the examples were divided, so that two trainings with and without it are judged
on the same examples.
"""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from app.engine.data.dataset import Skipped
from app.engine.data.fingerprints import SIZE
from app.engine.experiment.revision import ACTIONS, Action, count_text, read_revision
from app.engine.text import number_text

if TYPE_CHECKING:
    from app.engine.experiment.data_settings import DataSettings
    from app.engine.experiment.revision import Change, Label, Revision
    from app.engine.sources.loaded import Examples
    from app.engine.sources.targets import Targets


@dataclass(frozen=True, eq=False)
class Revised:
    """What a revision makes of examples.

    targets: with the new labels. excluded: (n,) rows that are in no split. skipped: changes that
    match nothing, with the reason. notes: what was changed, in a sentence; none without a revision.
    """

    targets: Targets
    excluded: np.ndarray
    skipped: tuple[Skipped, ...] = ()
    notes: tuple[str, ...] = ()

    def remaining(self, indices: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Returns the rows of each split without those that are excluded."""
        if not len(self.excluded):
            return indices

        return {split: rows[~np.isin(rows, self.excluded)] for split, rows in indices.items()}


def revised(data: DataSettings, examples: Examples, fingerprints: np.ndarray) -> Revised:
    """Returns the examples as the revision of [data] changes them.

    fingerprints: (N, 16). Raises UserError where the file cannot be read or is no revision. A
    change that matches no example, or gives a label that the data do not have, is listed.
    """
    unchanged = Revised(examples.targets, np.zeros(0, np.int64))
    if not data.revision:
        return unchanged

    revision = read_revision(Path(data.revision).expanduser())
    rows_of = _rows_of(revision, fingerprints)
    labels = _Labels(examples.targets)
    done: dict[Action, int] = dict.fromkeys(ACTIONS, 0)
    excluded: list[int] = []
    skipped: list[Skipped] = []
    for change in revision.changes:
        rows, problem = _match(change, rows_of[change.example], examples)
        problem = problem or labels.problem(change, rows)
        if problem:
            if examples.sample is None:  # of a part of the data not every example is there
                skipped.append(Skipped(change.name or change.example, f"revision: {problem}"))
            continue

        done[change.action] += 1
        if change.action == "exclude":
            excluded += rows
        elif change.action == "relabel" and change.label is not None:
            labels.set(rows, change.label)

    note = f"Revision '{Path(data.revision).name}': {count_text(done)}."
    if skipped:
        fit = "change does not fit" if len(skipped) == 1 else "changes do not fit"
        listed = "is listed" if len(skipped) == 1 else "are listed"
        note += f" {len(skipped):,} {fit} these data and {listed}."

    return Revised(labels.targets(), np.array(sorted(excluded), np.int64), tuple(skipped), (note,))


def _rows_of(revision: Revision, fingerprints: np.ndarray) -> dict[str, list[int]]:
    """Returns the rows of each example that the revision names."""
    found: dict[str, list[int]] = defaultdict(list)
    wanted = {bytes.fromhex(change.example) for change in revision.changes}
    if not wanted:
        return found

    firsts = np.frombuffer(b"".join(wanted), np.uint64).reshape(-1, SIZE // 8)[:, 0]
    words = np.ascontiguousarray(fingerprints).view(np.uint64)[:, 0]
    for row in np.flatnonzero(np.isin(words, firsts)).tolist():
        content = fingerprints[row].tobytes()
        if content in wanted:
            found[content.hex()].append(row)

    return found


def _match(change: Change, rows: list[int], examples: Examples) -> tuple[list[int], str]:
    """Returns the rows that a change is about, or why there are none.

    Where copies of an example have several names, its name tells which one is meant.
    """
    if not rows:
        return [], "no example is the same as this one was; it is gone, or was changed"

    named = [row for row in rows if examples.names[row] == change.name]
    if named or len(rows) == 1:
        return named or rows, ""

    return [], f"{len(rows):,} equal examples are there, and none has this name"


class _Labels:
    """The labels of examples, changed one by one; copied before the first change."""

    def __init__(self, targets: Targets) -> None:
        self._targets = targets
        self._values: np.ndarray | None = None
        self._numbers = {name: number for number, name in enumerate(targets.classes)}

    def targets(self) -> Targets:
        """Returns the targets as they are now."""
        if self._values is None:
            return self._targets

        return dataclasses.replace(self._targets, values=self._values, digests=None)

    def problem(self, change: Change, rows: list[int]) -> str:
        """Returns why a label cannot be set; "" where it can."""
        if change.action != "relabel" or change.label is None:
            return ""

        value = self._value(change.label)
        if isinstance(value, str):
            return value

        now = label_text(self._targets, rows[0])
        if change.was and now not in (change.was, new_label_words(change.label)):
            return f"it is labelled '{now}' now, not '{change.was}'"

        return ""

    def set(self, rows: list[int], label: Label) -> None:
        if self._values is None:
            self._values = self._targets.values.copy()

        self._values[rows] = self._value(label)

    def _value(self, label: Label) -> np.ndarray | int | str:
        """Returns a label as it stands among the targets, or why it cannot."""
        values = self._targets.values
        if self._targets.amounts:
            amounts = label if isinstance(label, list) else [label]
            if len(amounts) != values.shape[1] or any(isinstance(item, str) for item in amounts):
                what = "a number" if values.shape[1] == 1 else f"{values.shape[1]:,} numbers"
                return f"its label must be {what}"
            return np.array(amounts, values.dtype)

        if not self._numbers:
            return "these examples have no labels"

        names = label if isinstance(label, list) else [label]
        unknown = [name for name in names if name not in self._numbers]
        if unknown:
            return f"'{unknown[0]}' is none of the labels of these data"

        numbers = [self._numbers[str(name)] for name in names]
        if values.ndim == 1 or self._are_shares:
            if len(numbers) != 1:
                return "its label must be one class"
            if values.ndim == 1:
                return numbers[0]

        row = np.zeros(values.shape[1], values.dtype)
        row[numbers] = 1
        return row

    @property
    def _are_shares(self) -> bool:
        """Whether an example has shares of the classes, not tags."""
        sums = self._targets.values[:64].sum(axis=1)
        return bool(np.allclose(sums, 1, atol=1e-3)) and bool(
            (self._targets.values[:64] % 1 > 0).any()
        )


def label_text(targets: Targets, row: int) -> str:
    """Returns the label of an example in words: a class, tags, or amounts."""
    return label_words(targets.values[row], targets.classes)


def label_words(value: np.ndarray | np.generic, classes: tuple[str, ...]) -> str:
    """Returns a target in words, as it stands among the targets of a data set."""
    if not classes:
        return ", ".join(number_text(float(number), 6) for number in np.atleast_1d(value))
    if np.ndim(value) == 0:
        return classes[int(value)]

    values = np.asarray(value)
    if (values % 1 > 0).any():
        return classes[int(values.argmax())]

    return ", ".join(classes[int(number)] for number in np.flatnonzero(values > 0)) or "no tag"


def new_label_words(label: Label) -> str:
    """Returns the label of a change in words, as `label_words` has them."""
    if isinstance(label, list):
        return ", ".join(new_label_words(item) for item in label) or "no tag"

    return label if isinstance(label, str) else number_text(float(label), 6)
