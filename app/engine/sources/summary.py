"""What a dataset holds, as plain data for the window and `netwright describe`."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Literal

from app.engine.data.dataset import SPLITS, Dataset, Description
from app.engine.data.kinds.row.preparation import RowPreparation
from app.engine.experiment.data_settings import DataSettings
from app.engine.learning.tasks import TASKS
from app.engine.text import number_text, times_text

if TYPE_CHECKING:
    from app.engine.data.preparation import Preparation

Level = Literal["good", "info", "warning", "problem"]

UNEVEN = 3.0
VERY_UNEVEN = 10.0
FEW = 20
FEW_AMOUNTS = 100
"""Training examples of a regression; with fewer, chance decides much."""

FAR_OUT = 10.0
"""Standard deviations from the mean: an amount this far out is worth a word."""


def balance(description: Description) -> tuple[float, Level]:
    """How many times as many training examples the largest class has as the smallest (an empty one
    counts as one): above 3 a warning, above 10 a problem. Always good where there are no classes
    to hold against each other.
    """
    counts = description.counts.get("training", ())
    if not _one_class_each(description):
        return 1.0, "good"

    ratio = max(counts, default=1) / max(1, min(counts, default=1))
    return ratio, "problem" if ratio > VERY_UNEVEN else "warning" if ratio > UNEVEN else "good"


def _one_class_each(description: Description) -> bool:
    """Whether the counts are of classes, of which every example has one: not of tags, and not of
    all examples.
    """
    task = TASKS.get(description.task)
    return bool(description.classes) and (task is None or task.targets == "classes")


def problems(description: Description) -> list[dict[str, str]]:
    """What a person should know, the gravest first: {"level", "text"}, a sentence or two each."""
    found = [*_on_classes(description), *_on_amounts(description)]
    bad = [item for item in description.skipped if not item.ignored]
    if bad:
        rows = all(item.path.startswith("row ") for item in bad)
        one, many = (
            ("row was", "rows were") if rows else ("file or folder was", "files or folders were")
        )
        found.append(
            (
                "warning",
                f"{len(bad):,} {one if len(bad) == 1 else many} left out, for example "
                f"'{bad[0].path}': {bad[0].reason}.",
            )
        )

    junk = len(description.skipped) - len(bad)
    if junk:
        found.append(
            ("info", f"{junk:,} system {'file was' if junk == 1 else 'files were'} ignored.")
        )

    if not description.size("test"):
        found.append(
            ("info", "There is no test set: the final figure will be that of the validation set.")
        )

    found += [("info", note) for note in description.notes]
    grave = ("problem", "warning", "info", "good")
    return [
        {"level": level, "text": text}
        for level, text in sorted(found, key=lambda item: grave.index(item[0]))
    ]


def _on_classes(description: Description) -> list[tuple[Level, str]]:
    """On classes, or tags, that are rare or missing in training."""
    if not description.classes:
        return []

    found: list[tuple[Level, str]] = []
    counts = description.counts.get("training", ())

    ratio, level = balance(description)
    if level != "good":
        most, least = (
            description.classes[counts.index(number)] for number in (max(counts), min(counts))
        )
        found.append(
            (
                level,
                f"'{most}' has {times_text(ratio)} times as many training examples as '{least}'. Use "
                "balanced "
                "class weights in the loss, or add examples.",
            )
        )

    missing = [name for name, count in zip(description.classes, counts, strict=False) if count == 0]
    if missing:
        found.append(
            ("problem", f"{_some(missing)}: no training example, so it cannot be learned.")
        )

    few = [
        name for name, count in zip(description.classes, counts, strict=False) if 0 < count < FEW
    ]
    if few:
        found.append(
            ("warning", f"{_some(few)}: fewer than {FEW} training examples; more would help most.")
        )

    if not _one_class_each(description):
        size = description.size("training")
        always = [
            name
            for name, count in zip(description.classes, counts, strict=False)
            if size and count == size
        ]
        if always:
            found.append(
                (
                    "warning",
                    f"{_some(always)}: every training example has it, so there is nothing to "
                    "learn.",
                )
            )

    return found


def _on_amounts(description: Description) -> list[tuple[Level, str]]:
    found: list[tuple[Level, str]] = []
    for amount in description.amounts:
        unit = f" {amount.unit}" if amount.unit else ""
        far = max(amount.high - amount.mean, amount.mean - amount.low) / amount.std
        if amount.low == amount.high:
            found.append(
                (
                    "problem",
                    f"'{amount.name}' is {number_text(amount.low, 6)}{unit} in every training example, so "
                    "there "
                    "is nothing to learn.",
                )
            )
        elif far > FAR_OUT:
            found.append(
                (
                    "warning",
                    f"'{amount.name}' reaches from {number_text(amount.low, 6)} to {number_text(amount.high, 6)}{unit}, "
                    f"though the middle one is {number_text(amount.median, 6)}: a few values lie far out. With "
                    "L1 they count less than with L2.",
                )
            )

    if description.amounts and 0 < description.size("training") < FEW_AMOUNTS:
        found.append(
            (
                "warning",
                f"There are only {description.size('training'):,} training examples; more would "
                "help "
                "most.",
            )
        )

    return found


def describe(dataset: Dataset) -> dict[str, Any]:
    """Plain JSON: kind, format, task, classes, counts per split and class, amounts, columns of a
    table, shape, problems, skipped files.
    """
    description = dataset.description
    ratio, level = balance(description)
    return {
        "kind": description.kind,
        "source": description.source,
        "format": description.format,
        "task": description.task,
        "shape": list(description.shape),
        "inputs": [one.to_plain() for one in description.preparation.inputs],
        "examples": description.total,
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
    """What is read of a table's row: name, role, the range of a number or the values of a category,
    and what happens where there is no value. [] where no rows are read.
    """
    if not isinstance(preparation, RowPreparation):
        return []

    found: list[dict[str, Any]] = []
    for column in preparation.columns:
        description: dict[str, Any] = {
            "name": column.name,
            "role": column.role,
            "missing": column.missing,
        }
        if column.role == "category":
            description["categories"] = list(column.categories)
        else:
            description |= {
                name: getattr(column, name)
                for name in ("mean", "std", "low", "high", "median", "whole")
            }
            if column.date:
                description["date"] = column.date

        found.append(description)

    return found


def _targets(description: Description) -> list[str]:
    """The names of the target columns, of a table."""
    target = DataSettings(
        **{key: value for key, value in description.chosen.items() if key == "target"}
    ).target
    return [target] if isinstance(target, str) else list(target or ())


def _some(names: list[str], most: int = 5) -> str:
    shown = ", ".join(f"'{name}'" for name in names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"
