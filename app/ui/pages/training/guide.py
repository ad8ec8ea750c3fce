"""What the Guide says beside the Training page: what one sees, and findings that hold now with
their remedies.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.ui.pages.parts import GuideCard, Parts
from app.ui.pages.remedies import card_of

if TYPE_CHECKING:
    import numpy as np

    from app.engine.advice.while_training import Finding
    from app.engine.data.dataset import Description
    from app.engine.experiment.resolve import ResolvedExperiment
    from app.ui.state.record import Record

FULL = 0.97
SLOW = 3.0
"""Above this share in use and so many times slower than before, a GPU has begun to use main memory
(R30).
"""

MOST = 4

EXPLAINED = {
    "overview": GuideCard(
        "What you see",
        "The thin line is the loss of each batch, the thick one its average. The orange line is "
        "the loss on examples "
        "kept aside: that is the one to trust.",
    ),
    "curves": GuideCard(
        "What you see",
        "The learning rate says how far a step goes. The gradient norm says how steep the ground "
        "is: sudden peaks mean "
        "steps that were too long.",
    ),
    "inside": GuideCard(
        "What you see",
        "Every row is a layer, the first at the top. Dark is small, light is large, by powers of "
        "ten. The lines on the "
        "right are the sizes now: where one is upright, all layers are alike in it. Adam divides "
        "the gradient by "
        "its usual size, so its steps stand upright although the gradients do not.",
    ),
    "memory": GuideCard(
        "What you see",
        "n is the number of weights. Weights, gradients and the optimizer's moments take n numbers "
        "each; activations "
        "grow with the batch size. What is free on the device is what a larger batch could use.",
    ),
    "log": GuideCard(
        "What you see", "The run's own notes. The same lines are in log.txt in its folder."
    ),
    "race": GuideCard(
        "What you see",
        "Every variant is a training of its own; they take turns, so that all have seen equally "
        "many examples. Look at "
        "validation first: the training loss alone can be learned by heart. One race shows one "
        "throw of the dice; a "
        "second one with another seed shows how much of the difference stays.",
    ),
    "empty": GuideCard(
        "Training",
        "The network guesses a batch of examples, the loss says how wrong it was, and the "
        "optimizer moves every weight "
        "a little so that the loss falls. That is one step; all examples once are an epoch.",
    ),
    "preparing": GuideCard(
        "Before the first step",
        "The data are read once into memory, then the network is built and one batch is tried. The "
        "first start of "
        "a day also loads the engine.",
    ),
}


class _Course:
    """A record as the advice reads it."""

    def __init__(self, record: Record) -> None:
        self.losses: np.ndarray = record.losses.values
        self.epochs: list[dict[str, Any]] = [
            {name: value for name, value in vars(epoch).items() if name != "confusion"}
            for epoch in record.epochs
        ]


def findings_of(
    record: Record, description: Description | None, resolved: ResolvedExperiment | None
) -> list[Finding]:
    """What holds now.

    What was told before and no longer holds is left out, as far as the figures say.
    """
    from app.engine.advice import while_training

    told: dict[str, Finding] = dict(record.findings)
    ended = record.finished is not None
    if description is not None and record.epochs and record.prepared is not None:
        judge = while_training.after_training if ended else while_training.while_training
        current = {
            f.key: f
            for f in judge(_Course(record), description, record.epochs[-1].confusion, resolved)
        }

        told = {key: finding for key, finding in told.items() if key not in OF_THE_COURSE} | current

    if any(finding.level in ("warning", "problem") for finding in told.values()):
        told.pop("well", None)
    if ended:
        told.pop("stale", None)

    return while_training.ordered(list(told.values()))[:MOST]


OF_THE_COURSE = {
    "jumping",
    "flat",
    "overfitting",
    "stale",
    "one-answer",
    "never",
    "confused",
    "well",
    "longer",
}
"""Findings that follow from the figures of a run and may stop being true while it goes on."""


def spilled(record: Record, best_speed: float) -> bool:
    """Whether a GPU is full and has become so slow that it must be using main memory (R30)."""
    if not record.memory or record.latest is None or not record.latest.speed:
        return False

    device = record.memory[-1].device
    total = device.get("total")

    free = device.get("free")
    if device.get("reserved") is None or not total or free is None:
        return False

    return (total - free) / total > FULL and best_speed > SLOW * record.latest.speed


def spill_finding(resolved: ResolvedExperiment | None) -> Finding:
    from app.engine.advice.while_training import Finding, half_batch

    return Finding(
        "spill",
        "warning",
        "The GPU's memory is full",
        "It has become several times slower: the driver has begun to use main memory instead. A "
        "smaller batch fits.",
        half_batch(resolved) if resolved is not None else None,
    )


def cards(parts: Parts, view: str, findings: list[Finding]) -> list[GuideCard]:
    """What the Guide shows: the explanation first, then the findings."""
    return [EXPLAINED[view], *(card_of(parts, finding) for finding in findings)]
