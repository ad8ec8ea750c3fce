"""The line at the top of the Results page: which run, which epoch, which split."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSlider, QWidget

from app.ui.pages.run_chip import RunChip
from app.ui.style.theme import style
from app.ui.text.literal import tooltip
from app.ui.widgets.elided import ElidedLabel
from app.ui.widgets.label import Label
from app.ui.widgets.segments import Segments

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QResizeEvent

    from app.engine.runs.events import EpochDone
    from app.ui.pages.parts import Parts

SPLITS = (
    ("validation", "Validation", "{} that chose the best epoch, but were never trained on."),
    (
        "test",
        "Test",
        "{} kept apart until the very end: they chose nothing, so this is the figure to trust.",
    ),
)


EXPORT = "Writes the network as a file for other programs, and proves it (Ctrl+E)."
WITH_REPORT = 720
"""Width at 100 % from which on there is room for the button of the report."""

REPORT = "Writes one HTML file with the data card, curves, results and settings, to keep or send."


class ResultsHeader(QWidget):
    """Names the run, and offers its splits, its epochs, and to export it.

    split_chosen(name); epoch_chosen(): `epoch` is another one.
    """

    split_chosen = Signal(str)
    epoch_chosen = Signal()

    def __init__(self, parts: Parts) -> None:
        super().__init__()
        theme = parts.theme
        self._theme = theme
        self._epochs: list[EpochDone] = []
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 12, 16, 0)
        row.setSpacing(8)
        heading = Label("Results")
        self.chip = RunChip(parts, "results")
        self.stage = ElidedLabel(least=4)
        self.stage.setObjectName("results.about")
        style(heading, "heading")
        style(self.stage, "secondary")
        self.words = Label()
        style(self.words, "secondary")
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setObjectName("results.epoch")
        self.slider.setAccessibleName("Epoch shown")
        self.slider.setToolTip("Goes back in time: validation as it was after each epoch.")
        self.slider.valueChanged.connect(self._moved)
        self.splits = Segments(theme, "results.split", SPLITS)
        self.splits.chosen.connect(self.split_chosen)
        self.export = QPushButton("Export…")
        self.export.setObjectName("results.export")
        self.export.setAccessibleName("Export the trained network")
        self.report = QPushButton("Report…")
        self.report.setObjectName("results.report")
        self.report.setAccessibleName("Write a report on the run")
        self.report.setToolTip(tooltip(REPORT))
        row.addWidget(heading)
        row.addWidget(self.chip, 1)
        row.addWidget(self.stage)

        for widget in (self.words, self.slider, self.splits, self.report, self.export):
            row.addWidget(widget)

        for hidden in (self.stage, self.words, self.slider, self.report):
            hidden.hide()  # until there is something to say: a page never shrinks again by itself

        theme.changed.connect(self._measure)
        self._measure()

    def set_epochs(self, epochs: Sequence[EpochDone], used: EpochDone | None) -> None:
        """Offers epochs to go back to, with the one chosen whose weights are in use."""
        self._epochs = list(epochs)
        self.slider.blockSignals(True)
        self.slider.setRange(0, max(0, len(self._epochs) - 1))
        self.slider.setValue(
            self._epochs.index(used) if used in self._epochs else len(self._epochs) - 1
        )
        self.slider.blockSignals(False)
        self._name_epoch()

    @property
    def epoch(self) -> EpochDone | None:
        """The epoch that is chosen."""
        value = self.slider.value()
        return self._epochs[value] if value < len(self._epochs) else None

    def choose(self, epoch: int) -> None:
        """Goes to an epoch, if it is offered."""
        for place, known in enumerate(self._epochs):
            if known.epoch == epoch:
                self.slider.setValue(place)

    def show_choice(
        self, stage: str, splits: Sequence[str], chosen: str, scrub: bool, many: str = "examples"
    ) -> None:
        """Says how far a run is that goes on; offers its splits, and, if `scrub`, its epochs.

        many: what the examples are called.
        """
        for key, _, tip in SPLITS:
            self.splits.buttons[key].setToolTip(tooltip(tip.format(many.capitalize())))

        self.stage.setText(stage)
        self.stage.setVisible(bool(stage))
        self.splits.setVisible(len(splits) > 1)

        if chosen in self.splits.buttons:
            self.splits.set_value(chosen)

        scrub = scrub and len(self._epochs) > 1
        self.slider.setVisible(scrub)
        self.words.setVisible(scrub)

    def allow_export(self, why_not: str) -> None:
        """Offers to export the run, or says why that cannot be done."""
        self.export.setEnabled(not why_not)
        self.export.setToolTip(tooltip(why_not or EXPORT))

    def _moved(self) -> None:
        self._name_epoch()
        self.epoch_chosen.emit()

    def _name_epoch(self) -> None:
        epoch = self.epoch
        best = " (best)" if epoch is not None and epoch.best else ""
        self.words.setText(f"epoch {epoch.epoch}{best}" if epoch is not None else "")

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._offer_report()

    def _offer_report(self) -> None:
        """Shows the button of the report where there is room; the menu of the run has it too."""
        self.report.setVisible(self.width() >= self._theme.px(WITH_REPORT))

    def _measure(self) -> None:
        self.slider.setFixedWidth(self._theme.px(120))
        self._offer_report()
