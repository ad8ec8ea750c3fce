"""Labels in arrays: what they are by their values, and the targets that a task makes of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from app.engine.data.names import readable
from app.engine.data.numbers import LARGEST
from app.engine.errors import UserError
from app.engine.learning.tasks import TASKS, task
from app.engine.sources.arrays.label_form import (
    AMOUNTS,
    CLASSES,
    TAGS,
    LabelForm,
    find_form,
    form_of_classes,
    points_by_name,
)
from app.engine.sources.arrays.listed_tags import listed_tag_targets
from app.engine.sources.format import unusable
from app.engine.sources.targets import (
    Targets,
    encode_classes,
    no_targets,
    position_targets,
    regression_targets,
    share_targets,
    tag_targets,
    targets_for_task,
)
from app.engine.text import names_text, number_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from app.engine.experiment.data_settings import DataSettings
    from app.engine.learning.task import Task

KINDS = "biufUS"
"""The kinds of NumPy's types that labels have: numbers and texts."""


LISTED = "'{name}' holds the tags of each example, as chosen."


@dataclass(frozen=True)
class ArrayLabels:
    """The labels of examples as they stand in an array, a row each.

    values: (N, K) of numbers or texts. name: of the array, or of the first of several. columns: a
    name for each of the K. points: how many points with coordinates the K numbers are, 0 for none.
    known_classes: the names that the file has for the classes 0, 1, ...; () where it has none.
    """

    values: np.ndarray
    name: str
    columns: tuple[str, ...]
    points: int = 0
    known_classes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.values)

    def take(self, rows: np.ndarray) -> ArrayLabels:
        """Returns the labels of these rows (n,)."""
        values = self.values[rows]
        return ArrayLabels(values, self.name, self.columns, self.points, self.known_classes)

    def to_plain(self) -> dict[str, Any]:
        """Returns them as plain data for JSON, the numbers to the last bit."""
        values = self.values
        plain = {
            "dtype": values.dtype.str,
            "shape": list(values.shape),
            "name": self.name,
            "columns": list(self.columns),
            "points": self.points,
            "known_classes": list(self.known_classes),
        }
        if values.dtype.kind == "U":
            return {**plain, "texts": values.ravel().tolist()}

        return {**plain, "bytes": values.tobytes().hex()}

    @classmethod
    def from_plain(cls, data: dict[str, Any]) -> ArrayLabels:
        """Raises KeyError, TypeError or ValueError for what is not of this form."""
        dtype = np.dtype(data["dtype"])
        shape = tuple(data["shape"])
        if "texts" in data:
            values = np.array(data["texts"], dtype).reshape(shape)
        elif dtype.kind in KINDS:
            values = np.frombuffer(bytes.fromhex(data["bytes"]), dtype).reshape(shape)
        else:
            raise ValueError("labels are numbers or texts")

        columns = tuple(map(str, data["columns"]))
        known = tuple(map(str, data["known_classes"]))
        return cls(values, str(data["name"]), columns, int(data["points"]), known)


def array_labels(
    arrays: Sequence[tuple[str, np.ndarray]],
    column: int | None = None,
    known_classes: Sequence[str] = (),
) -> ArrayLabels:
    """Returns the labels in one array (N, ...) of a name, or in several, side by side.

    column: the only one that counts, by its index.
    """
    columns: list[str] = []
    blocks = []
    points = 0
    for name, array in arrays:
        block = array.reshape(len(array), -1)
        if block.dtype.kind == "S":
            block = np.char.decode(block, "utf-8", "replace")
        if array.ndim == 3:
            points = array.shape[1]
            axes = "xyz"[: array.shape[2]]
            columns += [f"{name} {point + 1} {axis}" for point in range(points) for axis in axes]
        elif block.shape[1] == 1:
            columns.append(name)
        else:
            columns += _numbered(name, block.shape[1])
        blocks.append(block)

    values = blocks[0] if len(blocks) == 1 else np.concatenate(blocks, axis=1)
    name = ", ".join(name for name, _ in arrays[:3])
    if column is not None and values.shape[1] > 1:
        return ArrayLabels(values[:, [column]], columns[column], (columns[column],), 0)
    if len(arrays) > 1:
        points = 0

    return ArrayLabels(values, name, tuple(columns), points, tuple(known_classes))


def _numbered(name: str, width: int) -> list[str]:
    """Returns the names of the columns of one array: "box 1", of points "landmarks 1 x"."""
    if points := points_by_name(name, width):
        return [f"{name} {point + 1} {axis}" for point in range(points) for axis in "xy"]

    return [f"{name} {number + 1}" for number in range(width)]


def missing_labels(labels: np.ndarray) -> dict[int, str]:
    """Returns the rows that have no label, and why, for labels (N, K) of any type.

    A number that is none, or too large for 32 bits, is no label, and neither is an empty text.
    """
    if labels.dtype.kind == "f":
        with np.errstate(over="ignore"):  # becomes infinite
            wide = labels.astype(np.float64)
        present = (np.abs(wide) <= LARGEST).all(axis=1)
        reason = "its label is not a number"
    elif labels.dtype.kind in "US":
        present = (np.strings.str_len(np.strings.strip(labels)) > 0).all(axis=1)
        reason = "it has no label"
    else:
        return {}

    return dict.fromkeys(np.flatnonzero(~present).tolist(), reason)


def unclear_labels(labels: ArrayLabels, data: DataSettings) -> dict[int, str]:
    """Returns the rows whose labels do not say which class they are, and why.

    labels: none of them missing. They are those of one class a row, where a few rows have none.
    """
    form = find_form(labels.values, labels.name, labels.points)
    wanted = task(data.task).targets if data.task is not None else ""
    if wanted in ("tags", "amounts", "none"):
        return {}
    if form.kind == "one-hot" or (form.kind == "tags" and wanted == "classes" and form.most <= 1):
        none = np.flatnonzero(labels.values.astype(np.float64).sum(axis=1) == 0).tolist()
        return dict.fromkeys(none, "its label is none of the classes")
    if form.kind == "soft labels" and wanted == "classes":
        largest = labels.values.max(axis=1, keepdims=True)
        equal = np.flatnonzero((labels.values == largest).sum(axis=1) > 1).tolist()
        return dict.fromkeys(equal, "two classes have the same share of its label")

    return {}


def targets_from_array(
    path: Path, data: DataSettings, labels: ArrayLabels, known_classes: Sequence[str] = ()
) -> tuple[str, Targets, tuple[str, ...]]:
    """Returns the task, as requested or as the labels suggest, its targets, and notes on them.

    labels: none of them missing or unclear. known_classes: the names that the classes 0, 1, ... had
    in the training of a network, where the file has none of its own. Raises UserError where the
    labels do not suit the task.
    """
    form = find_form(labels.values, labels.name, labels.points)
    known = tuple(labels.known_classes) or tuple(known_classes)
    task_kind = data.task or _suggested_task(path, labels, form)
    requested: Task = task(task_kind)
    if requested.targets == "none" and not requested.pairs:
        return task_kind, no_targets(len(labels)), ()

    values = labels.values
    in_doubt = form.kind == "listed tags" and requested.targets != "tags"
    notes = (form.note,) if form.note and not in_doubt else ()
    if requested.targets == "amounts":
        return task_kind, _amounts(path, labels, form, known), notes

    if requested.targets == "tags" and form.kind in ("tags", "one-hot"):
        names = known if len(known) == values.shape[1] else _column_names(labels)
        return task_kind, tag_targets((values > 0).astype(np.float32), names), notes

    if requested.targets == "shares" and form.kind in ("soft labels", "one-hot"):
        names = known if len(known) == values.shape[1] else _column_names(labels)
        return task_kind, share_targets(values, names), notes

    if requested.targets == "tags" and form.width > 1 and form.kind != "soft labels":
        _refuse_amounts_as_tags(path, labels, form)
        targets = listed_tag_targets(values, known)
        listed = form.kind == "listed tags" and form.note
        return task_kind, targets, (listed or LISTED.format(name=labels.name),)

    numbers_of = _classes(path, labels, form, known, requested.targets)
    targets = targets_for_task(requested, *numbers_of)
    return task_kind, targets, (*notes, *_note_on_largest(labels, form))


def _suggested_task(path: Path, labels: ArrayLabels, form: LabelForm) -> str:
    """Returns the task that the labels suggest. Raises UserError where a person must say it."""
    if form.task:
        return form.task

    columns = names_text(labels.columns, 3)
    column = f"the column that is the label ([data] target: {columns} ...)"
    if form.kind == "listed tags":
        raise unusable_labels(
            path,
            f"holds {form.what}: the numbers of its tags, or amounts",
            f"Choose '{TAGS}' or '{AMOUNTS}' as the task ([data] task), or {column}.",
            "data.task",
        )

    raise unusable_labels(
        path,
        f"holds {form.what}",
        f"Choose {column}, or '{TAGS}' as the task if each text is a tag.",
        "data.target",
    )


def unusable_labels(path: Path, what: str, remedy: str, setting: str) -> UserError:
    """Returns the error for labels that a setting must say more about."""
    return UserError(f"'{readable(path)}' {what}.", remedy, setting)


def _refuse_amounts_as_tags(path: Path, labels: ArrayLabels, form: LabelForm) -> None:
    """Raises UserError for fractions and positions."""
    if form.kind == "keypoints" or not form.whole:
        raise unusable_labels(
            path,
            f"holds amounts in '{labels.name}', not tags: {form.what}",
            f"Choose '{TASKS[AMOUNTS].label}' as the task.",
            "data.task",
        )


def _column_names(labels: ArrayLabels) -> tuple[str, ...]:
    """Returns names for the tags or classes of columns: the arrays', else the numbers from 0."""
    same = all(column.startswith(f"{labels.name} ") for column in labels.columns)
    return tuple(map(str, range(len(labels.columns)))) if same else labels.columns


def _amounts(path: Path, labels: ArrayLabels, form: LabelForm, known: Sequence[str]) -> Targets:
    """Raises UserError where the labels are texts."""
    if labels.values.dtype.kind not in "biuf":
        raise unusable(
            path,
            f"holds texts in '{labels.name}' where amounts are to be predicted",
            f"Choose '{TASKS[CLASSES].label}' as the task.",
        )
    if form.kind == "keypoints":
        return position_targets(labels.values, labels.columns)

    names = known if len(known) == len(labels.columns) > 1 else labels.columns
    return regression_targets(labels.values, names)


def _classes(
    path: Path, labels: ArrayLabels, form: LabelForm, known: Sequence[str], wanted: str
) -> tuple[tuple[str, ...], np.ndarray]:
    """Returns the classes, and the number of each label: (N,) int64.

    Raises UserError where the labels are no classes.
    """
    if form.kind in ("keypoints", "amounts", "listed tags") and (form.width > 1 or not form.whole):
        raise _no_classes(path, labels, form)
    if form.kind == "tags":
        without = f"{form.without:,} without one and " if form.without else ""
        raise unusable_labels(
            path,
            f"holds tags in '{labels.name}', not one class each: {without}up to {form.most} at "
            "once",
            f"Choose '{TASKS[TAGS].label}' as the task.",
            "data.task",
        )
    if form.kind == "texts":
        raise unusable_labels(
            path,
            f"holds {form.what}",
            f"Choose the column that is the label ([data] target: "
            f"{names_text(labels.columns, 3)} ...).",
            "data.target",
        )
    if wanted == "tags" and form.kind == "soft labels":
        raise unusable_labels(
            path,
            f"holds {form.what}; a tag is there or not",
            f"Choose task '{CLASSES}' or '{AMOUNTS}' ([data] task).",
            "data.task",
        )

    if form.kind in ("one-hot", "soft labels"):
        names = known if len(known) == labels.values.shape[1] else _column_names(labels)
        return form_of_classes(labels.values, names)

    return encode_labels(labels_of(path, labels.values, labels.name), known)


def _no_classes(path: Path, labels: ArrayLabels, form: LabelForm) -> UserError:
    if form.width > 1:
        tags = f" or '{TASKS[TAGS].label}'" if form.whole and form.kind != "keypoints" else ""
        held = "several numbers" if tags else "amounts"
        return unusable_labels(
            path,
            f"holds {held} in '{labels.name}', not classes: {form.what}",
            f"Choose '{TASKS[AMOUNTS].label}'{tags} as the task, or a column of it as the label "
            f"([data] target: {names_text(labels.columns, 3)} ...).",
            "data.task",
        )

    value = labels.values.ravel()
    fraction = float(value[value != np.rint(value)][0])
    return unusable_labels(
        path,
        f"holds amounts in '{labels.name}', not classes: a class is a whole number or a text, and "
        f"{number_text(fraction)} is none",
        f"Choose '{TASKS[AMOUNTS].label}' as the task.",
        "data.task",
    )


def _note_on_largest(labels: ArrayLabels, form: LabelForm) -> tuple[str, ...]:
    if form.kind != "soft labels":
        return ()

    return (f"Of the shares in '{labels.name}' the largest is taken as the class, as chosen.",)


def labels_of(path: Path, labels: np.ndarray, name: str) -> list[str]:
    """Returns labels (N, 1), numbers or texts, as the names of classes.

    labels: none of them missing. name: of the array. Raises UserError for fractions.
    """
    column = labels[:, 0]
    if column.dtype.kind == "S":
        return [text.decode("utf-8", "replace") for text in column.tolist()]

    if column.dtype.kind == "f":
        fractions = column[column != np.rint(column)]
        if len(fractions):
            raise unusable(
                path,
                f"holds {number_text(float(fractions[0]))} in '{name}'; a class is a whole number "
                "or a text",
                "Save the classes as whole numbers or texts.",
            )
        # Not by int64, which has no room for all of them.
        return [str(int(label)) for label in column.tolist()]

    return [str(label) for label in column.tolist()]


def encode_labels(
    labels: Sequence[str], known_classes: Sequence[str]
) -> tuple[tuple[str, ...], np.ndarray]:
    """Returns the classes, and the number of each label: (N,) int64.

    known_classes: the names that the file has for the labels 0, 1, ...; without them, or where a
    label is none of their numbers, the classes are the labels.
    """
    numbers = {str(number): number for number in range(len(known_classes))}
    if known_classes and all(label in numbers for label in labels):
        return tuple(known_classes), np.array([numbers[label] for label in labels], np.int64)

    return encode_classes(labels)
