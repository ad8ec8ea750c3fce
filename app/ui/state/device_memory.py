"""What is free on the device: one reading that every part of the window shows."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

if TYPE_CHECKING:
    from app.engine.planning.memory_estimate import Budget
    from app.ui.state.background import Background, Failure
    from app.ui.state.document import Document

FRESH = 3.0
"""Seconds for which a reading holds: parts that ask at once then show the same figure."""


class DeviceMemory(QObject):
    """The memory of the device that is chosen, as it was read last.

    changed(): `budget` or `failure` is another one. budget: None before the first reading, and
    where it failed, which `failure` says.
    """

    changed = Signal()

    def __init__(self, document: Document, background: Background) -> None:
        super().__init__()
        self._document = document
        self._background = background
        self.budget: Budget | None = None
        self.failure = ""
        self._read_of = ""
        self._read_at = 0.0

    def read(self) -> None:
        """Reads it on the background thread, unless that was done a moment ago.

        It loads the engine; call it once that is there.
        """
        setting = self._document.experiment.training.device
        fresh = time.monotonic() - self._read_at < FRESH
        if not (fresh and setting == self._read_of):
            self._read_of = setting
            self._background.run(
                lambda _: read_device(setting), self.take, self._fail, key="device.memory"
            )

    def take(self, budget: Budget) -> None:
        """Takes a reading that was made for the device that is chosen."""
        self._read_at = time.monotonic()
        self.budget = replace(budget, held=0)
        self.failure = ""
        self.changed.emit()

    def _fail(self, failure: Failure) -> None:
        self.budget = None
        self.failure = failure.message
        self.changed.emit()


def read_device(setting: str) -> Budget:
    """Returns the device that a training would run on, and its memory.

    Called on the background thread, for it loads the engine. Raises UserError.
    """
    from app.engine.compute.device import choose  # noqa: PLC0415 - it loads torch
    from app.engine.planning.memory_estimate import budget_of  # noqa: PLC0415 - it loads torch

    return budget_of(choose(setting))
