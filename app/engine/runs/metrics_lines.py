"""What is written of a run, line by line, as types: files are checked against them."""

from __future__ import annotations

from typing import Any, NotRequired

from typing_extensions import TypedDict

from app.engine.runs.findings import Level  # noqa: TC001 - lines are checked against these types


class EpochLine(TypedDict):
    """An epoch in metrics.jsonl: EpochDone without its confusion, None for what is not finite.

    record: the SHA-256 of the record of the epoch. elapsed: seconds of work on the run up to here.
    Older runs have neither.
    """

    epoch: int
    step: int
    training_loss: float | None
    validation_loss: float | None
    metrics: dict[str, float | None]
    best: bool
    best_epoch: int
    since_best: int
    seconds: float
    record: NotRequired[str]
    elapsed: NotRequired[float | None]


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
    changes: dict[str, Any]
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


class MemoryLine(TypedDict):
    """MemoryMeasured in memory.jsonl."""

    step: int
    rows: dict[str, int | None]
    device: dict[str, float | None]
    reasons: NotRequired[dict[str, str]]
