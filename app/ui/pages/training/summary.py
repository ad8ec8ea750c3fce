"""What has come of a run in a sentence, and what to do next: for the strip above the plots."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from app.engine.text import count_text, duration_text, number_text
from app.ui.pages.training.run_data import RunData
from app.ui.state.session import State

if TYPE_CHECKING:
    from app.ui.state.record import Record

NoticeAction = Literal[
    "results", "tryit", "longer", "resume", "unpause", "train", "remedy", "details"
]

ACCURACY = "accuracy"
"""The metric that reads best as a share of the examples."""


@dataclass(frozen=True)
class Notice:
    """What the strip says.

    tone: "", "good", "warning" or "problem". actions: buttons, the first one is the natural next.
    details: a traceback, shown on request.
    """

    title: str
    text: str
    tone: str = ""
    actions: tuple[NoticeAction, ...] = ()
    details: str = ""


def notice_of(
    record: Record,
    state: State,
    live: bool,
    stage: str,
    seconds: float,
    run_data: RunData | None = None,
) -> Notice | None:
    """Returns the notice for a record; None while a run just runs.

    live: the record is that of the current run. stage, seconds: what it is doing, and since when
    the run was requested. run_data: for the words of its figure.
    """
    if live:
        return _live(record, state, stage, seconds)
    if record.finished is not None:
        return _finished(record, run_data or RunData())
    if record.started is not None and len(record.steps):
        return Notice(
            "Interrupted",
            f"This run ended without saying so{_after(record)}. It can go on from its last "
            "checkpoint.",
            "warning",
            ("resume", "results"),
        )

    return None


def _live(record: Record, state: State, stage: str, seconds: float) -> Notice | None:
    if state is State.PREPARING and len(record.steps):
        return Notice("Going on", f"{stage or 'Preparing'} … {duration_text(seconds)}")

    if state is State.PAUSED:
        step = record.latest.position if record.latest else 0
        text = f"at step {step:,}. Nothing is lost; it goes on where it stopped."
        return Notice("Paused", text, "warning", ("unpause",))

    if state is State.STOPPING:
        kept = (
            f"The weights of epoch {record.best.epoch} are kept."
            if record.best
            else "There is nothing to keep yet."
        )
        return Notice("Stopping", f"at the next step. {kept}", "warning")

    return None


def _finished(record: Record, run_data: RunData) -> Notice:
    end = record.finished
    assert end is not None

    if end.status == "failed":
        what, remedy, details = end.failure or (end.reason, "", "")
        actions: tuple[NoticeAction, ...] = ("remedy", "details") if details else ("remedy",)
        return Notice(what, f"{remedy} {_kept(record)}".strip(), "problem", actions, details)

    if end.status == "diverged":
        return Notice(
            "The loss diverged",
            f"{end.reason} {_kept(record)}".strip(),
            "problem",
            ("remedy",),
        )

    best = record.best
    planned = record.prepared.epochs if record.prepared else len(record.epochs)

    if best is None:
        text = end.reason or "No epoch was finished, so there is nothing to judge."
        return Notice("Stopped", text, "warning", ("train",))

    ended = "Finished" if end.status == "completed" else "Stopped"
    of = len(record.epochs) if end.status == "completed" else planned
    title = f"{ended}. Best epoch: {best.epoch} of {of}"
    actions = ("results", "tryit", "longer")

    stopped = end.status == "stopped" and len(record.epochs) < planned
    if stopped:
        actions = ("results", "tryit", "resume")

    return Notice(
        title,
        f"{_result_text(record, run_data)} {end.reason if stopped else ''}".strip(),
        "good",
        actions,
    )


def _result_text(record: Record, run_data: RunData) -> str:
    best = record.best
    if best is None:
        return ""

    value = best.metrics.get(run_data.headline.name)
    loss = f"validation loss {number_text(best.validation_loss)}"
    if value is None:
        return f"Its weights are kept ({loss})."
    if run_data.headline.name == ACCURACY:
        right = f"{run_data.text(value)} of the validation {run_data.many} right"
        return f"{right}, {loss}. Its weights are kept."

    label = run_data.headline.label
    figure = f"{label[0].upper()}{label[1:]} {run_data.text(value)} on validation"
    return f"{figure}, loss {number_text(best.validation_loss)}. Its weights are kept."


def _kept(record: Record) -> str:
    return f"The weights of epoch {record.best.epoch} are kept." if record.best else ""


def _after(record: Record) -> str:
    done = len(record.epochs)
    return f" after {count_text(done, 'epoch')}" if done else ""
