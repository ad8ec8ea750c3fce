"""The memory ledger of every template with every optimizer: predicted, measured, and reported.

The reported peak is the allocator's own. On a machine with an NVIDIA GPU the steps are done there,
and the reports are those of torch.cuda.memory_stats; else they are those of the CPU's allocator,
sent to torch's profiler.
"""

from __future__ import annotations

import time
from typing import Any

import torch

from app.engine.learning.optimizer import OPTIMIZERS
from app.engine.memory.ledger import PARTS
from models.shape import Input, Problem
from models.template import TEMPLATES
from tests.ledgers import EXACT, Ledgers, ledgers

IMAGE = Input("image", (1, 28, 28))
ROW = Input("row", (20,), categories=(4, 3))
TEXT = Input("text", (64,), vocabulary=257)
SIGNAL = Input("signal", (2, 256))
PROBLEMS = {
    "picture": ("classification", Problem.of((IMAGE,), 10, 60_000)),
    "signal": ("classification", Problem.of((SIGNAL,), 6, 10_000)),
    "row": ("classification", Problem.of((ROW,), 5, 10_000)),
    "text": ("classification", Problem.of((TEXT,), 4, 10_000)),
    "next token": ("language-modelling", Problem.of((TEXT,), 257, 10_000, "tokens")),
    "damaged picture": ("reconstruction", Problem.of((IMAGE,), 1, 60_000, "copy")),
    "picture and text": ("matching", Problem.of((IMAGE, TEXT), 64, 10_000, "pair")),
}
BATCHES = {"row": 256, "signal": 64}
BATCH = 32
SETTINGS: tuple[dict[str, Any], ...] = (
    {"precision": "bfloat16"},
    {"precision": "float16"},
    {"accumulation": 3},
    {"recompute": True},
    {"recompute": True, "precision": "bfloat16"},
)
LIMIT = 0.05


def main() -> int:
    """Prints all and returns the exit status.

    It is 1 where a row that must be exact is not, or another is too far off.
    """
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    begun = time.perf_counter()
    rows = []
    whose = (
        "torch.cuda.memory_stats"
        if device.type == "cuda"
        else "the profiler of the CPU's allocator"
    )

    print(
        f"bytes of a step on {device.type}: predicted, and below what is measured more (+) or less "
        "(-); = is exact"
    )
    print(f"allocator: the peak by {whose}; off: the predicted peak over it")

    for kind in TEMPLATES.all():
        name = next(name for name, (_, of) in PROBLEMS.items() if not kind.unfit(of))
        batch = BATCHES.get(name, BATCH)
        print(f"\n{kind.label}: {name}, {batch} examples, float32")
        print(
            f"{'':36}"
            + "".join(f"{row.replace('_', ' '):>15}" for row in PARTS if row != "dataset")
            + f"{'peak':>15}{'allocator':>15}{'off':>8}"
        )

        for choice in OPTIMIZERS.all():
            rows.append(
                _show(
                    choice.label,
                    ledgers(
                        kind(),
                        choice(),
                        PROBLEMS[name],
                        batch,
                        allocator=True,
                        device=device,
                    ),
                )
            )

        for settings in SETTINGS:
            label = "AdamW, " + ", ".join(
                f"{name} {value}" if value is not True else name for name, value in settings.items()
            )
            rows.append(
                _show(
                    label,
                    ledgers(
                        kind(),
                        OPTIMIZERS.get("adamw")(),
                        PROBLEMS[name],
                        batch,
                        allocator=True,
                        device=device,
                        **settings,
                    ),
                )
            )

    return _verdict(rows, time.perf_counter() - begun)


def _show(label: str, ledgers: Ledgers) -> Ledgers:
    """Prints the ledgers of one step and returns them."""
    rows = [row for row in PARTS if row != "dataset"] + ["peak"]
    predicted = "".join(f"{ledgers.predicted[row]:15,}" for row in rows)
    differences = [ledgers.measured[row] - ledgers.predicted[row] for row in rows]
    print(f"{label:36}{predicted}{ledgers.allocator or 0:15,}{ledgers.peak_off:+8.2%}")
    print(
        f"{'':36}"
        + "".join(f"{bytes_:+15,}" if bytes_ else f"{'=':>15}" for bytes_ in differences)
        + ("   DIFFERS" if ledgers.inexact else ""),
        flush=True,
    )

    return ledgers


def _verdict(steps: list[Ledgers], seconds: float) -> int:
    inexact = sum(bool(step.inexact) for step in steps)
    activations = max(abs(step.off("activations")) for step in steps)
    measured, allocator = (
        max(map(abs, values))
        for values in zip(
            *((step.off("peak"), step.peak_off) for step in steps),
            strict=True,
        )
    )

    print(
        f"\n{len(steps)} steps in {seconds:.0f} s: {', '.join(EXACT).replace('_', ' ')} differ in "
        f"{inexact}; worst of "
        f"the activations {activations:.2%}, of the peak {measured:.2%} from the measured and "
        f"{allocator:.2%} from the "
        "allocator's"
    )
    return int(bool(inexact) or max(activations, measured, allocator) > LIMIT)
