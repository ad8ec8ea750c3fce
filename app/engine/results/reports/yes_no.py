"""Results of yes or no: those of two classes, and what another threshold would do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from app.engine.results.reports.classes import ClassReport

if TYPE_CHECKING:
    from app.engine.data.dataset import Description
    from app.engine.learning.task import View
    from app.engine.results.answer import Cell


@dataclass(frozen=True)
class Threshold:
    """What comes of saying yes from a probability on.

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
    view: ClassVar[View] = "yes-no"

    def at(self, threshold: float) -> Threshold:
        yes = self.targets == 1
        predictions = self.predictions[:, 1] >= threshold
        return Threshold(
            threshold,
            int((yes & predictions).sum()),
            int((~yes & predictions).sum()),
            int((~yes & ~predictions).sum()),
            int((yes & ~predictions).sum()),
        )

    def roc(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(false alarms, recall, threshold), each (m,), from saying yes to nothing to saying yes to
        all.
        """
        thresholds, found, alarms, yes, no = self._sorted()
        return alarms / max(1, no), found / max(1, yes), thresholds

    def precision_recall(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(recall, precision, threshold), each (m,), from the surest yes on."""
        thresholds, found, alarms, yes, _ = self._sorted()
        predictions = found + alarms
        keep = predictions > 0

        return (found / max(1, yes))[keep], (found[keep] / predictions[keep]), thresholds[keep]

    @classmethod
    def columns(cls, description: Description) -> tuple[str, ...]:
        return "predicted", f"probability of {description.classes[1]}"

    @classmethod
    def cells(cls, description: Description, predictions: np.ndarray) -> tuple[Cell, ...]:
        return description.classes[int(predictions[1] >= 0.5)], round(float(predictions[1]), 4)

    def _sorted(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, int, int]:
        order = np.argsort(-self.predictions[:, 1], kind="stable")
        scores = self.predictions[order, 1].astype(float)
        yes = self.targets[order] == 1
        ends = (
            np.flatnonzero(np.append(np.diff(scores) != 0, True))
            if len(scores)
            else np.zeros(0, int)
        )

        found = np.cumsum(yes)[ends]
        alarms = np.cumsum(~yes)[ends]
        return (
            np.append(np.inf, scores[ends]),
            np.append(0, found),
            np.append(0, alarms),
            int(yes.sum()),
            int((~yes).sum()),
        )


REPORT = YesNoReport
