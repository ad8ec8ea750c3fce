"""What a finding is, what its remedy can be, and the usual remedies: changes of settings that one
click makes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.engine.experiment.experiment import CHOICES, Experiment
from app.engine.learning.loss import LOSSES
from app.engine.runs.findings import Remedy
from app.engine.text import number_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.engine.data.dataset import Description
    from app.engine.learning.tasks import Task

QUOTE = '"'
"""Stands around names of classes, tags and files in findings and verdicts."""


# --- what can be changed


def balanced(experiment: Experiment, task: Task) -> Remedy | None:
    """Rare classes or tags count more in the loss (R22); None where they do already, or where the
    loss has no such weights.
    """
    loss = type(experiment.loss) if experiment.loss is not None else LOSSES.get(task.losses[0])
    if (
        "class_weights" not in loss.model_fields
        or getattr(experiment.loss, "class_weights", "none") == "balanced"
    ):
        return None

    changes: dict[str, Any] = {"loss.class_weights": "balanced"}
    if experiment.loss is None and loss.kind != CHOICES["loss"].default:
        changes = {
            "loss.kind": loss.kind,
            **changes,
        }  # else the weights would be those of another loss

    return Remedy(
        f"Balance the {'tags' if task.targets == 'tags' else 'classes'}", changes, restart=True
    )


def slower(resolved: Experiment) -> Remedy | None:
    """A tenth of the learning rate; None where no optimizer is known."""
    rate = peak_rate(resolved)
    return learning_rate(rate / 10) if rate else None


def learning_rate(value: float) -> Remedy:
    rate = float(f"{value:.3g}")
    return Remedy(
        f"Learning rate {number_text(rate)}", {"optimizer.learning_rate": rate}, restart=True
    )


def peak_rate(resolved: Experiment) -> float | None:
    """The peak learning rate; None where no optimizer is known."""
    optimizer = resolved.optimizer
    if optimizer is None:
        return None

    return float(getattr(optimizer, "learning_rate", None) or optimizer.default_learning_rate)


def more_variation(experiment: Experiment, description: Description) -> Remedy | None:
    """Augmentation that is not used yet; None where all of it is, or where there are no pictures to
    vary.
    """
    if not any(one.kind == "image" for one in description.preparation.inputs):
        return None

    now = experiment.augmentation
    changes: dict[str, Any] = {}
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
    """The first of: more variation, dropout, early stopping; then to stop now."""
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
    return f"{QUOTE}{name}{QUOTE}"


def has(names: Sequence[str]) -> str:
    return "has" if len(names) == 1 else "have"
