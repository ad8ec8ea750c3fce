"""Looking back: one slider moves all that is known of the epochs; two can stand side by side."""

from __future__ import annotations

from operator import is_
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton

from app.engine.text import bytes_text
from app.ui.pages import run_actions
from app.ui.pages.results.epochs.column import EpochColumn
from app.ui.pages.results.epochs.slider import EpochSlider
from app.ui.state.insight.run_looks import NONE_KEPT, NOT_YET, READING, RunLooks
from app.ui.style.theme import style
from app.ui.text.literal import tooltip
from app.ui.widgets.card import Card
from app.ui.widgets.label import Label

if TYPE_CHECKING:
    from PySide6.QtGui import QHideEvent, QResizeEvent, QShowEvent

    from app.engine.runs.events import EpochDone
    from app.ui.pages.parts import Parts
    from app.ui.pages.results.selection import Selection, ViewContent

MEANING = (
    "The same examples after every epoch: how answers, blocks and weights came to be what they "
    "are. What you may conclude: when a class was learned, and when nothing changed any more. What "
    "not: from a few points, that groups which touch here are mixed up, for a picture in two "
    "dimensions shows only a part."
)

GO_ON = (
    "Goes on from this epoch in a run of its own, with the same settings; this run stays as it is."
)

NOT_KEPT = (
    "The weights of this epoch are not kept. “Keep every epoch” on the Learning page keeps those "
    "of a training to come."
)

COMPARE = "Shows a second epoch beside the first, with its answers."


class LookingBack(Card):
    """The epochs of one run: show_run(...). moved(): another epoch is chosen.

    data_wanted(): the run's data are to be opened.
    """

    moved = Signal()
    data_wanted = Signal()

    def __init__(self, parts: Parts, name: str, with_view: bool) -> None:
        """with_view: whether the answers of one epoch are shown too; those of two always are."""
        super().__init__("Looking back", "validation, epoch by epoch")
        self._parts = parts
        self._with_view = with_view
        self._selection: Selection | None = None
        self._content: ViewContent | None = None
        self._drawn: EpochDone | None = None
        self._drawing: tuple[object, ...] = ()
        self.looks = RunLooks(parts.background)
        self.looks.changed.connect(self.refresh)
        parts.session.state_changed.connect(self.refresh)
        self.setObjectName(name)
        self.compare = QPushButton("Compare two")
        self.compare.setObjectName(f"{name}.compare")
        self.compare.setCheckable(True)
        self.compare.setToolTip(tooltip(COMPARE))
        self.compare.toggled.connect(self._compare_toggled)
        style(self.compare, "small")
        self.go_on = QPushButton("Train on from here")
        self.go_on.setObjectName(f"{name}.go_on")
        self.go_on.clicked.connect(self._go_on)
        style(self.go_on, "small")
        self.tools.addWidget(self.go_on)
        self.tools.addWidget(self.compare)
        self.sliders = (
            EpochSlider(parts.theme, name, "Epoch shown"),
            EpochSlider(parts.theme, f"{name}.other", "Epoch beside it"),
        )
        self.columns = (
            EpochColumn(parts, self.looks, name),
            EpochColumn(parts, self.looks, f"{name}.other"),
        )
        self.note = Label()
        self.note.setObjectName(f"{name}.note")
        self.meaning = Label(MEANING)
        for label in (self.note, self.meaning):
            label.setWordWrap(True)
            style(label, "secondary")

        self.sliders[0].moved.connect(self._moved)
        self.sliders[1].moved.connect(self.refresh)
        for column in self.columns:
            column.data_wanted.connect(self.data_wanted)

        self._build()

    def _build(self) -> None:
        above, below = QHBoxLayout(), QHBoxLayout()
        for row, widgets in ((above, self.sliders), (below, self.columns)):
            row.setSpacing(16)
            for widget in widgets:
                row.addWidget(widget, 1)

        self.body.addLayout(above)
        self.body.addWidget(self.note)
        self.body.addLayout(below)
        self.body.addStretch(1)
        self.body.addWidget(self.meaning)
        self.sliders[1].hide()
        self.columns[1].hide()

    # --- what is shown

    @property
    def comparing(self) -> bool:
        """Whether two epochs stand side by side."""
        return self.compare.isChecked()

    def show_run(self, selection: Selection, content: ViewContent) -> None:
        """Shows the epochs of a run; of the same run what has come since.

        content: what else a view of its answers needs to know.
        """
        other = self._selection is None or self._selection.record is not selection.record
        self._selection = selection
        self._content = content
        used = selection.used if other and not selection.live else None
        epochs = selection.known_epochs
        first = epochs[0].epoch if epochs else None
        self.sliders[0].set_epochs(epochs, used.epoch if used is not None else None)
        self.sliders[1].set_epochs(epochs, first if other else None)
        self.compare.setEnabled(len(epochs) > 1)
        if self.isVisible():
            self.looks.show_run(selection.record.path)
            self.refresh()

    def forget(self) -> None:
        """Lets go of the run."""
        self._selection = None
        self._content = None
        self._drawing = ()
        self.looks.show_run(None)

    def choose(self, epoch: int) -> None:
        """Goes to an epoch, if it is there."""
        self.sliders[0].choose(epoch)

    def refresh(self) -> None:
        """Shows the chosen epochs."""
        selection, content = self._selection, self._content
        if selection is None or content is None or not self.isVisible():
            return

        self._drawn = self.sliders[0].epoch
        self._show_why_not()
        epochs = [slider.epoch for slider in self.sliders]
        drawing = (selection, content, self.comparing, self.looks.looks, *epochs)
        if self._drawing and all(map(is_, drawing, self._drawing)):
            return  # it was hidden meanwhile, and nothing has come

        self._drawing = drawing
        shown = zip(self.sliders, self.columns, (True, self.comparing), strict=True)
        for slider, column, there in shown:
            epoch = slider.epoch
            column.setVisible(there and epoch is not None)
            if there and epoch is not None:
                column.show_epoch(selection, epoch, content, self._with_view or self.comparing)

        self.note.setText(self._note(selection))

    def _show_why_not(self) -> None:
        """Offers to train on from the chosen epoch, or says why that cannot be."""
        why_not = self._why_not_from_here()
        self.go_on.setEnabled(not why_not)
        self.go_on.setToolTip(tooltip(why_not or GO_ON))

    def _why_not_from_here(self) -> str:
        """Returns why nothing can go on from the chosen epoch; "" where something can."""
        epoch = self.sliders[0].epoch
        if self._parts.session.active:
            return run_actions.BUSY
        if epoch is None or epoch.epoch not in self.looks.kept:
            return NOT_KEPT

        return ""

    def _go_on(self) -> None:
        epoch, path = self.sliders[0].epoch, self.looks.path
        if epoch is not None and path is not None:
            run_actions.branch(self._parts, path, epoch.epoch)

    def _note(self, selection: Selection) -> str:
        """Returns what was kept, or why nothing was."""
        looks = self.looks.looks
        if looks:
            path = self.looks.path
            assert path is not None
            every = f"{len(looks):,} of {len(selection.record.epochs):,} epochs"
            size = bytes_text(self.looks.size)
            return f"Kept of {every} in the run's folder, for looking back: {size}."

        if not self.looks.is_read:
            return READING

        return NOT_YET if selection.running else NONE_KEPT

    # --- what a person does

    def _moved(self) -> None:
        """Shows another epoch, unless the page has done so when it was told."""
        self.moved.emit()
        if self._drawn is not self.sliders[0].epoch:
            self.refresh()

    def _compare_toggled(self, on: bool) -> None:
        self.sliders[1].setVisible(on)
        self.refresh()
        self._arrange()

    def _arrange(self) -> None:
        width = self.width() // 2 if self.comparing else self.width()
        for column in self.columns:
            column.arrange(width)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._selection is not None:
            self.looks.show_run(self._selection.record.path)
        self.refresh()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._parts.background.forget("looks")
