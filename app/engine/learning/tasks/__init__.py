"""The tasks: a file each.

TASKS holds one of every kind, in the order in which they are offered.
"""

from __future__ import annotations

import importlib
import pkgutil

from app.engine.errors import UserError
from app.engine.learning.task import Task

__all__ = ["TASKS", "Task", "task"]


def _found() -> dict[str, Task]:
    members: list[Task] = []
    for module in pkgutil.iter_modules(__path__, __name__ + "."):
        members.append(importlib.import_module(module.name).TASK)

    return {one.kind: one for one in sorted(members, key=lambda one: one.order)}


TASKS = _found()


def task(kind: str) -> Task:
    """Raises UserError for an unknown task."""
    if kind not in TASKS:
        raise UserError(
            f"There is no task called '{kind}'.", f"Choose one of: {', '.join(TASKS)}.", "data.task"
        )

    return TASKS[kind]
