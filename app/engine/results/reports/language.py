"""The report on language modelling: what a byte of new text costs, which passages are hard."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from app.engine.results.answer import Answer, Cell, Item
from app.engine.results.reports.base import (
    OTHER,
    Level,
    Listing,
    SplitReport,
    figures_of,
    finite,
    shaped,
)
from app.engine.text import number_text

if TYPE_CHECKING:
    from app.engine.data.dataset import Description
    from app.engine.learning.task import Task

KNOWS_NOTHING = 8.0
"""Bits a byte costs where every byte is as likely as any other."""


@dataclass(frozen=True)
class Passage:
    """A window of the text.

    row: of the data set. bits: per byte of it. perplexity: of its tokens.
    """

    row: int
    bits: float
    perplexity: float


@dataclass(frozen=True)
class LanguageReport(SplitReport):
    """The report on a split of a text.

    predictions: (n, 3) for each window its cost in nats, its tokens and its bytes. bits: per byte,
    on average over the text; NaN where there is none.
    """

    view: ClassVar[str] = "language"
    worst_title: ClassVar[str] = "Hardest passages"

    bits: float = math.nan
    perplexity: float = math.nan
    bytes: int = 0
    tokens: int = 0
    each: np.ndarray = field(repr=False, default_factory=lambda: np.zeros(0))
    """(n,) bits per byte of every window, NaN of an empty one."""

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
    ) -> LanguageReport:
        count = len(rows)
        predictions = shaped(predictions, count, 3)
        nats, tokens, size = predictions.astype(float).sum(axis=0) if count else (0.0, 0.0, 0.0)

        with np.errstate(invalid="ignore", divide="ignore"):
            each = predictions[:, 0].astype(float) / math.log(2) / predictions[:, 2]

        return cls(
            name,
            count,
            figures_of(task, description, np.asarray(targets), predictions),
            finite(loss),
            np.asarray(rows),
            np.asarray(targets),
            predictions,
            nats / math.log(2) / size if size else math.nan,
            _perplexity(nats, tokens),
            int(size),
            int(tokens),
            np.where(predictions[:, 2] > 0, each, np.nan),
        )

    def hardest(self, most: int = 20) -> list[Passage]:
        """Returns the passages with the most bits per byte."""
        return self._passages(np.argsort(-self.each, kind="stable"), most)

    def easiest(self, most: int = 20) -> list[Passage]:
        """Returns the passages with the fewest bits per byte."""
        return self._passages(np.argsort(self.each, kind="stable"), most)

    @property
    def subject(self) -> str:
        return f"{self.bytes:,} bytes of {'this' if self.split == OTHER else 'new'} text"

    def verdict(self) -> tuple[str, Level]:
        if not self.bytes:
            return "There is no text to judge, so nothing can be said.", "info"

        which = "this text" if self.split == OTHER else "new text"
        cost = number_text(self.bits)
        text = f"A byte of {which} costs it {cost} bits; with nothing learned it would be 8"
        if self.bits >= 0.98 * KNOWS_NOTHING:
            return (
                f"It has learned nothing yet: a byte costs it {cost} bits, and guessing 8.",
                "problem",
            )
        if self.bits > 4.5:
            return (
                f"{text}. That is about what knowing how frequent each letter is would do; train "
                "longer.",
                "warning",
            )

        return (
            f"{text}. It is as unsure as between {number_text(self.perplexity)} equally likely "
            "tokens.",
            "good",
        )

    def line(self) -> str:
        return (
            f"{number_text(self.bits)} bits per byte, perplexity "
            f"{number_text(self.perplexity)}, over {self.bytes:,} bytes in {self.tokens:,} "
            "tokens (with nothing learned: 8 bits)"
        )

    def listing(self) -> Listing | None:
        known = self.each[~np.isnan(self.each)]
        if not len(known):
            return None

        parts = (
            ("the easiest", 0.0),
            ("a quarter is easier than", 0.25),
            ("the middle one", 0.5),
            ("a quarter is harder than", 0.75),
            ("the hardest", 1.0),
        )
        return Listing(
            ("Passage", "bits per byte"),
            tuple((name, number_text(float(np.quantile(known, share)))) for name, share in parts),
        )

    def worst(self, most: int = 100) -> list[tuple[int, str]]:
        return [
            (passage.row, f"{number_text(passage.bits)} bits per byte")
            for passage in self.hardest(most)
        ]

    def to_plain(self, most: int = 20) -> dict[str, Any]:
        return super().to_plain(most) | {
            "bytes": self.bytes,
            "tokens": self.tokens,
            "baseline": KNOWS_NOTHING,
            "hardest": [vars(passage) for passage in self.hardest(most)],
            "easiest": [vars(passage) for passage in self.easiest(most)],
        }

    @classmethod
    def answer(cls, _description: Description, predictions: np.ndarray) -> Answer:
        nats, tokens, size = (float(value) for value in predictions)
        if not size:
            return Answer(
                cls.view, "no text to judge", plain={"bits_per_byte": None, "perplexity": None}
            )

        bits = nats / math.log(2) / size
        hesitates = _perplexity(nats, tokens)
        items = (
            Item("bits per byte", bits, number_text(bits), min(1.0, bits / KNOWS_NOTHING), True),
            Item("perplexity", hesitates, number_text(hesitates), None),
        )

        return Answer(
            cls.view,
            f"{number_text(bits)} bits per byte",
            items,
            "",
            "The fewer bits, the more it expected this text; with nothing learned it would be 8.",
            {"bits_per_byte": bits, "perplexity": hesitates, "bytes": int(size)},
        )

    @classmethod
    def columns(cls, _description: Description) -> tuple[str, ...]:
        return ("bits per byte", "perplexity")

    @classmethod
    def cells(cls, description: Description, predictions: np.ndarray) -> tuple[Cell, ...]:
        answer = cls.answer(description, predictions)
        return tuple(round(item.value, 4) for item in answer.items) or ("", "")

    def _passages(self, order: np.ndarray, most: int) -> list[Passage]:
        known = [int(index) for index in order if not np.isnan(self.each[index])][:most]
        return [
            Passage(
                int(self.rows[index]),
                float(self.each[index]),
                _perplexity(float(self.predictions[index, 0]), float(self.predictions[index, 1])),
            )
            for index in known
        ]


def _perplexity(nats: float, tokens: float) -> float:
    if not tokens:
        return math.nan
    return math.exp(min(700.0, nats / tokens))  # beyond it there is no such number


REPORT = LanguageReport
