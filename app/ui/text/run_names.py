"""The names of runs on screen: a run's folder begins with the day, which is shown beside it."""

from __future__ import annotations

import re
from datetime import datetime
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


def moment_text(moment: datetime, day: bool = True) -> str:
    """Returns when a run began: "22 Nov, 10:00", with the year if it is not this one.

    day: say it also where it is today; else the time alone stands for today.
    """
    today = datetime.now()
    time = f"{moment:%H:%M}"
    if not day and moment.date() == today.date():
        return time

    year = "" if moment.year == today.year else f" {moment.year}"
    return f"{moment.day} {moment:%b}{year}, {time}"


def title_of(path: Path | None, template: str, begun: datetime | None) -> str:
    """Returns a run in a line: "photos, ResNet, run of 22:52".

    What is not known yet is left out.
    """
    when = f"run of {moment_text(begun, day=False)}" if begun is not None else ""
    name = label_of(path) if path is not None else ""
    return ", ".join(part for part in (name, template, when) if part)


def labels_of(paths: Sequence[Path]) -> list[str]:
    """Returns the names of runs, with the day where two would read the same."""
    labels = [label_of(path) for path in paths]
    return [
        path.name if labels.count(label) > 1 else label
        for path, label in zip(paths, labels, strict=True)
    ]
