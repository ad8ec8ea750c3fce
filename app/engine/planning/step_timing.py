"""Times some real steps of an experiment, and finds whether its memory suffices.

Nothing of it is kept.
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
    from collections.abc import Callable

    from app.engine.data.dataset import Dataset
    from app.engine.experiment.experiment import Experiment
    from app.engine.training.build import TrainState

FEWEST = 5
"""Measured steps, at least, unless LONGEST is over."""

ENOUGH = 0.4
"""Seconds of measured steps, at least."""

LONGEST = 1.0
"""Seconds after which no more steps are measured."""

CHOOSING = 0.5
"""Seconds for choosing the number of threads, where that is to be measured."""


@dataclass(frozen=True)
class StepTiming:
    """The time of an epoch, or why it could not be measured.

    seconds: the steps of an epoch, without validation; None where they could not be measured. step:
    seconds of one step, the median. mean: the mean, with all that other programs take from it; a
    training meets that too. trouble: why it could not be measured, for a person.
    lacked_memory: whether memory ran out. peak: the most bytes held, where the device tells it
    (CUDA). threads: how many computed.
    """

    seconds: float | None
    step: float | None = None
    mean: float | None = None
    trouble: str = ""
    lacked_memory: bool = False
    peak: int | None = None
    threads: int = 0


def time_steps(
    experiment: Experiment, dataset: Dataset, control: Control, threads: int = 0
) -> StepTiming:
    """Trains a copy for some steps on the calling thread, and gives its memory back.

    It must not run beside a training.

    threads: 0 to choose them as a training would. Raises Stopped where control asks to stop;
    anything else that goes wrong is in the result.
    """
    timing: StepTiming | None = None
    try:
        timing = _time_steps(experiment, dataset, control, threads)
    except Stopped:
        pass
    except UserError as error:
        timing = StepTiming(None, trouble=error.message)
    except Exception as error:
        lacked_memory = out_of_memory(error)
        if lacked_memory:
            trouble = "Memory ran out in the trial: it does not fit."
        else:
            trouble = error_text(error)[0]

        timing = StepTiming(None, trouble=trouble, lacked_memory=lacked_memory)

    # Outside the except blocks: the exception held the frames, and the frames held the tensors.
    release_memory()
    if timing is None:
        raise Stopped

    return timing


def _time_steps(
    experiment: Experiment, dataset: Dataset, control: Control, threads: int
) -> StepTiming:
    plan = plan_training(experiment, lambda _: None, control, dataset, threads)
    candidates = (
        (threads,) if threads else devices.thread_candidates(plan.resolved.training, plan.device)
    )
    with devices.computing_thread(candidates[0]):
        train_state = build.assemble(plan)
        control.check()
        step = _Step(train_state)
        step()  # the first one sets up what the others use again

        if len(candidates) > 1:
            threads, _ = devices.fastest_threads(step, candidates, control.check, CHOOSING)
            torch.set_num_threads(threads)

        times = _step_times(step, control)
        median = statistics.median(times)
        peak = None
        if train_state.device.type == "cuda":
            peak = torch.cuda.max_memory_allocated(train_state.device)

        # Of a sample there are fewer steps than of the whole that is trained on.
        share = len(dataset.indices["training"]) / dataset.description.size("training")
        return StepTiming(
            median * train_state.steps_per_epoch / share,
            median,
            statistics.mean(times),
            peak=peak,
            threads=threads or candidates[0],
        )


def _step_times(step: Callable[[], None], control: Control) -> list[float]:
    """Returns the seconds of some steps, each measured by itself."""
    times: list[float] = []
    begun = time.perf_counter()
    while (passed := time.perf_counter() - begun) < LONGEST and (
        len(times) < FEWEST or passed < ENOUGH
    ):
        control.check()
        before = time.perf_counter()
        step()
        times.append(time.perf_counter() - before)

    return times


class _Step:
    """Calling it does one whole step and waits for the device."""

    def __init__(self, train_state: TrainState) -> None:
        self._train_state = train_state
        self._index = 0
        train_state.network.train()
        train_state.batches.begin_epoch(1)

    def __call__(self) -> None:
        train_state = self._train_state
        batches = train_state.batches
        clip = train_state.plan.resolved.training.gradient_clip

        train_state.randomness.begin_step(1, self._index)
        # The last batch of an epoch may be smaller, so it is left out where there are others.
        inputs, targets = batches.get(self._index % max(1, batches.count - 1))
        train_state.passes.whole_step(train_state.optimizer, inputs, targets, clip)
        self._index += 1

        if train_state.device.type == "cuda":
            torch.cuda.synchronize(train_state.device)
        elif train_state.device.type == "mps":
            torch.mps.synchronize()
