"""The report on soft labels: that of a classification by the largest shares, and all of them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from app.engine.learning import scores
from app.engine.results.reports.base import figures_of, shaped
from app.engine.results.reports.classes import ClassReport, usual_class
from app.engine.text import percent_text

if TYPE_CHECKING:
    from app.engine.data.dataset import Description
    from app.engine.learning.task import Task
    from app.engine.results.answer import Cell


class ShareReport(ClassReport):
    """The report on a split with shares of classes.

    targets: (n,) the class with the largest share of each. predictions: (n, K) shares.
    """

    view: ClassVar[str] = "shares"

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
    ) -> ClassReport:
        classes = description.classes
        shares = shaped(targets, len(targets), len(classes))
        predictions = shaped(predictions, len(targets), len(classes))
        largest = shares.argmax(axis=1) if len(shares) else np.zeros(0, np.int64)
        answers = scores.predicted_classes(predictions)
        report = cls.of_confusion(
            name,
            scores.confusion(largest, answers, len(classes)),
            classes,
            usual_class(description),
            figures_of(task, description, shares, predictions),
            loss,
        )

        return replace(
            report,
            rows=np.asarray(rows),
            targets=largest,
            predicted_classes=answers,
            predictions=predictions,
        )

    def line(self) -> str:
        error = self.metrics.get("share_error")
        misplaced = f"; {percent_text(error)} of the shares misplaced" if error is not None else ""
        return f"{super().line()}{misplaced}"

    def to_plain(self, most: int = 20) -> dict[str, Any]:
        return {**super().to_plain(most), "share_error": self.metrics.get("share_error")}

    @classmethod
    def columns(cls, description: Description) -> tuple[str, ...]:
        return ("predicted", *description.classes)

    @classmethod
    def cells(cls, description: Description, predictions: np.ndarray) -> tuple[Cell, ...]:
        shares = tuple(round(float(share), 4) for share in predictions)
        return (description.classes[int(predictions.argmax())], *shares)


REPORT = ShareReport
