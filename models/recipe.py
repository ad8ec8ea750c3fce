"""How long and in what portions to train: rules that the templates' recipes share. Plain numbers, no torch."""

from __future__ import annotations

import math
from typing import Any

FEWEST_STEPS = 1_000
MOST_EPOCHS = 100


def batch_for(examples: int) -> int:
    """A power of two between 8 and 128, about a sixteenth of the examples: few examples need many small steps."""
    return 2 ** max(3, min(7, round(math.log2(max(1, examples) / 16))))


def epochs_for(examples: int, batch: int, epochs: int) -> int:
    """At least `epochs`, and for few examples so many more that about a thousand steps are made; 100 at most."""
    steps = max(1, examples // batch)
    return min(MOST_EPOCHS, max(epochs, math.ceil(FEWEST_STEPS / steps)))


def portions(examples: int, epochs: int) -> dict[str, Any]:
    """The [training] section of a recipe: epochs (for many examples as given) and batch size."""
    batch = batch_for(examples)
    return {"epochs": epochs_for(examples, batch, epochs), "batch_size": batch}


def rate_for(examples: int, rate: float) -> float:
    """The learning rate `rate`, found at batch size 128, for the batch size that these examples get: by the root,
    as gradients of smaller batches are noisier (Malladi et al. 2022, arXiv:2205.10287). Two digits."""
    return float(f"{rate * math.sqrt(batch_for(examples) / 128):.1e}")
