"""Losses and gradient norms of the steps, read from the device at most ten times a second."""

from __future__ import annotations

import math
import statistics
import time
from collections import deque
from typing import TYPE_CHECKING

import numpy as np
import torch

from app.engine.advice.figures import PERSISTENCE
from app.engine.runs.epoch_records import read_confusion
from app.engine.runs.events import Event, StepsDone

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from app.engine.runs.history import History, Writer
    from app.engine.runs.metrics_lines import EpochLine
    from app.engine.runs.progress import Progress
    from app.engine.runs.summary import ChangeMade

READ_EVERY = 0.1
"""Seconds between two readings from the device: each one waits for it."""

MOST_LINES = 20_000
"""Step lines of a whole run in metrics.jsonl."""


class Diverged(Exception):
    """The loss was not finite for two steps in a row. `step` is the second of them (1-based)."""

    def __init__(self, step: int) -> None:
        self.step = step
        super().__init__(f"the loss is not a number since step {step}")


class ProgressSoFar:
    """Holds how the run went so far, for the advice, see advice.figures.ProgressSoFar."""

    def __init__(self, earlier: History, changes: Sequence[ChangeMade], folder: Path) -> None:
        """earlier: what is written already, of a run that goes on.

        changes: those of the run, a list that grows. folder: of the run, with its epochs' records.
        """
        self._parts = {
            "steps": [earlier.steps],
            "losses": [earlier.losses],
            "rates": [earlier.rates],
            "norms": [earlier.norms],
        }
        self.epochs = list(earlier.epochs)
        self.changes = changes
        self.confusions: dict[int, np.ndarray] = {}

        for line in self.epochs:
            if self._is_needed(line["epoch"]):
                self._keep(line["epoch"], read_confusion(folder, line))

    def add(self, **figures: np.ndarray) -> None:
        """Adds the figures of the next steps: steps, losses, rates and norms, (n,) each."""
        for name, values in figures.items():
            self._parts[name].append(values)

    def add_epoch(self, line: EpochLine, confusion: np.ndarray | None) -> None:
        """Adds an epoch; of the matrices only those are kept that findings need."""
        self.epochs.append(line)
        self._keep(line["epoch"], confusion)
        self.confusions = {
            epoch: matrix for epoch, matrix in self.confusions.items() if self._is_needed(epoch)
        }

    def _is_needed(self, epoch: int) -> bool:
        last = self.epochs[-1]
        return epoch > last["epoch"] - PERSISTENCE or epoch == last["best_epoch"]

    def _keep(self, epoch: int, confusion: np.ndarray | None) -> None:
        if confusion is not None:
            self.confusions[epoch] = confusion

    def _joined(self, name: str) -> np.ndarray:
        self._parts[name] = [np.concatenate(self._parts[name])]
        return self._parts[name][0]

    @property
    def steps(self) -> np.ndarray:
        """The numbers of all steps: (steps,)."""
        return self._joined("steps")

    @property
    def losses(self) -> np.ndarray:
        """The losses of all steps: (steps,) float64."""
        return self._joined("losses")

    @property
    def rates(self) -> np.ndarray:
        """The learning rates of all steps: (steps,)."""
        return self._joined("rates")

    @property
    def norms(self) -> np.ndarray:
        """The gradient norms of all steps: (steps,), NaN where not measured."""
        return self._joined("norms")


class Recorder:
    """Collects what each step yields on the device; reads, tells and writes it in portions."""

    def __init__(
        self,
        progress: Progress,
        steps: int,
        epochs: int,
        writer: Writer,
        so_far: ProgressSoFar,
        emit: Callable[[Event], None],
    ) -> None:
        """steps, epochs: of the whole run; after each epoch there is a validation."""
        self._progress = progress
        self._writer = writer
        self._so_far = so_far
        self._emit = emit
        self._steps = steps
        self._epochs = epochs
        self._log_every = -(-steps // MOST_LINES)
        self.norm_every = max(self._log_every, min(10, steps // 200), 1)
        """Steps between two gradient norms, where nothing is clipped."""

        self._losses: list[torch.Tensor] = []
        self._rates: list[float] = []
        self._sizes: list[int] = []
        self._norms: list[tuple[int, torch.Tensor]] = []
        self._paces: deque[float] = deque(maxlen=50)
        self._steps_read = 0  # since this object was made
        self._judging_seconds = 0.0

        now = time.perf_counter()
        self._begun = now
        self._clock = now
        self._last_read = now

    def note(self, loss: torch.Tensor, rate: float, size: int, norm: torch.Tensor | None) -> bool:
        """Notes a step: its loss and gradient norm, as scalars on the device.

        rate: the learning rate. size: its examples. Returns whether it is time for `flush`.
        """
        if norm is not None:
            self._norms.append((len(self._losses), norm))

        self._losses.append(loss)
        self._rates.append(rate)
        self._sizes.append(size)

        return self._steps_read == 0 or time.perf_counter() - self._last_read >= READ_EVERY

    def flush(self) -> None:
        """Reads what was collected, tells it and writes it; waits for the device.

        Raises Diverged after two steps in a row whose loss is not finite.
        """
        count = len(self._losses)
        if not count:
            return

        losses = torch.stack(self._losses).float().cpu().numpy().astype(float)
        now = time.perf_counter()

        norms = np.full(count, np.nan)
        if self._norms:
            places, measured = zip(*self._norms, strict=True)
            norms[list(places)] = torch.stack(measured).float().cpu().numpy()

        sizes = self._sizes
        rates = np.array(self._rates)
        self._losses = []
        self._rates = []
        self._sizes = []
        self._norms = []

        last = self._progress.step
        steps = np.arange(last - count + 1, last + 1)
        count = self._count(losses, sizes)
        self._note_pace(now, sizes)
        self._so_far.add(
            steps=steps[:count], losses=losses[:count], rates=rates[:count], norms=norms[:count]
        )

        is_written = (steps % self._log_every == 0) | (steps == 1) | (steps == self._steps)
        is_written[count:] = False
        self._writer.steps(
            steps[is_written], losses[is_written], rates[is_written], norms[is_written]
        )
        self._emit(
            StepsDone(
                int(steps[count - 1]),
                self._progress.epoch,
                steps[:count],
                losses[:count],
                rates[:count],
                norms[:count],
                self.speed,
                self.elapsed,
                self.remaining,
            )
        )

        if self._progress.unfinite >= 2:
            raise Diverged(int(steps[count - 1]))

    def _count(self, losses: np.ndarray, sizes: list[int]) -> int:
        """Adds the losses to the epoch's; returns how many count: those up to a divergence."""
        progress = self._progress
        for index, (loss, size) in enumerate(zip(losses.tolist(), sizes, strict=True)):
            if math.isfinite(loss):
                progress.unfinite = 0
                progress.loss_sum += loss * size
                progress.loss_count += size
                continue

            progress.unfinite += 1
            if progress.unfinite >= 2:
                return index + 1

        return len(sizes)

    def _note_pace(self, now: float, sizes: list[int]) -> None:
        """Notes the pace of these steps; the very first is left out, as it also loads and plans."""
        if self._steps_read:
            self._progress.step_seconds += now - self._clock
            self._progress.step_examples += sum(sizes)
            self._paces.append((now - self._clock) / len(sizes))

        self._steps_read += len(sizes)
        self._clock = now
        self._last_read = now

    # --- time

    def restart_clock(self, judging: float = 0.0) -> None:
        """Starts to time the steps anew, after something that is no step.

        judging: seconds that an epoch's validation took, for the time that remains.
        """
        now = time.perf_counter()
        self._clock = now
        self._last_read = now
        self._judging_seconds = judging or self._judging_seconds

    def leave_out_pause(self, seconds: float) -> None:
        """Leaves a pause out of the elapsed time."""
        self._begun += seconds

    def leave_out(self, seconds: float) -> None:
        """Leaves a wait between two steps out of the elapsed time and out of the steps' own."""
        self._begun += seconds
        self._clock += seconds

    @property
    def elapsed(self) -> float:
        """Seconds of work on the whole run so far."""
        return self._progress.seconds + time.perf_counter() - self._begun

    def flush_clock(self) -> None:
        """Moves the elapsed time into the progress, before a checkpoint."""
        now = time.perf_counter()
        self._progress.seconds += now - self._begun
        self._begun = now

    @property
    def speed(self) -> float | None:
        """Examples per second of the training steps of the whole run; None before there are any."""
        progress = self._progress
        return progress.step_examples / progress.step_seconds if progress.step_seconds > 0 else None

    @property
    def remaining(self) -> float | None:
        """Seconds to the end, by the median pace of late; None before the sixth step was read."""
        if self._steps_read < 6 or not self._paces:
            return None

        left = self._steps - self._progress.step
        return (
            left * statistics.median(self._paces)
            + left / self._steps * self._epochs * self._judging_seconds
        )
