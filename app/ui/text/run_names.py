"""What a run is called on screen: its folder begins with the day, which is shown beside it or not
at all.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

DAY = re.compile(r"\d{4}-\d\d-\d\d (?=.)")


def day_of(path: Path) -> str:
    """The day in front of a run's folder name with the space behind it, "" if there is none."""
    found = DAY.match(path.name)
    return found.group() if found else ""


def label_of(path: Path) -> str:
    """A run's name without the day in front: "2026-11-22 fashion cnn" is "fashion cnn"."""
    return path.name[len(day_of(path)) :]


def labels_of(paths: Sequence[Path]) -> list[str]:
    """Their names, with the day where two would read the same."""
    short = [label_of(path) for path in paths]
    return [
        path.name if short.count(name) > 1 else name
        for path, name in zip(paths, short, strict=True)
    ]
