"""Forward and backward passes: from a batch to the gradients of its mean loss.

A batch goes through in one part or in several, in the precision of the run.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import TYPE_CHECKING

import torch
from torch import nn
from torch.amp.grad_scaler import GradScaler
from torch.nn.utils import clip_grad_norm_

from app.engine.compute.batches import batch_count

if TYPE_CHECKING:
    from app.engine.data.preparation import Batch
    from app.engine.learning.loss import LossFunction

Meter = Callable[["Batch", torch.Tensor], contextlib.AbstractContextManager[object]]
"""(inputs, targets) -> a context around their forward pass."""


class Passes:
    """Computes the gradients of a network, and leaves them with the parameters.

    part_size: examples that go through at once. A larger batch is cut into parts of equal size,
    give or take one, whose gradients add up to those of the whole: each part counts by its weight
    in the loss. Normalisation over a batch then sees a part, and losses that compare examples
    compare those of a part.
    """

    def __init__(
        self,
        network: nn.Module,
        loss_function: LossFunction,
        device: torch.device,
        autocast: torch.dtype | None,
        part_size: int,
    ) -> None:
        self.network = network
        self.loss_function = loss_function
        self.part_size = part_size
        self._device = device
        self._autocast = autocast
        # Kept, because going through the modules would take time in every step.
        self._parameters = list(network.parameters())
        self.scaler = GradScaler(device.type) if autocast is torch.float16 else None
        """Multiplies the loss so that small gradients do not vanish in float16.

        Micikevicius et al. 2018 (arXiv:1710.03740).
        """

    def __call__(
        self, inputs: Batch, targets: torch.Tensor, meter: Meter | None = None
    ) -> torch.Tensor:
        """Returns the loss, a scalar without graph.

        inputs, targets: as from Batches.get. meter: goes around the forward pass of the first part.
        """
        for parameter in self._parameters:
            parameter.grad = None

        size = len(targets)
        parts = batch_count(size, self.part_size)
        if parts <= 1:
            return self._pass(inputs, targets, None, meter)

        weight = self.loss_function.weight(targets)
        loss = torch.zeros((), device=self._device)
        for index in range(parts):
            part = slice(index * size // parts, (index + 1) * size // parts)
            part_targets = targets[part]
            share = self.loss_function.weight(part_targets) / weight
            part_meter = meter if index == 0 else None
            loss += self._pass(_part(inputs, part), part_targets, share, part_meter)

        return loss

    def _pass(
        self,
        inputs: Batch,
        targets: torch.Tensor,
        share: torch.Tensor | float | None,
        meter: Meter | None,
    ) -> torch.Tensor:
        with (
            meter(inputs, targets) if meter is not None else contextlib.nullcontext(),
            self.precision(),
        ):
            loss = self.loss_function(self.network(inputs), targets)
            if share is not None:
                loss = loss * share

        scaled = self.scaler.scale(loss) if self.scaler is not None else loss
        torch.autograd.backward(scaled)
        return loss.detach()

    def precision(self) -> contextlib.AbstractContextManager[object]:
        """Returns the context in which activations have the precision of the run."""
        if self._autocast is None:
            return contextlib.nullcontext()
        return torch.autocast(self._device.type, dtype=self._autocast)

    # --- the step

    def whole_step(
        self,
        optimizer: torch.optim.Optimizer,
        inputs: Batch,
        targets: torch.Tensor,
        clip: float | None,
    ) -> torch.Tensor:
        """Does a step as the trainer does it, for those who only try some steps.

        Returns the loss before it, a scalar without graph.

        clip: the most that the norm of the gradients may be, None or 0 for any.
        """
        loss = self(inputs, targets)
        self.unscale(optimizer)

        if clip:
            trained = [parameter for parameter in self._parameters if parameter.requires_grad]
            clip_grad_norm_(trained, clip)

        self.step(optimizer)
        return loss

    def unscale(self, optimizer: torch.optim.Optimizer) -> None:
        """Gives gradients their own size again, before they are measured or clipped."""
        if self.scaler is not None:
            self.scaler.unscale_(optimizer)

    def step(self, optimizer: torch.optim.Optimizer) -> None:
        """Does the optimizer's step.

        In float16 it is left out, and the scale lowered, where a gradient overflowed.
        """
        if self.scaler is None:
            optimizer.step()
            return

        self.scaler.step(optimizer)
        self.scaler.update()

    def scale_state(self) -> dict[str, float]:
        """Returns the state of the scaling as plain numbers, {} without it.

        Waits for the device.
        """
        if self.scaler is None:
            return {}

        return {name: float(value) for name, value in self.scaler.state_dict().items()}

    def load_scale(self, state: dict[str, float]) -> None:
        """Restores what `scale_state` returned."""
        if self.scaler is not None and state:
            typed = {
                name: int(value) if name in _INTEGERS else value for name, value in state.items()
            }
            self.scaler.load_state_dict(typed)


_INTEGERS = ("growth_interval", "_growth_tracker")
"""Whole numbers in the state of a GradScaler, which checkpoints keep as floats."""


def _part(inputs: Batch, part: slice) -> Batch:
    return tuple(half[part] for half in inputs) if isinstance(inputs, tuple) else inputs[part]
