"""All that is known of one epoch: figures, the view of its answers, and what was kept of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.engine.learning.metrics import metrics_text, shared_unit
from app.engine.text import number_text
from app.ui.pages.results.epochs.look_cards import LookCards
from app.ui.pages.results.save_file import save
from app.ui.pages.results.views import ResultsView, view_for
from app.ui.style.theme import style
from app.ui.widgets.label import Label

if TYPE_CHECKING:
    from app.engine.runs.events import EpochDone
    from app.ui.pages.parts import Parts
    from app.ui.pages.results.selection import Selection, ViewContent
    from app.ui.state.insight.run_looks import RunLooks

WIDE = 660
"""Width at 100 % from which on cards stand side by side."""


class EpochColumn(QWidget):
    """Shows one epoch of a run. data_wanted(): the run's data are to be opened."""

    data_wanted = Signal()

    def __init__(self, parts: Parts, looks: RunLooks, name: str) -> None:
        super().__init__()
        self._parts = parts
        self._looks = looks
        self._view_name = ""
        self._wide = True
        self.view: ResultsView | None = None
        self.figures = Label()
        self.figures.setObjectName(f"{name}.figures")
        self.figures.setWordWrap(True)
        self.note = Label()
        self.note.setWordWrap(True)
        style(self.note, "secondary")
        self.cards = LookCards(parts.theme, looks, name)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(12)
        for widget in (self.figures, self.note, self.cards):
            self._column.addWidget(widget)

    def arrange(self, width: int) -> None:
        """Puts cards side by side where there is room, in pixels."""
        self._wide = width >= self._parts.theme.px(WIDE)
        self.cards.arrange(self._wide)
        if self.view is not None:
            self.view.arrange(self._wide)

    def show_epoch(
        self, selection: Selection, epoch: EpochDone, content: ViewContent, with_view: bool
    ) -> None:
        """Shows an epoch of the run of a selection.

        content: of the run, whose report is replaced. with_view: whether its answers are shown.
        """
        description = selection.description
        unit = shared_unit(description) if description is not None else ""
        self.figures.setText(
            f"Epoch {epoch.epoch}: training loss {number_text(epoch.training_loss)}, validation "
            f"loss {number_text(epoch.validation_loss)}, {metrics_text(epoch.metrics, unit)}"
        )
        self._show_view(selection, epoch, content if with_view else None)
        look = self._looks.at(epoch.epoch)
        self.cards.setVisible(look is not None)
        text = ""
        if look is not None:
            classes = description.classes if description is not None else ()
            self.cards.show_look(look, classes)
            if look.epoch != epoch.epoch:
                text = f"Below: the network after epoch {look.epoch}, the last that was kept."

        self.note.setText(text)
        self.note.setVisible(bool(text))

    def _show_view(
        self, selection: Selection, epoch: EpochDone, content: ViewContent | None
    ) -> None:
        report = selection.at(epoch) if content is not None else None
        if report is None or content is None:
            if self.view is not None:
                self.view.hide()
            return

        if self.view is None or self._view_name != report.view:
            self._bring_view(report.view)

        assert self.view is not None
        self.view.show_results(replace(content, report=report, past=True))
        self.view.arrange(self._wide)
        self.view.show()

    def _bring_view(self, name: str) -> None:
        if self.view is not None:
            self.view.close_down()
            self._column.removeWidget(self.view)
            self.view.deleteLater()

        self.view = view_for(name)(self._parts)
        self._view_name = name
        self.view.save_wanted.connect(
            lambda file, make: save(self, self._parts.background, file, make)
        )
        self.view.data_wanted.connect(self.data_wanted)
        self._column.insertWidget(1, self.view)
