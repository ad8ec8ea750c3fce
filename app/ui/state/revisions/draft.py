"""The revision that a person is making: changes of examples, with undo, saved beside the run."""

from __future__ import annotations

import itertools
import threading
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, Signal

from app.engine.errors import UserError
from app.engine.experiment.revision import Change, Revision, write_revision
from app.engine.learning.tasks import TASKS
from app.engine.runs.run import Run
from app.engine.sources.revised import label_words, new_label_words
from app.engine.suspects.revision_files import newest_revision, next_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from app.engine.data.dataset import Dataset
    from app.engine.experiment.revision import Action, Label
    from app.engine.runs.control import Control
    from app.ui.state.background import Background, Failure


class RevisionDraft(QObject):
    """The changes for the data of one run.

    changed(): there are others, or they stand elsewhere on the disk. failed(sentence): they could
    not be read or written; what is here stays.
    """

    changed = Signal()
    failed = Signal(str)

    def __init__(self, background: Background) -> None:
        super().__init__()
        self._background = background
        self._run: Path | None = None
        self._path: Path | None = None
        """The file that is being written; None before the first change since a training used it."""

        self._reading = False
        """Whether the changes of before are on their way."""

        self._undo: list[Revision] = []
        self._redo: list[Revision] = []
        self._numbers = itertools.count(1)
        self._newest = 0
        """The number of what was to be written last; the worker writes nothing older."""

        self._writing = threading.Lock()
        self._actions: dict[tuple[str, str], Change] = {}
        self.revision = Revision()

    def open(self, run: Path) -> None:
        """Takes up what was changed last for the data of a run; that of another run goes."""
        if run == self._run:
            return

        self._run = run
        self._path = None
        self._undo = []
        self._redo = []
        self._reading = True
        self._show(Revision())
        self._background.run(
            lambda _: newest_revision(Run(run)),
            lambda revision: self._take(run, revision),
            lambda failure: self._not_read(run, failure),
            key="revision.read",
        )

    def _take(self, run: Path, before: Revision) -> None:
        """Takes what was read; what was changed meanwhile is laid over it."""
        if run != self._run:
            return

        self._reading = False
        has_changed = bool(self._undo or self._redo)
        self._undo, self._redo = (
            [before.with_changes(each.changes) for each in steps]
            for steps in (self._undo, self._redo)
        )
        self._show(before.with_changes(self.revision.changes))
        if has_changed:
            self._save()

    def _not_read(self, run: Path, failure: Failure) -> None:
        if run == self._run:
            self._reading = False
            self._fail(failure)

    def _fail(self, failure: Failure) -> None:
        self.failed.emit(failure.message)

    @property
    def is_open(self) -> bool:
        """Whether it is known for which run the changes are."""
        return self._run is not None

    @property
    def path(self) -> Path | None:
        """The file that holds the changes; None where nothing was changed since it was read."""
        return self._path

    # --- changing

    def change(
        self, dataset: Dataset, rows: Iterable[int], action: Action, label: Label | None = None
    ) -> None:
        """Does something with some examples, by their rows of the data set."""
        changes = [self._change_of(dataset, row, action, label) for row in rows]
        if changes:
            self._become(self.revision.with_changes(changes))

    def give(
        self, dataset: Dataset, rows: Iterable[int], number: int, takes_away: bool = True
    ) -> None:
        """Gives examples a class, or a tag beside those that each has, as one change.

        takes_away: a tag that all of them have is taken from all.
        """
        name = dataset.description.classes[number]
        if TASKS[dataset.description.task].targets != "tags":
            self.change(dataset, rows, "relabel", name)
            return

        tags = {row: self._tags_of(dataset, row) for row in rows}
        away = takes_away and all(name in found for found in tags.values())
        changes = []
        for row, found in tags.items():
            wanted = found - {name} if away else found | {name}
            label = [each for each in dataset.description.classes if each in wanted]
            changes.append(self._change_of(dataset, row, "relabel", label))

        if changes:
            self._become(self.revision.with_changes(changes))

    def _tags_of(self, dataset: Dataset, row: int) -> set[str]:
        """Returns the tags of an example as they are with the change that is made of it."""
        change = self.of(dataset, row)
        if change is not None and isinstance(change.label, list):
            return {str(name) for name in change.label}

        tags = np.flatnonzero(dataset.targets[row] > 0)
        return {dataset.description.classes[int(tag)] for tag in tags}

    def forget(self, dataset: Dataset, rows: Iterable[int]) -> None:
        """Takes back what was done with some examples."""
        self._become(self.revision.without(_key(dataset, row) for row in rows))

    def _change_of(self, dataset: Dataset, row: int, action: Action, label: Label | None) -> Change:
        example, name = _key(dataset, row)
        before = self._actions.get((example, name))
        was = before.was if before is not None else ""
        classes = dataset.description.classes
        now = ""
        if classes or dataset.description.amounts:
            now = label_words(dataset.targets[row], classes)
            was = was or now
        # Whoever gives it the label that it has all along says that this one is right.
        if classes and label is not None and new_label_words(label) == now == was:
            action = "confirm"

        return Change(example, name, action, label if action == "relabel" else None, was)

    def of(self, dataset: Dataset, row: int) -> Change | None:
        """Returns what is done with an example; None where nothing is."""
        return self._actions.get(_key(dataset, row))

    def rows_of(self, dataset: Dataset) -> list[int]:
        """Returns the rows of a data set that something is done with, ascending."""
        fingerprints = dataset.fingerprints
        if not self._actions or fingerprints is None:
            return []

        wanted = np.frombuffer(bytes.fromhex("".join(key for key, _ in self._actions)), np.uint64)
        words = np.ascontiguousarray(fingerprints).view(np.uint64)[:, 0]
        rows = np.flatnonzero(np.isin(words, wanted[:: fingerprints.shape[1] // 8]))
        return [row for row in rows.tolist() if _key(dataset, row) in self._actions]

    def undo(self) -> None:
        """Takes back the last change."""
        if self._undo:
            self._redo.append(self.revision)
            self._show(self._undo.pop())
            self._save()

    def redo(self) -> None:
        """Makes again what was taken back last."""
        if self._redo:
            self._undo.append(self.revision)
            self._show(self._redo.pop())
            self._save()

    @property
    def can_undo(self) -> bool:
        return bool(self._undo)

    @property
    def can_redo(self) -> bool:
        return bool(self._redo)

    def _become(self, revision: Revision) -> None:
        self._undo.append(self.revision)
        self._redo = []
        self._show(revision)
        self._save()

    def _show(self, revision: Revision) -> None:
        self.revision = revision
        self._actions = {(change.example, change.name): change for change in revision.changes}
        self.changed.emit()

    # --- on the disk

    def _save(self) -> None:
        path = self._file()
        revision = self.revision
        number = self._newest = next(self._numbers)

        def write(_: Control) -> None:
            with self._writing:
                if number == self._newest:
                    write_revision(revision, path)

        self._background.run(write, lambda _: None, self._fail, key="revision.write")

    def _file(self) -> Path:
        assert self._run is not None
        if self._path is None:
            self._path = next_file(self._run)

        return self._path

    def hand_over(self) -> Path:
        """Writes the changes for a training, and returns their file, which is not written again.

        Raises UserError where they cannot be written, or those of before are not read yet.
        """
        if self._reading:
            raise UserError("The earlier changes are still being read.", "Start again in a moment.")

        path = self._file()
        self._background.forget("revision.write")
        self._newest = next(self._numbers)
        with self._writing:  # what the worker has begun is written before
            write_revision(self.revision, path)

        self._path = None
        return path


def _key(dataset: Dataset, row: int) -> tuple[str, str]:
    """Returns fingerprint and name of an example, by its row of the data set."""
    assert dataset.fingerprints is not None, "of data that were read"
    names: Sequence[str] = dataset.names
    name = str(names[row]) if row < len(names) else ""
    return dataset.fingerprints[row].tobytes().hex(), name
