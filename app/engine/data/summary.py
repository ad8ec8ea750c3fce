"""What a dataset holds, as plain data for the window and `netwright describe`."""

from __future__ import annotations

from typing import Any, Literal

from app.engine.data.dataset import SPLITS, Dataset, Description

Level = Literal["good", "info", "warning", "problem"]

UNEVEN, VERY_UNEVEN = 3.0, 10.0
FEW = 20


def balance(description: Description) -> tuple[float, Level]:
    """How many times as many training examples the largest class has as the smallest (an empty one counts as one):
    above 3 a warning, above 10 a problem."""
    counts = description.counts.get("training", ())
    ratio = max(counts, default=1) / max(1, min(counts, default=1))
    return ratio, "problem" if ratio > VERY_UNEVEN else "warning" if ratio > UNEVEN else "good"


def problems(description: Description) -> list[dict[str, str]]:
    """What a person should know, the gravest first: {"level", "text"}, a sentence or two each."""
    found: list[tuple[Level, str]] = []
    ratio, level = balance(description)
    counts = description.counts.get("training", ())
    if level != "good":
        most, least = (description.classes[counts.index(number)] for number in (max(counts), min(counts)))
        found.append((level, f"'{most}' has {ratio:.0f} times as many training examples as '{least}'. Use balanced "
                             "class weights in the loss, or add examples."))
    missing = [name for name, count in zip(description.classes, counts, strict=False) if count == 0]
    if missing:
        found.append(("problem", f"{_some(missing)}: no training example, so it cannot be learned."))
    few = [name for name, count in zip(description.classes, counts, strict=False) if 0 < count < FEW]
    if few:
        found.append(("warning", f"{_some(few)}: fewer than {FEW} training examples; more would help most."))
    bad = [item for item in description.skipped if not item.ignored]
    if bad:
        what = "file or folder was" if len(bad) == 1 else "files or folders were"
        found.append(("warning", f"{len(bad):,} {what} left out, for example '{bad[0].path}': {bad[0].reason}."))
    junk = len(description.skipped) - len(bad)
    if junk:
        found.append(("info", f"{junk:,} system {'file was' if junk == 1 else 'files were'} ignored."))
    if not description.size("test"):
        found.append(("info", "There is no test set: the final figure will be that of the validation set."))
    found += [("info", note) for note in description.notes]
    grave = ("problem", "warning", "info", "good")
    return [{"level": level, "text": text} for level, text in sorted(found, key=lambda item: grave.index(item[0]))]


def describe(dataset: Dataset) -> dict[str, Any]:
    """Plain JSON: kind, format, task, classes, counts per split and class, shape, problems, skipped files."""
    description = dataset.description
    ratio, level = balance(description)
    return {
        "kind": "image",
        "source": description.source,
        "format": description.format,
        "task": "classification",
        "shape": list(description.shape),
        "examples": description.total,
        "classes": list(description.classes),
        "splits": {split: description.size(split) for split in SPLITS},
        "counts": {
            split: dict(zip(description.classes, description.counts.get(split, ()), strict=False)) for split in SPLITS
        },
        "balance": {"ratio": round(ratio, 2), "level": level},
        "split_reason": description.split_reason,
        "mirror_safe": description.mirror_safe,
        "fingerprint": description.fingerprint,
        "problems": problems(description),
        "skipped": [
            {"path": item.path, "reason": item.reason, "ignored": item.ignored} for item in description.skipped
        ],
    }


def _some(names: list[str], most: int = 5) -> str:
    shown = ", ".join(f"'{name}'" for name in names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"
