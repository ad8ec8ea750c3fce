"""The usual remedies: changes of settings that one click makes, and words for findings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.engine.experiment.experiment import CHOICES, Experiment
from app.engine.learning.loss import LOSSES
from app.engine.runs.findings import Remedy
from app.engine.text import number_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.engine.data.dataset import Description
    from app.engine.experiment.plain import Value
    from app.engine.learning.tasks import Task

QUOTE = '"'
"""Stands around names of classes, tags and files in findings and verdicts."""


# --- remedies


def balanced(experiment: Experiment, task: Task) -> Remedy | None:
    """Lets rare classes or tags count more in the loss.

    None where they do already, and where the loss has no such weights or one that was set by hand.
    """
    chosen = experiment.loss
    loss = type(chosen) if chosen is not None else LOSSES.get(task.losses[0])
    if (
        "class_weights" not in loss.model_fields
        or getattr(chosen, "class_weights", "none") == "balanced"
        or getattr(chosen, "positive_weight", None) is not None
    ):
        return None

    changes: dict[str, Value] = {"loss.class_weights": "balanced"}
    if chosen is None and loss.kind != CHOICES["loss"].default:
        # Without the kind, the weights would be those of another loss.
        changes = {"loss.kind": loss.kind, **changes}

    rare = "tags" if task.targets == "tags" else "classes"
    return Remedy(f"Balance the {rare}", changes, restart=True)


def slower(resolved: Experiment) -> Remedy | None:
    """Divides the learning rate by ten; None where no optimizer is known."""
    rate = peak_rate(resolved)
    return learning_rate(rate / 10) if rate else None


def learning_rate(value: float) -> Remedy:
    """Sets the learning rate, rounded to three digits."""
    rate = float(f"{value:.3g}")
    return Remedy(
        f"Learning rate {number_text(rate)}", {"optimizer.learning_rate": rate}, restart=True
    )


def peak_rate(resolved: Experiment) -> float | None:
    """Returns the peak learning rate; None where no optimizer is known."""
    optimizer = resolved.optimizer
    if optimizer is None:
        return None

    return float(getattr(optimizer, "learning_rate", None) or optimizer.default_learning_rate)


def half_batch(resolved: Experiment) -> Remedy | None:
    """Halves the batch and doubles the batches of a step, so that a step sees as many examples.

    (One less where the batch size is odd.) None where there is nothing to halve.
    """
    training = resolved.training
    if training.batch_size is None or training.batch_size < 2:
        return None

    half = training.batch_size // 2
    twice = 2 * training.accumulation
    changes: dict[str, Value] = {"training.batch_size": half, "training.accumulation": twice}

    return Remedy(f"Batch size {half}, {twice} batches a step", changes, restart=True)


def more_variation(experiment: Experiment, description: Description) -> Remedy | None:
    """Adds augmentation that is not used yet.

    None where all of it is used, and where there are no pictures to vary.
    """
    if not any(item.kind == "image" for item in description.preparation.inputs):
        return None

    now = experiment.augmentation
    changes: dict[str, Value] = {}
    if description.mirror_safe and now.flip is False:
        changes["augmentation.flip"] = True
    if (now.shift or 0.0) < 0.08:
        changes["augmentation.shift"] = 0.1
    if now.rotate < 5:
        changes["augmentation.rotate"] = 10.0
    if now.light < 0.1:
        changes["augmentation.light"] = 0.2
    if now.erase < 0.2:
        changes["augmentation.erase"] = 0.3

    return Remedy("Vary the pictures more", changes, restart=True) if changes else None


def against_overfitting(resolved: Experiment, description: Description) -> Remedy:
    """Returns the first that is not in use: more variation, dropout, early stopping.

    Where all are in use, to stop now.
    """
    if remedy := more_variation(resolved, description):
        return remedy

    dropout = getattr(resolved.model, "dropout", None)
    if dropout is not None and dropout < 0.2:
        return Remedy("More dropout", {"model.dropout": 0.3}, restart=True)
    if not resolved.training.patience:
        return Remedy("Stop early next time", {"training.patience": 3}, restart=True)

    return Remedy("Stop, keep best", action="stop")


# --- words


def quoted(name: str) -> str:
    """Returns a name in quotation marks."""
    return f"{QUOTE}{name}{QUOTE}"


def has(names: Sequence[str]) -> str:
    """Returns "has" after one name, "have" after several."""
    return "has" if len(names) == 1 else "have"
