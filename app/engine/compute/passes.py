"""Forward and backward: from a batch to the gradients of its mean loss, in one part or in several,
in the precision of the run.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch
from torch import nn
from torch.amp.grad_scaler import GradScaler
from torch.nn.utils import clip_grad_norm_

from app.engine.compute.batches import batch_count

if TYPE_CHECKING:
    from app.engine.data.preparation import Batch
    from app.engine.learning.loss import LossFunction

Meter = Callable[["Batch", torch.Tensor], contextlib.AbstractContextManager[Any]]


class Passes:
    """Gradients of a network.

    Calling it leaves them with the parameters; it returns the loss, a scalar without graph.

    part_size: examples that go through at once. A larger batch is cut into parts of equal size,
    give or take one; their gradients add up to those of the whole: each counts by its weight in the
    loss. Normalisation over a batch then sees a part, and losses that compare examples compare
    those of a part.
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
        self._parameters = list(
            network.parameters()
        )  # to go through the modules takes time in every step
        self.scaler = GradScaler(device.type) if autocast is torch.float16 else None
        """Multiplies the loss so that small gradients do not vanish in float16 (Micikevicius et al.
        2018, arXiv:1710.03740).
        """

    def __call__(
        self, inputs: Batch, targets: torch.Tensor, meter: Meter | None = None
    ) -> torch.Tensor:
        """inputs, targets: as from Batches.get.

        meter: opened around the forward pass of the first part.
        """
        for parameter in self._parameters:
            parameter.grad = None

        size = len(targets)
        parts = batch_count(
            size, self.part_size
        )  # one left over joins the others: normalising needs two
        if parts <= 1:
            return self._pass(inputs, targets, None, meter)

        whole = self.loss_function.weight(targets)
        total = torch.zeros((), device=self._device)
        for number in range(parts):
            part = slice(number * size // parts, (number + 1) * size // parts)
            mine = targets[part]
            share = self.loss_function.weight(mine) / whole
            total += self._pass(_part(inputs, part), mine, share, meter if number == 0 else None)

        return total

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
        scaled.backward()
        return loss.detach()

    def precision(self) -> contextlib.AbstractContextManager[Any]:
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
        """A step as the trainer takes it, for those who only try: gradients, shortened to `clip` if
        there is one, and the optimizer's step. Returns the loss before it, a scalar without
        graph.
        """
        loss = self(inputs, targets)
        self.unscale(optimizer)

        if clip:
            clip_grad_norm_([one for one in self._parameters if one.requires_grad], clip)

        self.step(optimizer)
        return loss

    def unscale(self, optimizer: torch.optim.Optimizer) -> None:
        """Gradients in their own size again: before they are measured or shortened."""
        if self.scaler is not None:
            self.scaler.unscale_(optimizer)

    def step(self, optimizer: torch.optim.Optimizer) -> None:
        """The optimizer's step; in float16 it is left out, and the scale lowered, where a gradient
        overflowed.
        """
        if self.scaler is None:
            optimizer.step()
            return

        self.scaler.step(optimizer)
        self.scaler.update()

    def scale_state(self) -> dict[str, float]:
        """Where the scaling stands, as plain numbers; {} without it. Waits for the device."""
        return (
            {name: float(value) for name, value in self.scaler.state_dict().items()}
            if self.scaler
            else {}
        )

    def load_scale(self, state: dict[str, float]) -> None:
        if self.scaler is not None and state:
            whole = {
                name: int(value) if name in _COUNTS else value for name, value in state.items()
            }
            self.scaler.load_state_dict(whole)


_COUNTS = ("growth_interval", "_growth_tracker")


def _part(inputs: Batch, part: slice) -> Batch:
    return tuple(one[part] for one in inputs) if isinstance(inputs, tuple) else inputs[part]
