"""The outcome of a run so far, from which its summary is made.

It holds no tensors, so it may outlive the training.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from app.engine.runs.progress import Progress
from app.engine.runs.summary import finite

if TYPE_CHECKING:
    from app.engine.experiment.experiment import Experiment
    from app.engine.experiment.resolve import ResolvedExperiment
    from app.engine.runs.events import RunPrepared
    from app.engine.runs.run import Run
    from app.engine.runs.summary import ChangeMade, PromiseSummary, Status, Summary


@dataclass
class Outcome:
    """What is known of a run so far.

    begun: it was ready for its first step in this process. best: the state of the best checkpoint,
    {} before there is one; best_is_saved: whether it is on the disk. training_loss: epoch -> mean
    loss. test: loss and metrics of the best weights on the test split. measured: rows of the memory
    ledger in bytes. changes: what was changed while it trained. promise: what was promised of it
    before, and what came.
    """

    begun: bool = False
    resolved: ResolvedExperiment | None = None
    prepared: RunPrepared | None = None
    device: str = ""
    progress: Progress = field(default_factory=Progress)
    best: dict[str, Any] = field(default_factory=dict)
    best_is_saved: bool = False
    training_loss: dict[int, float | None] = field(default_factory=dict)
    test: tuple[float, dict[str, float]] | None = None
    measured: dict[str, int | None] = field(default_factory=dict)
    weights_sha256: str = ""
    changes: list[ChangeMade] = field(default_factory=list)
    promise: PromiseSummary | None = None

    def summary(
        self,
        run: Run,
        experiment: Experiment | None,
        status: Status,
        reason: str,
        failure: tuple[str, str, str] | None,
    ) -> Summary:
        """Returns what summary.json is to hold of this end."""
        progress = self.progress
        prepared = self.prepared
        best_epoch = int(self.best.get("epoch", 0))
        loss, metrics = self._figures(best_epoch)

        summary: Summary = {
            "status": status,
            "reason": reason,
            "run": str(run.path),
            "name": run.name,
            "device": self.device,
            "seed": experiment.training.seed if experiment else None,
            "epochs": progress.epoch - 1,
            "steps": progress.step,
            "seconds": round(progress.seconds, 3),
            "examples_per_second": self._speed(),
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
        if self.promise is not None:
            summary["promise"] = self.promise
        if failure:
            summary["failure"] = list(failure)

        return finite(summary)

    def _figures(
        self, best_epoch: int
    ) -> tuple[dict[str, float | None], dict[str, dict[str, float | None]]]:
        """Returns the best epoch's loss per split, and its metrics per split and name."""
        loss: dict[str, float | None] = {}
        metrics: dict[str, dict[str, float | None]] = {}
        if not self.best:
            return loss, metrics

        if best_epoch in self.training_loss:
            loss["training"] = self.training_loss[best_epoch]

        loss["validation"] = self.best["loss"]
        metrics["validation"] = dict(self.best["metrics"])

        if self.test is not None:
            loss["test"] = self.test[0]
            metrics["test"] = dict(self.test[1])

        return loss, metrics

    def _speed(self) -> float | None:
        """Examples per second of the training steps alone; None before the first step."""
        progress = self.progress
        if progress.step_seconds <= 0:
            return None

        return round(progress.step_examples / progress.step_seconds, 2)
