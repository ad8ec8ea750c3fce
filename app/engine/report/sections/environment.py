"""Where it was trained: versions, system and device."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from app.engine.report.runs_table import RunsLine, runs_table
from app.engine.report.section import Section
from app.engine.text import UNKNOWN

if TYPE_CHECKING:
    from app.engine.report.content import ReportContent, ReportedRun
    from app.engine.report.markup import Html

LABELS = {
    "netwright": "Netwright",
    "python": "Python",
    "torch": "PyTorch",
    "numpy": "NumPy",
    "system": "System",
    "processor": "Processor",
    "device_label": "Device",
    "device_reason": "Why this device",
    "precision": "Precision",
    "threads": "Threads",
    "started": "Began",
}
"""Entries of environment.json that are told, in this order."""


class Environment(Section):
    """A line for each part of the environment, a value for each run."""

    name: ClassVar[str] = "environment"
    title: ClassVar[str] = "Environment"
    order: ClassVar[int] = 70

    def html(self, content: ReportContent) -> Html:
        lines = [
            RunsLine(label, tuple(_value(run, key) for run in content.runs))
            for key, label in LABELS.items()
        ]
        known = [line for line in lines if any(text != UNKNOWN for text in line.texts)]
        return runs_table("Where it was trained", content.runs, known)


def _value(run: ReportedRun, key: str) -> str:
    value = run.environment.get(key)
    return run.remover.text(str(value)) if value not in (None, "") else UNKNOWN


SECTION = Environment()
