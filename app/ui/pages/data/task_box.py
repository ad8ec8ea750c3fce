"""The choice of what is predicted: tasks that fit the data, the others greyed with why."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import Qt

from app.engine.errors import UserError
from app.engine.learning.tasks import TASKS, Task
from app.engine.sources.targets import is_number
from app.ui.text.literal import tooltip
from app.ui.widgets.settings.number_box import DropDown
from models.shape import Problem

if TYPE_CHECKING:
    from app.engine.data.dataset import Dataset
    from app.engine.experiment.experiment import Experiment
    from app.ui.state.document import Document

FEW = 50
"""Whole numbers with at most so many different values may be read as classes."""


def unfit(task: Task, dataset: Dataset) -> str:
    """Returns why this task cannot be, however these data are read again; "" when it may be.

    Data are read with one task in view: classes of numbers can also be amounts, and a source that
    derives its labels has put the others aside.
    """
    description = dataset.description
    reason = task.unfit(description)
    if not reason or (alone := Task.unfit(task, description)):
        return reason and alone

    now = TASKS[description.task].targets
    if now in ("none", "tokens") and not TASKS[description.task].pairs:
        return ""  # the labels are not known now
    if task.targets == "amounts":
        return (
            ""
            if description.classes and all(is_number(name) for name in description.classes)
            else reason
        )

    if now == "amounts" and len(description.amounts) > 1:
        return _unfit_several(task, dataset, reason)
    if now == "amounts" and task.targets == "classes":
        values = np.unique(dataset.targets)
        few = len(values) <= FEW and bool((values == np.rint(values)).all())
        if not few:
            column = description.amounts[0].name
            return f"Classes need one column of few whole numbers or names; '{column}' has amounts."

        return (
            ""
            if not task.yes_or_no or len(values) == 2
            else f"Yes or no needs two classes, not {len(values)}."
        )

    return "" if task.targets == "tags" and description.classes else reason


def _unfit_several(task: Task, dataset: Dataset, reason: str) -> str:
    """Returns why several amounts an example are not the targets of this task; "" if they may be.

    Whole numbers may be those of tags, or say yes and no; shares add up to 1.
    """
    values = dataset.targets
    if task.targets == "tags":
        whole = bool((values == np.rint(values)).all())
        return "" if whole else "Tags need whole numbers or words, and these are fractions."
    if task.targets == "shares":
        shares = bool((values >= 0).all() and (np.abs(values.sum(axis=1) - 1) <= 1e-3).all())
        return "" if shares else "Shares of classes add up to 1; these do not."
    if task.targets == "classes":
        marks = bool(np.isin(values, (0, 1)).all()) and bool((values.sum(axis=1) == 1).all())
        fits = marks and (not task.yes_or_no or values.shape[1] == 2)
        names = len(dataset.description.amounts)
        return "" if fits else f"Classes need one column as the target; there are {names:,}."

    return reason


def with_task(experiment: Experiment, kind: str | None, dataset: Dataset | None) -> Experiment:
    """Returns the experiment with another task.

    Its loss and template are left open again where they would not fit.
    """
    changed = experiment.replace(data=experiment.data.replace(task=kind))
    if dataset is None:
        return changed

    task = TASKS[kind or dataset.description.task]
    if changed.loss is not None and task.kind not in changed.loss.tasks:
        changed = changed.replace(loss=None)

    inputs, total = dataset.description.preparation.inputs, dataset.description.total
    meets = Problem.of(inputs, 1, total, task.answers, task.meaning)
    if changed.model is not None and changed.model.unfit(meets):
        changed = changed.replace(model=None)

    return changed


class TaskBox(DropDown):
    """Writes data.task.

    The first entry leaves it to the data and says what that comes to.
    """

    def __init__(self, document: Document) -> None:
        super().__init__()
        self._document = document
        self._shown: tuple[str, ...] = ()
        self.setObjectName("data.task")
        self.setAccessibleName("Task")
        self.addItem("", None)

        for task in TASKS.values():
            self.addItem(task.label, task.kind)
            self.setItemData(
                self.count() - 1,
                tooltip(f"{task.summary} {task.example}"),
                Qt.ItemDataRole.ToolTipRole,
            )

        self.activated.connect(lambda row: self._choose(self.itemData(row)))

    def refresh(self) -> None:
        """Shows what is chosen, and what could be."""
        dataset = self._document.dataset
        chosen = self._document.experiment.data.task
        if dataset is None:
            return

        try:
            task = self._document.task()
        except UserError:
            task = TASKS[chosen or dataset.description.task]

        shown = (dataset.description.fingerprint, dataset.description.task, task.kind, chosen or "")
        if shown == self._shown and self.currentData() == chosen:
            return  # unfit tasks are found out from all targets, once

        self._shown = shown
        plain = task.label.split(" (")[0]
        self.setItemText(0, f"{plain} (found)" if chosen is None else "Follows the data")

        for row in range(1, self.count()):
            task = TASKS[self.itemData(row)]
            reason = "" if task.kind == chosen else unfit(task, dataset)
            item = self.model().item(row)  # type: ignore[attr-defined]
            item.setEnabled(not reason)
            item.setToolTip(tooltip(reason or f"{task.summary} {task.example}"))

        self.setCurrentIndex(self.findData(chosen))
        self.setToolTip(tooltip(f"What is predicted. {task.summary} {task.example}"))

    def _choose(self, kind: str | None) -> None:
        document = self._document
        document.set(with_task(document.experiment, kind, document.dataset))
        self.refresh()
