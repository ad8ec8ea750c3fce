"""The figures of each class as a table, the least recognised first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.engine.data.nouns import noun
from app.engine.text import UNKNOWN, percent_text
from app.ui.pages.results.figure_table import Column, FigureTable, Line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.engine.results.reports.classes import ClassRow
    from app.ui.style.theme import Theme

NAME, RECALL, PRECISION, F1, COUNT, PREDICTED = range(6)
"""The numbers of the columns."""


def share_words(value: float | None) -> str:
    """Returns a share in whole percents: a decimal says no more here."""
    return UNKNOWN if value is None else percent_text(value)


def columns(many: str) -> tuple[Column, ...]:
    """Returns the columns. many: what the examples are called."""
    return (
        Column("Class", "The classes of the data.", plain="class"),
        Column(
            "Found",
            f"Recall: of the {many} of this class, the share that it recognised.",
            share_words,
            True,
            68,
            "recall",
        ),
        Column(
            "Right",
            f"Precision: of the {many} that were given this name, the share that really are.",
            share_words,
            True,
            64,
            "precision",
        ),
        Column(
            "F1",
            "F1: recall and precision in one figure (their harmonic mean).",
            share_words,
            True,
            62,
            "f1",
        ),
        Column(
            many.capitalize(),
            f"How many {many} of this class were judged.",
            lambda n: f"{n:,}",
            False,
            72,
            many,
        ),
        Column(
            "Said",
            f"How many {many} were given this name.",
            lambda n: f"{n:,}",
            False,
            56,
            "named so",
            spare=True,
        ),
    )


class ClassTable(FigureTable):
    """Shows a line for each class. picked(class number)."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, "results.classes", "Figures per class", columns("pictures"), RECALL)

    def show_classes(self, rows: Sequence[ClassRow], kind: str = "image") -> None:
        """Shows these classes. kind: of the examples (Description.kind)."""
        self.model_.columns = list(columns(noun(kind)))
        self.show_lines(
            [
                Line(
                    number, (row.name, row.recall, row.precision, row.f1, row.count, row.predicted)
                )
                for number, row in enumerate(rows)
            ]
        )
