"""How far a run is: what a checkpoint keeps of it."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Progress:
    """Where a run stands. Together with the tensors it is all that a checkpoint holds.

    step: steps done. epoch: the current one, 1-based. batch: batches done in it. loss_sum,
    loss_count: of this epoch. unfinite: steps in a row whose loss was not finite. best_*: of the
    best epoch; best_step 0 means none yet. reference: the validation loss to beat for early
    stopping; since_best: epochs without that. seconds: of work, without pauses. step_seconds,
    step_examples: of steps alone, for the speed. end: "" while something is left to do. schedule:
    what the schedule remembers of the validations. examples: training examples seen. changes: what
    is different from the experiment by now (see changes). halvings: how often memory ran out.
    scaler: of the loss, for float16.
    """

    step: int = 0
    epoch: int = 1
    batch: int = 0
    loss_sum: float = 0.0
    loss_count: int = 0
    unfinite: int = 0
    best_epoch: int = 0
    best_step: int = 0
    best_loss: float | None = None
    best_metric: float | None = None
    reference: float | None = None
    since_best: int = 0
    seconds: float = 0.0
    step_seconds: float = 0.0
    step_examples: int = 0
    end: str = ""
    schedule: dict[str, float] = field(default_factory=dict)
    examples: int = 0
    changes: dict[str, float | None] = field(default_factory=dict)
    halvings: int = 0
    scaler: dict[str, float] = field(default_factory=dict)
