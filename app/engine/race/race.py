"""A race: variants of an experiment trained side by side, each in an ordinary run of its own.

Every run has a thread, but only one computes at a time: they hand the turn to one another at step
boundaries, so that all have seen equally many examples, give or take a slice. The random generators
of a run are seeded at the start of each of its steps, so its weights are, bit for bit, those of the
run alone.
"""

from __future__ import annotations

import contextlib
import threading
import traceback
import warnings
from typing import TYPE_CHECKING

import torch

from app.engine.race.turns import RaceControl, RaceMember, Turns
from app.engine.runs.events import Event, MemberEvent, RunFinished, StageChanged
from app.engine.runs.run import Run
from app.engine.sources.opening import open_dataset
from app.engine.training.trainer import train

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from app.engine.data.dataset import Dataset
    from app.engine.race.variants import Variant
    from app.engine.runs.control import Control
    from app.engine.runs.summary import Status

SHARE_OF_EPOCH = 0.01
"""The share of an epoch's examples that one run may be ahead of the others.

A change of turns costs a little, so it does not come after every step.
"""


def race(
    variants: Sequence[Variant],
    folder: Path,
    emit: Callable[[Event], None],
    control: RaceControl,
    dataset: Dataset | None = None,
) -> RunFinished:
    """Trains the variants in new runs below `folder`; returns when all have ended.

    emit: gets the events of each run as MemberEvent, from its own thread, and at the end a
    RunFinished without a run. dataset: what experiment.data stands for, if it is open already; all
    variants train on this one. Raises UserError or Stopped before the first run begins.
    """
    if dataset is None or dataset.is_sample:
        dataset = open_dataset(
            variants[0].experiment.data,
            lambda text, done, total: emit(StageChanged(text, done, total)),
            control.check,
        )

    control.check()
    runs = [Run.create(folder, variant.experiment) for variant in variants]
    turns = Turns(
        len(variants), slice_of(variants, dataset.description.size("training")), _finish_device
    )
    ends: list[RunFinished | None] = [None] * len(variants)
    threads = []
    for index, (variant, run, member) in enumerate(
        zip(variants, runs, control.members, strict=True)
    ):
        member.turns = turns
        work = _MemberThread(index, variant, run, member, turns, emit, dataset, ends)
        threads.append(threading.Thread(target=work, name=f"race {index + 1}"))

    show_warning = warnings.showwarning  # the runs replace it, and end in any order
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    warnings.showwarning = show_warning
    finished = _end_of_race(variants, [end for end in ends if end is not None], control)
    emit(finished)

    return finished


def slice_of(variants: Sequence[Variant], examples: int) -> int:
    """Returns how many examples one run may be ahead: the largest step, or 1 % of the epoch.

    examples: of an epoch.
    """
    steps = [variant.resolved.training.step_size for variant in variants]
    return max(*steps, round(SHARE_OF_EPOCH * examples))


class _MemberThread:
    """What the thread of one run does. Whatever happens, the turn is handed on."""

    def __init__(
        self,
        index: int,
        variant: Variant,
        run: Run,
        member: RaceMember,
        turns: Turns,
        emit: Callable[[Event], None],
        dataset: Dataset,
        ends: list[RunFinished | None],
    ) -> None:
        self._index = index
        self._variant = variant
        self._run = run
        self._member = member
        self._turns = turns
        self._emit = emit
        self._dataset = dataset
        self._ends = ends

    def __call__(self) -> None:
        self._turns.take(self._index)
        try:
            self._ends[self._index] = train(
                self._variant.experiment, self._run, self._emit_event, self._member, self._dataset
            )
        except BaseException as error:  # a listener that fails must not hold the others up
            end = self._failed(error)
            self._ends[self._index] = end
            with contextlib.suppress(Exception):
                self._emit_event(end)
        finally:
            self._turns.leave(self._index)

    def _failed(self, error: BaseException) -> RunFinished:
        details = "".join(traceback.format_exception(error))
        reason = f"The run ended unexpectedly: {error or type(error).__name__}."
        failure = (reason, "Resume it, or start again.", details)

        return RunFinished(str(self._run.path), "failed", reason, {}, failure)

    def _emit_event(self, event: Event) -> None:
        self._emit(MemberEvent(self._index, event))


def _end_of_race(
    variants: Sequence[Variant], ends: Sequence[RunFinished], control: Control
) -> RunFinished:
    """Returns the end of the race: completed where at least one of the runs is."""
    count = len(ends)
    completed = [end for end in ends if end.status == "completed"]
    troubles = [
        f"'{variant.name}' {'failed' if end.status == 'failed' else end.status}"
        for variant, end in zip(variants, ends, strict=True)
        if end.status not in ("completed", "stopped")
    ]

    status: Status = ends[0].status
    if completed:
        status = "completed"
    elif control.stopping:
        status = "stopped"

    reason = f"{len(completed)} of {count} variants trained to the end."
    if troubles:
        reason += f" {', '.join(troubles)}."

    failure = None
    if status == "failed":
        failure = next((end.failure for end in ends if end.failure), None)

    return RunFinished("", status, reason, {}, failure)


def _finish_device() -> None:
    """Waits for what is queued on a GPU, which would else be counted as another run's time."""
    if torch.cuda.is_available() and torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
        torch.cuda.synchronize()
    elif torch.backends.mps.is_available():
        torch.mps.synchronize()
