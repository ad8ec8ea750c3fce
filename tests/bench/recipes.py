"""Recipes of templates beside those of before: the figure on the test examples, and its price.

Both are trained with the same seeds, in turns, on one thread; the price is processor time. The
seeds are others than those with which recipes were chosen (below 50); they divide the data too,
except for a long text and for a test set of their own.
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
from app.engine.sources.samples import FASHION_FOLDER
from tests.bench.trained import summary_of

Settings = dict[str, dict[str, Any]]
"""Sections of an experiment."""


@dataclass(frozen=True)
class Case:
    """A template on data that everyone can have.

    data: the name of these. source: where they are. before: the settings that its earlier recipe
    came to, with [model] where it drew another network. goal: the figure that the recipe has to
    reach on the mean of the seeds. most: how much of the earlier recipe's processor time it may
    take. now: what is set of the recipe of today, {} for all of it as it is. shared: settings of
    both.
    """

    data: str
    source: str
    template: str
    figure: str
    before: Settings
    goal: float
    most: float
    seeds: int
    now: Settings = field(default_factory=dict)
    shared: Settings = field(default_factory=dict)

    def reaches(self, value: float) -> bool:
        """Returns whether a figure is at least as good as the goal."""
        return value == self.goal or METRICS[self.figure].improves(value, self.goal)

    def text(self, value: float) -> str:
        """Returns the figure as it is printed."""
        return f"{value:.2%}" if METRICS[self.figure].shown == "percent" else f"{value:.3f}"


RESNET_BEFORE: list[dict[str, Any]] = [
    {"name": "stem", "kind": "convolution", "channels": 32},
    {"name": "stem_norm", "kind": "batch-norm", "activation": "relu"},
    {"name": "block1", "kind": "residual", "channels": 48, "downsample": True},
    {"name": "block2", "kind": "residual", "channels": 96, "downsample": True},
    {"name": "block3", "kind": "residual", "channels": 192, "downsample": True},
    {"name": "pool", "kind": "global-pooling", "mode": "max"},
    {"name": "answer", "kind": "output", "outputs": 10},
]
"""What the template drew for Fashion-MNIST before: 660,266 parameters."""

CASES = (
    Case(
        "digits",
        "sample:digits",
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
        now={"training": {"epochs": 14}},
    ),
    Case(
        "fashion",
        str(FASHION_FOLDER),
        "resnet",
        "accuracy",
        {
            "augmentation": {"flip": True, "shift": 0.07},
            "model": {"blocks": RESNET_BEFORE},
            "loss": {"label_smoothing": 0.1},
            "optimizer": {
                "kind": "adamw",
                "learning_rate": 8e-3,
                "weight_decay": 0.05,
                "beta2": 0.999,
            },
            "schedule": {"kind": "one-cycle"},
            "training": {"epochs": 12, "batch_size": 128, "gradient_clip": 0.0},
        },
        0.939,
        0.35,
        3,
    ),
    Case(
        "book",
        "sample:book",
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
"""The recipe of today is shortened for the digits and the book, to where it reaches the goal: whole
it goes on to better figures. So is that of before for the book, to where it nearly does."""

PACKAGES = {str(FASHION_FOLDER): "dataset-fashion-mnist"}
"""The Debian packages of data that are not built in, by their folders."""

FIRST_SEED = 100
"""The seeds with which is judged begin here."""

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
    missed = [_misses(case) for case in CASES if not only or case.data in only]
    return int(any(missed))


def _misses(case: Case) -> bool:
    """Trains both recipes with every seed; returns whether the new one misses its goal.

    Where the data are missing it says where they come from, and nothing is missed.
    """
    package = PACKAGES.get(case.source)
    if package and not Path(case.source).is_dir():
        print(
            f"{case.data}, {case.template}: not measured, as {case.source} is missing; 'apt-get "
            f"install {package}' on Debian and Ubuntu brings it.",
            flush=True,
        )
        return False

    with tempfile.TemporaryDirectory(prefix="netwright-bench-") as folder:
        # The first one of a process loads what the others have then.
        summary_of(WARM_UP, Path(folder))
        turns = [
            (
                _train(case, case.before, seed, Path(folder)),
                _train(case, case.now, seed, Path(folder)),
            )
            for seed in range(FIRST_SEED, FIRST_SEED + case.seeds)
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
        f"{case.text(statistics.mean(before))}; seeds: {case.seeds}; to reach: "
        f"{case.text(case.goal)} in at most {case.most}: {'PASS' if is_met else 'FAIL'}",
        flush=True,
    )
    return not is_met


def _train(case: Case, settings: Settings, seed: int, folder: Path) -> Trained:
    plain: dict[str, Any] = {"model": {"template": case.template}, **case.shared, **settings}
    plain["data"] = plain.get("data", {}) | {
        "source": case.source,
        "split_seed": seed,
    }
    one = {"seed": seed, "device": "cpu", "threads": 1}
    plain["training"] = plain.get("training", {}) | one
    begun = time.process_time()
    summary = summary_of(plain, folder)
    return Trained(summary["metrics"]["test"][case.figure], time.process_time() - begun)
