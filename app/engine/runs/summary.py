"""The summary of a run: what summary.json holds of how it ended."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal, cast

from pydantic import ConfigDict
from typing_extensions import TypedDict

if TYPE_CHECKING:
    from app.engine.experiment.plain import Value

Status = Literal["completed", "stopped", "failed", "diverged"]
"""How a run can end."""


class ChangeMade(TypedDict):
    """A change of settings while the run trained, see events.SettingsChanged."""

    step: int
    values: dict[str, float | None]
    why: str


class MemorySummary(TypedDict):
    """The rows of the memory ledger in bytes, as predicted and as measured."""

    predicted: dict[str, int]
    measured: dict[str, int | None]


class PromiseSummary(TypedDict):
    """What was promised before the start, see promises.promise, and what came.

    came: seconds of work until the figure was reached; None where it was not.
    """

    figure: str
    value: float
    seconds: float
    came: float | None


class Summary(TypedDict, total=False):
    """What is known of a run that has ended; {} of one that has not.

    loss: per split; metrics: per split and name. Both are of the best epoch's weights, but
    loss["training"] is the mean over that epoch while it was trained. epochs: those done in full.
    None stands for what is not known or not finite.
    """

    __pydantic_config__ = ConfigDict(extra="allow")  # type: ignore[misc]
    """A later version may write more."""

    status: str
    reason: str
    run: str
    name: str
    device: str
    seed: int | None
    epochs: int
    steps: int
    seconds: float
    examples_per_second: float | None
    parameters: int | None
    best_epoch: int | None
    loss: dict[str, float | None]
    metrics: dict[str, dict[str, float | None]]
    weights_sha256: str
    memory: MemorySummary
    changes: list[ChangeMade]
    promise: PromiseSummary
    failure: list[str]


def finite(summary: Summary) -> Summary:
    """Returns the summary with None for every number that is not finite: JSON has no NaN."""
    return cast("Summary", _finite(cast("Value", summary)))


def _finite(value: Value) -> Value:
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(item) for item in value]

    return None if isinstance(value, float) and not math.isfinite(value) else value
