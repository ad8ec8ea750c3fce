"""What is dropped on Try it: an example to answer, or a table of them; everything is answered."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from app.engine.data.nouns import noun
from app.ui.widgets.drops import local_paths, name_of, plain_text

if TYPE_CHECKING:
    from PySide6.QtCore import QMimeData

    from app.ui.pages.tryit.answer_panel import AnswerPanel
    from app.ui.pages.tryit.input_cards import InputCard
    from app.ui.pages.tryit.many import ManyLine


class TryItDrops(QObject):
    """Says what a drop will do, and does it."""

    def __init__(self, answer: AnswerPanel, many: ManyLine) -> None:
        super().__init__(answer)
        self._answer = answer
        self._many = many

    @staticmethod
    def announcement(data: QMimeData, ready: bool) -> tuple[str, str] | None:
        """Returns what a drop here will do, in two lines; None where the window takes it as data.

        ready: there is a network to try.
        """
        if not ready:
            return None

        words = "The network on this page will answer. Drop it on the rail to open it as data."
        paths = local_paths(data)
        if paths:
            return (f"Drop to try {name_of(paths)}", words) if paths[0].is_file() else None
        if data.hasImage():
            return "Drop to try this picture", "The network on this page will answer."
        if plain_text(data):
            return "Drop to try this text", "The network on this page will answer."

        return None

    def take(self, data: QMimeData, input_card: InputCard) -> None:
        """Gives what was dropped to the network, or says why it cannot be given."""
        if input_card.take_mime(data):
            return

        paths = local_paths(data)
        if paths and input_card.kind == "row":
            # A dialog would hold up the program from which the file comes.
            QTimer.singleShot(0, self, partial(self._many.open_dialog, tuple(paths)))
        else:
            what = name_of(paths) if paths else "What was dropped"
            self._answer.say(f"{what} holds no {noun(input_card.kind, 1)} that can be read here.")
