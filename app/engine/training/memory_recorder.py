"""The ledger while a run trains: what the first step is seen to need, and every second what there
is.
"""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING

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
    from app.engine.runs.run import Run
    from app.engine.runs.summary import Outcome
    from app.engine.training.build import TrainState

MEASURE_EVERY = 1.0
KEEP_EVERY = 5.0
"""Seconds between two looks at the memory, and between two that are written down."""

FOLLOWED = (0, 9)
"""Steps of an attempt that are followed whole: the first, and one by which RAdam takes what it will
take.
"""

_NOTHING: contextlib.AbstractContextManager[None] = contextlib.nullcontext()


class MemoryRecorder:
    """Measures the memory of a run, tells it, and writes it to memory.jsonl.

    The outcome keeps the most of each row.
    """

    def __init__(
        self, train_state: TrainState, run: Run, outcome: Outcome, emit: Callable[[Event], None]
    ) -> None:
        self._train_state = train_state
        self._outcome = outcome
        self._emit = emit
        self.monitor = DeviceMonitor(train_state.device)
        self._writer = Writer(run.path / history.MEMORY)
        self._measured = self._kept = 0.0
        self._done = 0
        self._anew = False
        self._seen: StepMeter | None = None
        self._meter: StepMeter | None = None
        self._batch_bytes = train_state.predicted["batch"]

    def step(
        self, inputs: Batch, targets: torch.Tensor
    ) -> contextlib.AbstractContextManager[StepMeter | None]:
        """Goes around the passes and the optimizer's step of a batch.

        Gives the meter of a step that is followed.
        """
        self._done += 1
        if self._done - 1 not in FOLLOWED and not self._anew:
            return _NOTHING

        if self._anew:
            self._anew = False
            self._seen = None

        self._meter = StepMeter(
            self._train_state.network, self._train_state.optimizer, inputs, targets
        )
        return self._meter

    def follow_next_step(self) -> None:
        """Steps are done otherwise from here on: the next one is followed, and what was seen before
        is forgotten.
        """
        self._anew = True

    def _largest(self) -> StepMeter | None:
        """The followed step that held the most, of those done as they are now."""
        meter = self._meter
        self._meter = None

        if meter is not None and (
            self._seen is None or (meter.beyond or 0) >= (self._seen.beyond or 0)
        ):
            self._seen = meter

        return self._seen

    def measure_if_due(self, step: int, first: bool) -> None:
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
        train_state = self._train_state
        rows = ledger.measure(
            train_state.network,
            train_state.optimizer,
            train_state.optimizer_choice,
            self._largest(),
            self._batch_bytes,
            train_state.batches.bytes,
        )

        kept = self._outcome.measured
        for name, value in rows.items():
            kept[name] = max(value, kept.get(name) or 0)

        return dict(rows)

    def close(self) -> None:
        self.monitor.close()
        self._writer.close()
