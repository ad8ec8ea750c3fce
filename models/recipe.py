"""Rules for epochs, batch sizes and learning rates that the recipes of templates share.

Plain numbers, no torch.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from models.shape import Problem

FEWEST_STEPS = 1_000
"""Optimizer steps that a training has at least, unless that takes more than MOST_EPOCHS."""

MOST_EPOCHS = 100
"""Epochs that few examples are trained for at most."""

MOST_EPOCHS_OF_TABLES = 128
"""Epochs of a network made for tables at most."""

MOST_TOKENS = 8_000_000
"""Single bytes that a language model reads in training.

Of parts of words it reads half as many, as they are longer and the output layer is larger: four
epochs of the built-in book, seven minutes on one core. The validation loss no longer fell in the
fourth.
"""

FEWEST_STEPS_OF_LANGUAGE = 100
"""Optimizer steps of a language model at least, unless that takes more than 30 epochs.

Where five epochs have as many, there are no more of them: in a schedule of ten epochs, a text of
600 kB was overfitted after the fifth. One of 100 kB was after seven, which were 105 steps.
"""


def batch_for(examples: int) -> int:
    """Returns a batch size: a power of two from 8 to 128, about a sixteenth of the examples.

    Few examples need many small steps.
    """
    batch: int = 2 ** max(3, min(7, round(math.log2(max(1, examples) / 16))))
    return batch


def epochs_for(examples: int, batch: int, epochs: int) -> int:
    """Returns at least `epochs`, and for few examples as many as make FEWEST_STEPS steps."""
    steps = max(1, examples // batch)
    return min(MOST_EPOCHS, max(epochs, math.ceil(FEWEST_STEPS / steps)))


def epochs_and_batch(examples: int, epochs: int) -> dict[str, Any]:
    """Returns the [training] section of a recipe; `epochs` is meant for many examples."""
    batch = batch_for(examples)
    return {"epochs": epochs_for(examples, batch, epochs), "batch_size": batch}


def rate_for(examples: int, rate: float) -> float:
    """Returns the learning rate for the batch size of so many examples, with two digits.

    `rate` was found at batch size 128. It is scaled by the square root of the batch size, because
    gradients of smaller batches are noisier (Malladi et al. 2022, arXiv:2205.10287).
    """
    return float(f"{rate * math.sqrt(batch_for(examples) / 128):.1e}")


def dropout_for(examples: int) -> float:
    """Returns the dropout of a network that reads so many table rows."""
    return 0.5 if examples < 500 else 0.3 if examples < 2_000 else 0.1


def rows(problem: Problem, rate: float) -> dict[str, dict[str, Any]]:
    """Returns the recipe of networks that read table rows.

    About a thousand small steps are enough for a few hundred rows: beyond them the rows are
    overfitted, as measured on the built-in tables.
    """
    batch = max(16, min(256, 2 ** round(math.log2(max(1, problem.examples) / 16))))
    steps = max(1, problem.examples // batch)
    epochs = min(150, max(10, math.ceil(FEWEST_STEPS / steps)))

    return {
        "loss": {"label_smoothing": 0.0},
        "optimizer": {"kind": "adamw", "learning_rate": rate, "weight_decay": 0.1},
        "schedule": {"kind": "cosine"},
        "training": {"epochs": epochs, "batch_size": batch, "gradient_clip": 1.0},
    }


def tables(problem: Problem, steps: int) -> dict[str, Any]:
    """Returns the [training] section of networks made for tables, whose batches are large.

    steps: how many, for tables that are neither small nor large; those of few rows take fewer, as
    they are overfitted beyond MOST_EPOCHS_OF_TABLES.
    """
    batch: int = max(32, min(256, 2 ** round(math.log2(max(1, problem.examples) / 6))))
    epochs = math.ceil(steps / max(1, problem.examples // batch))
    return {"epochs": min(MOST_EPOCHS_OF_TABLES, max(12, epochs)), "batch_size": batch}


def texts(problem: Problem, rate: float) -> dict[str, dict[str, Any]]:
    """Returns the recipe of networks that read a text and give one list of values."""
    return {
        "loss": {"label_smoothing": 0.1},
        "optimizer": {
            "kind": "adamw",
            "learning_rate": rate_for(problem.examples, rate),
            "weight_decay": 0.05,
        },
        "schedule": {"kind": "cosine"},
        "training": epochs_and_batch(problem.examples, epochs=8) | {"gradient_clip": 1.0},
    }


def language(problem: Problem, rate: float) -> dict[str, dict[str, Any]]:
    """Returns the recipe of language models, which learn the next token.

    Muon and small batches were chosen on the validation part of the built-in book, in parts of
    words and at one epoch each. AdamW at 0.002 came to 1.94 bits per byte in batches of 4,096
    tokens and to 1.83 in batches of 1,024. Muon came to 1.74 at 0.005 in batches of 4,096 and to
    1.65 at 0.01 in batches of 2,048. Batches of 1,024 were a little better still, 1.64 at 0.005,
    but took more processor time. All had a weight decay of 0.1; Muon keeps its own default here.
    """
    context = problem.shape[0]
    batch: int = max(4, min(64, 2 ** round(math.log2(2_048 / context))))
    tokens = max(1, problem.examples * context)
    most_tokens = MOST_TOKENS if problem.vocabulary <= 300 else MOST_TOKENS / 2

    steps = max(1, problem.examples // batch)
    few = min(30, max(5, math.ceil(FEWEST_STEPS_OF_LANGUAGE / steps)))
    return {
        "loss": {"label_smoothing": 0.0},
        "optimizer": {"kind": "muon", "learning_rate": rate},
        "schedule": {"kind": "cosine"},
        "training": {
            "epochs": max(1, min(few, int(most_tokens / tokens))),
            "batch_size": batch,
            "gradient_clip": 1.0,
        },
    }


def pairs(problem: Problem, rate: float) -> dict[str, dict[str, Any]]:
    """Returns the recipe of networks that compare the halves of pairs.

    Every other pair of a batch is a negative example, so that batches are not small. On 1,509
    emoji a step with 128 pairs taught as much as one with 256, at half the cost.
    """
    batch = max(8, min(256, 2 ** round(math.log2(max(1, problem.examples) / 12))))
    steps = max(1, problem.examples // batch)
    epochs = max(10, min(60, math.ceil(450 / steps)))

    return {
        "optimizer": {"kind": "adamw", "learning_rate": rate, "weight_decay": 0.1},
        "schedule": {"kind": "cosine"},
        "training": {"epochs": epochs, "batch_size": batch, "gradient_clip": 1.0},
    }
