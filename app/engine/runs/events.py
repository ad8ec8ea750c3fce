"""The events of a run: frozen values without tensors, safe to hand to another thread.

`RunStarted` and `RunFinished` come once each, whatever happens. Between them come stages, steps and
epochs.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from app.engine.experiment.plain import PlainExperiment  # noqa: TC001 - files are checked with it

if TYPE_CHECKING:
    import numpy as np

    from app.engine.compute.outputs.values import BlockOutput
    from app.engine.runs.findings import Finding
    from app.engine.runs.summary import Status, Summary
    from models.graph import Graph


@dataclass(frozen=True)
class RunStarted:
    """A run has begun.

    run: its folder. experiment: as it was requested, {} where it could not be read.
    """

    run: str
    name: str
    experiment: PlainExperiment


@dataclass(frozen=True)
class StageChanged:
    """Something else is going on: "Reading pictures", with numbers where they are known."""

    text: str
    done: int = 0
    total: int = 0


@dataclass(frozen=True)
class RunPrepared:
    """All is known before the first step: the length of the run, its device, its memory.

    batch_size: examples of a step, those of all batches whose gradients are added up. predicted:
    the rows of the memory ledger, in bytes. resolved: the experiment with every setting filled in.
    warnings: what a person should know of the data, the gravest first: what was left out, replaced
    or is rare. threads_measured: the day on which the thread count was measured, "" where it was
    not. kind: of an example, see Description.kind; "" of a run of an older version.
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
    resolved: PlainExperiment
    warnings: tuple[str, ...] = ()
    threads_measured: str = ""
    kind: str = ""

    @property
    def threads_text(self) -> str:
        """The threads for a person: "2 threads, measured on 2026-11-29"."""
        words = "1 thread" if self.threads == 1 else f"{self.threads} threads"
        return f"{words}, measured on {self.threads_measured}" if self.threads_measured else words


@dataclass(frozen=True)
class StepsDone:
    """Steps were done since the last event of this kind.

    position: the last step. steps: (n,) numbers of the steps, from 1. losses, rates (learning
    rates), norms (of the gradient): (n,), NaN where not measured. speed: training examples per
    second. elapsed: seconds of work on the run so far. remaining: seconds to the end; None if
    unknown.
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
    """An epoch was trained and validated.

    epoch: from 1. metrics: of the validation split. best: this epoch is the best so far.
    since_best: epochs without improvement. seconds: of the validation. confusion: (K, K) counts of
    the validation split, true class by row; None where there are no classes. record: the SHA-256 of
    the record of the epoch; "" where it could not be written. elapsed: seconds of work on the run
    up to here, None in an older run.
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
    record: str = ""
    elapsed: float | None = None


@dataclass(frozen=True)
class MemoryMeasured:
    """The memory was measured.

    rows: of the ledger, in bytes; None where a row cannot be measured here. device: readings such
    as "total", "free", "reserved", "other" (bytes), "utilisation" (percent), "temperature" (degrees
    Celsius), "power" (watts); None where unknown. reasons: a sentence for each reading that is
    unknown.
    """

    step: int
    rows: dict[str, int | None]
    device: dict[str, float | None]
    reasons: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ProbePredicted:
    """The network predicted a fixed set of validation examples, the probe set.

    rows: (n,) rows of the dataset. predictions: (n, ...), as the task stores them.
    """

    epoch: int
    rows: np.ndarray
    predictions: np.ndarray


@dataclass(frozen=True)
class ValidationPredicted:
    """The network predicted the whole validation split after an epoch; not written anywhere.

    rows: (n,) rows of the dataset. predictions: (n, ...), as the task stores them.
    """

    epoch: int
    rows: np.ndarray
    predictions: np.ndarray


@dataclass(frozen=True)
class NewFinding:
    """There is a finding that was not there before, or that has changed."""

    finding: Finding


@dataclass(frozen=True)
class CheckpointSaved:
    """A state was saved from which the run can go on."""

    step: int
    epoch: int
    best: bool


@dataclass(frozen=True)
class Paused:
    """The run waits after this step until it is resumed or stopped."""

    step: int


@dataclass(frozen=True)
class Resumed:
    """The run goes on after this step, from a pause or from a checkpoint."""

    step: int


@dataclass(frozen=True)
class SettingsChanged:
    """Settings were changed while the run trains, by a person or by the run itself.

    step: steps done before the change. values: "SECTION.FIELD" or "learning_rate_factor" -> value.
    why: a sentence, where the run changed them itself.
    """

    step: int
    values: dict[str, float | None]
    why: str = ""


@dataclass(frozen=True)
class OptimizerMeasured:
    """What the optimizer holds of each layer was measured; only while somebody watches it.

    layers: names of the L weights, in order; numbers: how many numbers each one has. sizes:
    quantity -> (L,) root mean squares. histograms: quantity -> (L, BINS) int64, how many of the
    sampled numbers fall into each bin of size, see optimizer_figures.EDGES. norms: (L,) Euclidean
    norms of the weights. seconds: how long measuring took. rate: the learning rate. followed:
    quantity, and "decay" -> (L,), signed, of one number of each weight, always the same one.

    The quantities are optimizer_figures.QUANTITIES. Those that this optimizer does not have are
    missing; they are NaN for layers that do not have them.
    """

    step: int
    layers: tuple[str, ...]
    numbers: tuple[int, ...]
    sizes: dict[str, np.ndarray]
    histograms: dict[str, np.ndarray]
    norms: np.ndarray
    seconds: float = 0.0
    rate: float = 0.0
    followed: dict[str, np.ndarray] = field(default_factory=dict)


@dataclass(frozen=True)
class OutputsSeen:
    """An example went through the network as it is now; only while somebody watches it.

    number: of the request, see Control.outputs. graph: the network that trains. outputs: what came
    out of each block, by its name; {} where `trouble` says in a sentence why not. seconds: how long
    it took.
    """

    step: int
    number: int
    graph: Graph
    outputs: dict[str, BlockOutput]
    trouble: str = ""
    seconds: float = 0.0


@dataclass(frozen=True)
class MemberEvent:
    """An event of one of the runs of a race. member: its index among them."""

    member: int
    event: Event


@dataclass(frozen=True)
class RunFinished:
    """The run has ended, whatever the reason.

    run: its folder. reason: a sentence. summary: what summary.json holds, {} if nothing came of it.
    failure: for status "failed", what went wrong, what to try, and the traceback as text.
    """

    run: str
    status: Status
    reason: str
    summary: Summary
    failure: tuple[str, str, str] | None = None


Event = (
    RunStarted
    | StageChanged
    | RunPrepared
    | StepsDone
    | EpochDone
    | MemoryMeasured
    | ProbePredicted
    | ValidationPredicted
    | NewFinding
    | CheckpointSaved
    | Paused
    | Resumed
    | SettingsChanged
    | OptimizerMeasured
    | OutputsSeen
    | MemberEvent
    | RunFinished
)
