"""The Training page. It reads the session's record, at ten hertz while it is in front, and catches up when it comes there."""

from __future__ import annotations

import time
from typing import Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QButtonGroup, QFrame, QGridLayout, QHBoxLayout, QMessageBox, QPushButton, QScrollArea, QSizePolicy,
    QStackedWidget, QVBoxLayout, QWidget,
)

from app.engine import storage
from app.engine.errors import UserError
from app.engine.experiment import Experiment
from app.engine.training import events
from app.ui.pages.training import guide
from app.ui.pages.training.cards import LogView, MemoryCard, MemoryView, ProbeCard
from app.ui.pages.training.figures import FiguresRow, figures_of
from app.ui.pages.training.notices import NoticeStrip
from app.ui.pages.training.probe import said_of
from app.ui.pages.training.summary import Action, notice_of
from app.ui.pages.training.waiting import EmptyCard, PreparingCard, centred
from app.ui.parts import GuideCard, Page, Parts
from app.ui.plots.accuracy import AccuracyPlot
from app.ui.plots.loss import LossPlot
from app.ui.plots.norm import NormPlot
from app.ui.plots.rate import RatePlot
from app.ui.plots.tools import LogButton, PlotCard, SmoothButton
from app.ui.record import Record
from app.ui.remedies import apply, restart, train_longer
from app.ui.session import State
from app.ui.theme import style
from app.ui.widgets.one_of import OneOf

VIEWS = (
    ("overview", "Overview", "Loss, accuracy, memory and what the network says now."),
    ("curves", "Curves", "Learning rate and gradient norm."),
    ("memory", "Memory", "The memory ledger and the device, now and over time."),
    ("log", "Log", "What happened, line by line."),
)
DRAW_EVERY = 0.18
"""Seconds between two drawings of the curves while steps come in: five times a second looks the same as ten."""
NARROW, WIDE = 600, 720
"""Below these widths (at 100 %) cards stand below each other; the ledger's table needs the second."""


class TrainingPage(Page):
    """Loss, accuracy, memory and predictions of the run; what to do before and after it."""

    name = "training"
    title = "Training"

    def __init__(self, parts: Parts) -> None:
        super().__init__()
        self.parts = parts
        style(self, "page")
        self._resolved: Experiment | None = None
        self._findings: list[Any] = []
        self._best_speed, self._drawn = 0.0, 0.0
        self._dataset: Any = None
        self._view = "overview"
        self._build()
        session, document = parts.session, parts.document
        session.told.connect(self._told)
        session.shown.connect(self._shown)
        session.state_changed.connect(self._state_changed)
        document.data_changed.connect(self._data_changed)
        document.changed.connect(self._data_changed)
        self._clock = QTimer(self, interval=500)
        self._clock.timeout.connect(self._show_notice)
        self._shown()

    # --- building

    def _build(self) -> None:
        theme = self.parts.theme
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        self.stack = QStackedWidget()
        outer.addWidget(self.stack)
        self.empty = EmptyCard(theme)
        self.empty.button.clicked.connect(self._start_here)
        self.preparing = PreparingCard(theme)
        self.run = self._build_run()
        for page in (centred(self.empty), centred(self.preparing), self.run):
            self.stack.addWidget(page)

    def _build_run(self) -> QScrollArea:
        theme, inside = self.parts.theme, QWidget()
        style(inside, "page")
        column = QVBoxLayout(inside)
        column.setContentsMargins(16, 12, 16, 16)
        column.setSpacing(12)
        self.head = QGridLayout()
        self.head.setContentsMargins(0, 0, 0, 0)
        self.head.setColumnStretch(1, 1)
        self.figures, self.segments = FiguresRow(theme), self._build_segments()
        self.head.addWidget(self.figures, 0, 0)
        self.head.addWidget(self.segments, 0, 2)
        column.addLayout(self.head)
        self.notice = NoticeStrip(theme, self._act)
        column.addWidget(self.notice)
        self.views = OneOf()
        self.memory_view, self.log_view = MemoryView(theme), LogView()
        for view in (self._build_overview(), self._build_curves(), self.memory_view, self.log_view):
            self.views.addWidget(view)
        column.addWidget(self.views, 1)
        for card in (self.loss_card, self.accuracy_card, self.rate_card, self.norm_card, self.memory_view.over_time):
            card.refused.connect(self._refused)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidget(inside)
        return scroll

    def _build_segments(self) -> QWidget:
        box = QWidget()
        row = QHBoxLayout(box)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2)
        self.group = QButtonGroup(self)
        for number, (name, label, tip) in enumerate(VIEWS):
            button = QPushButton(label)
            button.setCheckable(True)
            button.setChecked(number == 0)
            button.setObjectName(f"training.view.{name}")
            button.setToolTip(tip)
            button.setAccessibleName(f"Show {label}")
            style(button, "segment")
            self.group.addButton(button, number)
            row.addWidget(button)
        self.group.idClicked.connect(self.show_view)
        return box

    def _build_overview(self) -> QWidget:
        theme, preferences = self.parts.theme, self.parts.preferences
        self.smooth = SmoothButton(theme, preferences, "plot.smoothing")
        self.loss, self.accuracy = LossPlot(theme, self.smooth.factor), AccuracyPlot(theme)
        self.loss_card = PlotCard(self.loss, "Loss", "lower is better", "training.loss")
        self.log_button = LogButton([self.loss], preferences, "plot.log")
        self.loss_card.add_tool(self.log_button)
        self.loss_card.add_tool(self.smooth)
        self.smooth.smoothed.connect(self._smoothed)
        self.accuracy_card = PlotCard(self.accuracy, "Accuracy", "on pictures it never trains on", "training.accuracy")
        self.memory_card, self.probe_card = MemoryCard(theme), ProbeCard(theme)
        self.overview = QWidget()
        self.overview_grid = QGridLayout(self.overview)
        return self.overview

    def _build_curves(self) -> QWidget:
        theme = self.parts.theme
        self.rate, self.norm = RatePlot(theme), NormPlot(theme)
        self.rate_card = PlotCard(self.rate, "Learning rate", "how far a step goes", "training.rate", "learning rate")
        self.norm_card = PlotCard(self.norm, "Gradient norm", "how steep the ground is", "training.norm", "gradient norm")
        self.norm_card.add_tool(LogButton([self.norm], self.parts.preferences, "plot.norm_log"))
        self.curves = QWidget()
        self.curves_grid = QGridLayout(self.curves)
        self._arrange(self.curves_grid, (self.rate_card, self.norm_card), 1)
        return self.curves

    def _arrange(self, grid: QGridLayout, cards: tuple[QWidget, ...], columns: int) -> None:
        """Cards side by side; the first row of the overview takes what height there is."""
        px = self.parts.theme.px
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(12)
        for row in range(4):
            grid.setRowStretch(row, 0)
        for column in range(2):
            grid.setColumnStretch(column, 1 if column < columns else 0)
        for number, card in enumerate(cards):
            card.setMinimumWidth(px(240))
            card.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
            grid.addWidget(card, number // columns, number % columns)
            if isinstance(card, PlotCard):
                grid.setRowStretch(number // columns, 1)
                card.plot.setMinimumHeight(px(140))

    # --- what is shown

    @property
    def record(self) -> Record:
        return self.parts.session.record

    def show_view(self, number: int) -> None:
        """Show one of VIEWS."""
        self._view = VIEWS[number][0]
        self.views.setCurrentIndex(number)
        button = self.group.button(number)
        button.setChecked(True)
        self._draw()
        self.guide_changed.emit()

    def _shown(self) -> None:
        """Another record."""
        session = self.parts.session
        self._best_speed, self._dataset = 0.0, None
        if session.active and session.live:
            self.preparing.begin(session.begun)
        self._take_resolved()
        self._data_changed()
        self.log_view.start(self.record)
        self._refresh_all()

    def _told(self, told: list[events.Event]) -> None:
        if not self.parts.session.live and not any(isinstance(event, events.RunFinished) for event in told):
            return
        kinds = {type(event) for event in told}
        for event in told:
            if isinstance(event, events.StageChanged):
                self.preparing.show_stage(event)
            elif isinstance(event, events.StepsDone) and event.speed:
                self._best_speed = max(self._best_speed, event.speed)
        if kinds & {events.RunPrepared, events.RunStarted}:
            self._take_resolved()
        self.log_view.add(told)
        if not self.isVisible():
            return
        self._show_page()
        now = time.monotonic()
        rare = kinds - {events.StepsDone, events.StageChanged, events.MemoryMeasured, events.CheckpointSaved}
        if rare or now - self._drawn >= DRAW_EVERY:
            self._drawn = now
            self._draw()
        if kinds & {events.EpochDone, events.Found, events.RunFinished, events.MemoryMeasured}:
            self._judge()
        if kinds & {events.ProbePredicted, events.RunPrepared}:
            self._show_probe()
        self._show_notice()

    def _state_changed(self) -> None:
        if self.isVisible():
            self._show_page()
            self._show_notice()
            self._tick()

    def _data_changed(self, *_: object) -> None:
        """Keep hold of the data that the record's rows point into, as long as the record is shown."""
        document, started = self.parts.document, self.record.started
        if self._dataset is None and document.dataset is not None and document.data_state == "ready":
            asked = started.experiment.get("data") if started is not None else None
            if asked is not None and asked == storage.to_plain(document.experiment).get("data"):
                self._dataset = document.dataset
                self._show_probe()
        if self.isVisible() and self.record.started is None:
            self._show_page()

    def _take_resolved(self) -> None:
        self._resolved = None
        if self.record.prepared is not None:
            try:
                self._resolved = storage.from_plain(self.record.prepared.resolved)
            except (UserError, ValueError):  # a run of another version may know other settings
                self._resolved = None

    def _refresh_all(self) -> None:
        if not self.isVisible():
            return
        self._show_page()
        self._draw()
        self._show_probe()
        self._judge()
        self._show_notice()
        self._tick()
        self._lay_out()

    def _show_page(self) -> None:
        """Empty, preparing, or the run."""
        session, record = self.parts.session, self.record
        if len(record.steps) or record.finished is not None:
            number = 2
        elif session.live:
            number = 1
        else:
            number = 0
            self._show_empty()
        if self.stack.currentIndex() != number:
            self.stack.setCurrentIndex(number)
            self.guide_changed.emit()

    def _show_empty(self) -> None:
        document = self.parts.document
        ready = bool(document.experiment.data.source)
        self.empty.text.setText(
            "Press Train to begin. What you will see here while it runs:"
            if ready
            else "Choose data first, then press Train. What you will see here while it runs:"
        )
        self.empty.button.setText("Train" if ready else "Choose data")
        self.empty.button.setToolTip("Starts the training." if ready else "Opens the Data page.")

    def _draw(self) -> None:
        """The figures, and the plots of the view in front."""
        record = self.record
        self.loss.show_record(record)
        self.figures.show_figures(figures_of(record, self.loss.smoothed, self._resolved))
        if self._view == "overview":
            self.accuracy.show_record(record)
            self.memory_card.show_record(record)
        elif self._view == "curves":
            self.rate.show_record(record, self._resolved)
            clip = self._resolved.training.gradient_clip if self._resolved else 0.0
            self.norm.show_record(record, clip or 0.0)
        elif self._view == "memory":
            self.memory_view.show_record(record)

    def _show_probe(self) -> None:
        record = self.record
        classes = record.prepared.classes if record.prepared else ()
        if record.probe is None or not classes:
            self.probe_card.show_said([], "After the first epoch: what the network takes six validation pictures for.")
        elif self._dataset is None:
            self.probe_card.show_said([], "The pictures of this run are not open. Open its data to see what it says of them.")
        else:
            self.probe_card.show_said(said_of(record.probe, self._dataset, classes))

    def _show_notice(self) -> None:
        session = self.parts.session
        stage = self.record.stage.text if self.record.stage else ""
        notice = notice_of(self.record, session.state, session.live, stage, time.monotonic() - session.begun)
        remedy = self._remedy()
        self.notice.show_notice(notice, remedy.label if remedy else "")

    def _remedy(self) -> Any:
        """The remedy of how the run failed, if the advice knows one."""
        found = [self.record.findings.get(key) for key in ("diverged", "memory")]
        return next((finding.remedy for finding in found if finding is not None and finding.remedy), None)

    def _judge(self) -> None:
        about = self._dataset.description if self._dataset is not None else None
        findings = guide.findings_of(self.record, about, self._resolved)
        if self.parts.session.live and guide.spilled(self.record, self._best_speed):
            findings.insert(0, guide.spill_finding(self._resolved))
        if findings != self._findings:
            self._findings = findings
            self.guide_changed.emit()

    # --- what is done

    def _act(self, action: Action) -> None:
        session = self.parts.session
        if action in ("results", "tryit"):
            self.parts.go(action)
        elif action == "longer":
            train_longer(self.parts)
        elif action == "resume" and self.record.path is not None:
            session.go_on(self.record.path)
        elif action == "unpause":
            session.resume()
        elif action == "remedy" and (remedy := self._remedy()) is not None:
            apply(self.parts, remedy)
        elif action in ("train", "remedy"):
            restart(self.parts)

    def _start_here(self) -> None:
        if self.parts.document.experiment.data.source:
            self.parts.do("train")
        else:
            self.parts.go("data")

    def _smoothed(self, factor: float) -> None:
        self.loss.set_smoothing(factor)
        self._draw()

    def _refused(self, sentence: str) -> None:
        QMessageBox.warning(self, "The file could not be written", sentence)

    # --- the page itself

    def guide(self) -> list[GuideCard]:
        index = self.stack.currentIndex()
        view = ("empty", "preparing", self._view)[index]
        return guide.cards(self.parts, view, self._findings if index == 2 else [])

    def ready(self) -> tuple[bool, str]:
        """Done when there is a run with at least one judged epoch."""
        if self.record.epochs:
            return True, ""
        return False, "Nothing has been trained yet; press Train."

    def _tick(self) -> None:
        preparing = self.parts.session.live and self.parts.session.state is State.PREPARING
        (self._clock.start if preparing else self._clock.stop)()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        super().showEvent(event)
        self._refresh_all()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        self._lay_out()

    def _lay_out(self) -> None:
        """One or two columns, and the segments beside or below the figures."""
        theme = self.parts.theme
        columns = 1 if self.width() < theme.px(NARROW) else 2
        self._arrange(
            self.overview_grid, (self.loss_card, self.accuracy_card, self.memory_card, self.probe_card), columns
        )
        self.memory_view.arrange(1 if self.width() < theme.px(WIDE) else 2)
        room = self.width() - 32 - theme.px(24)
        beside = self.figures.sizeHint().width() + self.segments.sizeHint().width() <= room
        where = (0, 2) if beside else (1, 0)
        position = self.head.getItemPosition(self.head.indexOf(self.segments))
        if position[:2] != where:
            self.head.removeWidget(self.segments)
            self.head.addWidget(self.segments, *where, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
