"""From labels in an array to the targets of a task, chosen or suggested by their values."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from app.engine.learning.tasks import TASKS, task
from app.engine.sources.format import unusable
from app.engine.sources.formats.arrays import labels_of
from app.engine.sources.targets import (
    Targets,
    encode_classes,
    no_targets,
    regression_targets,
    tag_targets,
    targets_for_task,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from app.engine.experiment.data_settings import DataSettings
    from app.engine.learning.task import Task

CLASSES = "classification"
AMOUNTS = "regression"
TAGS = "multi-label"
"""The tasks that labels suggest."""


def targets_from_array(
    path: Path,
    data: DataSettings,
    labels: np.ndarray,
    name: str,
    known_classes: Sequence[str],
) -> tuple[str, Targets]:
    """Returns the task, as requested or as labels (N, K) suggest, and its targets.

    name: of the array, for names of targets and for messages. known_classes: the names of the
    classes, where the file holds them. Raises UserError where the labels do not suit the task.
    """
    zeros_and_ones = _are_zeros_and_ones(labels)
    suggested = _suggested_task(labels)
    task_kind = data.task or suggested
    requested: Task = task(task_kind)
    if requested.targets == "none" and not requested.pairs:
        return task_kind, no_targets(len(labels))

    width = labels.shape[1]
    if requested.targets == "amounts":
        if labels.dtype.kind not in "iuf":
            raise unusable(
                path,
                f"holds texts in '{name}' where amounts are to be predicted",
                f"Choose '{TASKS[CLASSES].label}' as the task.",
            )

        names = [name]
        if width > 1:
            names = [f"{name} {number}" for number in range(1, width + 1)]
        if len(known_classes) == width:
            names = list(known_classes)

        return task_kind, regression_targets(labels, names)

    if requested.targets == "tags" and zeros_and_ones:
        names = [str(number) for number in range(width)]
        if len(known_classes) == width:
            names = list(known_classes)

        return task_kind, tag_targets(labels.astype(np.float32), tuple(names))

    if requested.targets in ("classes", "tags") and suggested == AMOUNTS:
        raise unusable(
            path,
            f"holds amounts in '{name}', not classes",
            f"Choose '{TASKS[AMOUNTS].label}' as the task.",
        )

    texts = labels_of(labels)
    if known_classes and all(text.isdigit() and int(text) < len(known_classes) for text in texts):
        numbers = np.array([int(text) for text in texts], np.int64)
        return task_kind, targets_for_task(requested, tuple(known_classes), numbers)

    return task_kind, targets_for_task(requested, *encode_classes(texts))


def _are_zeros_and_ones(labels: np.ndarray) -> bool:
    """Returns whether labels (N, K) are tags or one-hot classes."""
    return (
        labels.dtype.kind in "iufb" and labels.shape[1] > 1 and bool(np.isin(labels, (0, 1)).all())
    )


def _suggested_task(labels: np.ndarray) -> str:
    """Returns the task that labels (N, K) suggest by their values."""
    if _are_zeros_and_ones(labels):
        one_hot = bool((labels.sum(axis=1) == 1).all())
        return CLASSES if one_hot else TAGS

    whole = labels.dtype.kind != "f" or bool((labels == np.rint(labels)).all())
    return CLASSES if whole and labels.shape[1] == 1 else AMOUNTS
