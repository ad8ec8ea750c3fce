"""Results of a regression: how far off each amount is, in its own unit, beside one answer for all."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from app.engine.advice.remedies import quoted
from app.engine.learning.metrics import metrics_text, shared_unit
from app.engine.learning.scores import Z95
from app.engine.results.answer import Answer, Cell, Item
from app.engine.results.reports.base import Level, Listing, SplitReport, finite, form, judged
from app.engine.text import amount_text, number_text, percent_text

if TYPE_CHECKING:
    from app.engine.data.dataset import Amount, Description
    from app.engine.learning.task import Task, View

NEAR = 0.1
"""An answer is near when it is off by at most this share of the true amount."""


@dataclass(frozen=True)
class AmountRow:
    """One amount of a split, all in its unit.

    always: the median of training, the best answer of one that knows nothing; baseline: how far off
    it is on average. r2, near (share off by at most a tenth): None where undefined.
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
    """One split judged. targets, predictions: (n, T) in the amounts' own units."""

    view: ClassVar[View] = "amounts"
    worst_title: ClassVar[str] = "Furthest off"

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
        targets = form(targets, count, len(description.amounts))
        predictions = form(predictions, count, len(description.amounts))

        return cls(
            name,
            count,
            judged(task, description, targets, predictions),
            finite(loss),
            np.asarray(rows),
            targets,
            predictions,
            tuple(
                _row(one, targets[:, k], predictions[:, k])
                for k, one in enumerate(description.amounts)
            )
            if count
            else (),
            tuple(one.std for one in description.amounts),
        )

    def true(self, target: int = 0) -> np.ndarray:
        """(n,) the amounts as they are."""
        return self.targets[:, target]

    def predicted(self, target: int = 0) -> np.ndarray:
        """(n,) the amounts as answered."""
        return self.predictions[:, target]

    def residuals(self, target: int = 0) -> np.ndarray:
        """(n,) predicted less true."""
        return self.predictions[:, target].astype(float) - self.targets[:, target]

    def misses(self, target: int | None = None, most: int = 100) -> list[Miss]:
        """The answers furthest off; over all amounts, measured in each one's spread, where none is
        named.
        """
        chosen = range(len(self.amounts)) if target is None else (target,)
        if not chosen:
            return []

        errors = np.stack([self.residuals(k) for k in chosen], axis=1)
        far = np.abs(errors) / np.array([self.stds[k] for k in chosen])

        found = []
        for nth in np.argsort(-far, axis=None, kind="stable")[:most].tolist():
            place, column = divmod(nth, len(chosen))
            k = chosen[column]
            found.append(
                Miss(
                    int(self.rows[place]),
                    k,
                    float(self.targets[place, k]),
                    float(self.predictions[place, k]),
                    float(errors[place, column]),
                )
            )

        return found

    def verdict(self) -> tuple[str, Level]:
        learned = [row for row in self.amounts if row.mae < row.baseline]
        off = "; ".join(self._off(row) for row in self.amounts[:3])
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
        return [(one.row, self._miss(one)) for one in self.misses(most=most)]

    def to_plain(self, most: int = 20) -> dict[str, Any]:
        return super().to_plain(most) | {
            "amounts": [vars(row) for row in self.amounts],
            "worst": [
                {**vars(one), "target": self.amounts[one.target].name}
                for one in self.misses(most=most)
            ],
        }

    @classmethod
    def answer(cls, description: Description, predictions: np.ndarray) -> Answer:
        items = tuple(
            Item(
                one.name,
                float(value),
                amount_text(float(value), one.unit, 4),
                _place(one, float(value)),
                True,
            )
            for one, value in zip(description.amounts, predictions, strict=True)
        )
        far = [
            one
            for one, value in zip(description.amounts, predictions, strict=True)
            if not one.low <= float(value) <= one.high and one.high > one.low
        ]

        note = "; ".join(
            f"{quoted(one.name)} lies outside of what it was trained on "
            f"({amount_text(one.low, one.unit)} to "
            f"{amount_text(one.high, one.unit)})"
            for one in far
        )
        head = (
            items[0].text
            if len(items) == 1
            else ", ".join(f"{item.label} {item.text}" for item in items)
        )

        plain = {
            "amounts": {item.label: item.value for item in items},
            "units": {one.name: one.unit for one in description.amounts if one.unit},
        }
        return Answer(
            "amounts", head, items, shared_unit(description), f"{note}." if note else "", plain
        )

    @classmethod
    def columns(cls, description: Description) -> tuple[str, ...]:
        return tuple(f"predicted {one.name}" for one in description.amounts)

    @classmethod
    def cells(cls, description: Description, predictions: np.ndarray) -> tuple[Cell, ...]:
        return tuple(float(f"{float(value):.6g}") for value in predictions)

    def _off(self, row: AmountRow) -> str:
        which = "It" if len(self.amounts) == 1 else quoted(row.name)
        return (
            f"{which} is off by {amount_text(row.mae, row.unit)} on average; always answering "
            f"{amount_text(row.always, row.unit)} would be off by {amount_text(row.baseline, row.unit)}"
        )

    def _miss(self, one: Miss) -> str:
        row = self.amounts[one.target]
        name = f"{quoted(row.name)} " if len(self.amounts) > 1 else ""
        return (
            f"{name}taken for {amount_text(one.predicted, row.unit, 4)}, is "
            f"{amount_text(one.true, row.unit, 4)} "
            f"(off by {amount_text(abs(one.error), row.unit)})"
        )


def _row(description: Amount, true: np.ndarray, predictions: np.ndarray) -> AmountRow:
    error = np.abs(predictions.astype(float) - true)
    base = np.abs(description.median - true.astype(float))
    spread = float(((true - true.mean(dtype=float)) ** 2).sum(dtype=float))
    gain = base - error
    reach = Z95 * float(gain.std(ddof=1)) / np.sqrt(len(gain)) if len(gain) > 1 else np.inf
    known = true != 0

    return AmountRow(
        description.name,
        description.unit,
        float(error.mean()),
        float(np.sqrt((error**2).mean())),
        float(np.median(error)),
        1 - float((error**2).sum()) / spread if spread > 0 else None,
        float((error[known] <= NEAR * np.abs(true[known])).mean()) if known.any() else None,
        description.median,
        float(base.mean()),
        bool(gain.mean() - reach > 0),
    )


def _place(description: Amount, value: float) -> float | None:
    """Where a value stands between the lowest and the highest of training."""
    return (
        min(1.0, max(0.0, (value - description.low) / (description.high - description.low)))
        if description.high > description.low
        else None
    )


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


REPORT = AmountReport
