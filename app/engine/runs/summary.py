"""How a run ended: the figures of summary.json (design, section 6).

No tensors, so it outlives the training.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from app.engine import files
from app.engine.runs.progress import Progress

if TYPE_CHECKING:
    from app.engine.experiment.experiment import Experiment
    from app.engine.experiment.resolve import ResolvedExperiment
    from app.engine.runs.events import RunPrepared
    from app.engine.runs.run import Run


@dataclass
class Outcome:
    """What is known of a run so far.

    begun: it was ready for its first step in this process. best: what the best checkpoint says of
    itself. test: loss and metrics of the best weights on the test split.
    """

    begun: bool = False
    resolved: ResolvedExperiment | None = None
    prepared: RunPrepared | None = None
    device: str = ""
    progress: Progress = field(default_factory=Progress)
    best: dict[str, Any] = field(default_factory=dict)
    training_loss: dict[int, float] = field(default_factory=dict)
    test: tuple[float, dict[str, float]] | None = None
    measured: dict[str, int | None] = field(default_factory=dict)
    weights_sha256: str = ""
    changes: list[dict[str, Any]] = field(default_factory=list)
    """What was changed while it trained: step, values, why."""

    def summary(
        self,
        run: Run,
        experiment: Experiment | None,
        status: str,
        reason: str,
        failure: tuple[str, str, str] | None,
    ) -> dict[str, Any]:
        """Plain data for summary.json. loss and metrics are of the best epoch's weights;
        loss.training is the mean over that epoch while it was trained. epochs are those done in
        full.
        """
        progress = self.progress
        prepared = self.prepared
        best_epoch = int(self.best.get("epoch", 0))
        loss: dict[str, float] = {}

        metrics: dict[str, dict[str, float]] = {}
        if self.best:
            if best_epoch in self.training_loss:
                loss["training"] = self.training_loss[best_epoch]
            loss["validation"] = self.best["loss"]
            metrics["validation"] = dict(self.best["metrics"])

        if self.best and self.test is not None:
            loss["test"], metrics["test"] = self.test

        speed = (
            progress.step_examples / progress.step_seconds if progress.step_seconds > 0 else None
        )
        summary: dict[str, Any] = {
            "status": status,
            "reason": reason,
            "run": str(run.path),
            "name": run.name,
            "device": self.device,
            "seed": experiment.training.seed if experiment else None,
            "epochs": progress.epoch - 1,
            "steps": progress.step,
            "seconds": round(progress.seconds, 3),
            "examples_per_second": None if speed is None else round(speed, 2),
            "parameters": prepared.parameters if prepared else None,
            "best_epoch": best_epoch or None,
            "loss": loss,
            "metrics": metrics,
            "weights_sha256": self.weights_sha256,
            "memory": {
                "predicted": prepared.predicted if prepared else {},
                "measured": self.measured,
            },
        }
        if self.changes:
            summary["changes"] = self.changes
        if failure:
            summary["failure"] = list(failure)

        return _finite(summary)


def write(run: Run, summary: dict[str, Any]) -> None:
    """Raises UserError where the disk refuses."""
    files.write_json(run.path / "summary.json", summary)


def _finite(value: Any) -> Any:
    """JSON knows no NaN: null instead."""
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(item) for item in value]

    return None if isinstance(value, float) and not math.isfinite(value) else value
