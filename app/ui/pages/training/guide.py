"""The Guide beside the Training page: what the page shows, and findings with their remedies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.engine.advice.after_training import after_training
from app.engine.advice.remedies import half_batch
from app.engine.advice.while_training import KEYS, while_training
from app.engine.errors import UserError
from app.engine.runs.findings import Finding, ordered
from app.engine.runs.history import epoch_line
from app.engine.runs.run import Run
from app.engine.runs.weights_in_use import read_weights_in_use
from app.ui.pages.parts import GuideCard, Parts
from app.ui.pages.remedies import card_of

if TYPE_CHECKING:
    import numpy as np

    from app.engine.data.dataset import Description
    from app.engine.experiment.resolve import ResolvedExperiment
    from app.engine.runs.summary import ChangeMade
    from app.ui.state.record import Record

FULL = 0.97
SLOW = 3.0
"""With more than this share of its memory in use, and so many times slower than before, a GPU has
begun to use main memory.
"""

MOST = 4
"""Findings shown at once."""

EXPLAINED = {
    "overview": GuideCard(
        "What you see",
        "The thin line is the loss of each batch, the thick one its average. The orange line is "
        "the loss on examples kept aside: that is the one to trust.",
    ),
    "curves": GuideCard(
        "What you see",
        "The learning rate says how far a step goes. The gradient norm says how steep the ground "
        "is: sudden peaks mean steps that were too long.",
    ),
    "network": GuideCard(
        "What you see",
        "One example on its way through the network as it is now, at most twice a second. Look "
        "for blocks whose maps change from step to step, that is where it learns, and for blocks "
        "in which many units are dead. It says nothing of other examples: choose some more.",
    ),
    "inside": GuideCard(
        "What you see",
        "Every row is a layer, the first at the top. Dark is small, light is large, by powers of "
        "ten. The lines on the right are the sizes now: where one is upright, all layers are alike "
        "in it. Adam divides the gradient by its usual size, so its steps stand upright although "
        "the gradients do not.",
    ),
    "epochs": GuideCard(
        "What you see",
        "Move the slider, or play it: answers, blocks, points and weights go back to how they were "
        "after each epoch. Two epochs can stand side by side.",
    ),
    "memory": GuideCard(
        "What you see",
        "n is the number of weights. Weights, gradients and the optimizer's moments take n numbers "
        "each; activations grow with the batch size. What is free on the device is what a larger "
        "batch could use.",
    ),
    "log": GuideCard(
        "What you see", "The run's own notes. The same lines are in log.txt in its folder."
    ),
    "race": GuideCard(
        "What you see",
        "Every variant is a training of its own; they take turns, so that all have seen equally "
        "many examples. Look at validation first: the training loss alone can be learned by heart. "
        "One race has one seed; a second one with another seed shows how much of the difference is "
        "chance.",
    ),
    "empty": GuideCard(
        "Training",
        "The network guesses a batch of examples, the loss says how wrong it was, and the "
        "optimizer moves every weight a little so that the loss falls. That is one step; all "
        "examples once are an epoch.",
    ),
    "preparing": GuideCard(
        "Before the first step",
        "The data are read once into memory, then the network is built and one batch is tried. "
        "The first training after the start also loads the engine.",
    ),
}


class _RecordSoFar:
    """A record as advice reads it, see advice.figures.ProgressSoFar."""

    def __init__(self, record: Record) -> None:
        self.steps: np.ndarray = record.steps.values
        self.losses: np.ndarray = record.losses.values
        self.rates: np.ndarray = record.rates.values
        self.norms: np.ndarray = record.norms.values
        self.epochs = [epoch_line(epoch) for epoch in record.epochs]
        self.confusions = {
            epoch.epoch: epoch.confusion for epoch in record.epochs if epoch.confusion is not None
        }
        self.changes: list[ChangeMade] = [
            {"step": change.step, "values": change.values, "why": change.why}
            for change in record.changes
        ]


def _epoch_in_use(record: Record) -> int | None:
    """Returns the epoch whose weights were chosen for use; None for the best one's.

    0 where they are from the middle of an epoch, which was judged at no epoch's end.
    """
    if record.path is None:
        return None

    try:
        weights = read_weights_in_use(Run(record.path))
    except UserError:
        return None

    if weights.use == "best":
        return None

    return 0 if weights.partial else weights.epoch


def findings_of(
    record: Record, description: Description | None, resolved: ResolvedExperiment | None
) -> list[Finding]:
    """Returns the findings that hold now.

    One that was made before and no longer holds is left out, as far as the figures say.
    """
    findings: dict[str, Finding] = dict(record.findings)
    ended = record.finished is not None
    if description is not None and record.epochs and record.prepared is not None:
        so_far = _RecordSoFar(record)
        current = (
            after_training(so_far, description, resolved, _epoch_in_use(record))
            if ended
            else while_training(so_far, description, resolved)
        )
        findings = {key: finding for key, finding in findings.items() if key not in KEYS}
        findings |= {finding.key: finding for finding in current}

    if any(finding.level in ("warning", "problem") for finding in findings.values()):
        findings.pop("well", None)
    if ended:
        findings.pop("stale", None)

    return ordered(findings.values())[:MOST]


def spilled(record: Record, best_speed: float) -> bool:
    """Returns whether a GPU is full and so slow that it must be using main memory."""
    if not record.memory or record.latest is None or not record.latest.speed:
        return False

    device = record.memory[-1].device
    total = device.get("total")
    free = device.get("free")
    if device.get("reserved") is None or not total or free is None:
        return False

    return (total - free) / total > FULL and best_speed > SLOW * record.latest.speed


def spill_finding(resolved: ResolvedExperiment | None) -> Finding:
    """Returns the finding for a GPU that uses main memory, see spilled."""
    return Finding(
        "spill",
        "warning",
        "The GPU's memory is full",
        "It has become several times slower: the driver has begun to use main memory instead. A "
        "smaller batch fits.",
        half_batch(resolved) if resolved is not None else None,
    )


def cards(parts: Parts, view: str, findings: list[Finding]) -> list[GuideCard]:
    """Returns what the Guide shows: the explanation of the view first, then the findings."""
    return [EXPLAINED[view], *(card_of(parts, finding) for finding in findings)]
