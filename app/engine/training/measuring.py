"""The ledger while a run trains: what the first step is seen to need, and every second what there is."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import torch

from app.engine.training import history, memory
from app.engine.training.events import Event, MemoryMeasured
from app.engine.training.history import Writer
from app.engine.training.outcome import Outcome
from app.engine.training.preparing import Work
from app.engine.training.run import Run

if TYPE_CHECKING:
    from app.engine.learning.task import Batch

MEASURE_EVERY, KEEP_EVERY = 1.0, 5.0
"""Seconds between two looks at the memory, and between two that are written down."""


class MemoryWatch:
    """Measures the memory of a run, tells it, and writes it to memory.jsonl. The outcome keeps the most of each row."""

    def __init__(self, work: Work, run: Run, outcome: Outcome, emit: Callable[[Event], None]) -> None:
        self._work, self._outcome, self._emit = work, outcome, emit
        self.monitor = memory.DeviceMonitor(work.device)
        self._writer = Writer(run.path / history.MEMORY)
        self._measured = self._kept = 0.0
        self._step: memory.StepMeter | None = None
        self._batch_bytes = memory.batch_bytes(work.plan.problem, work.plan.task, work.plan.step_size)

    def first_step(self, inputs: Batch, targets: torch.Tensor) -> memory.StepMeter:
        """Goes around passes and step of an attempt's first batch: what they hold is seen."""
        self._step = memory.StepMeter(self._work.network, self._work.optimizer, inputs, targets)
        return self._step

    def first_pass(self, inputs: Batch, targets: torch.Tensor) -> contextlib.AbstractContextManager[object]:
        """Goes around its forward pass."""
        assert self._step is not None
        return self._step.forward(inputs, targets)

    def look(self, step: int, first: bool) -> None:
        """Measures if it is time. step: steps done."""
        now = time.perf_counter()
        if not first and now - self._measured < MEASURE_EVERY:
            return
        self._measured = now
        rows = self._rows()
        device, reasons = self.monitor.sample()
        self._emit(MemoryMeasured(step, rows, device, reasons))
        if first or now - self._kept >= KEEP_EVERY:
            self._kept = now
            self._writer.line({"step": step, "rows": rows, "device": device, "reasons": reasons})

    def _rows(self) -> dict[str, int | None]:
        """The ledger as it is now."""
        work, seen = self._work, self._step
        rows = memory.measure(
            work.network, work.optimizer, work.optimizer_choice, seen if seen is not None else 0, self._batch_bytes,
            work.batches.bytes,
        )
        kept = self._outcome.measured
        for name, value in rows.items():
            kept[name] = max(value, kept.get(name) or 0)
        return dict(rows)

    def close(self) -> None:
        self.monitor.close()
        self._writer.close()
