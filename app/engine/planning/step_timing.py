"""A trial: some real steps of an experiment, to know its time and whether its memory suffices.

Nothing is kept.
"""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from app.engine.compute import device as devices
from app.engine.errors import UserError
from app.engine.runs.control import Control, Stopped
from app.engine.training import build
from app.engine.training.failures import error_text
from app.engine.training.memory_shortage import out_of_memory, release_memory
from app.engine.training.plan import plan_training

if TYPE_CHECKING:
    from app.engine.data.dataset import Dataset
    from app.engine.experiment.experiment import Experiment
    from app.engine.training.build import TrainState

FEWEST = 5
LONGEST = 1.0
ENOUGH = 0.4
"""Measured steps: five at least, and for at least 0.4 seconds; no more once a second is over."""

CHOOSING = 0.5
"""Seconds for choosing the number of threads, where that is to be measured."""


@dataclass(frozen=True)
class StepTiming:
    """seconds: for the steps of an epoch, without judging; None where it could not be measured,
    with the reason in `trouble`. step: seconds for one, the median. lacked_memory: whether that
    was the reason. peak: bytes at the height, where the device tells (CUDA). threads: with how
    many it was computed.
    """

    seconds: float | None
    step: float | None = None
    trouble: str = ""
    lacked_memory: bool = False
    peak: int | None = None
    threads: int = 0


def measure(
    experiment: Experiment, dataset: Dataset, control: Control, threads: int = 0
) -> StepTiming:
    """Trains a copy for some steps on the calling thread and lets go of it.

    It must not run beside a training.

    threads: 0 to choose them as a training would. Raises Stopped where control asks to stop;
    everything else that goes wrong is told in the answer, and its memory is given back.
    """
    trial: StepTiming | None = None
    try:
        trial = _measured(experiment, dataset, control, threads)
    except Stopped:
        pass
    except UserError as error:
        trial = StepTiming(None, trouble=error.message)
    except Exception as error:
        lacked = out_of_memory(error)
        text = "Memory ran out in the trial: it does not fit." if lacked else error_text(error)[0]
        trial = StepTiming(None, trouble=text, lacked_memory=lacked)

    # Outside the except blocks: the exception held the frames, and the frames held the tensors.
    release_memory()
    if trial is None:
        raise Stopped

    return trial


def _measured(
    experiment: Experiment, dataset: Dataset, control: Control, threads: int
) -> StepTiming:
    plan = plan_training(experiment, lambda event: None, control, dataset, threads)
    candidates = (
        (threads,) if threads else devices.thread_candidates(plan.resolved.training, plan.device)
    )
    with devices.computing_thread(candidates[0]):
        train_state = build.assemble(plan)
        control.check()
        steps = _Steps(train_state)
        steps()  # the first one sets up what the others use again

        if len(candidates) > 1:
            threads, _ = devices.fastest_threads(steps, candidates, control.check, CHOOSING)
            torch.set_num_threads(threads)

        times: list[float] = []
        begun = time.perf_counter()
        while (passed := time.perf_counter() - begun) < LONGEST and (
            len(times) < FEWEST or passed < ENOUGH
        ):
            control.check()
            before = time.perf_counter()
            steps()
            times.append(time.perf_counter() - before)

        median = statistics.median(times)
        peak = (
            torch.cuda.max_memory_allocated(train_state.device)
            if train_state.device.type == "cuda"
            else None
        )
        return StepTiming(
            median * train_state.steps_per_epoch,
            median,
            peak=peak,
            threads=threads or candidates[0],
        )


class _Steps:
    """Calling it makes one whole step and waits for the device."""

    def __init__(self, train_state: TrainState) -> None:
        self._train_state = train_state
        self._number = 0
        train_state.network.train()
        train_state.batches.begin_epoch(1)

    def __call__(self) -> None:
        train_state = self._train_state
        train_state.randomness.begin_step(1, self._number)
        # The last batch of an epoch may be smaller, so it is left out where there are others.
        inputs, targets = train_state.batches.get(
            self._number % max(1, train_state.batches.count - 1)
        )

        train_state.passes.whole_step(
            train_state.optimizer, inputs, targets, train_state.plan.resolved.training.gradient_clip
        )
        self._number += 1

        if train_state.device.type == "cuda":
            torch.cuda.synchronize(train_state.device)
        elif train_state.device.type == "mps":
            torch.mps.synchronize()
