"""The cards of the Training page: memory, predictions, the device, the log."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QGridLayout,
    QPlainTextEdit,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from app.engine.files import open_regular
from app.engine.runs import events
from app.engine.text import bytes_text, number_text
from app.ui.pages.training.probe_bodies import BODIES, Body, Probe, SentenceBody
from app.ui.plots.base.plot_card import PlotCard
from app.ui.plots.curves.memory import MemoryPlot
from app.ui.state.record import Record
from app.ui.style.theme import Theme, style
from app.ui.text.literal import tooltip
from app.ui.widgets.card import Card
from app.ui.widgets.label import Label
from app.ui.widgets.memory.device_panel import DevicePanel, one_line
from app.ui.widgets.memory.ledger import difference_in_words, overlap, parts_of, total_of
from app.ui.widgets.memory.memory_bar import MemoryBar
from app.ui.widgets.memory.memory_table import MemoryTable

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.experiment.resolve import ResolvedExperiment
    from app.ui.pages.training.run_data import RunData

LOG_LINES = 5000
"""Lines of the log that are kept."""

LOG_TAIL = 200_000
"""Bytes of a run's log.txt that are read: its end."""


def predicted_and_measured(record: Record) -> tuple[dict[str, int], dict[str, int | None]]:
    """Returns the two ledgers of a run, {} where there is none yet.

    The peak is the highest that was measured.
    """
    predicted = dict(record.prepared.predicted) if record.prepared else {}
    measured = dict(record.memory[-1].rows) if record.memory else {}

    peaks = [peak for event in record.memory if (peak := event.rows.get("peak")) is not None]
    if peaks:
        measured["peak"] = max(peaks)

    return predicted, measured


def comparison_text(predicted: int | None, measured: int | None) -> str:
    """Returns for example "309 MiB, predicted 312 (-1.0 %)", as far as the two are known."""
    if predicted is None or measured is None:
        if predicted is not None:
            return f"predicted {bytes_text(predicted)}"

        return f"measured {bytes_text(measured)}" if measured is not None else ""

    before = bytes_text(predicted)
    after = bytes_text(measured)
    if before == after:
        return f"{after}, as predicted"

    if before.split()[-1] == after.split()[-1]:
        before = before.split()[0]

    return f"{after}, predicted {before} ({difference_in_words(predicted, measured)})"


class MemoryCard(Card):
    """The memory ledger of the run in short."""

    def __init__(self, theme: Theme) -> None:
        super().__init__("Memory", "")
        self.setObjectName("training.memory")
        self._shown: tuple[Record, int, object] | None = None
        self.bar = MemoryBar(theme, enlarge=True)
        self.table = MemoryTable(theme)
        self.bar.setAccessibleName("Memory by purpose")
        self.device = Label()
        style(self.device, "secondary")
        self.body.addWidget(self.bar)
        self.body.addWidget(self.table)
        self.body.addStretch(1)
        self.tools.addWidget(self.device)

    def show_record(self, record: Record, resolved: ResolvedExperiment | None = None) -> None:
        shown = (record, len(record.memory), record.prepared)
        if shown == self._shown:
            return

        self._shown = shown
        predicted, measured = predicted_and_measured(record)
        self.set_why(comparison_text(total_of(predicted), total_of(measured)))
        rows = measured or predicted
        self.bar.show_parts(parts_of(rows), peak=rows.get("peak") if overlap(rows) else None)
        parameters = record.prepared.parameters if record.prepared else None
        self.table.show_rows(
            predicted, measured, parameters, resolved.optimizer if resolved else None
        )
        last = record.memory[-1] if record.memory else None
        line = one_line(last.device) if last else ""
        self.device.setToolTip(
            tooltip(f"The device, as the run measured it last: {line}." if line else "")
        )
        self.device.setText("")


class ProbeCard(Card):
    """What the network predicts now, shown as the task's results are (see probe_bodies.BODIES)."""

    def __init__(self, theme: Theme) -> None:
        super().__init__("What it says now", "about validation examples")
        self.setObjectName("training.says")
        self._theme = theme
        self._view = ""
        self.content: QWidget | None = None
        self.note = Label()
        style(self.note, "secondary")
        self.note.setWordWrap(True)
        self.body.addWidget(self.note, 1, Qt.AlignmentFlag.AlignTop)

    def show_note(self, note: str) -> None:
        """Shows why there are no predictions."""
        self.note.setText(note)
        self.note.show()
        self.set_why("about validation examples")

        if self.content is not None:
            self.content.hide()

    def measure(self) -> None:
        """Gives the examples their least height, which is more while they are projected."""
        if self.content is not None:
            self.content.setMinimumHeight(self._theme.px(132 if self._theme.projector else 96))

    def show_probe(self, probe: Probe) -> None:
        view = probe.report.view
        if self.content is None or view != self._view:
            if self.content is not None:
                self.body.removeWidget(self.content)
                self.content.deleteLater()

            self._view = view
            self.content = BODIES.get(view, SentenceBody)(self._theme)
            self.measure()
            self.body.insertWidget(0, self.content, 1)

        self.note.hide()
        self.content.show()
        self.set_why(cast("Body", self.content).show_probe(probe))


class MemoryView(QWidget):
    """The memory ledger predicted and measured, the device, and both over time."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(12)
        self.grid = QGridLayout()
        self.grid.setSpacing(12)
        self.ledger = Card("By purpose", "")
        self.bar = MemoryBar(theme, enlarge=True)
        self.table = MemoryTable(theme, compact=False)
        self.bar.setAccessibleName("Memory by purpose")
        self.ledger.body.addWidget(self.bar)
        self.ledger.body.addWidget(self.table)
        self.ledger.body.addStretch(1)
        self.device = Card("The device", "as the run measured it last")
        self.panel = DevicePanel(theme)
        self.device.body.addWidget(self.panel)
        self.device.body.addStretch(1)
        self.plot = MemoryPlot(theme)
        self.over_time = PlotCard(
            self.plot, "Over time", "by purpose, stacked", "training.memory_over_time", "memory"
        )
        self.plot.setMinimumHeight(theme.px(120))
        outer.addLayout(self.grid, 1)
        self.arrange(2)

    def arrange(self, columns: int) -> None:
        """Places the ledger, and beside or below it the device and both over time."""
        beside = columns == 2
        self.grid.addWidget(self.ledger, 0, 0, 2 if beside else 1, 1)
        self.grid.addWidget(self.device, *((0, 1) if beside else (1, 0)))
        self.grid.addWidget(self.over_time, *((1, 1) if beside else (2, 0)))

        for row in range(3):
            self.grid.setRowStretch(row, 1 if row == (1 if beside else 2) else 0)

        for column in range(2):
            self.grid.setColumnStretch(column, 1 if column < columns else 0)

        for card in (self.ledger, self.device, self.over_time):
            card.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def show_record(self, record: Record, resolved: ResolvedExperiment | None = None) -> None:
        """Draws a record. resolved: the settings of the run, for where the rows come from."""
        predicted, measured = predicted_and_measured(record)
        self.ledger.set_why(comparison_text(total_of(predicted), total_of(measured)))
        rows = measured or predicted
        self.bar.show_parts(parts_of(rows), peak=rows.get("peak") if overlap(rows) else None)
        parameters = record.prepared.parameters if record.prepared else None
        self.table.show_rows(
            predicted, measured, parameters, resolved.optimizer if resolved else None
        )
        self.device.set_why(record.prepared.device if record.prepared else "")
        last = record.memory[-1] if record.memory else events.MemoryMeasured(0, {}, {}, {})
        self.panel.show_readings(last.rows, last.device, last.reasons)
        self.plot.show_record(record)


class LogView(Card):
    """What happened, in lines; the last few thousand.

    Text is laid out only while it can be seen.
    """

    def __init__(self) -> None:
        super().__init__("Log", "what happened, line by line")
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        self.text.setObjectName("training.log")
        self.text.setAccessibleName("Log of the run")
        self.text.setMaximumBlockCount(LOG_LINES)
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self._waiting: deque[str] = deque(maxlen=LOG_LINES)
        self._record = Record()
        self.folder = QPushButton("Copy log")
        self.folder.setToolTip("Copies all lines shown here.")
        self.folder.clicked.connect(self._copy)
        style(self.folder, "small")
        self.tools.addWidget(self.folder)
        self.body.addWidget(self.text, 1)
        self._following = True
        bar = self.text.verticalScrollBar()
        bar.actionTriggered.connect(self._scrolled)
        bar.rangeChanged.connect(self._follow)

    def _scrolled(self) -> None:
        """Follows the end where a person has scrolled to it, and stays where not."""
        bar = self.text.verticalScrollBar()
        self._following = bar.sliderPosition() >= bar.maximum()

    def _follow(self) -> None:
        bar = self.text.verticalScrollBar()
        if self._following:
            bar.setValue(bar.maximum())

    def start(self, record: Record) -> None:
        """Shows another record: its log so far, from its folder."""
        self._following = True
        self._record = record
        self.text.clear()
        self._waiting.clear()
        self._waiting.extend(tail(record.path / "log.txt") if record.path is not None else [])
        self._flush()

    def add(self, messages: list[events.Event], run_data: RunData) -> None:
        self._waiting.extend(line for event in messages if (line := self._line(event, run_data)))
        self._flush()

    def _line(self, event: events.Event, run_data: RunData) -> str:
        if isinstance(event, events.SettingsChanged):  # named by the settings of its run
            change = self._record.words_of(event)
            return f"Changed after step {event.step:,}: {change}. {event.why}".strip()
        return line_of(event, run_data)

    def _flush(self) -> None:
        if self._waiting and self.text.isVisible():
            self.text.appendPlainText("\n".join(self._waiting))
            self._waiting.clear()
            self._follow()

    def _copy(self) -> None:
        self.text.selectAll()
        self.text.copy()
        cursor = self.text.textCursor()
        cursor.clearSelection()
        self.text.setTextCursor(cursor)

    def showEvent(self, event: object) -> None:
        super().showEvent(event)  # type: ignore[arg-type]
        self._flush()


def tail(path: Path) -> list[str]:
    """Returns the last lines of a text file; none where it cannot be read."""
    try:
        with open_regular(path) as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - LOG_TAIL))
            lines = file.read().decode("utf-8", "replace").splitlines()
    except OSError:
        return []

    return lines[1:] if size > LOG_TAIL else lines


def line_of(event: events.Event, run_data: RunData) -> str:
    """Returns an event as a line of the log; "" for what happens too often.

    run_data: of the run, for its headline metric.
    """
    match event:
        case events.StageChanged(text=text, done=0):
            return text
        case events.RunPrepared():
            return (
                f"{event.device}: {event.device_reason}, {event.threads_text}, "
                f"{event.parameters:,} parameters, "
                f"{event.epochs} epochs, {event.steps:,} steps of {event.batch_size}"
            )
        case events.EpochDone():
            value = event.metrics.get(run_data.headline.name)
            figure = (
                f", {run_data.headline.label} {run_data.text(value)}" if value is not None else ""
            )

            best = ", the best so far" if event.best else ""
            return (
                f"Epoch {event.epoch}: training loss {number_text(event.training_loss)}, "
                f"validation loss {number_text(event.validation_loss)}{figure}{best}"
            )
        case events.Paused():
            return f"Paused at step {event.step:,}"
        case events.Resumed():
            return f"Goes on at step {event.step:,}"
        case events.NewFinding():
            return f"{event.finding.title}. {event.finding.text}"
        case events.RunFinished():
            return f"Ended: {event.status}. {event.reason}"

    return ""
