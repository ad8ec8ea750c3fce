"""The events that a run in a process of its own writes down for those who follow it.

events.jsonl holds what no other file of the run tells: stages, pace, pauses, the end. Steps, epochs
and changes are in metrics.jsonl, the memory in memory.jsonl. It begins anew with every process.
"""

from __future__ import annotations

import contextlib
import math
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, get_args

from app.engine import files
from app.engine.runs import events, history
from app.engine.runs.metrics_lines import FindingLine
from app.engine.runs.step_lines import objects
from app.engine.runs.storage import shape
from app.engine.runs.storage.own_names import EVENTS
from app.engine.runs.summary import Status, Summary

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.experiment.plain import Value

PACE_EVERY = 1.0
"""Seconds between two lines on the pace."""

PACES = 2000
"""The lines on the pace in a time and in twice the time: a run of days writes some ten thousand."""

SHUT_DOWN = "shut down"
"""The line of a process that was ended from outside, as when the computer is shut down."""

MOST_BYTES = 1 << 28

COUNT_EVERY = 0.2
"""Seconds between two lines that differ in how far a stage is."""


@dataclass(frozen=True)
class Pace:
    """How fast a run goes after so many steps; the fields are those of events.StepsDone."""

    position: int
    epoch: int
    speed: float | None
    elapsed: float
    remaining: float | None


PLAIN = {
    "stage": events.StageChanged,
    "pace": Pace,
    "saved": events.CheckpointSaved,
    "paused": events.Paused,
    "resumed": events.Resumed,
}
"""Events whose fields are plain values, by the name in their line."""

NAMES = {kind: name for name, kind in PLAIN.items()}


class EventFile:
    """Writes the events of a run, as their listener. What a disk refuses is lost."""

    def __init__(self, folder: Path) -> None:
        """Begins the file anew. Raises UserError where it cannot be written."""
        path = folder / EVENTS
        files.write_atomically(path, b"")
        try:
            self._file = files.open_to_append(path)
        except OSError as error:
            raise files.disk_error(error, path) from error

        self._begin = b""
        self._stage = events.StageChanged("")
        self._stage_time = -math.inf
        self._pace_time = -math.inf

    def __call__(self, event: events.Event) -> None:
        line = self._line(event)
        if line is not None:
            self._write(files.json_line(line, ascii_only=True))

    def shut_down(self) -> None:
        """Notes that somebody else than a request ends the process."""
        self._write(files.json_line({"event": SHUT_DOWN}))

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._file.close()

    def _write(self, content: bytes) -> None:
        """Writes a line; one that was refused in the middle ends where the next one begins."""
        try:
            rest = self._begin + content
            while rest:
                rest = rest[self._file.write(rest) :]
            self._begin = b""
        except OSError:
            self._begin = b"\n"

    def _line(self, event: events.Event) -> dict[str, Any] | None:
        """Returns the line of an event; None of one that other files tell, or that comes soon."""
        match event:
            case events.StepsDone():
                return self._pace(event)
            case events.StageChanged() if self._is_due(event):
                return {"event": "stage", **asdict(event)}
            case events.CheckpointSaved() | events.Paused() | events.Resumed():
                return {"event": NAMES[type(event)], **asdict(event)}
            case events.RunPrepared():
                return {"event": "prepared", "prepared": history.prepared_line(event)}
            case events.NewFinding():
                return {"event": "finding", **history.finding_line(event.finding, 0)}
            case events.RunFinished():
                return {"event": "finished", **asdict(event)}

        return None

    def _is_due(self, event: events.StageChanged) -> bool:
        now = time.monotonic()
        counting = event.total and event.total == self._stage.total and event.done < event.total
        if counting and now - self._stage_time < COUNT_EVERY:
            return False

        self._stage = event
        self._stage_time = now
        return True

    def _pace(self, event: events.StepsDone) -> dict[str, Any] | None:
        now = time.monotonic()
        if now - self._pace_time < max(PACE_EVERY, event.elapsed / PACES):
            return None

        self._pace_time = now
        pace = Pace(
            event.position,
            event.epoch,
            _finite(event.speed),
            event.elapsed,
            _finite(event.remaining),
        )
        return {"event": "pace", **asdict(pace)}


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def event_of(line: dict[str, Value]) -> events.Event | Pace | None:
    """Returns the event of a line; None of one that is none."""
    data = dict(line)
    name = data.pop("event", "")
    if isinstance(name, str) and name in PLAIN:
        plain: events.Event | Pace | None = shape.typed(data, PLAIN[name])
        return plain
    if name == "prepared":
        return history.prepared_event(data.get("prepared"))
    if name == "finding" and shape.is_of(data, FindingLine):
        return events.NewFinding(history.finding_of(data["finding"]))

    return _finished(data) if name == "finished" else None


def _finished(data: dict[str, Any]) -> events.RunFinished | None:
    summary = data.get("summary")
    failure = data.get("failure")
    status: Status | None = data.get("status")
    if status is None or status not in get_args(Status) or not shape.is_of(summary, Summary):
        return None

    texts = [str(text) for text in failure] if isinstance(failure, list) else []
    return events.RunFinished(
        str(data.get("run", "")),
        status,
        str(data.get("reason", "")),
        summary,
        (texts[0], texts[1], texts[2]) if len(texts) == 3 else None,
    )


def end_of(folder: Path) -> events.RunFinished | None:
    """Returns the end that the last process of a run told; None where it told none."""
    found = [event for line in _lines(folder) if (event := event_of(line)) is not None]
    return next((event for event in found if isinstance(event, events.RunFinished)), None)


def was_shut_down(folder: Path) -> bool:
    """Returns whether the last process of a run was ended from outside, as with the computer."""
    return any(line.get("event") == SHUT_DOWN for line in _lines(folder))


def _lines(folder: Path) -> list[dict[str, Value]]:
    try:
        return list(objects(files.read_regular(folder / EVENTS, MOST_BYTES)))
    except OSError:
        return []


def last_pace(folder: Path) -> Pace | None:
    """Returns how fast a run went when it last told that; None where it never did."""
    for line in reversed(_lines(folder)):
        if line.get("event") == "pace" and isinstance(pace := event_of(line), Pace):
            return pace

    return None
