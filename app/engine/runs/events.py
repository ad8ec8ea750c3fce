"""What a run tells, in order: frozen values without tensors, safe to hand to another thread.

`RunStarted` and `RunFinished` come once each, whatever happens. Between them come stages, steps,
epochs.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import numpy as np

Status = Literal["completed", "stopped", "failed", "diverged"]


@dataclass(frozen=True)
class RunStarted:
    """run: its folder. experiment: the experiment asked for, as plain data."""

    run: str
    name: str
    experiment: dict[str, Any]


@dataclass(frozen=True)
class StageChanged:
    """What happens now, for a person: "Reading pictures", with numbers where they are known."""

    text: str
    done: int = 0
    total: int = 0


@dataclass(frozen=True)
class RunPrepared:
    """All is known: how long it will be, on what it runs, what memory it should take (the ledger,
    in bytes).

    batch_size: examples of a step, those of all batches whose gradients are added up.
    """

    device: str
    device_reason: str
    threads: int
    parameters: int
    epochs: int
    steps: int
    steps_per_epoch: int
    first_step: int
    batch_size: int
    training_examples: int
    classes: tuple[str, ...]
    predicted: dict[str, int]
    resolved: dict[str, Any]
    """The experiment with every setting filled in, as plain data."""

    told: tuple[str, ...] = ()
    """What a person should know of the data, the gravest first: what was left out, replaced or is
    rare.
    """


@dataclass(frozen=True)
class StepsDone:
    """Steps since the last event. steps are 1-based ends; the arrays are of equal length, NaN where
    not measured.

    position: the last step. speed: examples per second of training. remaining: seconds to the end,
    None if unknown.
    """

    position: int
    epoch: int
    steps: np.ndarray
    losses: np.ndarray
    rates: np.ndarray
    norms: np.ndarray
    speed: float | None
    elapsed: float
    remaining: float | None


@dataclass(frozen=True)
class EpochDone:
    """epoch is 1-based. metrics of the validation split. best: this epoch is the best so far.

    confusion: (K, K) counts, true class by row, where there are classes. since_best: epochs without
    improvement.
    """

    epoch: int
    step: int
    training_loss: float
    validation_loss: float
    metrics: dict[str, float]
    best: bool
    best_epoch: int
    since_best: int
    seconds: float
    confusion: np.ndarray | None = None


@dataclass(frozen=True)
class MemoryMeasured:
    """The ledger's rows in bytes as measured (None: unknown here), and the state of the device.

    device: readings such as "total", "free", "reserved", "other" (bytes), "utilisation" (percent),
    "temperature" (degrees Celsius), "power" (watts); None where unknown. reasons: why a reading is
    unknown, a sentence each.
    """

    step: int
    rows: dict[str, int | None]
    device: dict[str, float | None]
    reasons: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ProbePredicted:
    """What the network says now about a fixed set of validation examples.

    rows: (n,) rows of the dataset. predictions: (n, ...), what the task keeps of its answers.
    """

    epoch: int
    rows: np.ndarray
    predictions: np.ndarray


@dataclass(frozen=True)
class Found:
    """A finding of the advice while training (see results.advice.Finding)."""

    finding: Any


@dataclass(frozen=True)
class CheckpointSaved:
    """A state from which the run can go on."""

    step: int
    epoch: int
    best: bool


@dataclass(frozen=True)
class Paused:
    step: int


@dataclass(frozen=True)
class Resumed:
    step: int


@dataclass(frozen=True)
class Changed:
    """What is different from here on, as "SECTION.FIELD" (or "learning_rate_factor") -> value, by a
    person's hand or, with a sentence why, by the run itself. step: the steps done before it.
    """

    step: int
    values: dict[str, float | None]
    why: str = ""


@dataclass(frozen=True)
class InsideMeasured:
    """What the optimizer holds of each layer's weights after a step; told only while somebody
    looks.

    layers: names of the weights, in order; numbers: how many each holds. sizes: quantity -> (L,)
    root mean squares. histograms: quantity -> (L, BINS) int64, how many of the numbers looked at
    fall into each bin of their size, see optimizer_figures.EDGES. norms: (L,) Euclidean norms of
    the weights. Quantities: see optimizer_figures.QUANTITIES; those that this optimizer does not
    have are missing, and NaN for layers without them. seconds: what looking took. rate: the
    learning rate. one: quantity, and "decay" -> (L,), signed, of one weight of each layer: always
    the same one.
    """

    step: int
    layers: tuple[str, ...]
    numbers: tuple[int, ...]
    sizes: dict[str, np.ndarray]
    histograms: dict[str, np.ndarray]
    norms: np.ndarray
    seconds: float = 0.0
    rate: float = 0.0
    one: dict[str, np.ndarray] = field(default_factory=dict)


@dataclass(frozen=True)
class MemberEvent:
    """In a race: what the run of one of the variants tells.

    member: its place among them, from 0.
    """

    member: int
    event: Event


@dataclass(frozen=True)
class RunFinished:
    """The end, whatever it was.

    reason: a sentence. summary: what summary.json holds ({} if nothing came of it).

    failure: for status "failed", what went wrong, what to try, and the traceback as text.
    """

    run: str
    status: Status
    reason: str
    summary: dict[str, Any]
    failure: tuple[str, str, str] | None = None


Event = (
    RunStarted
    | StageChanged
    | RunPrepared
    | StepsDone
    | EpochDone
    | MemoryMeasured
    | ProbePredicted
    | Found
    | CheckpointSaved
    | Paused
    | Resumed
    | Changed
    | InsideMeasured
    | MemberEvent
    | RunFinished
)
