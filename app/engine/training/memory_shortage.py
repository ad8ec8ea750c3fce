"""Memory that runs out in the middle of a run: the same step again, its batch in smaller parts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.engine.advice.while_training import Finding
from app.engine.errors import UserError
from app.engine.runs.live_changes import PARTS
from app.engine.training.failures import less_memory, let_go, memory_called

if TYPE_CHECKING:
    from app.engine.memory.device_monitor import DeviceMonitor
    from app.engine.runs.progress import Progress
    from app.engine.training.build import TrainState
    from app.engine.training.live_changes_applied import LiveChanges

MOST_HALVINGS = 3
"""In one run: after that something else takes the memory."""

LEAST_HALVED = 4
"""Fewer examples are not halved: normalisation needs two, and so little is not what takes the
memory.
"""

NEEDS = (
    "activations",
    "batch",
    "weights",
    "gradients",
    "first_moment",
    "second_moment",
    "other_state",
    "dataset",
)
NAMES = {"dataset": "data set", "other_state": "other optimizer state"}


def halved(
    train_state: TrainState, progress: Progress, live_changes: LiveChanges, monitor: DeviceMonitor
) -> Finding:
    """Gives memory back, halves the parts in which a step is done, and says so with the ledger.

    The batch of a step stays, and so its result (but for what looks at a batch as a whole). Call it
    outside every except block.

    Raises UserError where that was done three times, or where a part is too small to be halved.
    """
    for parameter in train_state.network.parameters():
        parameter.grad = None

    let_go()
    kind = memory_called(train_state.device.type)
    size = train_state.passes.part_size
    step = progress.step + 1

    ledger = _ledger(train_state, monitor)
    if progress.halvings >= MOST_HALVINGS or size < LEAST_HALVED:
        tried = (
            f", though it was tried {progress.halvings} times with smaller parts"
            if progress.halvings
            else ""
        )
        raise UserError(
            f"There was not enough {kind} in step {step:,} for {size} examples at a time{tried}.",
            f"{less_memory(train_state.device.type)} {ledger}",
            "training.batch_size",
        )

    progress.halvings += 1
    half = -(-size // 2)
    parts = -(-train_state.plan.step_size // half)
    text = (
        f"There was not enough {kind} in step {step:,} for {size} examples at a time. The step was "
        "repeated with "
        f"{half} at a time, in {parts} parts: it still learns from {train_state.plan.step_size} "
        f"examples. {ledger}"
    )

    live_changes.change({PARTS: parts}, text, mark="memory")
    return Finding("smaller-batch", "warning", "Smaller parts", text)


def _ledger(train_state: TrainState, monitor: DeviceMonitor) -> str:
    """What takes the most, and what is free, in a sentence."""
    planned = -(-train_state.plan.step_size // train_state.plan.parts)
    rows = sorted(((train_state.predicted.get(row, 0), row) for row in NEEDS), reverse=True)[:3]
    needs = ", ".join(
        f"{NAMES.get(row, row.replace('_', ' '))} {_size(size)}" for size, row in rows if size
    )
    readings, _ = monitor.sample()
    free = readings.get("free")
    left = f"; {_size(free)} are free now" if free is not None else ""

    return f"The ledger foresaw, for {planned:,} at a time: {needs}{left}."


def _size(size: float) -> str:
    if size >= 2**30:
        return f"{size / 2**30:,.1f} GiB"
    return f"{size / 2**20:,.0f} MiB" if size >= 2**20 else f"{size / 2**10:,.0f} KiB"
