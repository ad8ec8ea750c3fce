"""What lies near: partners of each half of a pair, or neighbours in the space that was learned."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.engine.text import count_text, number_text
from app.ui.pages.tryit.answer_cards.base import AnswerCard, truth_of
from app.ui.pages.tryit.neighbours import nearest_neighbours, nearest_partners
from app.ui.style.theme import Theme, style
from app.ui.widgets.examples.example_grid import ExampleGrid, ExampleRow
from app.ui.widgets.label import Label

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.ui.pages.tryit.context import PredictionContext
    from app.ui.pages.tryit.neighbours import NearestExamples, Neighbour
    from app.ui.pages.tryit.prediction import TryItResult

OPEN = "Open the data of this run on the Data page to see which of its examples lie nearest."


class NearestGrid(QWidget):
    """A title and the nearest examples below it."""

    def __init__(self, theme: Theme, number: int) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        self.title = Label()
        style(self.title, "row")
        self.grid = ExampleGrid(theme, 64, rows_visible=2)
        self.grid.setObjectName(f"tryit.partners.{number}")
        column.addWidget(self.title)
        column.addWidget(self.grid)

    def show_nearest(self, nearest: NearestExamples | None) -> None:
        """Shows the examples; hides the grid where there are none to show."""
        self.setVisible(nearest is not None)
        if nearest is None:
            return

        self.title.setText(f"{nearest.title}, of {nearest.candidates:,}")
        self.grid.setAccessibleName(nearest.title)
        self.grid.show_rows([_row(neighbour) for neighbour in nearest.neighbours])


def _row(neighbour: Neighbour) -> ExampleRow:
    figure = number_text(neighbour.similarity)
    caption = f"{neighbour.label}\n{figure}" if neighbour.label else figure
    return neighbour.example, caption, "quiet"


class NeighboursAnswerCard(AnswerCard):
    """Shows the examples of the open data that lie nearest in the learned space."""

    views: ClassVar[Mapping[str, str]] = {
        "matching": (
            "Both halves become points in space: 1 is the same direction, 0 has nothing to do with "
            "each other."
        ),
        "space": (
            "It becomes a point in space. What lies near it is what the network considers similar."
        ),
    }
    hint: ClassVar[str] = "Give one half to look for its partners, or both to compare them."

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme)
        self.note = Label()
        self.note.setWordWrap(True)
        style(self.note, "secondary")
        self.column.addWidget(self.note)

        self.grids = [NearestGrid(theme, number) for number in range(2)]
        for grid in self.grids:
            self.column.addWidget(grid)

        self.column.addStretch(1)
        self.show_result(None)

    @classmethod
    def details(cls, context: PredictionContext) -> tuple[NearestExamples, ...] | None:
        if context.predictor.task.answers == "pair":
            return nearest_partners(context)

        return nearest_neighbours(context)

    def show_result(self, result: TryItResult | None) -> None:
        groups = _groups(result) if result is not None else ()
        for index, grid in enumerate(self.grids):
            grid.show_nearest(groups[index] if index < len(groups) else None)

        self.note.setText(OPEN if result is not None and result.details is None else "")
        self.note.setVisible(bool(self.note.text()))

    def words(self, result: TryItResult) -> tuple[str, str]:
        """Returns the similarity of a pair, or the nearest partner of one half.

        For an example it is the class of most neighbours.
        """
        if result.answer is not None:
            return super().words(result)

        groups = _groups(result)
        if not groups or not groups[0].neighbours:
            return "", ""

        nearest = groups[0].neighbours[0]
        if not nearest.label:
            among = f"The nearest of {groups[0].candidates:,}"
            return nearest.example.line, f"{among}: similarity {number_text(nearest.similarity)}."

        labels = [neighbour.label for neighbour in groups[0].neighbours[:5]]
        best = max(dict.fromkeys(labels), key=labels.count)
        sentence = f"{count_text(labels.count(best), 'neighbour')} of the five nearest"

        true = truth_of(result)
        if true:
            sentence += ", and it is right." if true == best else f". In truth it is {true}."

        return best, sentence


def _groups(result: TryItResult) -> tuple[NearestExamples, ...]:
    """Returns what lies near; () where the data are not open."""
    groups: tuple[NearestExamples, ...] = result.details or ()
    return groups


ANSWER_CARD = NeighboursAnswerCard
