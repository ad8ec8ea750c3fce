"""The tasks: a file each.

TASKS holds one of every kind, in the order in which they are offered.
"""

from __future__ import annotations

import importlib
import pkgutil

from app.engine.errors import UserError
from app.engine.learning.task import Task

__all__ = ["TASKS", "Task", "task"]


def _all_tasks() -> dict[str, Task]:
    tasks: list[Task] = [
        importlib.import_module(module.name).TASK
        for module in pkgutil.iter_modules(__path__, __name__ + ".")
    ]
    return {task.kind: task for task in sorted(tasks, key=lambda task: task.order)}


TASKS = _all_tasks()


def task(kind: str) -> Task:
    """Returns the task of this kind. Raises UserError for an unknown one."""
    if kind not in TASKS:
        raise UserError(
            f"There is no task called '{kind}'.", f"Choose one of: {', '.join(TASKS)}.", "data.task"
        )

    return TASKS[kind]
