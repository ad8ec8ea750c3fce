"""Before, damaged and restored, side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QGridLayout, QLabel, QSizePolicy

from app.engine.text import percent_text
from app.ui.pages.tryit.answer_cards.base import ReplyView
from app.ui.pages.tryit.beside import Restored
from app.ui.style.theme import Theme, style
from app.ui.widgets.examples.painting import ExampleView

if TYPE_CHECKING:
    from app.ui.pages.tryit.asking import Reply

WORDS = ("Before", "Damaged", "Restored")


class RestoredReply(ReplyView):
    seen = "What was given, before the damage"

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme)
        grid = QGridLayout()
        grid.setSpacing(8)

        self.views: list[ExampleView] = []
        for place, word in enumerate(WORDS):
            label = QLabel(word)
            view = ExampleView(theme, 1.8)
            style(label, "secondary")
            view.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            view.setAccessibleName(word)
            view.setObjectName(f"tryit.restored.{place}")
            grid.addWidget(label, 0, place)
            grid.addWidget(view, 1, place)
            self.views.append(view)

        self.column.addLayout(grid)
        self.column.addStretch(1)

    def show_reply(self, reply: Reply | None) -> None:
        made = reply.extra if reply is not None else None
        shown = (
            (made.clean, made.damaged, made.restored)
            if isinstance(made, Restored)
            else (None, None, None)
        )
        for view, example in zip(self.views, shown, strict=True):
            view.show_example(example)

    def words(self, reply: Reply) -> tuple[str, str]:
        damage = reply.description.damage
        if damage is None:
            return "Restored", ""

        what = "of it was hidden" if damage.kind == "mask" else "of its spread was added as noise"
        return (
            "Restored",
            f"{percent_text(damage.share)} {what}; the network saw only what is in the middle.",
        )


REPLY = RestoredReply
