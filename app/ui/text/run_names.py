"""The names of runs on screen: a run's folder begins with the day, which is shown beside it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from app.engine.runs.storage.labels import day_of, label_of, labels_of

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["day_of", "label_of", "labels_of", "moment_text", "title_of"]


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
