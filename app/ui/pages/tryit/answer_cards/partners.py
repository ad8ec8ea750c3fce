"""What lies near: partners of each half of a pair, or neighbours in the space that was learned."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from app.engine.text import count_text, number_text
from app.ui.pages.tryit.answer_cards.base import ReplyView, truth_of
from app.ui.style.theme import Theme, style
from app.ui.widgets.examples.example_grid import ExampleGrid, ExampleRow

if TYPE_CHECKING:
    from app.ui.pages.tryit.asking import Reply
    from app.ui.pages.tryit.beside import Neighbour, Partners

OPEN = "Open the data of this run on the Data page to see what lies near in them."


class Found(QWidget):
    """A title and the nearest ones."""

    def __init__(self, theme: Theme, number: int) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        self.title = QLabel()
        style(self.title, "row")
        self.grid = ExampleGrid(theme, 64, rows_visible=2)
        self.grid.setObjectName(f"tryit.partners.{number}")
        column.addWidget(self.title)
        column.addWidget(self.grid)

    def show_partners(self, partners: Partners | None) -> None:
        self.setVisible(partners is not None)
        if partners is None:
            return

        self.title.setText(f"{partners.title}, of {partners.looked:,}")
        self.grid.setAccessibleName(partners.title)
        self.grid.show_rows([_row(one) for one in partners.found])


def _row(one: Neighbour) -> ExampleRow:
    caption = f"{number_text(one.similarity)}"
    return one.example, f"{one.label}\n{caption}" if one.label else caption, "quiet"


class PartnersReply(ReplyView):
    hint = "Give one half to look for its partners, or both to compare them."

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme)
        self.found = [Found(theme, number) for number in range(2)]
        self.note = QLabel()
        self.note.setWordWrap(True)
        style(self.note, "secondary")
        self.column.addWidget(self.note)

        for one in self.found:
            self.column.addWidget(one)

        self.column.addStretch(1)
        self.show_reply(None)

    def show_reply(self, reply: Reply | None) -> None:
        partners = reply.extra if reply is not None and reply.extra is not None else ()
        for place, one in enumerate(self.found):
            one.show_partners(partners[place] if place < len(partners) else None)

        self.note.setText(OPEN if reply is not None and reply.extra is None else "")
        self.note.setVisible(bool(self.note.text()))

    def words(self, reply: Reply) -> tuple[str, str]:
        """Of a pair its similarity; of one half its nearest partner; of an example the class of
        most neighbours.
        """
        if reply.answer is not None:
            return super().words(reply)

        partners = reply.extra or ()
        if not partners or not partners[0].found:
            return "", ""

        nearest = partners[0].found[0]
        if not nearest.label:
            return (
                nearest.example.line,
                f"The nearest of {partners[0].looked:,}: similarity {number_text(nearest.similarity)}.",
            )

        labels = [one.label for one in partners[0].found[:5]]
        best = max(dict.fromkeys(labels), key=labels.count)
        true = truth_of(reply.description, reply.task, reply)
        predictions = f"{count_text(labels.count(best), 'neighbour')} of the five nearest"
        predictions += (
            ""
            if not true
            else ", and it is right."
            if true == best
            else f". In truth it is {true}."
        )

        return best, predictions


REPLY = PartnersReply
