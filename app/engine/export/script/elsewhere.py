"""Scripts of runs that another device computed: how far their losses may be from the run's.

Another device adds up in another order, and draws other random numbers for dropout and for
augmentation. How much that moves the first losses is measured with the script itself: on the CPU
with another number of threads, in another precision, and with other draws.
"""

from __future__ import annotations

import math
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from app.engine.export.script.beside import names_beside
from app.engine.export.script.source import ScriptSource
from app.engine.export.script.writer import write_script

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from app.engine.export.script.parts import Parts
    from app.engine.export.trained_network import TrainedNetwork

    Losses = dict[int, float]

MARGIN = 2.0
"""The losses may be so many times as far away as those of the variants are at most: a variant is
one draw of many.
"""

DRAWS = re.compile(r"^(NETWORK|EXAMPLES) = (\d+)$", re.MULTILINE)
"""The lines of a script that its random numbers follow from, except the order of examples."""

OTHER_DRAWS = 1_000
"""What is added there for other random numbers."""


def loss_tolerance(
    trained: TrainedNetwork, path: Path, losses: Losses, train: Callable[[Path], Losses]
) -> float:
    """Returns how far a first loss of the run may be from that of the script.

    It is MARGIN times the largest difference that a variant of the script makes. path: of the
    script, its data beside it. losses: what it printed, by step. train: runs a script for as many
    steps.
    """
    variant = path.with_name(f"{path.name}.variant")
    largest = 0.0
    try:
        for source in _variants(ScriptSource.of(trained)):
            script, parts = write_script(trained, path.name, *names_beside(path), source)
            variant.write_text(_with_other_draws(script.text, parts), encoding="utf-8")
            largest = max(largest, _difference(losses, train(variant)))
    finally:
        variant.unlink(missing_ok=True)

    return MARGIN * largest


def _variants(source: ScriptSource) -> Iterator[ScriptSource]:
    """Yields the run as if it had computed with other threads, and in another precision."""
    environment = source.environment
    yield replace(source, environment=environment | {"threads": 2 if source.threads == 1 else 1})
    precision = "float32" if source.is_mixed else "bfloat16"
    yield replace(source, environment=environment | {"precision": precision})


def _with_other_draws(text: str, parts: Parts) -> str:
    """Returns a script with other random numbers, where it takes any on the device."""
    if not parts.draws_on_device:
        return text

    return DRAWS.sub(lambda match: f"{match[1]} = {int(match[2]) + OTHER_DRAWS}", text)


def _difference(losses: Losses, others: Losses) -> float:
    """Returns the largest difference of two losses of one step; of those that are numbers."""
    pairs = ((loss, others.get(step, math.nan)) for step, loss in losses.items())
    return max((abs(loss - other) for loss, other in pairs if math.isfinite(other)), default=0.0)
