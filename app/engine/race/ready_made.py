"""Races that are ready to start, made of the experiment as it is.

No torch here: the window asks before anything is trained.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import ValidationError

from app.engine.errors import UserError
from app.engine.experiment.changes import with_changes
from app.engine.experiment.resolve import problem_of, resolve
from app.engine.race.variants import MOST, variants_of
from app.engine.text import number_text
from models.template import TEMPLATES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.engine.data.dataset import Description
    from app.engine.experiment.experiment import Experiment

USUAL = ("sgd", "sgd-momentum", "adam", "adamw")
"""The optimizers of "Why Adam?", from the leanest to the one with most to remember."""

FASTER = (1, 10, 100)
"""Factors of the learning rate: as proposed, too high, far too high."""

BATCHES = (0.25, 1, 4)
"""Factors of the batch size."""


@dataclass(frozen=True)
class ReadyMade:
    """A race that can be started at once.

    title, summary, explanation: for a person, from short to long. section: of the settings in which
    its variants differ.
    """

    name: str
    title: str
    summary: str
    explanation: str
    section: str
    experiments: tuple[Experiment, ...]


def ready_made(experiment: Experiment, description: Description) -> tuple[ReadyMade, ...]:
    """Returns the races that this experiment and these data allow.

    None where the experiment does not fit the data.
    """
    races = []
    for make in (_optimizers, _learning_rates, _mlp_or_cnn, _cnn_or_transformer, _batch_sizes):
        try:
            race = make(experiment, description)
            if race is not None:
                variants_of(race.experiments, description)
                races.append(race)
        except (UserError, ValidationError):
            continue  # what cannot be raced is not offered

    return tuple(races)


def why_adam(experiment: Experiment, description: Description) -> tuple[Experiment, ...]:
    """Returns the experiment with SGD, SGD with momentum, Adam and AdamW.

    Each optimizer has its usual learning rate and else its defaults. For AdamW that is what the
    template proposes; Adam has the same, for it steps as far. Raises UserError where the
    experiment does not fit the data.
    """
    variants = []
    for kind in USUAL:
        settings_of = "adamw" if kind == "adam" else kind
        resolved = resolve(with_changes(experiment, {"optimizer.kind": settings_of}), description)
        rate = resolved.optimizer.peak_rate()
        variants.append(
            with_changes(experiment, {"optimizer.kind": kind, "optimizer.learning_rate": rate})
        )

    return tuple(variants)


def _optimizers(experiment: Experiment, description: Description) -> ReadyMade:
    return ReadyMade(
        "why_adam",
        "Why Adam?",
        "four optimizers",
        "SGD, SGD with momentum, Adam and AdamW on these data, each at its usual learning "
        "rate; for Adam and AdamW that is the one that suits this network.",
        "optimizer",
        why_adam(experiment, description),
    )


def _learning_rates(experiment: Experiment, description: Description) -> ReadyMade:
    rate = resolve(experiment, description).optimizer.peak_rate()
    rates = [float(f"{rate * factor:.3g}") for factor in FASTER]
    return ReadyMade(
        "high_rate",
        "Too high a learning rate",
        ", ".join(map(number_text, rates)),
        "The learning rate as it is, ten times and a hundred times as high: too large a step jumps "
        "over the minimum, and the loss rises or explodes.",
        "optimizer",
        tuple(
            with_changes(experiment, {"optimizer.learning_rate": each}, description)
            for each in rates
        ),
    )


def _mlp_or_cnn(experiment: Experiment, description: Description) -> ReadyMade | None:
    if problem_of(experiment, description).input != "image":
        return None

    return ReadyMade(
        "mlp_or_cnn",
        "MLP or CNN?",
        _labels(("mlp", "cnn")),
        "A plain MLP has weights of its own for every pixel; a CNN looks for the same small "
        "patterns all over the picture, with far fewer weights.",
        "model",
        _with_templates(experiment, ("mlp", "cnn")),
    )


def _cnn_or_transformer(experiment: Experiment, description: Description) -> ReadyMade | None:
    problem = problem_of(experiment, description)
    fitting = [template for template in TEMPLATES.all() if not template.unfit(problem)]
    kinds = [
        next((template.kind for template in fitting if template.family == family), "")
        for family in ("CNN", "Transformer")
    ]
    if not all(kinds):
        return None

    return ReadyMade(
        "cnn_or_transformer",
        "CNN or transformer?",
        _labels(kinds),
        "A CNN compares neighbours, a transformer everything with everything (attention), which it "
        "has to learn: with few examples the CNN is mostly ahead.",
        "model",
        _with_templates(experiment, kinds),
    )


def _batch_sizes(experiment: Experiment, description: Description) -> ReadyMade | None:
    usual = resolve(experiment, description).training.batch_size or 1
    most = description.size("training")
    sizes = sorted({min(most, max(1, round(usual * factor))) for factor in BATCHES})
    if len(sizes) < len(BATCHES):
        return None

    return ReadyMade(
        "batch_size",
        "Batch size",
        ", ".join(f"{size:,}" for size in sizes),
        "Small batches take many noisy steps in an epoch, large ones few smooth steps. All have "
        "the same learning rate.",
        "training",
        tuple(
            with_changes(experiment, {"training.batch_size": size}, description) for size in sizes
        ),
    )


def _with_templates(experiment: Experiment, kinds: Sequence[str]) -> tuple[Experiment, ...]:
    """Returns the experiment with each of these templates, with the usual settings of each."""
    return tuple(with_changes(experiment, {"model.template": kind}) for kind in kinds[:MOST])


def _labels(kinds: Sequence[str]) -> str:
    return ", ".join(TEMPLATES.get(kind).label for kind in kinds)
