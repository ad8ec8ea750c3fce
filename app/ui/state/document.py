"""What is chosen: the open experiment and the data that it names.

Pages read it and write it; they never call each other.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError
from PySide6.QtCore import QObject, Signal

from app.engine.data.dataset import Description
from app.engine.data.kinds.image.preparation import ImagePreparation
from app.engine.errors import UserError
from app.engine.experiment import toml_file
from app.engine.experiment.changes import section_of, with_changes
from app.engine.experiment.experiment import Experiment
from app.engine.experiment.resolve import ResolvedExperiment, problem_of, resolve, task_of
from app.ui.state.later import Later

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from app.engine.data.dataset import Dataset
    from app.engine.learning.task import Task
    from models.shape import Problem

UNDO_STEPS = 5_000
"""Steps share what they did not change: one of a network of 60 blocks takes some kilobytes."""
FAKE_DATA = (
    "No data are open yet: sizes are those for 60,000 grey pictures of 28 × 28 in 10 classes."
)


class Document(QObject):
    """The experiment, its data once they are read, and undo; all on the window's thread.

    changed(old, new): the experiment changed. data_changed(): `data_state`, `progress` or `dataset`
    changed. saved_changed(): whether there is something to save, or where, changed.
    """

    changed = Signal(object, object)
    data_changed = Signal()
    saved_changed = Signal()

    def __init__(self, experiment: Experiment | None = None) -> None:
        super().__init__()
        self._experiment = experiment or Experiment()
        self._saved = self._experiment
        self._past: list[Experiment] = []
        self._future: list[Experiment] = []
        self.path: Path | None = None
        self.dataset: Dataset | None = None
        self.data_state: str = "none"
        """none, reading, ready, failed."""
        self.progress: tuple[str, int, int] = ("", 0, 0)
        self.data_failure: Any = None
        self.try_several: Callable[[str], None] | None = None
        """Asks for a search over SECTION.FIELD; None where this is not the open experiment."""
        self.later = Later(self)
        """For what follows the document but is not seen."""
        self._resolved: tuple[Experiment, Description, ResolvedExperiment] | None = None
        """What `resolved` returned last, with what it was made of."""

    # --- the experiment

    @property
    def experiment(self) -> Experiment:
        return self._experiment

    def replace(self, section: str, **changes: Any) -> str:
        """Changes settings of one section, or of the experiment itself where `section` is "".

        Returns in a sentence what is wrong with them, "" if they were taken.
        """
        try:
            if section:
                changes = {section: self.value(section).replace(**changes)}
            self.set(self._experiment.replace(**changes))
        except ValidationError as error:
            return " ".join(toml_file.sentences(error))

        return ""

    def choose(self, section: str, kind: str) -> None:
        """Takes another template, loss, optimizer or schedule.

        Its settings start from their defaults.
        """
        self.set(self._experiment.replace(**{section: kind}))

    def reset(self, section: str, name: str) -> None:
        """Gives one setting its default back."""
        spec = self.value(section)
        self.replace(section, **{name: type(spec).model_fields[name].default})

    def value(self, section: str) -> Any:
        """Returns the section as chosen.

        Where nothing was chosen it is what follows from the data, with every setting open.
        """
        return section_of(self._experiment, section, self.assumed_description)

    def set(self, experiment: Experiment) -> None:
        """Takes a new experiment as one step of undo."""
        if experiment == self._experiment:
            return

        self._past = [*self._past[-UNDO_STEPS:], self._experiment]
        self._future = []
        self._show(experiment)

    def open(self, experiment: Experiment, path: Path | None = None) -> None:
        """Starts from another experiment: undo begins anew."""
        self._past = []
        self._future = []
        self.path = path
        self._saved = experiment
        self._show(experiment)

    def restore(self, experiment: Experiment, path: Path | None) -> None:
        """Comes back to what was open before a restart.

        Whether it is saved follows from its file.
        """
        self.open(experiment, path)
        if path is not None:
            try:
                self._saved = toml_file.read(path)
            except UserError:  # the file is damaged or gone: what is open is not in it
                self._saved = Experiment()
        else:
            self._saved = Experiment()

        self.saved_changed.emit()

    def undo(self) -> None:
        if self._past:
            self._future.append(self._experiment)
            self._show(self._past.pop())

    def redo(self) -> None:
        if self._future:
            self._past.append(self._experiment)
            self._show(self._future.pop())

    @property
    def can_undo(self) -> bool:
        return bool(self._past)

    @property
    def can_redo(self) -> bool:
        return bool(self._future)

    def _show(self, experiment: Experiment) -> None:
        old = self._experiment
        self._experiment = experiment

        if old != experiment:
            self.changed.emit(old, experiment)

        self.saved_changed.emit()

    # --- the file

    @property
    def dirty(self) -> bool:
        return self._experiment != self._saved

    def save(self, path: Path) -> None:
        """Writes the experiment to a file. Raises UserError where that cannot be written."""
        toml_file.write(self._experiment, path)
        self.path = path
        self._saved = self._experiment
        self.saved_changed.emit()

    # --- the data (set by the DataLoader)

    def set_data(self, state: str, dataset: Dataset | None = None, failure: Any = None) -> None:
        self.data_state = state
        self.dataset = dataset
        self.data_failure = failure
        self.data_changed.emit()

    def set_progress(self, text: str, done: int, total: int) -> None:
        self.progress = (text, done, total)
        self.data_changed.emit()

    @property
    def description(self) -> Description | None:
        return self.dataset.description if self.dataset is not None else None

    @property
    def assumed_description(self) -> Description:
        """Returns the description of the data.

        While no data are open it is that of 60,000 grey pictures of 28 x 28 in 10 classes.
        """
        return self.description or fake_description()

    # --- what follows

    def task(self) -> Task:
        """Returns the task. Raises UserError where it does not fit the data."""
        return task_of(self._experiment, self.assumed_description)

    def problem(self) -> Problem:
        """Returns what the network will meet.

        While no data are open it is a set of 60,000 grey pictures of 28 x 28 in 10 classes. Raises
        UserError where the task does not fit the data.
        """
        return problem_of(self._experiment, self.assumed_description)

    def resolved(self) -> ResolvedExperiment:
        """Returns the experiment with every setting filled in for the data at hand.

        Raises UserError like `task`.
        """
        experiment = self._experiment
        description = self.assumed_description
        if self._resolved is not None:  # some sixty parts of the window ask after each change
            of_experiment, of_description, resolved = self._resolved
            if of_experiment is experiment and of_description is description:
                return resolved

        resolved = resolve(experiment, description)
        self._resolved = experiment, description, resolved
        return resolved

    def resolved_section(self, section: str) -> Any:
        """Returns a section of `resolved`.

        What only the data say stays open while there are none. Raises UserError like `task`.
        """
        resolved = getattr(self.resolved(), section)
        if section not in ("data", "augmentation"):
            return resolved

        requested = getattr(self._experiment, section)
        description = self.description
        if description is None:
            return requested
        if section == "augmentation":
            return resolved

        known = resolved.model_dump()
        if description.total:
            known["validation_share"] = round(description.size("validation") / description.total, 3)

        still_open = [name for name, value in requested if value is None]
        return requested.replace(**{name: known[name] for name in still_open})

    def change(self, changes: Mapping[str, Any]) -> str:
        """Changes settings by "section.field" as one step of undo.

        Returns in a sentence what is wrong with them, "" if they were taken.
        """
        try:
            self.set(with_changes(self._experiment, changes, self.assumed_description))
        except ValidationError as error:
            return " ".join(toml_file.sentences(error))

        return ""

    def trouble(self) -> UserError | None:
        """Returns why the experiment cannot be resolved; None if it can."""
        try:
            self.resolved()
        except UserError as error:
            return error

        return None


@functools.cache
def fake_description() -> Description:
    """Returns the description that stands in while no data are open.

    It is that of 60,000 grey pictures of 28 x 28 in 10 classes.
    """
    return Description(
        source="",
        format="",
        shape=(1, 28, 28),
        classes=tuple(str(number) for number in range(10)),
        counts={"training": (6_000,) * 10},
        fingerprint="",
        preparation=ImagePreparation(28, 28, 1, "crop", (0.5,), (0.25,)),
    )
