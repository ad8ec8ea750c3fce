"""The learning-rate finder: a fresh network takes a hundred steps, each with a larger rate.

Smith 2017 (arXiv:1506.01186). What the losses say is read in lr_curve.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import torch

from app.engine.compute import device as devices
from app.engine.errors import UserError
from app.engine.planning.lr_curve import LrCurve, SearchProgress, analyse, divergence, smooth
from app.engine.runs.events import StageChanged
from app.engine.training import build, warm_up
from app.engine.training.memory_shortage import LESS_MEMORY, out_of_memory, release_memory
from app.engine.training.plan import plan_training

if TYPE_CHECKING:
    from app.engine.data.dataset import Dataset
    from app.engine.experiment.experiment import Experiment
    from app.engine.runs.control import Control
    from app.engine.training.build import TrainState
    from app.engine.training.plan import Plan

STEPS = 100

LEAST = 1e-3
"""The smallest rate, as a multiple of the optimizer's usual one: 1e-6 for Adam."""

MOST = 1e4
"""The greatest rate, as a multiple of the optimizer's usual one: 10 for Adam."""

LARGEST = 100.0
"""No rate is larger: it is the largest that an experiment may have."""

EXAMPLES = 128
"""Examples that a point of the curve is the mean of.

Small batches scatter, so with them the search is repeated, each time with a fresh network and other
batches.
"""

MOST_PASSES = 8
"""How often the search is repeated, at most."""

REPORT_EVERY = 0.1
"""Seconds between two reports of progress."""

Report = Callable[[StageChanged | SearchProgress], None]


def find(
    experiment: Experiment,
    dataset: Dataset | None,
    report: Report,
    control: Control,
    steps: int = STEPS,
) -> LrCurve:
    """Tries learning rates on a copy and proposes one.

    Nothing is written, and nothing of a run or of the experiment is touched; the same experiment
    gives the same curve. The calling thread computes, with as many threads as the experiment
    allows.

    dataset: what experiment.data stands for, None to open it. report: called with the progress.
    Raises Stopped at a step boundary after a request to stop, and UserError.
    """
    report(StageChanged("Loading engine"))
    warm_up.warm_up()

    plan = plan_training(experiment, lambda event: _pass_on(event, report), control, dataset)
    try:
        threads = devices.thread_candidates(plan.resolved.training, plan.device)[-1]
        with devices.computing_thread(threads):
            return _try_rates(plan, report, control, steps)
    except Exception as error:
        if not out_of_memory(error):
            raise
    finally:
        release_memory()

    # Outside the except block: the exception held the frames, and the frames held the tensors.
    release_memory()
    raise UserError(
        f"There was not enough memory to try learning rates with a batch of {plan.batch_size:,}.",
        LESS_MEMORY,
        "training.batch_size",
    )


def rates_for(plan: Plan, steps: int) -> np.ndarray:
    """Returns the rates that are tried: (steps,), each the same multiple of the one before.

    They are multiples of the optimizer's usual rate, so that SGD's are reached as well as Adam's.
    """
    usual = plan.resolved.optimizer.default_learning_rate
    return np.geomspace(LEAST * usual, min(MOST * usual, LARGEST), steps)


def passes_for(plan: Plan) -> int:
    """Returns how often the search is repeated."""
    return min(MOST_PASSES, max(1, -(-EXAMPLES // plan.step_size)))


def _try_rates(plan: Plan, report: Report, control: Control, steps: int) -> LrCurve:
    rates = rates_for(plan, steps)
    passes = passes_for(plan)
    sums = np.zeros(steps)
    end = None
    reported = 0.0

    for pass_index in range(passes):
        report(StageChanged("Building the network"))
        control.check()
        train_state = build.assemble(plan)
        build.check_batches(train_state)
        train_state.network.train()

        losses = np.zeros(len(sums))
        for step in range(len(sums)):
            control.check()
            losses[step] = _step(train_state, pass_index, step, float(rates[step]))
            diverged = divergence(losses[: step + 1])
            if diverged is not None:
                end = diverged if end is None else min(end, diverged)
                sums = sums[: step + 1]  # the rates beyond are not tried again

            now = time.perf_counter()
            if diverged is not None or step + 1 == len(sums) or now - reported >= REPORT_EVERY:
                reported = now
                report(_progress(pass_index, passes, step, rates, sums, losses))

            if diverged is not None:
                break

        sums = sums + losses[: len(sums)]
        # Its memory must be free before the next network is built.
        del train_state

    current = plan.resolved.optimizer.peak_rate()
    return analyse(rates[: len(sums)], sums / passes, current, end)


def _progress(
    pass_index: int, passes: int, step: int, rates: np.ndarray, sums: np.ndarray, losses: np.ndarray
) -> SearchProgress:
    """Returns what is known after a step of a pass: means over the passes so far."""
    if pass_index == 0:
        mean = losses[: step + 1].copy()
    else:
        mean = sums / pass_index
        mean[: step + 1] = (sums[: step + 1] + losses[: step + 1]) / (pass_index + 1)

    steps = len(rates)
    return SearchProgress(
        pass_index * steps + step + 1,
        passes * steps,
        float(rates[step]),
        (float(rates[0]), float(rates[-1])),
        rates[: len(mean)],
        mean,
        smooth(mean),
    )


def _step(train_state: TrainState, pass_index: int, step: int, rate: float) -> float:
    """Does a step as the trainer does it, with this learning rate; where data are few, once more.

    Returns the loss before it, infinite where it is not finite. Waits for the device.
    """
    round_index, batch = divmod(step, train_state.batches.count)
    epoch = pass_index * STEPS + round_index + 1
    if batch == 0:
        train_state.batches.begin_epoch(epoch)

    train_state.randomness.begin_step(epoch, step)
    for group in train_state.optimizer.param_groups:
        group["lr"] = rate

    inputs, targets = train_state.batches.get(batch)
    loss = train_state.passes.whole_step(
        train_state.optimizer, inputs, targets, train_state.plan.resolved.training.gradient_clip
    )
    return float(torch.nan_to_num(loss, nan=float("inf")))


def _pass_on(event: object, report: Report) -> None:
    if isinstance(event, StageChanged):
        report(event)
