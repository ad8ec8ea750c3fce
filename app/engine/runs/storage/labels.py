"""The names of runs for a person: a run's folder begins with the day, which is told elsewhere."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

DAY = re.compile(r"\d{4}-\d\d-\d\d (?=.)")
"""The day in front of a folder's name, with the space behind it."""


def day_of(path: Path) -> str:
    """Returns the day in front of a run's folder name with its space, "" if there is none."""
    day = DAY.match(path.name)
    return day.group() if day else ""


def label_of(path: Path) -> str:
    """Returns a run's name without the day: "2026-11-22 fashion cnn" is "fashion cnn"."""
    return path.name[len(day_of(path)) :]


def labels_of(paths: Sequence[Path]) -> list[str]:
    """Returns the names of runs, with the day where two would read the same."""
    labels = [label_of(path) for path in paths]
    return [
        path.name if labels.count(label) > 1 else label
        for path, label in zip(paths, labels, strict=True)
    ]
