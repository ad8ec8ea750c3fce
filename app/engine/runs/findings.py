"""Findings: what a knowing person would say of a run, with the change of settings that helps."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

Level = Literal["info", "good", "warning", "problem"]


@dataclass(frozen=True)
class Remedy:
    """What one click does.

    changes: settings by "section.field". restart: they take effect in a new run only.

    action: something else to do, one of "stop", "longer" (train longer), "cell:TRUE:PREDICTED"
    (show those examples, by class number; -1: whatever was predicted), "skipped" (show the files
    left out), "plan" (show what would fit the memory).
    """

    label: str
    changes: dict[str, Any] = field(default_factory=dict)
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
