"""A race: variants of an experiment trained side by side, each an ordinary run in a folder of its
own.

Every run has a thread, but only one computes at a time: they hand the turn to one another at step
boundaries, so that all have seen equally many examples, give or take a slice. All that is random in
a run is set at the start of each of its steps, so its bits are those of the run alone.
"""

from __future__ import annotations

import contextlib
import threading
import traceback
import warnings
from typing import TYPE_CHECKING

import torch

from app.engine.race.turns import RaceControl, RaceMember, Turns
from app.engine.runs.events import Event, MemberEvent, RunFinished, StageChanged, Status
from app.engine.runs.run import Run
from app.engine.sources.opening import open_dataset
from app.engine.training.trainer import train

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from app.engine.data.dataset import Dataset
    from app.engine.race.variants import Variant
    from app.engine.runs.control import Control

SHARE_OF_EPOCH = 0.01
"""Of an epoch's examples that one may be ahead: turns cost a little, so they are not changed after
every step.
"""


def race(
    variants: Sequence[Variant],
    folder: Path,
    emit: Callable[[Event], None],
    control: RaceControl,
    dataset: Dataset | None = None,
) -> RunFinished:
    """Trains the variants in new runs below `folder`, on threads of their own; returns when all
    have ended.

    What each tells comes as MemberEvent; the end of all as a RunFinished without a run. dataset:
    what experiment.data stands for, if it is open already; all learn from the one. Raises UserError
    or Stopped before the first run begins.
    """
    if dataset is None:
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
    before = warnings.showwarning  # the runs replace it, and end in any order

    threads = []
    for number, (variant, run, member) in enumerate(
        zip(variants, runs, control.members, strict=True)
    ):
        member.turns = turns
        member_ = _Work(number, variant, run, member, turns, emit, dataset, ends)
        threads.append(threading.Thread(target=member_, name=f"race {number + 1}"))

    for thread in threads:
        thread.start()

    for thread in threads:
        thread.join()

    warnings.showwarning = before
    finished = _ended(variants, [end for end in ends if end is not None], control)
    emit(finished)

    return finished


def slice_of(variants: Sequence[Variant], examples: int) -> int:
    """How many examples one may be ahead, of so many in an epoch: the largest step, or a hundredth
    of the epoch.
    """
    steps = [variant.resolved.training.step_size for variant in variants]
    return max(*steps, round(SHARE_OF_EPOCH * examples))


class _Work:
    """What the thread of a lane does. Whatever happens, the turn is handed on."""

    def __init__(
        self,
        number: int,
        variant: Variant,
        run: Run,
        member: RaceMember,
        turns: Turns,
        emit: Callable[[Event], None],
        dataset: Dataset,
        ends: list[RunFinished | None],
    ) -> None:
        self._number = number
        self._variant = variant
        self._run = run
        self._member = member
        self._turns = turns
        self._emit = emit
        self._dataset = dataset
        self._ends = ends

    def __call__(self) -> None:
        self._turns.take(self._number)
        try:
            self._ends[self._number] = train(
                self._variant.experiment, self._run, self._tell, self._member, self._dataset
            )
        except BaseException as error:  # a listener that fails must not hold the others up
            details = "".join(traceback.format_exception(error))
            what = f"The run ended unexpectedly: {error or type(error).__name__}."
            end = RunFinished(
                str(self._run.path),
                "failed",
                what,
                {},
                (what, "Resume it, or start again.", details),
            )

            self._ends[self._number] = end
            with contextlib.suppress(Exception):
                self._tell(end)
        finally:
            self._turns.leave(self._number)

    def _tell(self, event: Event) -> None:
        self._emit(MemberEvent(self._number, event))


def _ended(
    variants: Sequence[Variant], ends: Sequence[RunFinished], control: Control
) -> RunFinished:
    """The end of the race: completed where at least one of the runs was."""
    count = len(ends)
    fine = [end for end in ends if end.status == "completed"]
    odd = [
        f"'{variant.name}' {'failed' if end.status == 'failed' else end.status}"
        for variant, end in zip(variants, ends, strict=True)
        if end.status not in ("completed", "stopped")
    ]

    status: Status = "completed" if fine else "stopped" if control.stopping else ends[0].status
    reason = f"{len(fine)} of {count} variants trained to the end."
    if odd:
        reason += f" {', '.join(odd)}."

    failure = (
        next((end.failure for end in ends if end.failure), None) if status == "failed" else None
    )
    return RunFinished("", status, reason, {}, failure)


def _finish_device() -> None:
    """Waits for what is queued on a GPU."""
    if torch.cuda.is_available() and torch.cuda.is_initialized():
        torch.cuda.synchronize()
    elif torch.backends.mps.is_available():
        torch.mps.synchronize()
