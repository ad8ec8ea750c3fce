"""Memory that runs out while a run trains: the same step again, its batch in smaller parts.

In a step the loop itself halves the parts (`halve_parts`). Elsewhere, while a network is built or
judged or the optimizer makes its state, everything is released and the attempt is made again with
half as much at once (`MemoryShortage`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from app.engine import garbage
from app.engine.errors import UserError
from app.engine.runs.findings import Finding
from app.engine.runs.live_changes import PARTS
from app.engine.text import bytes_text

if TYPE_CHECKING:
    from app.engine.memory.device_monitor import DeviceMonitor
    from app.engine.runs.progress import Progress
    from app.engine.training.build import TrainState
    from app.engine.training.live_changes_applied import LiveChanges
    from app.engine.training.plan import Plan

MOST_HALVINGS = 3
"""Halvings of one run; after so many, something else takes the memory."""

LEAST_HALVED = 4
"""Examples; fewer are not halved: normalisation needs two, and so few do not take the memory."""

LESS_MEMORY = "Choose a smaller batch size, smaller examples or a smaller template."

LARGE_ROWS = (
    "activations",
    "batch",
    "weights",
    "gradients",
    "first_moment",
    "second_moment",
    "other_state",
    "dataset",
)
"""Rows of the ledger of which the largest are named."""

ROW_NAMES = {"dataset": "data set", "other_state": "other optimizer state"}
"""Rows whose words are not their name."""

SIGNS = (
    "can't allocate memory",
    "cannot allocate memory",
    "not enough memory",
    "out of memory",
    "could not create a primitive",  # all that oneDNN says when its own memory is refused
)
"""What torch says on the CPU, where it has no kind of error of its own for it."""


def out_of_memory(error: BaseException) -> bool:
    """Returns whether memory ran out: a GPU's, NumPy's, Python's, or torch's on the CPU."""
    if isinstance(error, (MemoryError, torch.OutOfMemoryError)):
        return True

    text = str(error).lower()
    return isinstance(error, RuntimeError) and any(sign in text for sign in SIGNS)


def release_memory() -> None:
    """Gives back what nothing refers to any more. Call it outside every except block.

    An exception holds the frames that it went through, and the frames hold the tensors.
    """
    garbage.collect()
    garbage.give_back()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    if torch.backends.mps.is_available():
        torch.mps.empty_cache()


def less_memory(device_type: str) -> str:
    """Returns what a person can do where memory ran out on this device."""
    return LESS_MEMORY if device_type == "cpu" else f"{LESS_MEMORY[:-1]}, or train on the CPU."


def _name_of_memory(device_type: str) -> str:
    """Returns the words for the memory of this device."""
    return "memory" if device_type == "cpu" else "GPU memory"


def _halve(part_size: int, step_size: int, halvings: int) -> tuple[int, int] | None:
    """Returns (examples at a time, parts of a step) after one more halving.

    None where there were as many halvings as are allowed, or where the parts are too small.
    """
    if halvings >= MOST_HALVINGS or part_size < LEAST_HALVED:
        return None

    half = -(-part_size // 2)
    return half, -(-step_size // half)


# --- in a step


def halve_parts(
    train_state: TrainState, progress: Progress, live_changes: LiveChanges, monitor: DeviceMonitor
) -> Finding:
    """Releases memory, halves the parts in which a step is done, and says so with the ledger.

    The batch of a step stays, and so its result (but for what looks at a batch as a whole). Call it
    outside every except block. Raises UserError where there is nothing left to halve.
    """
    for parameter in train_state.network.parameters():
        parameter.grad = None

    release_memory()
    kind = _name_of_memory(train_state.device.type)
    size = train_state.passes.part_size
    step = progress.step + 1
    step_size = train_state.plan.step_size
    ledger = _ledger(train_state, monitor)

    smaller = _halve(size, step_size, progress.halvings)
    if smaller is None:
        count = progress.halvings
        attempts = f", though it was tried {count} times with smaller parts" if count else ""
        raise UserError(
            f"There was not enough {kind} in step {step:,} for {size} examples at a time"
            f"{attempts}.",
            f"{less_memory(train_state.device.type)} {ledger}",
            "training.batch_size",
        )

    progress.halvings += 1
    half, parts = smaller
    text = (
        f"There was not enough {kind} in step {step:,} for {size} examples at a time. The step was "
        f"repeated with {half} at a time, in {parts} parts: it still learns from {step_size} "
        f"examples. {ledger}"
    )

    live_changes.change({PARTS: parts}, text, mark="memory")
    return Finding("smaller-batch", "warning", "Smaller parts", text)


def _ledger(train_state: TrainState, monitor: DeviceMonitor) -> str:
    """Returns a sentence about what takes the most memory, and how much is free."""
    predicted = train_state.predicted
    largest = sorted(((predicted.get(row, 0), row) for row in LARGE_ROWS), reverse=True)[:3]
    needs = ", ".join(
        f"{ROW_NAMES.get(row, row.replace('_', ' '))} {bytes_text(size)}"
        for size, row in largest
        if size
    )
    readings, _ = monitor.sample()
    free = readings.get("free")
    rest = f"; {bytes_text(free)} are free now" if free is not None else ""

    return f"The ledger predicted, for {train_state.plan.part_size:,} at a time: {needs}{rest}."


# --- elsewhere


@dataclass(frozen=True)
class SmallerParts:
    """Says what is done after memory ran out.

    plan: the same with half as much at once. text: for the stage. why: for the record.
    """

    plan: Plan
    text: str
    why: str


class MemoryShortage:
    """Halves what is computed at once, and counts how often the attempts of one run needed it."""

    def __init__(self) -> None:
        self.halvings = 0
        self._unrecorded: list[tuple[int, str]] = []
        """(parts, why) of halvings that the run's record does not have yet."""

    def halve(self, plan: Plan, progress: Progress) -> SmallerParts:
        """Releases memory and halves what is computed at once.

        Call it outside every except block. Raises UserError where there is nothing left to halve.
        """
        release_memory()
        kind = _name_of_memory(plan.device.type)
        parts = max(plan.parts, int(progress.changes.get(PARTS) or 1))
        size = -(-plan.step_size // parts)

        self.halvings = max(self.halvings, progress.halvings)
        smaller = _halve(size, plan.step_size, self.halvings)
        if smaller is None:
            what = f"There was not enough {kind} for a batch of {size}."
            raise UserError(what, less_memory(plan.device.type), "training.batch_size")

        self.halvings += 1
        half, parts = smaller
        text = f"Not enough {kind} for batch {size}; retrying with {half}"
        why = f"{text} at a time; a step still learns from {plan.step_size}."
        self._unrecorded.append((parts, why))
        return SmallerParts(plan.in_parts(parts), text, why)

    def record(self, live_changes: LiveChanges) -> None:
        """Writes into the run's record the halvings that it does not have yet."""
        while self._unrecorded:
            parts, why = self._unrecorded.pop(0)
            live_changes.change({PARTS: parts}, why, mark="memory")
