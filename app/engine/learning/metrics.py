"""The metrics: their names in summary.json, and what they mean to a person.

`scores` computes them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from app.engine.text import amount_text, percent_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.engine.data.dataset import Description


@dataclass(frozen=True)
class Metric:
    """What one metric is called, and how to read it.

    better: which way is good. shown: as a percentage, in the target's own unit, or as it is. worst,
    best: the ends of its scale, None where it has none.
    """

    name: str
    label: str
    help: str
    better: Literal["higher", "lower"] = "higher"
    shown: Literal["percent", "unit", "number"] = "percent"
    worst: float | None = 0.0
    best: float | None = 1.0

    def improves(self, value: float, on: float) -> bool:
        """Returns whether a value is better than another one."""
        return value > on if self.better == "higher" else value < on


METRICS = {
    metric.name: metric
    for metric in (
        Metric("accuracy", "accuracy", "The share of answers that are right."),
        Metric(
            "share_error",
            "misplaced shares",
            "The part of the shares that is given to a wrong class, on average.",
            "lower",
            worst=1.0,
            best=0.0,
        ),
        Metric(
            "macro_f1",
            "macro F1",
            "The mean over the classes or tags of F1, so that rare ones count as much as frequent "
            "ones.",
        ),
        Metric(
            "f1",
            "F1",
            "For yes: the balance of how many are found and how many of the yes answers are right.",
        ),
        Metric(
            "auc",
            "ROC AUC",
            "How often a yes gets a higher number than a no, or what belongs together than what "
            "does not. A coin gets 50 %.",
            worst=0.5,
        ),
        Metric(
            "mean_average_precision",
            "mean average precision",
            "For every tag, how near the top of the list the examples with it stand; the mean "
            "over the tags.",
        ),
        Metric(
            "micro_f1",
            "F1 over all tags",
            "The balance of tags found and tags that are right, all counted together.",
        ),
        Metric(
            "mae",
            "mean error (MAE)",
            "By how much an answer is off, on average.",
            "lower",
            "unit",
            None,
            0.0,
        ),
        Metric(
            "rmse",
            "RMSE",
            "Like the mean error, but large errors count more: the root of the mean square.",
            "lower",
            "unit",
            None,
            0.0,
        ),
        Metric(
            "r2",
            "R²",
            "The share of the differences that the answers explain: 1 is all of it, 0 no "
            "better than always answering the mean, below 0 worse.",
            "higher",
            "number",
            None,
            1.0,
        ),
        Metric(
            "recall_at_1",
            "recall at 1",
            "How often the nearest of all is right; of pairs, the mean of both ways.",
        ),
        Metric(
            "recall_at_5",
            "recall at 5",
            "How often the right partner is among the five nearest, the mean of both ways.",
        ),
        Metric(
            "recall_at_1_there",
            "recall at 1, first to second",
            "How often the nearest second half is the right one.",
        ),
        Metric(
            "recall_at_5_there",
            "recall at 5, first to second",
            "How often the right second half is among the five nearest.",
        ),
        Metric(
            "recall_at_1_back",
            "recall at 1, second to first",
            "How often the nearest first half is the right one.",
        ),
        Metric(
            "recall_at_5_back",
            "recall at 5, second to first",
            "How often the right first half is among the five nearest.",
        ),
        Metric(
            "perplexity",
            "perplexity",
            "It is as unsure, on average, as in a choice among so many equally likely tokens.",
            "lower",
            "number",
            None,
            1.0,
        ),
        Metric(
            "bits_per_byte",
            "bits per byte",
            "How many bits a byte of text still costs it: 8 is knowing nothing.",
            "lower",
            "number",
            8.0,
            0.0,
        ),
        Metric(
            "psnr",
            "PSNR",
            "How near restored pictures come to the original, in decibels, from the mean square of "
            "all errors; 20 is coarse, 30 is good.",
            "higher",
            "number",
            None,
            None,
        ),
    )
}


def metric_text(name: str, value: float | None, unit: str = "") -> str:
    """Returns a metric (its name in METRICS) as its kind asks: "93.1 %", "41.8 cm", "0.453".

    unit: of the amounts that are predicted. What is no number, or infinite, is a dash.
    """
    if value is not None and not math.isfinite(value):
        value = None

    scale = METRICS[name].shown if name in METRICS else "number"
    if scale == "percent":
        return percent_text(value)

    return amount_text(value, unit if scale == "unit" else "")


def metrics_text(values: Mapping[str, float], unit: str = "") -> str:
    """Returns several metrics in one line: "R² 0.453, mean error (MAE) 41.8"."""
    return ", ".join(
        f"{METRICS[name].label if name in METRICS else name} {metric_text(name, value, unit)}"
        for name, value in values.items()
    )


def shared_unit(description: Description) -> str:
    """Returns the unit that all amounts of a dataset share, "" where there is none."""
    units = {amount.unit for amount in description.amounts}
    return units.pop() if len(units) == 1 else ""
