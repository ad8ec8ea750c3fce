"""Recipes of templates beside those of before: the figure on the test examples, and its price.

Both are trained with the same seeds and splits, in turns, on one thread; the price is processor
time. The splits are others than those on which recipes were chosen (split seeds below 50). A long
text is always divided at the same places; of it only the seeds are others.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from app.engine import garbage
from app.engine.learning.metrics import METRICS
from tests.bench.trained import summary_of

Settings = dict[str, dict[str, Any]]
"""Sections of an experiment."""


@dataclass(frozen=True)
class Case:
    """A template on built-in data. before: the settings that its earlier recipe came to.

    goal: the figure that the recipe has to reach on the mean of the splits. most: how much of the
    earlier recipe's processor time it may take. now: what is set of the recipe of today, {} for all
    of it as it is. shared: settings of both.
    """

    data: str
    template: str
    figure: str
    before: Settings
    goal: float
    most: float
    splits: int
    now: Settings = field(default_factory=dict)
    shared: Settings = field(default_factory=dict)

    def reaches(self, value: float) -> bool:
        """Returns whether a figure is at least as good as the goal."""
        return value == self.goal or METRICS[self.figure].improves(value, self.goal)

    def text(self, value: float) -> str:
        """Returns the figure as it is printed."""
        return f"{value:.2%}" if METRICS[self.figure].shown == "percent" else f"{value:.3f}"


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
    Case(
        "book",
        "gpt",
        "bits_per_byte",
        {
            "loss": {"label_smoothing": 0.0},
            "optimizer": {"kind": "adamw", "learning_rate": 2e-3, "weight_decay": 0.1},
            "schedule": {"kind": "cosine", "warmup": 0.05},
            "training": {"epochs": 4, "batch_size": 16, "gradient_clip": 1.0},
        },
        1.9,
        0.5,
        1,
        now={"training": {"epochs": 1}},
        shared={"data": {"test_share": 0.1}},
    ),
)
"""Both recipes of the book are shortened: to where that of today reaches the goal, and to where
that of before nearly does."""

FIRST_SPLIT = 100
"""The split seeds on which is judged begin here."""

WARM_UP: Settings = {
    "data": {"source": "sample:iris"},
    "training": {"epochs": 1, "device": "cpu", "threads": 1},
}


@dataclass(frozen=True)
class Trained:
    """What a training reached, and the seconds of processor time that it took."""

    figure: float
    seconds: float


def main(only: list[str]) -> int:
    """Prints a line for each case; returns 1 where one misses its goal."""
    garbage.only_train()
    missed = [_judge(case) for case in CASES if not only or case.data in only]
    return int(any(missed))


def _judge(case: Case) -> bool:
    """Trains both recipes on every split; returns whether the new one misses its goal."""
    with tempfile.TemporaryDirectory(prefix="netwright-bench-") as folder:
        # The first one of a process loads what the others have then.
        summary_of(WARM_UP, Path(folder))
        turns = [
            (
                _train(case, case.before, split, Path(folder)),
                _train(case, case.now, split, Path(folder)),
            )
            for split in range(FIRST_SPLIT, FIRST_SPLIT + case.splits)
        ]

    ratios = [now.seconds / before.seconds for before, now in turns]
    ratio = statistics.median(ratios)
    before, now = ([each.figure for each in side] for side in zip(*turns, strict=True))
    mean = statistics.mean(now)
    is_met = case.reaches(mean) and ratio <= case.most
    print(
        f"{case.data}, {case.template}: {METRICS[case.figure].label} {case.text(mean)} "
        f"({case.text(min(now))} to {case.text(max(now))}) in {ratio:.2f} of the processor time of "
        f"before ({min(ratios):.2f} to {max(ratios):.2f}), which reached "
        f"{case.text(statistics.mean(before))}; splits: {case.splits}; to reach: "
        f"{case.text(case.goal)} in at most {case.most}: {'PASS' if is_met else 'FAIL'}",
        flush=True,
    )
    return not is_met


def _train(case: Case, settings: Settings, split: int, folder: Path) -> Trained:
    plain: dict[str, Any] = {"model": {"template": case.template}, **case.shared, **settings}
    plain["data"] = plain.get("data", {}) | {
        "source": f"sample:{case.data}",
        "split_seed": split,
    }
    one = {"seed": split, "device": "cpu", "threads": 1}
    plain["training"] = plain.get("training", {}) | one
    begun = time.process_time()
    summary = summary_of(plain, folder)
    return Trained(summary["metrics"]["test"][case.figure], time.process_time() - begun)
