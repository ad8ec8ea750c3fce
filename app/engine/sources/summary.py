"""Says what a dataset holds, as plain data for the window and `netwright describe`."""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Literal

from app.engine.data.dataset import SPLITS, Dataset, Description
from app.engine.data.kinds.row.preparation import RowPreparation
from app.engine.learning.tasks import TASKS
from app.engine.text import names_text, number_text, times_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.engine.data.dataset import Skipped
    from app.engine.data.preparation import Preparation

_IN_ARRAY = re.compile(r" #\d+")
"""What ends the name of an example that stands in an array: "images #7"."""

Level = Literal["good", "info", "warning", "problem"]

UNEVEN = 3.0
VERY_UNEVEN = 10.0
"""How many times as many examples the largest class may have as the smallest."""

SYSTEM_FILE = "it is a system file"
"""The reason for which a file of the system is left out."""

REPORTED_ALIKE = 3
"""At most so many groups of classes with names that are nearly the same are named."""

FEW = 20
"""Training examples of a class; with fewer, it is hardly learned."""

FEW_AMOUNTS = 100
"""Training examples of a regression; with fewer, chance decides much."""

FAR_OUT = 10.0
"""Standard deviations from the mean; an amount this far out is worth a word."""


def balance(description: Description) -> tuple[float, Level]:
    """Returns how many times as many training examples the largest class has as the smallest.

    An empty class counts as one example. Above 3 it is a warning, above 10 a problem; always good
    where there are no classes to compare.
    """
    counts = description.counts.get("training", ())
    if not _one_class_each(description):
        return 1.0, "good"

    ratio = max(counts, default=1) / max(1, min(counts, default=1))
    return ratio, "problem" if ratio > VERY_UNEVEN else "warning" if ratio > UNEVEN else "good"


def _one_class_each(description: Description) -> bool:
    """Returns whether every example has one class, so that counts of classes can be compared."""
    task = TASKS.get(description.task)
    return bool(description.classes) and (task is None or task.targets == "classes")


def problems(description: Description) -> list[dict[str, str]]:
    """Returns what a person should know, the gravest first: {"level", "text"} each."""
    remarks = [*_remarks_on_classes(description), *_remarks_on_amounts(description)]
    if description.contradictions:  # of rows with few values it is usual
        level: Level = "warning" if description.kind == "row" else "problem"
        remarks.append((level, description.contradictions))

    bad = [item for item in description.skipped if not item.ignored]
    if bad:
        singular, plural = _sort_of(bad)
        text = (
            f"{len(bad):,} {singular if len(bad) == 1 else plural} left out, for example "
            f"'{bad[0].path}': {bad[0].reason}."
        )
        remarks.append(("warning", text))

    remarks += [("info", text) for text in _remarks_on_ignored(description)]

    if not description.size("test"):
        text = "There is no test set: the final figure will be that of the validation set."
        remarks.append(("info", text))

    remarks += [("info", note) for note in description.notes]
    gravest_first = ("problem", "warning", "info", "good")
    return [
        {"level": level, "text": text}
        for level, text in sorted(remarks, key=lambda remark: gravest_first.index(remark[0]))
    ]


def _sort_of(skipped: Sequence[Skipped]) -> tuple[str, str]:
    """Returns what was left out, one of it and several, each with its verb."""
    if all(item.path.startswith("row ") for item in skipped):
        return "row was", "rows were"
    if all(_IN_ARRAY.search(item.path) for item in skipped):
        return "example was", "examples were"

    return "file or folder was", "files or folders were"


def _remarks_on_classes(description: Description) -> list[tuple[Level, str]]:
    """Remarks on classes, or tags, that are rare or missing in training."""
    if not description.classes:
        return []

    remarks: list[tuple[Level, str]] = []
    counts = description.counts.get("training", ())

    ratio, level = balance(description)
    if level != "good":
        most = description.classes[counts.index(max(counts))]
        least = description.classes[counts.index(min(counts))]
        text = (
            f"'{most}' has {times_text(ratio)} times as many training examples as '{least}'. Use "
            "balanced class weights in the loss, or add examples."
        )
        remarks.append((level, text))

    counted = list(zip(description.classes, counts, strict=False))
    if missing := [name for name, count in counted if count == 0]:
        text = f"{names_text(missing)}: no training example, so it cannot be learned."
        remarks.append(("problem", text))

    if few := [name for name, count in counted if 0 < count < FEW]:
        text = f"{names_text(few)}: fewer than {FEW} training examples; more would help most."
        remarks.append(("warning", text))

    remarks += [("warning", text) for text in _remarks_on_alike(description.classes)]
    if not _one_class_each(description):
        size = description.size("training")
        if always := [name for name, count in counted if size and count == size]:
            names = names_text(always)
            text = f"{names}: every training example has it, so there is nothing to learn."
            remarks.append(("warning", text))

    return remarks


def _remarks_on_alike(classes: Sequence[str]) -> list[str]:
    """Sentences on classes whose names are the same but for capital letters and blanks."""
    by_letters: dict[str, list[str]] = {}
    for name in classes:
        by_letters.setdefault(" ".join(name.casefold().split()), []).append(name)

    return [
        f"{names_text(alike)} differ in capital letters or blanks alone, and are {len(alike):,} "
        "classes: write them alike if they are one."
        for alike in [names for names in by_letters.values() if len(names) > 1][:REPORTED_ALIKE]
    ]


def _remarks_on_amounts(description: Description) -> list[tuple[Level, str]]:
    """Remarks on amounts that do not vary, lie far out or are few."""
    remarks: list[tuple[Level, str]] = []
    for amount in description.amounts:
        low = number_text(amount.low, 6)
        unit = f" {amount.unit}" if amount.unit else ""
        far = max(amount.high - amount.mean, amount.mean - amount.low) / amount.std
        if amount.low == amount.high:
            text = (
                f"'{amount.name}' is {low}{unit} in every training example, so there is "
                "nothing to learn."
            )
            remarks.append(("problem", text))
        elif far > FAR_OUT:
            high = number_text(amount.high, 6)
            median = number_text(amount.median, 6)
            text = (
                f"'{amount.name}' reaches from {low} to {high}{unit}, though the middle one is "
                f"{median}: a few values lie far out. With L1 they count less than with L2."
            )
            remarks.append(("warning", text))

    size = description.size("training")
    if description.amounts and 0 < size < FEW_AMOUNTS:
        text = f"There are only {size:,} training examples; more would help most."
        remarks.append(("warning", text))

    return remarks


def _remarks_on_ignored(description: Description) -> list[str]:
    """Sentences on files that nobody would miss: those of systems, and others by what they are."""
    by_reason: dict[str, list[str]] = {}
    for item in description.skipped:
        if item.ignored:
            by_reason.setdefault(item.reason, []).append(item.path)

    remarks = []
    if system := len(by_reason.pop(SYSTEM_FILE, ())):
        remarks.append(f"{system:,} system {'file was' if system == 1 else 'files were'} ignored.")

    for reason, paths in by_reason.items():
        subject = f"{names_text(paths, 2)} {'is' if len(paths) == 1 else 'are'} not read"
        remarks.append(f"{subject}: {reason}.")

    return remarks


def describe(dataset: Dataset) -> dict[str, Any]:
    """Returns what a dataset holds as plain data for JSON.

    Kind, format, task, classes, counts per split and class, amounts, columns of a table, shape,
    problems, skipped files.
    """
    description = dataset.description
    ratio, level = balance(description)
    return {
        "kind": description.kind,
        "source": description.source,
        "format": description.format,
        "task": description.task,
        "shape": list(description.shape),
        "inputs": [item.to_plain() for item in description.preparation.inputs],
        "examples": description.total,
        "judged_by": description.judged_by,
        "classes": list(description.classes),
        "splits": {split: description.size(split) for split in SPLITS},
        "counts": {
            split: dict(zip(description.classes, description.counts.get(split, ()), strict=False))
            for split in SPLITS
        },
        "amounts": [asdict(amount) for amount in description.amounts],
        "columns": columns(description.preparation),
        "targets": _targets(description),
        "balance": {"ratio": round(ratio, 2), "level": level},
        "split_reason": description.split_reason,
        "mirror_safe": description.mirror_safe,
        "fingerprint": description.fingerprint,
        "problems": problems(description),
        "skipped": [
            {"path": item.path, "reason": item.reason, "ignored": item.ignored}
            for item in description.skipped
        ],
    }


def columns(preparation: Preparation) -> list[dict[str, Any]]:
    """Returns the columns of a table that are read; [] where no rows are read.

    Name, role, the statistics of a number or the values of a category, and what happens where there
    is no value.
    """
    if not isinstance(preparation, RowPreparation):
        return []

    plain_columns: list[dict[str, Any]] = []
    for column in preparation.columns:
        plain: dict[str, Any] = {
            "name": column.name,
            "role": column.role,
            "missing": column.missing,
        }
        if column.role == "category":
            plain["categories"] = list(column.categories)
        else:
            plain |= {
                name: getattr(column, name)
                for name in ("mean", "std", "low", "high", "median", "whole")
            }
            if column.date:
                plain["date"] = column.date

        plain_columns.append(plain)

    return plain_columns


def _targets(description: Description) -> list[str]:
    """Returns the names of the target columns of a table."""
    target = description.chosen.get("target")
    return [target] if isinstance(target, str) else list(target or ())
