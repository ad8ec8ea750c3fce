"""The Training page.

It reads the session's record, ten times a second while it is in front, and catches up later.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from app.engine.experiment import toml_file
from app.engine.results.reports import report_for
from app.engine.runs import events
from app.ui.pages.parts import GuideCard, Page, Parts
from app.ui.pages.remedies import apply, restart, train_longer
from app.ui.pages.training import guide
from app.ui.pages.training.head import TrainingHead
from app.ui.pages.training.notices import NoticeStrip
from app.ui.pages.training.probe_bodies import Probe
from app.ui.pages.training.run_data import RunData, run_data_of
from app.ui.pages.training.run_view import RunView
from app.ui.pages.training.run_views import RACE
from app.ui.pages.training.summary import NoticeAction, notice_of
from app.ui.pages.training.waiting import EmptyCard, PreparingCard, centred
from app.ui.state.action import Action
from app.ui.state.run_identity import RunIdentity, why_not_trained
from app.ui.state.session import State
from app.ui.style.dresser import parts_of
from app.ui.style.theme import style

if TYPE_CHECKING:
    from PySide6.QtGui import QResizeEvent, QShowEvent

    from app.engine.data.dataset import Dataset
    from app.engine.experiment.resolve import ResolvedExperiment
    from app.engine.runs.findings import Finding, Remedy
    from app.ui.state.record import Record

DRAW_EVERY = 0.18
"""Seconds between two drawings while steps come in: five a second look the same as ten."""

OFTEN = {
    events.StepsDone,
    events.StageChanged,
    events.MemoryMeasured,
    events.CheckpointSaved,
    events.MemberEvent,
    events.OptimizerMeasured,
    events.OutputsSeen,
}
"""Events that come all the time; they wait for the next drawing."""


class TrainingPage(Page):
    """Loss, accuracy, memory and predictions of the run; what to do before and after it."""

    def __init__(self, parts: Parts) -> None:
        super().__init__()
        self.parts = parts
        style(self, "page")
        self._resolved: ResolvedExperiment | None = None
        self._findings: list[Finding] = []
        self._best_speed = 0.0
        self._drawn = 0.0
        self._dataset: Dataset | None = None
        self._run_data = RunData()
        self._build()
        session = parts.session
        document = parts.document
        session.events_received.connect(self._take_events)
        session.shown.connect(self._shown)
        session.state_changed.connect(self._state_changed)
        document.data_changed.connect(self._data_changed)
        document.changed.connect(self._data_changed)
        parts.theme.changed.connect(self._lay_out)
        self._clock = QTimer(self, interval=500)
        self._clock.timeout.connect(self._show_notice)
        self._shown()

    def dressed(self) -> list[QWidget]:
        return parts_of(self, self.stack, self.run.views)

    # --- building

    def _build(self) -> None:
        theme = self.parts.theme
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        self.head = TrainingHead(self.parts)
        self.stack = QStackedWidget()
        outer.addWidget(self.head)
        outer.addWidget(self.stack, 1)
        self.empty = EmptyCard(theme)
        self.empty.button.clicked.connect(self._start_here)
        self.preparing = PreparingCard(theme)
        self.run = RunView(self.parts, NoticeStrip(theme, self._act))
        self.run.turned.connect(self._turned)
        self.notice = self.run.notice

        for page in (centred(self.empty), centred(self.preparing), self.run):
            self.stack.addWidget(page)

        outer.addWidget(self.run.foot)
        self.run.foot.hide()

    # --- what is shown

    @property
    def record(self) -> Record:
        return self.parts.session.record

    def _turned(self, _: str) -> None:
        self._draw()
        self._show_notice()
        self.guide_changed.emit()

    def _shown(self) -> None:
        """Shows another record."""
        session = self.parts.session
        self._best_speed = 0.0
        self._dataset = None

        if session.active and session.live:
            self.preparing.begin(session.begun)

        self._take_resolved()
        self._data_changed()
        self.run.log_view.start(self.record)
        race = (
            session.race if session.race is not None and session.race.holds(self.record) else None
        )
        self.run.offer_race(race)

        if race is not None and session.racing and not race.begun:
            self.run.show_view(RACE)

        self._refresh_all()

    def _take_events(self, messages: list[events.Event]) -> None:
        if not self.parts.session.live and not any(
            isinstance(event, events.RunFinished) for event in messages
        ):
            return

        kinds = {type(event) for event in messages}
        for event in messages:
            if isinstance(event, events.StageChanged):
                self.preparing.show_stage(event)
            elif isinstance(event, events.StepsDone) and event.speed:
                self._best_speed = max(self._best_speed, event.speed)

        if kinds & {events.RunPrepared, events.RunStarted}:
            self._take_resolved()
            self._data_changed()

        if self._run_data.task is None and kinds & {events.EpochDone, events.StepsDone}:
            self._take_run_data()  # what the data are is written when they have been read

        self.run.log_view.add(messages, self._run_data)
        if not self.isVisible():
            return

        self._show_page()
        now = time.monotonic()

        rare = kinds - OFTEN
        if rare or now - self._drawn >= DRAW_EVERY:
            self._drawn = now
            self._draw()

        if kinds & {events.EpochDone, events.NewFinding, events.RunFinished, events.MemoryMeasured}:
            self._show_findings()
        if kinds & {events.ProbePredicted, events.RunPrepared}:
            self._show_probe()

        self._show_notice()

    def _state_changed(self) -> None:
        if self.isVisible():
            self._show_page()
            if self.run.view == "race":
                self._draw()  # what came of it is said when it is over

            self._show_notice()
            self._tick()

    def _data_changed(self, *_: object) -> None:
        """Keeps hold of the data that the record's rows point into, as long as it is shown."""
        document = self.parts.document
        started = self.record.started
        if (
            self._dataset is None
            and document.dataset is not None
            and document.data_state == "ready"
            and not document.dataset.is_sample
        ):
            requested = started.experiment.get("data") if started is not None else None
            if requested is not None and requested == toml_file.to_plain(document.experiment).get(
                "data"
            ):
                self._dataset = document.dataset
                self._take_run_data()
                self._show_probe()

        if self.isVisible() and self.record.started is None:
            self._show_page()

    def _take_resolved(self) -> None:
        self._resolved = self.record.resolved
        self._take_run_data()

    def _take_run_data(self) -> None:
        self._run_data = run_data_of(self.record, self._resolved, self._dataset)
        self.run.views.show_data(self._dataset)

    def _refresh_all(self) -> None:
        if not self.isVisible():
            return

        self._show_page()
        self._draw()
        self._show_probe()
        self._show_findings()
        self._show_notice()
        self._tick()
        self._lay_out()

    def _show_page(self) -> None:
        """Shows one of three pages: empty, preparing, or the run."""
        session = self.parts.session
        record = self.record

        race_state = (
            session.racing and session.live and session.race is not None and session.race.begun
        )
        if len(record.steps) or record.finished is not None or race_state:
            number = 2
        elif session.live:
            number = 1
        else:
            number = 0
            self._show_empty()

        self.head.show_run(RunIdentity.of_record(record) if number else None)
        self.run.foot.setVisible(number == 2)
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
        self.run.draw(self.record, self._resolved, self._run_data, self._dataset)

    def _show_probe(self) -> None:
        card = self.run.probe_card
        many = self._run_data.many
        if self.record.probe is None:
            card.show_note(f"After the first epoch: what the network says of validation {many}.")
        elif (probe := self._probe()) is not None:
            card.show_probe(probe)
        else:
            card.show_note(f"The {many} of this run are not open; open its data to see them here.")

    def _probe(self) -> Probe | None:
        """Returns the report on the probe set, as of the task's results.

        None without the data or the task.
        """
        probe = self.record.probe
        task = self._run_data.task
        dataset = self._dataset
        if (
            probe is None
            or task is None
            or dataset is None
            or probe.rows.max(initial=-1) >= len(dataset.targets)
        ):
            return None

        description = dataset.description
        try:
            report = report_for(task.view).of(
                "validation",
                description,
                task,
                probe.rows,
                dataset.targets[probe.rows],
                probe.predictions,
                None,
            )
        except (KeyError, ValueError):  # answers of another form than these data ask for
            return None

        return Probe(report, description, dataset) if report.count else None

    def _show_notice(self) -> None:
        session = self.parts.session
        stage = self.record.stage.text if self.record.stage else ""
        seconds = time.monotonic() - session.begun

        notice = notice_of(self.record, session.state, session.live, stage, seconds, self._run_data)
        if self.run.view == "race" and session.state not in (State.PAUSED, State.STOPPING):
            notice = None  # the race says itself what came of it

        remedy = self._remedy()
        self.notice.show_notice(notice, remedy.label if remedy else "")

    def _remedy(self) -> Remedy | None:
        """Returns the remedy for how the run failed, if there is one."""
        found = [self.record.findings.get(key) for key in ("diverged", "memory")]
        return next(
            (finding.remedy for finding in found if finding is not None and finding.remedy), None
        )

    def _show_findings(self) -> None:
        findings = guide.findings_of(self.record, self._run_data.description, self._resolved)
        if self.parts.session.live and guide.spilled(self.record, self._best_speed):
            findings.insert(0, guide.spill_finding(self._resolved))

        if findings != self._findings:
            self._findings = findings
            self.guide_changed.emit()

    # --- what is done

    def _act(self, action: NoticeAction) -> None:
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
            self.parts.do(Action.TRAIN)
        else:
            self.parts.go("data")

    # --- the page itself

    def guide(self) -> list[GuideCard]:
        index = self.stack.currentIndex()
        view = ("empty", "preparing", self.run.view)[index]
        return guide.cards(
            self.parts, view, self._findings if index == 2 and view != "race" else []
        )

    def ready(self) -> tuple[bool, str]:
        """Returns whether the open experiment has a run with at least one validated epoch."""
        why_not = why_not_trained(self.record, self.parts.document)
        return not why_not, why_not

    def busy(self) -> bool:
        return self.parts.session.active

    def _tick(self) -> None:
        preparing = self.parts.session.live and self.parts.session.state is State.PREPARING
        (self._clock.start if preparing else self._clock.stop)()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._refresh_all()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._lay_out()

    def _lay_out(self) -> None:
        self.run.lay_out(self.width())
