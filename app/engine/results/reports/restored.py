"""Results of restoring damaged examples: how near they come to the originals, and which ones do not.

Errors are measured as the network sees the values: less their mean, over their standard deviation. So one that always
answers the mean is off by 1 in the square, whatever the data, and nothing need be computed to compare with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from app.engine.data.dataset import Description
from app.engine.learning.task import Task, View
from app.engine.results.answers import Answer, Cell, Item
from app.engine.results.metrics import Z95, percent
from app.engine.results.reports.base import Level, Listing, SplitReport, finite, form, judged
from app.engine.results.wording import number

MEAN_ONLY = 1.0
"""The mean squared error of always answering the mean."""


@dataclass(frozen=True)
class Restored:
    """row: of the data set. mae, mse: the mean absolute and the mean squared error of its values, in standard
    deviations."""

    row: int
    mae: float
    mse: float


@dataclass(frozen=True)
class RestoredReport(SplitReport):
    """One split judged. said: (n, 2) of each example the mean absolute and the mean squared error. mae, mse: their
    means. explained: the share of the ups and downs of the values that is restored; 0 is no better than the mean."""

    view: ClassVar[View] = "restored"
    worst_title: ClassVar[str] = "Restored worst"

    mae: float = float("nan")
    mse: float = float("nan")

    @classmethod
    def of(
        cls, name: str, about: Description, task: Task, rows: np.ndarray, targets: np.ndarray, said: np.ndarray,
        loss: float | None,
    ) -> RestoredReport:
        count = len(rows)
        said = form(said, count, 2)
        mae, mse = (float(value) for value in said.mean(axis=0, dtype=float)) if count else (float("nan"),) * 2
        return cls(
            name, count, judged(task, about, np.asarray(targets), said), finite(loss), np.asarray(rows),
            np.asarray(targets), said, mae, mse,
        )

    @property
    def explained(self) -> float:
        return 1 - self.mse / MEAN_ONLY

    def examples(self, best: bool = False, most: int = 20) -> list[Restored]:
        """The examples restored worst, or best."""
        order = np.argsort(self.said[:, 1] if best else -self.said[:, 1], kind="stable")[:most]
        return [
            Restored(int(self.rows[place]), float(self.said[place, 0]), float(self.said[place, 1])) for place in order
        ]

    def verdict(self) -> tuple[str, Level]:
        base = "always answering the mean would restore nothing"
        text = f"It restores {percent(self.explained)} of the ups and downs in {self.subject}"
        reach = Z95 * float(self.said[:, 1].std(ddof=1)) / np.sqrt(self.count) if self.count > 1 else np.inf
        if self.mse >= MEAN_ONLY:
            off = f"it is off by {number(self.mae)} standard deviations on average"
            return f"It has learned nothing yet: {off}, no better than always answering the mean.", "problem"
        if self.mse + reach >= MEAN_ONLY:
            return f"{text}, but so few that it may be chance; {base}.", "warning"
        if self.explained < 0.2:
            return f"{text}, only a little; {base}.", "warning"
        return f"{text}; {base}.", "good"

    def line(self) -> str:
        psnr = self.metrics.get("psnr")
        peak = f", PSNR {number(psnr)} dB" if psnr is not None else ""
        return (
            f"off by {number(self.mae)} standard deviations on average{peak}, over {self.count:,} examples "
            f"({percent(self.explained)} of the ups and downs restored; the mean alone: 0 %)"
        )

    def listing(self) -> Listing | None:
        if not self.count:
            return None
        parts = (("the best", 0.0), ("the middle one", 0.5), ("one of ten is worse than", 0.9), ("the worst", 1.0))
        return Listing(
            ("Example", "mean error", "of the ups and downs restored"),
            tuple(
                (name, number(float(np.quantile(self.said[:, 0], share))),
                 percent(1 - float(np.quantile(self.said[:, 1], share)) / MEAN_ONLY))
                for name, share in parts
            ),
        )

    def worst(self, most: int = 100) -> list[tuple[int, str]]:
        return [(one.row, f"off by {number(one.mae)} standard deviations") for one in self.examples(most=most)]

    def to_plain(self, most: int = 20) -> dict[str, Any]:
        return super().to_plain(most) | {
            "mae": self.mae if self.count else None, "mse": self.mse if self.count else None,
            "explained": self.explained if self.count else None,
            "worst": [vars(one) for one in self.examples(most=most)],
        }

    @classmethod
    def answer(cls, about: Description, said: np.ndarray) -> Answer:
        mae, mse = (float(value) for value in said)
        explained = 1 - mse / MEAN_ONLY
        items = (
            Item("mean error", mae, f"{number(mae)} standard deviations"),
            Item("restored", explained, percent(explained), max(0.0, min(1.0, explained)), True),
        )
        head = f"{percent(explained)} of the ups and downs restored" if explained > 0 else "not restored"
        return Answer("restored", head, items, plain={"mae": mae, "mse": mse, "explained": explained})

    @classmethod
    def columns(cls, about: Description) -> tuple[str, ...]:
        return ("mean error", "mean squared error")

    @classmethod
    def cells(cls, about: Description, said: np.ndarray) -> tuple[Cell, ...]:
        return tuple(float(f"{float(value):.6g}") for value in said)


REPORT = RestoredReport
