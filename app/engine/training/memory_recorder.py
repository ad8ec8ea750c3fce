"""The memory ledger while a run trains: measured in the first step, and then every second."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING

from app.engine.compute import kept_outputs
from app.engine.memory import ledger
from app.engine.memory.device_monitor import DeviceMonitor
from app.engine.memory.step_meter import StepMeter
from app.engine.runs import history
from app.engine.runs.events import Event, MemoryMeasured
from app.engine.runs.history import Writer

if TYPE_CHECKING:
    from collections.abc import Callable

    import torch

    from app.engine.data.preparation import Batch
    from app.engine.runs.outcome import Outcome
    from app.engine.runs.run import Run
    from app.engine.training.build import TrainState

MEASURE_EVERY = 1.0
"""Seconds between two measurements."""

WRITE_EVERY = 5.0
"""Seconds between two measurements that are written to memory.jsonl."""

METERED_STEPS = (0, 9)
"""Steps of an attempt whose peak is metered: the first, and one when RAdam has all its state."""

_NOTHING: contextlib.AbstractContextManager[None] = contextlib.nullcontext()


class MemoryRecorder:
    """Measures the memory of a run, tells it and writes it to memory.jsonl.

    The outcome keeps the largest value of each row.
    """

    def __init__(
        self, train_state: TrainState, run: Run, outcome: Outcome, emit: Callable[[Event], None]
    ) -> None:
        self._train_state = train_state
        self._outcome = outcome
        self._emit = emit
        self.monitor = DeviceMonitor(train_state.device)
        self._writer = Writer(run.path / history.MEMORY)
        self._last_measured = 0.0
        self._last_written = 0.0
        self._steps = 0
        self._steps_changed = False
        self._meter: StepMeter | None = None
        self._largest: StepMeter | None = None
        self._batch_bytes = train_state.predicted["batch"]

    def step(
        self, inputs: Batch, targets: torch.Tensor
    ) -> contextlib.AbstractContextManager[StepMeter | None]:
        """Goes around the passes and the optimizer's step of a batch.

        It yields the meter of a step that is metered, else None.
        """
        self._steps += 1
        if self._steps - 1 not in METERED_STEPS and not self._steps_changed:
            return _NOTHING

        if self._steps_changed:
            self._steps_changed = False
            self._largest = None

        self._meter = StepMeter(
            self._train_state.network, self._train_state.optimizer, inputs, targets
        )
        return self._meter

    def meter_next_step(self) -> None:
        """Meters the next step and forgets those before, which were done otherwise."""
        self._steps_changed = True

    def _largest_step(self) -> StepMeter | None:
        """Returns the meter of the step that held the most, of those done as now."""
        meter = self._meter
        self._meter = None

        if meter is not None and (
            self._largest is None or (meter.beyond or 0) >= (self._largest.beyond or 0)
        ):
            self._largest = meter

        return self._largest

    def measure_if_due(self, step: int, first: bool) -> None:
        """Measures where it is time, and always after the first step. step: the steps done."""
        now = time.perf_counter()
        if not first and now - self._last_measured < MEASURE_EVERY:
            return

        self._last_measured = now
        rows = self._rows()
        device, reasons = self.monitor.sample()
        self._emit(MemoryMeasured(step, rows, device, reasons))

        if first or now - self._last_written >= WRITE_EVERY:
            self._last_written = now
            self._writer.line({"step": step, "rows": rows, "device": device, "reasons": reasons})

    def _rows(self) -> dict[str, int | None]:
        """Returns the ledger as it is now, in bytes, and notes its largest values."""
        train_state = self._train_state
        rows = ledger.measure(
            train_state.network,
            train_state.optimizer,
            train_state.optimizer_choice,
            self._largest_step(),
            self._batch_bytes,
            train_state.batches.bytes,
            kept_outputs.most_bytes(train_state.plan.task, train_state.network.problem),
        )

        largest = self._outcome.measured
        for name, value in rows.items():
            largest[name] = max(value, largest.get(name) or 0)

        return dict(rows)

    def close(self) -> None:
        self.monitor.close()
        self._writer.close()
