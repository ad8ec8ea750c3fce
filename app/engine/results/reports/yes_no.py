"""The report on yes or no: that on two classes, and what another threshold would do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from app.engine.results.reports.classes import ClassReport

if TYPE_CHECKING:
    from app.engine.data.dataset import Description
    from app.engine.results.answer import Cell


@dataclass(frozen=True)
class Threshold:
    """The counts that come of answering yes from a probability on.

    Shares are None where they are not defined.
    """

    at: float
    true_yes: int
    false_yes: int
    true_no: int
    false_no: int

    @property
    def recall(self) -> float | None:
        """The share of yes that is found."""
        return (
            self.true_yes / (self.true_yes + self.false_no)
            if self.true_yes + self.false_no
            else None
        )

    @property
    def precision(self) -> float | None:
        """The share of answers yes that are right."""
        return (
            self.true_yes / (self.true_yes + self.false_yes)
            if self.true_yes + self.false_yes
            else None
        )

    @property
    def false_alarms(self) -> float | None:
        """The share of no that is taken for yes."""
        return (
            self.false_yes / (self.false_yes + self.true_no)
            if self.false_yes + self.true_no
            else None
        )

    @property
    def accuracy(self) -> float:
        total = self.true_yes + self.false_yes + self.true_no + self.false_no
        return (self.true_yes + self.true_no) / total if total else float("nan")


@dataclass(frozen=True)
class YesNoReport(ClassReport):
    """The report on a split with two classes, no and yes."""

    view: ClassVar[str] = "yes-no"

    def at(self, threshold: float) -> Threshold:
        """Returns the counts where yes is answered from this probability on."""
        yes = self.targets == 1
        answers_yes = self.predictions[:, 1] >= threshold
        return Threshold(
            threshold,
            int((yes & answers_yes).sum()),
            int((~yes & answers_yes).sum()),
            int((~yes & ~answers_yes).sum()),
            int((yes & ~answers_yes).sum()),
        )

    def roc(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Returns (false alarms, recall, threshold), each (m,), the highest threshold first."""
        thresholds, hits, alarms, yes, no = self._sorted()
        return alarms / max(1, no), hits / max(1, yes), thresholds

    def precision_recall(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Returns (recall, precision, threshold), each (m,), the highest threshold first."""
        thresholds, hits, alarms, yes, _ = self._sorted()
        answered = hits + alarms
        keep = answered > 0

        return (hits / max(1, yes))[keep], (hits[keep] / answered[keep]), thresholds[keep]

    @classmethod
    def columns(cls, description: Description) -> tuple[str, ...]:
        return "predicted", f"probability of {description.classes[1]}"

    @classmethod
    def cells(cls, description: Description, predictions: np.ndarray) -> tuple[Cell, ...]:
        return description.classes[int(predictions[1] >= 0.5)], round(float(predictions[1]), 4)

    def _sorted(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, int, int]:
        """Returns thresholds, hits and false alarms, each (m,), and how many are yes and no."""
        order = np.argsort(-self.predictions[:, 1], kind="stable")
        scores = self.predictions[order, 1].astype(float)
        yes = self.targets[order] == 1
        ends = (
            np.flatnonzero(np.append(np.diff(scores) != 0, True))
            if len(scores)
            else np.zeros(0, int)
        )

        hits = np.cumsum(yes)[ends]
        alarms = np.cumsum(~yes)[ends]
        return (
            np.append(np.inf, scores[ends]),
            np.append(0, hits),
            np.append(0, alarms),
            int(yes.sum()),
            int((~yes).sum()),
        )


REPORT = YesNoReport
