"""Outputs of training steps that wait until their margins are worked out, many at a time.

To work them out in every step would take longer than the step of a small network.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from app.engine.learning.task import Task
    from models.shape import Problem

MOST = 1 << 17
"""Numbers that may wait, but for those of the last step: half a megabyte."""

MOST_OF_EPOCHS = 1 << 13
"""Numbers that may wait when an epoch ends: of a small table those of several epochs."""


def most_bytes(task: Task, problem: Problem) -> int:
    """Returns the bytes that wait at most while a step is done; 0 where nothing is kept."""
    if not task.has_margins:
        return 0

    return 4 * min(MOST, max(MOST_OF_EPOCHS, problem.examples * problem.outputs))


class KeptOutputs:
    """Collects outputs and targets, and works out their margins."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self._waiting: list[tuple[torch.Tensor, torch.Tensor]] = []
        self._numbers = 0
        self._done: list[torch.Tensor] = []

    def add(self, parts: list[tuple[torch.Tensor, torch.Tensor]]) -> None:
        """Adds the outputs (B, *output) of a step with their targets, a pair for each part."""
        self._waiting += parts
        self._numbers += len(parts) * parts[0][0].numel()  # give or take one example a part
        if self._numbers >= MOST:
            self._work_out()

    def has_room(self, examples: int) -> bool:
        """Returns whether the outputs of an epoch of so many examples may wait beside the others.

        It is asked when an epoch has ended, and nothing was worked out before.
        """
        each = self._waiting[0][0] if self._waiting else None
        if each is None or self._done:
            return False

        return self._numbers + examples * (each.numel() // len(each)) <= MOST_OF_EPOCHS

    def start_with(self, margins: torch.Tensor) -> None:
        """Begins with what was worked out before: (3, n)."""
        self._done = [margins]

    def margins(self) -> torch.Tensor:
        """Returns what is known of all examples that were added, in order: (3, n) float32.

        Rows as in learning.margins. Waits for the device.
        """
        self._work_out()
        # Those of a checkpoint lie on the CPU, whatever the device of the others.
        self._done = [part.cpu() for part in self._done]
        if len(self._done) == 1:
            return self._done[0]

        return torch.cat(self._done, dim=1) if self._done else torch.zeros(3, 0)

    def take(self) -> torch.Tensor:
        """Returns `margins` and begins anew."""
        found = self.margins()
        self._done = []
        return found

    def _work_out(self) -> None:
        if not self._waiting:
            return

        outputs, targets = zip(*self._waiting, strict=True)
        self._waiting = []
        self._numbers = 0
        with torch.no_grad():
            self._done.append(self._task.margins(torch.cat(outputs).float(), torch.cat(targets)))
