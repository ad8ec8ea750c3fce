"""Recipes of templates beside those of before: the figure on the test examples, and its price.

Both are trained with the same seeds and splits, in turns, on one thread; the price is processor
time. The splits are others than those on which recipes were chosen (split seeds below 50).
"""

from __future__ import annotations

import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench.trained import summary_of


@dataclass(frozen=True)
class Case:
    """A template on built-in data. before: the settings that its earlier recipe came to.

    least: the figure that the recipe has to reach on the mean of the splits. most: how much of the
    earlier recipe's processor time it may take.
    """

    data: str
    template: str
    figure: str
    before: dict[str, dict[str, Any]]
    least: float
    most: float
    splits: int


CASES = (
    Case(
        "digits",
        "cnn",
        "accuracy",
        {
            "loss": {"label_smoothing": 0.1},
            "optimizer": {"kind": "adamw", "learning_rate": 7.1e-3, "weight_decay": 0.02},
            "schedule": {"kind": "one-cycle"},
            "training": {"epochs": 46, "batch_size": 64, "gradient_clip": 0.0},
        },
        0.98,
        0.35,
        10,
    ),
)

FIRST_SPLIT = 100
"""The split seeds on which is judged begin here."""


@dataclass(frozen=True)
class Trained:
    """What a training reached, and the seconds of processor time that it took."""

    figure: float
    seconds: float


def main(only: list[str]) -> int:
    """Prints a line for each case; returns 1 where one misses its goal."""
    missed = [_judge(case) for case in CASES if not only or case.data in only]
    return int(any(missed))


def _judge(case: Case) -> bool:
    """Trains both recipes on every split; returns whether the new one misses its goal."""
    with tempfile.TemporaryDirectory(prefix="netwright-bench-") as folder:
        # The first one of a process loads what the others have then.
        _train(case, {}, FIRST_SPLIT - 1, Path(folder))
        turns = [
            (_train(case, case.before, split, Path(folder)), _train(case, {}, split, Path(folder)))
            for split in range(FIRST_SPLIT, FIRST_SPLIT + case.splits)
        ]

    ratios = [now.seconds / before.seconds for before, now in turns]
    ratio = statistics.median(ratios)
    before, now = ([each.figure for each in side] for side in zip(*turns, strict=True))
    mean = statistics.mean(now)
    is_met = mean >= case.least and ratio <= case.most
    print(
        f"{case.data}, {case.template}: {case.figure} {mean:.2%} ({min(now):.2%} to "
        f"{max(now):.2%}) in {ratio:.2f} of the processor time of before ({min(ratios):.2f} to "
        f"{max(ratios):.2f}), which reached {statistics.mean(before):.2%}; mean of {case.splits} "
        f"splits; at least {case.least:.0%} in at most {case.most}: {'PASS' if is_met else 'FAIL'}",
        flush=True,
    )
    return not is_met


def _train(case: Case, settings: dict[str, Any], split: int, folder: Path) -> Trained:
    plain: dict[str, Any] = {
        "data": {"source": f"sample:{case.data}", "split_seed": split},
        "model": {"template": case.template},
        **settings,
    }
    one = {"seed": split, "device": "cpu", "threads": 1}
    plain["training"] = settings.get("training", {}) | one
    begun = time.process_time()
    summary = summary_of(plain, folder)
    return Trained(summary["metrics"]["test"][case.figure], time.process_time() - begun)
