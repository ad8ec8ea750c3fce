"""Decides what the bottom bar shows and allows."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal

from app.engine.data.nouns import noun
from app.engine.errors import message_of
from app.engine.experiment import toml_file
from app.engine.learning.metrics import shared_unit
from app.engine.runs.promises.promise import from_plain
from app.engine.text import bytes_text, count_text, duration_text, number_text, rough_duration_text
from app.ui.shell.bottom_bar import BarState, BottomBar
from app.ui.state.background import Failure
from app.ui.state.run_identity import open_title
from app.ui.state.session import Session, State
from app.ui.text.literal import tooltip
from app.ui.widgets.memory.ledger import Part, device_parts, total_of

if TYPE_CHECKING:
    from app.engine.runs import events
    from app.ui.state.document import Document
    from app.ui.state.engine import Engine
    from app.ui.state.network_measurer import NetworkMeasurer
    from app.ui.state.promises.promise_maker import PromiseMaker
    from app.ui.state.speed import Speeds

TICK_MS = 1000
TRAINS = "Trains the network with these settings (Ctrl+R)."
PROMISED = (
    "The figure is that of the validation examples in earlier trainings with these settings. The "
    "time is that of training on this computer, without reading the data."
)
NO_DATA = "Choose data first: a built-in data set, or a file or folder of your own."


class RunBar(QObject):
    """Reads document, session and measurer, and decides from them all that the bar shows.

    changed(): whether Train may be pressed.
    """

    changed = Signal()

    def __init__(
        self,
        bar: BottomBar,
        document: Document,
        session: Session,
        network_measurer: NetworkMeasurer,
        speeds: Speeds,
        promises: PromiseMaker,
    ) -> None:
        super().__init__()
        self._bar = bar
        self._document = document
        self._session = session
        self._network_measurer = network_measurer
        self._speeds = speeds
        self.promises = promises
        self.engine: Engine | None = None
        self._outcome = ""
        self._stage: events.StageChanged | None = None
        self._allowed: str | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self._tick)
        document.changed.connect(self._document_changed)
        document.data_changed.connect(self.refresh)
        network_measurer.changed.connect(self.refresh)
        network_measurer.device.changed.connect(self.refresh)
        session.state_changed.connect(self.refresh)
        session.events_received.connect(self.refresh)
        session.finished.connect(self._finished)
        promises.changed.connect(self.refresh)
        self._timer.start()
        self.refresh()

    def close(self) -> None:
        self._timer.stop()
        self.promises.close()

    def set_engine(self, engine: Engine) -> None:
        self.engine = engine
        self.promises.set_device(engine.device)
        self.refresh()

    # --- may Train be pressed?

    def obstacle(self) -> str:
        """Returns in a sentence why Train cannot be pressed and what to do; "" when it can."""
        return "A training is under way." if self._session.active else self.obstacle_to_queue()

    def obstacle_to_queue(self) -> str:
        """Returns why these settings cannot be trained at all, also later; "" when they can."""
        document = self._document
        network_measurer = self._network_measurer
        if not document.experiment.data.source:
            return NO_DATA
        if document.data_state == "failed" and document.data_failure is not None:
            return message_of(document.data_failure)

        trouble = document.trouble()
        if trouble is not None:
            return message_of(trouble)
        if network_measurer.busy:
            return ""  # the measurement is of before; the training itself says what cannot be

        # A Failure is one of the measurement itself, and says nothing about training.
        obstacle = network_measurer.trouble
        if obstacle is not None and not isinstance(obstacle, Failure):
            return message_of(obstacle)

        inspection = network_measurer.inspection
        if inspection is not None and inspection.error is not None:
            place = inspection.error.place
            return f"{place[:1].upper()}{place[1:]}: {message_of(inspection.error)}"

        return ""

    # --- showing

    def refresh(self, *_: object) -> None:
        active = self._session.active
        if self._session.state is not State.STOPPING:
            self._stage = self._session.live_record.stage

        self._bar.set_running(active)
        obstacle = self.obstacle()
        self._bar.train.setEnabled(not obstacle)
        tip = TRAINS if self.promises.promise is None else f"{TRAINS} {PROMISED}"
        self._bar.train.setToolTip(tooltip(obstacle or tip))
        self._bar.train.setAccessibleDescription(obstacle)
        self._show_buttons()
        self._bar.show_state(self._running() if active else self._idle(obstacle))

        if obstacle != self._allowed:
            self._allowed = obstacle
            self.changed.emit()

    def _show_buttons(self) -> None:
        state = self._session.state
        bar = self._bar
        bar.set_paused(state is State.PAUSED)
        bar.pause.setEnabled(state in (State.RUNNING, State.PAUSED))
        stopping = state is State.STOPPING
        bar.stop.setText("Stopping…" if stopping else "Stop, keep best")
        bar.stop.setAccessibleName(bar.stop.text())
        bar.stop.setToolTip(
            "It ends after the current batch. Pressed again, it leaves out the judging; it can be "
            "resumed."
            if stopping
            else "Stops and keeps the weights of the best epoch."
        )

    def _idle(self, obstacle: str) -> BarState:
        memory_text, parts, total = self._needed()
        if obstacle:
            role = "secondary" if obstacle == NO_DATA else "problem"
            return BarState(obstacle, role, memory_text=memory_text, memory=parts, total=total)

        document = self._document
        if document.data_state == "reading":
            text, done, count = document.progress
            text = f"{text}: {done:,} of {count:,}" if count else text
        else:
            text = self._readiness()

        if self._outcome:
            text = f"{self._outcome} · {text}"

        return BarState(text, memory_text=memory_text, memory=parts, total=total)

    def _readiness(self) -> str:
        epochs = self._document.resolved().training.epochs or 0
        what = open_title(self._document)
        text = f"ready: {what}, {count_text(epochs, 'epoch')}"
        if self.engine is None:
            return f"{text} · loading engine"

        promise = self.promises.promise
        if promise is not None and not self._outcome:
            # In front: where room is short the end is cut off.
            return f"{promise.text(self._unit())} on this computer · {text}"

        seconds = self.expected_seconds()
        return text if seconds is None else f"{text}, {rough_duration_text(seconds)}"

    def _unit(self) -> str:
        """Returns the unit that all amounts of the open data share; "" without one."""
        description = self._document.description
        return shared_unit(description) if description is not None else ""

    def _unit_of_run(self) -> str:
        """Returns the unit of the run that was followed; "" where other data are open by now."""
        started = self._session.live_record.started
        data = started.experiment.get("data") if started is not None else None
        is_open = data == toml_file.to_plain(self._document.experiment).get("data")
        return self._unit() if is_open else ""

    def expected_seconds(self) -> float | None:
        """Returns how long a training with these settings would take; None if unknown."""
        measured = self._network_measurer.measured
        description = self._document.description
        if self.engine is None or measured is None or description is None:
            return None
        if self._network_measurer.busy:
            return None

        template = measured.resolved.model
        epochs = self._document.resolved().training.epochs or 0
        examples = epochs * description.size("training")
        return self._speeds.seconds(
            self.engine.device,
            template.kind,
            measured.inspection.multiply_adds,
            examples,
        )

    def _needed(self) -> tuple[str, tuple[Part, ...], int | None]:
        """Returns the memory that these settings need, against what is free."""
        needed = total_of(self._network_measurer.predicted)
        if not needed or self._document.description is None or self._network_measurer.stale:
            return "", (), None

        device = self._network_measurer.device.budget
        free = device.free if device is not None else None
        name = "needed for these settings"
        meaning = "Predicted from the network and the batch."
        part = Part("needed", name, needed, "accent", meaning)

        if not free:
            return f"memory needed {bytes_text(needed)}", (), None

        if needed > free:
            part = Part("needed", name, needed, "problem", "More than is free.")

        return (
            f"memory needed {bytes_text(needed)} of {bytes_text(free)} free",
            (part,),
            max(free, needed),
        )

    def _running(self) -> BarState:
        session = self._session
        live = session.live_record
        elapsed = duration_text(time.monotonic() - session.begun)
        parts, total, tip = _measured(live)
        memory = BarState(
            "", memory_text="memory" if parts else "", memory=parts, total=total, memory_tip=tip
        )
        latest = live.latest
        prepared = live.prepared
        if session.state is State.PREPARING or latest is None or prepared is None:
            return replace(_preparing(memory, live.stage), right=elapsed)

        text = (
            f"epoch {latest.epoch} of {prepared.epochs} · "
            f"step {latest.position:,} of {prepared.steps:,}"
        )
        brief = (
            f"epoch {latest.epoch}/{prepared.epochs} · step {latest.position:,}/{prepared.steps:,}"
        )
        progress = latest.position / max(1, prepared.steps)
        many = noun(prepared.kind)
        speed = "" if latest.speed is None else f"{number_text(latest.speed)} {many}/s"
        remaining = latest.remaining

        spent = latest.elapsed
        if session.racing and session.race is not None:
            text = brief = session.race.text
            progress = session.race.progress
            remaining = session.race.remaining
            speed = ""
            spent = time.monotonic() - session.begun

        elif session.goes_on_alone:
            text = f"{text} · {session.where}"

        if session.state is State.STOPPING:
            later = live.stage if live.stage is not None and live.stage is not self._stage else None
            text = (
                f"Stopping: {later.text}" if later else f"Stopping after the current batch · {text}"
            )
            brief = "Stopping"
        elif session.state is State.PAUSED:
            text = f"Paused · {text}"
            brief = f"Paused · {brief}"

        left = "" if remaining is None else f"{duration_text(remaining)} left"
        if session.state is State.PAUSED:
            speed = ""

        so_far = f"{duration_text(spent)} so far"
        return replace(
            memory,
            text=text,
            brief=brief,
            progress=progress,
            right=" · ".join(part for part in (speed, so_far, left) if part),
            brief_right=" · ".join(part for part in (speed, left) if part),
        )

    # --- listening

    def _tick(self) -> None:
        """Lets the clock of a stage go on although no event comes."""
        if self._session.active:
            self.refresh()

    def _document_changed(self, *_: object) -> None:
        self._outcome = ""
        self.refresh()

    def _finished(self, end: events.RunFinished) -> None:
        words = {
            "completed": "Finished",
            "stopped": "Stopped",
            "failed": "Failed",
            "diverged": "Diverged",
        }
        self._outcome = words.get(end.status, end.status)
        summary = end.summary.get("promise")
        promise = from_plain(dict(summary)) if summary is not None else None
        if summary is not None and promise is not None:
            outcome = promise.outcome_text(summary["came"], self._unit_of_run())
            self._outcome = f"{self._outcome}: {outcome}"

        self._learn_speed()
        self._network_measurer.device.read()
        self.refresh()

    def _learn_speed(self) -> None:
        live = self._session.live_record
        measured = self._network_measurer.measured
        if (
            self.engine is None
            or live.prepared is None
            or live.latest is None
            or live.latest.speed is None
        ):
            return
        if measured is None or measured.inspection.parameters != live.prepared.parameters:
            return  # the settings have changed since the run began

        template = measured.resolved.model
        self._speeds.learn(
            self.engine.device,
            template.kind,
            measured.inspection.multiply_adds,
            live.latest.speed,
        )


def _preparing(state: BarState, stage: events.StageChanged | None) -> BarState:
    """Returns a state with the text and the progress until the first step is done."""
    text = stage.text if stage else "Starting"
    if stage is None or not stage.total:
        return replace(state, text=text, progress=None)

    text = f"{text}: {stage.done:,} of {stage.total:,}"
    return replace(state, text=text, progress=stage.done / stage.total)


def _measured(live: Any) -> tuple[tuple[Part, ...], int | None, str]:
    """Returns the last measured division of the device's memory."""
    if not live.memory:
        return (), None, ""

    reading = live.memory[-1]
    parts = tuple(device_parts(reading.rows, reading.device))
    total = reading.device.get("total")
    tip = ", ".join(f"{part.name} {bytes_text(part.bytes)}" for part in parts)

    return parts, int(total) if total else None, tip
