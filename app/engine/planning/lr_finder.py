"""The learning-rate finder: a fresh copy of the network takes a hundred steps, each with a larger
learning rate (Smith 2017, arXiv:1506.01186). See rate_curve for what the losses say.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import torch

from app.engine.compute import device as devices
from app.engine.errors import UserError
from app.engine.planning.lr_curve import LrCurve, Tried, blown_up, judge, smooth
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
MOST = 1e4
LARGEST = 100.0
"""The rates tried, as multiples of the optimizer's usual one, so that SGD's are reached as well as
Adam's: from 1e-6 to 10 for Adam. No rate is larger than the largest that an experiment may have.
"""

EXAMPLES = 128
MOST_PASSES = 8
"""Examples that a point of the curve is the mean of: small batches scatter, so with them the search
is repeated, each time with a fresh network and other batches.
"""

TELL_EVERY = 0.1
"""Seconds between two tellings."""

Tell = Callable[[StageChanged | Tried], None]


def find(
    experiment: Experiment,
    dataset: Dataset | None,
    tell: Tell,
    control: Control,
    steps: int = STEPS,
) -> LrCurve:
    """Tries learning rates on a copy and says which one to take.

    Nothing is written, and nothing of a run or of the experiment is touched; the same experiment
    gives the same curve.

    dataset: what experiment.data stands for, None to open it. The calling thread computes, with as
    many threads as the experiment allows. Raises Stopped at a step boundary after a request to
    stop, and UserError.
    """
    tell(StageChanged("Loading engine"))
    warm_up.warm_up()

    plan = plan_training(experiment, lambda event: _pass_on(event, tell), control, dataset)
    try:
        with devices.computing_thread(
            devices.thread_candidates(plan.resolved.training, plan.device)[-1]
        ):
            return _try_rates(plan, tell, control, steps)
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
    """The rates that are tried: (steps,), each the same multiple of the one before."""
    usual = plan.resolved.optimizer.default_learning_rate
    return np.geomspace(LEAST * usual, min(MOST * usual, LARGEST), steps)


def passes_for(plan: Plan) -> int:
    """How often the search is repeated."""
    return min(MOST_PASSES, max(1, -(-EXAMPLES // plan.step_size)))


def _try_rates(plan: Plan, tell: Tell, control: Control, steps: int) -> LrCurve:
    rates = rates_for(plan, steps)
    passes = passes_for(plan)
    sums = np.zeros(steps)
    end = None

    told = 0.0
    for number in range(passes):
        tell(StageChanged("Building the network"))
        control.check()
        train_state = build.assemble(
            plan
        )  # the one before was let go of when its losses were noted
        build.check_batches(train_state)
        train_state.network.train()

        losses = np.zeros(len(sums))
        for row in range(len(sums)):
            control.check()
            losses[row] = _step(
                train_state, number, row, float(rates[row])
            )  # waits for the device, for each of the steps
            if (left := blown_up(losses[: row + 1])) is not None:
                end = left if end is None else min(end, left)
                sums = sums[: row + 1]  # the rates beyond are not tried again

            now = time.perf_counter()
            if left is not None or row + 1 == len(sums) or now - told >= TELL_EVERY:
                told = now
                tell(_so_far(number, passes, row, rates, sums, losses))

            if left is not None:
                break

        sums = sums + losses[: len(sums)]
        del train_state

    return judge(rates[: len(sums)], sums / passes, plan.resolved.optimizer.rate(), end)


def _so_far(
    number: int, passes: int, row: int, rates: np.ndarray, sums: np.ndarray, losses: np.ndarray
) -> Tried:
    """What is known after `row` of pass `number`: means over the passes that have come so far."""
    if number == 0:
        mean = losses[: row + 1].copy()
    else:
        mean = sums / number
        mean[: row + 1] = (sums[: row + 1] + losses[: row + 1]) / (number + 1)

    steps = len(rates)
    return Tried(
        number * steps + row + 1,
        passes * steps,
        float(rates[row]),
        (float(rates[0]), float(rates[-1])),
        rates[: len(mean)],
        mean,
        smooth(mean),
    )


def _step(train_state: TrainState, number: int, row: int, rate: float) -> float:
    """Step `row` of pass `number`, as the trainer takes it, with this learning rate; where the data
    are few, they are gone through again. Returns the loss before it, infinite where it is no
    number.
    """
    turn, batch = divmod(row, train_state.batches.count)
    epoch = number * STEPS + turn + 1
    if batch == 0:
        train_state.batches.begin_epoch(epoch)

    train_state.randomness.begin_step(epoch, row)
    for group in train_state.optimizer.param_groups:
        group["lr"] = rate

    inputs, targets = train_state.batches.get(batch)
    loss = train_state.passes.whole_step(
        train_state.optimizer, inputs, targets, train_state.plan.resolved.training.gradient_clip
    )
    return float(torch.nan_to_num(loss, nan=float("inf")))


def _pass_on(event: object, tell: Tell) -> None:
    if isinstance(event, StageChanged):
        tell(event)
