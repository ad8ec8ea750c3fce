"""The report on a regression: how far off each amount is, beside the best single answer for all."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from app.engine.advice.remedies import quoted
from app.engine.learning.metrics import metrics_text, shared_unit
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
from app.engine.text import amount_text, number_text, percent_text

if TYPE_CHECKING:
    from app.engine.data.dataset import Amount, Description
    from app.engine.learning.task import Task

NEAR = 0.1
"""An answer is near when it is off by at most this share of the true amount."""


@dataclass(frozen=True)
class AmountRow:
    """The figures of one amount of a split, all in its unit.

    always: the median of training, the best answer without knowing anything; baseline: how far off
    it is on average. r2, near (the share off by at most a tenth): None where undefined.
    """

    name: str
    unit: str
    mae: float
    rmse: float
    median_error: float
    r2: float | None
    near: float | None
    always: float
    baseline: float
    sure: bool
    """Whether it beats the baseline by more than chance would, with 97.5 % confidence."""


@dataclass(frozen=True)
class Miss:
    """An answer that is off.

    row: of the data set. target: which amount. error: predicted less true.
    """

    row: int
    target: int
    true: float
    predicted: float
    error: float


@dataclass(frozen=True)
class AmountReport(SplitReport):
    """The report on a split with amounts.

    targets, predictions: (n, T) in the amounts' own units. stds: of each amount in training.
    """

    view: ClassVar[str] = "amounts"
    worst_title: ClassVar[str] = "Largest errors"

    amounts: tuple[AmountRow, ...] = ()
    stds: tuple[float, ...] = field(repr=False, default=())

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
    ) -> AmountReport:
        count = len(rows)
        targets = shaped(targets, count, len(description.amounts))
        predictions = shaped(predictions, count, len(description.amounts))

        return cls(
            name,
            count,
            figures_of(task, description, targets, predictions),
            finite(loss),
            np.asarray(rows),
            targets,
            predictions,
            tuple(
                _row(target, targets[:, k], predictions[:, k])
                for k, target in enumerate(description.amounts)
            )
            if count
            else (),
            tuple(target.std for target in description.amounts),
        )

    def true(self, target: int = 0) -> np.ndarray:
        """Returns (n,) the amounts as they are."""
        return np.asarray(self.targets[:, target])

    def predicted(self, target: int = 0) -> np.ndarray:
        """Returns (n,) the amounts as the network answers them."""
        return np.asarray(self.predictions[:, target])

    def residuals(self, target: int = 0) -> np.ndarray:
        """Returns (n,) predicted less true."""
        return np.asarray(self.predictions[:, target].astype(float) - self.targets[:, target])

    def misses(self, target: int | None = None, most: int = 100) -> list[Miss]:
        """Returns the answers furthest off.

        They are over all amounts where none is named, measured in the spread of each.
        """
        columns = range(len(self.amounts)) if target is None else (target,)
        if not columns:
            return []

        errors = np.stack([self.residuals(k) for k in columns], axis=1)
        distance = np.abs(errors) / np.array([self.stds[k] for k in columns])

        misses = []
        for flat_index in np.argsort(-distance, axis=None, kind="stable")[:most].tolist():
            index, column = divmod(flat_index, len(columns))
            k = columns[column]
            misses.append(
                Miss(
                    int(self.rows[index]),
                    k,
                    float(self.targets[index, k]),
                    float(self.predictions[index, k]),
                    float(errors[index, column]),
                )
            )

        return misses

    def verdict(self) -> tuple[str, Level]:
        learned = [row for row in self.amounts if row.mae < row.baseline]
        off = "; ".join(self._off_text(row) for row in self.amounts[:3])
        if not learned:
            return f"It has learned nothing yet: {_lower(off)}.", "problem"

        lost = [row for row in self.amounts if row not in learned]
        if lost:
            return (
                f"{off}. It has learned nothing about "
                f"{' or '.join(quoted(row.name) for row in lost)}.",
                "warning",
            )
        if not all(row.sure for row in self.amounts):
            return f"{off}. On {self.count:,} examples that may be chance.", "warning"
        if min(1 - row.mae / row.baseline for row in self.amounts) < 0.1:
            return f"{off}: only a little better.", "warning"

        return f"{off}.", "good"

    def line(self) -> str:
        words = metrics_text(
            self.metrics, next((row.unit for row in self.amounts if len(self.amounts) == 1), "")
        )
        base = "; ".join(
            f"always {amount_text(row.always, row.unit)}: {amount_text(row.baseline, row.unit)}"
            for row in self.amounts[:3]
        )
        return f"{words}, over {self.count:,} ({base})"

    def listing(self) -> Listing | None:
        return Listing(
            (
                "Amount",
                "unit",
                "mean error",
                "RMSE",
                "median error",
                "R²",
                "within 10 %",
                "always the median",
            ),
            tuple(
                (
                    row.name,
                    row.unit,
                    number_text(row.mae),
                    number_text(row.rmse),
                    number_text(row.median_error),
                    number_text(row.r2),
                    percent_text(row.near),
                    number_text(row.baseline),
                )
                for row in sorted(
                    self.amounts, key=lambda row: -row.mae / row.baseline if row.baseline else 0.0
                )
            ),
            (0, 1),
        )

    def worst(self, most: int = 100) -> list[tuple[int, str]]:
        return [(miss.row, self._miss_text(miss)) for miss in self.misses(most=most)]

    def to_plain(self, most: int = 20) -> dict[str, Any]:
        return super().to_plain(most) | {
            "amounts": [vars(row) for row in self.amounts],
            "worst": [
                {**vars(miss), "target": self.amounts[miss.target].name}
                for miss in self.misses(most=most)
            ],
        }

    @classmethod
    def answer(cls, description: Description, predictions: np.ndarray) -> Answer:
        values = [float(value) for value in predictions]
        items = tuple(
            Item(
                target.name,
                value,
                amount_text(value, target.unit, 4),
                _share_of_range(target, value),
                True,
            )
            for target, value in zip(description.amounts, values, strict=True)
        )

        outside = [
            target
            for target, value in zip(description.amounts, values, strict=True)
            if not target.low <= value <= target.high and target.high > target.low
        ]
        note = "; ".join(
            f"{quoted(target.name)} lies outside of what it was trained on "
            f"({amount_text(target.low, target.unit)} to {amount_text(target.high, target.unit)})"
            for target in outside
        )
        head = (
            items[0].text
            if len(items) == 1
            else ", ".join(f"{item.label} {item.text}" for item in items)
        )

        plain = {
            "amounts": {item.label: item.value for item in items},
            "units": {target.name: target.unit for target in description.amounts if target.unit},
        }
        return Answer(
            cls.view, head, items, shared_unit(description), f"{note}." if note else "", plain
        )

    @classmethod
    def columns(cls, description: Description) -> tuple[str, ...]:
        return tuple(f"predicted {_with_unit(target)}" for target in description.amounts)

    @classmethod
    def cells(cls, _description: Description, predictions: np.ndarray) -> tuple[Cell, ...]:
        return tuple(float(f"{float(value):.6g}") for value in predictions)

    def _off_text(self, row: AmountRow) -> str:
        which = "It" if len(self.amounts) == 1 else quoted(row.name)
        return (
            f"{which} is off by {amount_text(row.mae, row.unit)} on average; always answering "
            f"{amount_text(row.always, row.unit)} would be off by "
            f"{amount_text(row.baseline, row.unit)}"
        )

    def _miss_text(self, miss: Miss) -> str:
        row = self.amounts[miss.target]
        name = f"{quoted(row.name)} " if len(self.amounts) > 1 else ""
        return (
            f"{name}taken for {amount_text(miss.predicted, row.unit, 4)}, is "
            f"{amount_text(miss.true, row.unit, 4)} (off by "
            f"{amount_text(abs(miss.error), row.unit)})"
        )


def _with_unit(target: Amount) -> str:
    """Returns the name of an amount with its unit, where that does not stand in the name."""
    shown = not target.unit or target.unit in target.name
    return target.name if shown else f"{target.name} ({target.unit})"


def _row(target: Amount, true: np.ndarray, predicted: np.ndarray) -> AmountRow:
    """Returns the figures of one amount. true, predicted: (n,)."""
    error = np.abs(predicted.astype(float) - true)
    base = np.abs(target.median - true.astype(float))
    spread = float(((true - true.mean(dtype=float)) ** 2).sum(dtype=float))
    gain = base - error
    reach = Z95 * float(gain.std(ddof=1)) / np.sqrt(len(gain)) if len(gain) > 1 else np.inf
    known = true != 0  # of nothing there is no tenth

    return AmountRow(
        target.name,
        target.unit,
        float(error.mean()),
        float(np.sqrt((error**2).mean())),
        float(np.median(error)),
        1 - float((error**2).sum()) / spread if spread > 0 else None,
        float((error[known] <= NEAR * np.abs(true[known])).mean()) if known.any() else None,
        target.median,
        float(base.mean()),
        bool(gain.mean() - reach > 0),
    )


def _share_of_range(target: Amount, value: float) -> float | None:
    """Returns where a value stands between the lowest (0) and the highest (1) of training."""
    if target.high <= target.low:
        return None

    return min(1.0, max(0.0, (value - target.low) / (target.high - target.low)))


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


REPORT = AmountReport
