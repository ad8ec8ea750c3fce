"""How long and in what portions to train: rules that the templates' recipes share.

Plain numbers, no torch.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from models.shape import Problem

FEWEST_STEPS = 1_000
MOST_EPOCHS = 100


def batch_for(examples: int) -> int:
    """A power of two between 8 and 128, about a sixteenth of the examples: few examples need many
    small steps.
    """
    return 2 ** max(3, min(7, round(math.log2(max(1, examples) / 16))))


def epochs_for(examples: int, batch: int, epochs: int) -> int:
    """At least `epochs`, and for few examples so many more that about a thousand steps are made;
    100 at most.
    """
    steps = max(1, examples // batch)
    return min(MOST_EPOCHS, max(epochs, math.ceil(FEWEST_STEPS / steps)))


def portions(examples: int, epochs: int) -> dict[str, Any]:
    """The [training] section of a recipe: epochs (for many examples as given) and batch size."""
    batch = batch_for(examples)
    return {"epochs": epochs_for(examples, batch, epochs), "batch_size": batch}


def rate_for(examples: int, rate: float) -> float:
    """The learning rate `rate`, found at batch size 128, for the batch size that these examples
    get: by the root, as gradients of smaller batches are noisier (Malladi et al. 2022,
    arXiv:2205.10287). Two digits.
    """
    return float(f"{rate * math.sqrt(batch_for(examples) / 128):.1e}")


def dropout_for(examples: int) -> float:
    """How much a network that reads table rows forgets."""
    return 0.5 if examples < 500 else 0.3 if examples < 2_000 else 0.1


def rows(problem: Problem, rate: float) -> dict[str, dict[str, Any]]:
    """For networks that read table rows.

    On a few hundred rows about a thousand small steps are enough: beyond them they are learned by
    heart (measured on the built-in tables).
    """
    batch = max(16, min(256, 2 ** round(math.log2(max(1, problem.examples) / 16))))
    steps = max(1, problem.examples // batch)
    epochs = min(150, max(10, math.ceil(FEWEST_STEPS / steps)))

    return {
        "loss": {"label_smoothing": 0.0},
        "optimizer": {"kind": "adamw", "learning_rate": rate, "weight_decay": 0.1},
        "schedule": {"kind": "cosine", "warmup": 0.1},
        "training": {"epochs": epochs, "batch_size": batch, "gradient_clip": 1.0},
    }


def texts(problem: Problem, rate: float, warmup: float) -> dict[str, dict[str, Any]]:
    """For networks that read texts and answer with values."""
    return {
        "loss": {"label_smoothing": 0.1},
        "optimizer": {
            "kind": "adamw",
            "learning_rate": rate_for(problem.examples, rate),
            "weight_decay": 0.05,
        },
        "schedule": {"kind": "cosine", "warmup": warmup},
        "training": portions(problem.examples, epochs=8) | {"gradient_clip": 1.0},
    }


MOST_TOKENS = 24_000_000
"""That a language model reads in training, of single bytes; of parts of words half as many, as the
answer is larger and they are longer. About a quarter of an hour on two cores.
"""


def language(problem: Problem, rate: float) -> dict[str, dict[str, Any]]:
    """For networks that learn what comes next."""
    most = MOST_TOKENS if problem.vocabulary <= 300 else MOST_TOKENS / 2
    batch = max(4, min(64, 2 ** round(math.log2(4_096 / problem.shape[0]))))
    return {
        "loss": {"label_smoothing": 0.0},
        "optimizer": {"kind": "adamw", "learning_rate": rate, "weight_decay": 0.1},
        "schedule": {"kind": "cosine", "warmup": 0.05},
        "training": {
            "epochs": max(1, min(30, int(most / max(1, problem.examples * problem.shape[0])))),
            "batch_size": batch,
            "gradient_clip": 1.0,
        },
    }


def pairs(problem: Problem, rate: float) -> dict[str, dict[str, Any]]:
    """For networks that compare: every other pair of a batch is a wrong answer, so batches are not
    small. On 1,509 emoji a step of 128 taught as much as one of 256, at half the price.
    """
    batch = max(8, min(256, 2 ** round(math.log2(max(1, problem.examples) / 12))))
    steps = max(1, problem.examples // batch)
    return {
        "optimizer": {"kind": "adamw", "learning_rate": rate, "weight_decay": 0.1},
        "schedule": {"kind": "cosine", "warmup": 0.1},
        "training": {
            "epochs": max(10, min(60, math.ceil(450 / steps))),
            "batch_size": batch,
            "gradient_clip": 1.0,
        },
    }
