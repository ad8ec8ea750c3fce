"""Tasks: what is predicted from what. What a task needs is declared here and asked of it everywhere else."""

from __future__ import annotations

from dataclasses import dataclass

from app.engine.errors import UserError


@dataclass(frozen=True)
class Task:
    """One task. `metrics` are the names used in summary.json, the first one is the headline.

    binary: the network answers with one logit, the probability of the second class.
    """

    kind: str
    label: str
    summary: str
    losses: tuple[str, ...]
    metrics: tuple[str, ...]
    binary: bool = False

    def outputs(self, classes: int) -> int:
        """How many numbers the network answers with."""
        return 1 if self.binary else classes

    def fits(self, classes: int) -> str:
        """Why a data set with so many classes cannot serve this task; "" when it can."""
        if self.binary and classes != 2:
            return f"Yes or no needs exactly two classes; these data have {classes}."
        return ""


TASKS = {
    task.kind: task
    for task in (
        Task(
            "classification",
            "One of several (classification)",
            "A picture belongs to exactly one class.",
            ("cross-entropy",),
            ("accuracy", "macro_f1"),
        ),
        Task(
            "binary-classification",
            "Yes or no (binary classification)",
            "A picture is, or is not.",
            ("binary-cross-entropy",),
            ("accuracy", "f1", "auc", "macro_f1"),
            binary=True,
        ),
    )
}


def task(kind: str) -> Task:
    """Raises UserError for an unknown task."""
    if kind not in TASKS:
        raise UserError(f"There is no task called '{kind}'.", f"Choose one of: {', '.join(TASKS)}.", "data.task")
    return TASKS[kind]
