"""Findings: what an expert would say of a run, and remedies, the changes of settings that help."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from app.engine.experiment.plain import Value

Level = Literal["info", "good", "warning", "problem"]

START_WEIGHTS = "start-weights"
"""The key of the finding that says which earlier weights a run starts from."""

RANK: dict[Level, int] = {"problem": 0, "warning": 1, "good": 2, "info": 3}
"""The gravest first."""


@dataclass(frozen=True)
class Remedy:
    """What one click does about a finding.

    label: the text of the button. changes: "section.field" -> value. restart: the changes take
    effect in a new run only. action: something else to do, one of "stop", "longer" (train longer),
    "cell:TRUE:PREDICTED" (show those examples, by class number; -1: whatever was predicted),
    "skipped" (show the files that were left out), "plan" (show what would fit the memory).
    """

    label: str
    changes: Mapping[str, Value] = field(default_factory=dict)
    restart: bool = False
    action: str = ""


@dataclass(frozen=True)
class Finding:
    """Something worth knowing. key: the same finding has the same key, so it is shown once."""

    key: str
    level: Level
    title: str
    text: str
    remedy: Remedy | None = None


def ordered(findings: Iterable[Finding]) -> list[Finding]:
    """Returns the findings, the gravest first, otherwise in the order in which they came."""
    return sorted(findings, key=lambda finding: RANK[finding.level])
