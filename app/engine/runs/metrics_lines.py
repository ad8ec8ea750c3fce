"""The lines of metrics.jsonl as types."""

from __future__ import annotations

from typing import TYPE_CHECKING, NotRequired, TypedDict

if TYPE_CHECKING:
    from app.engine.experiment.plain import Value
    from app.engine.runs.findings import Level


class EpochLine(TypedDict):
    """An epoch in metrics.jsonl: EpochDone without its confusion, None for what is not finite."""

    epoch: int
    step: int
    training_loss: float | None
    validation_loss: float | None
    metrics: dict[str, float | None]
    best: bool
    best_epoch: int
    since_best: int
    seconds: float


class MarkLine(TypedDict):
    """A mark in metrics.jsonl: "resumed", "longer", "diverged", "changed" or "memory".

    step: steps done before it. values, why: of a change of settings, see events.SettingsChanged.
    time: seconds since 1970.
    """

    mark: str
    step: int
    values: NotRequired[dict[str, float | None]]
    why: NotRequired[str]
    time: NotRequired[float]


class RemedyData(TypedDict):
    """A Remedy as JSON."""

    label: str
    changes: dict[str, Value]
    restart: bool
    action: str


class FindingData(TypedDict):
    """A Finding as JSON."""

    key: str
    level: Level
    title: str
    text: str
    remedy: RemedyData | None


class FindingLine(TypedDict):
    """A finding in metrics.jsonl, and the steps done before it."""

    finding: FindingData
    step: int


class StepLine(TypedDict):
    """A step in metrics.jsonl; a norm that was not measured is left out."""

    step: int
    loss: float | None
    rate: float
    norm: NotRequired[float]
