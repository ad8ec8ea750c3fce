"""The report on restored examples: how near they come to the originals, and which ones do not.

Errors are measured in standard deviations of the values, over all of them, damaged or not. So what
knowing nothing costs follows from the damage alone. Always answering the mean has a squared error
of 1. Leaving the damage as it is costs the share that was hidden (hidden values stand at their
mean), or the square of the noise.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from app.engine.learning.scores import Z95
from app.engine.results.answer import Answer, Cell, Item
from app.engine.results.reports.base import (
    Level,
    Listing,
    SplitReport,
    figures_of,
    finite,
    shaped,
)
from app.engine.text import number_text, percent_text

if TYPE_CHECKING:
    from app.engine.data.dataset import Description
    from app.engine.learning.task import Task

MEAN_ONLY = 1.0
"""The mean squared error of always answering the mean."""


def untouched(description: Description) -> float:
    """Returns the mean squared error of the better of two answers that need no network.

    They are the damage left as it is, and the mean. Where nothing is damaged, only the mean counts.
    """
    damage = description.damage
    if damage is None:
        return MEAN_ONLY
    if damage.kind == "noise":
        return min(MEAN_ONLY, damage.share**2)

    sides = (
        description.shape[1:]
        if len(description.shape) > 1
        else (description.preparation.inputs[0].numeric_columns,)
    )
    parts = math.prod(-(-side // damage.patch) for side in sides)
    return max(1, round(damage.share * parts)) / parts


@dataclass(frozen=True)
class Restored:
    """A restored example.

    row: of the data set. mae, mse: the mean absolute and the mean squared error of its values, in
    standard deviations.
    """

    row: int
    mae: float
    mse: float


@dataclass(frozen=True)
class RestoredReport(SplitReport):
    """The report on a split of restored examples.

    predictions: (n, 2) for each example the mean absolute and the mean squared error. mae, mse:
    their means. baseline: the mean squared error of doing nothing (see `untouched`).
    """

    view: ClassVar[str] = "restored"
    worst_title: ClassVar[str] = "Restored worst"

    mae: float = float("nan")
    mse: float = float("nan")
    baseline: float = MEAN_ONLY

    @classmethod
    def of(
        cls,
        name: str,
        description: Description,
        task: Task,
        rows: np.ndarray,
        targets: np.ndarray,
        predictions: np.ndarray,
        loss: float | None,
    ) -> RestoredReport:
        count = len(rows)
        predictions = shaped(predictions, count, 2)
        mae, mse = (
            (float(value) for value in predictions.mean(axis=0, dtype=float))
            if count
            else (float("nan"),) * 2
        )

        return cls(
            name,
            count,
            figures_of(task, description, np.asarray(targets), predictions),
            finite(loss),
            np.asarray(rows),
            np.asarray(targets),
            predictions,
            mae,
            mse,
            untouched(description),
        )

    @property
    def mended(self) -> float:
        """The share of the damage that is gone: 1 is all of it, 0 no better than doing nothing."""
        return 1 - self.mse / self.baseline

    def examples(self, best: bool = False, most: int = 20) -> list[Restored]:
        """Returns the examples restored worst, or best."""
        order = np.argsort(
            self.predictions[:, 1] if best else -self.predictions[:, 1], kind="stable"
        )[:most]
        return [
            Restored(
                int(self.rows[index]),
                float(self.predictions[index, 0]),
                float(self.predictions[index, 1]),
            )
            for index in order
        ]

    def verdict(self) -> tuple[str, Level]:
        base = (
            f"(mean squared error {number_text(self.mse)}; left as they are "
            f"{number_text(self.baseline)}, always the mean {number_text(MEAN_ONLY)})"
        )
        text = f"It repairs {percent_text(self.mended)} of the damage in {self.subject}"
        reach = (
            Z95 * float(self.predictions[:, 1].std(ddof=1)) / np.sqrt(self.count)
            if self.count > 1
            else np.inf
        )

        if self.mse >= self.baseline:
            return (
                "It has learned nothing yet: what it restores is no nearer than the damaged "
                f"{base}.",
                "problem",
            )
        if self.mse + reach >= self.baseline:
            return f"{text}, but so few that it may be chance {base}.", "warning"
        if self.mended < 0.2:
            return f"{text}, only a little {base}.", "warning"

        return f"{text} {base}.", "good"

    def line(self) -> str:
        psnr = self.metrics.get("psnr")
        peak = f", PSNR {number_text(psnr)} dB" if psnr is not None else ""
        return (
            f"off by {number_text(self.mae)} standard deviations on average{peak}, over "
            f"{self.count:,} examples ({percent_text(self.mended)} of the damage repaired)"
        )

    def listing(self) -> Listing | None:
        if not self.count:
            return None

        parts = (
            ("the best", 0.0),
            ("the middle one", 0.5),
            ("one of ten is worse than", 0.9),
            ("the worst", 1.0),
        )
        return Listing(
            ("Example", "mean error", "of the damage repaired"),
            tuple(
                (
                    name,
                    number_text(float(np.quantile(self.predictions[:, 0], share))),
                    percent_text(
                        1 - float(np.quantile(self.predictions[:, 1], share)) / self.baseline
                    ),
                )
                for name, share in parts
            ),
        )

    def worst(self, most: int = 100) -> list[tuple[int, str]]:
        return [
            (example.row, f"mean squared error {number_text(example.mse)}")
            for example in self.examples(most=most)
        ]

    def to_plain(self, most: int = 20) -> dict[str, Any]:
        return super().to_plain(most) | {
            "mae": self.mae if self.count else None,
            "mse": self.mse if self.count else None,
            "baseline": self.baseline,
            "mended": self.mended if self.count else None,
            "worst": [vars(example) for example in self.examples(most=most)],
        }

    @classmethod
    def answer(cls, description: Description, predictions: np.ndarray) -> Answer:
        mae, mse = (float(value) for value in predictions)
        mended = 1 - mse / untouched(description)
        items = (
            Item("mean error", mae, f"{number_text(mae)} standard deviations"),
            Item(
                "of the damage repaired",
                mended,
                percent_text(mended),
                max(0.0, min(1.0, mended)),
                True,
            ),
        )

        head = f"{percent_text(mended)} of the damage repaired" if mended > 0 else "not repaired"
        return Answer(cls.view, head, items, plain={"mae": mae, "mse": mse, "mended": mended})

    @classmethod
    def columns(cls, _description: Description) -> tuple[str, ...]:
        return ("mean error", "mean squared error")

    @classmethod
    def cells(cls, _description: Description, predictions: np.ndarray) -> tuple[Cell, ...]:
        return tuple(float(f"{float(value):.6g}") for value in predictions)


REPORT = RestoredReport
