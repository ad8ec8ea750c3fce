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

from app.engine.compute.batches import batch_count
from app.engine.compute.fused_adam import FusedAdam
from app.engine.compute.gradient_norm import clip_gradients, gradient_norm
from app.engine.compute.manual.network import ManualNetwork
from app.engine.learning.loss import mean_of_members, targets_of_members

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
        self.device = device
        self.autocast = autocast
        # Kept, because going through the modules would take time in every step.
        self._parameters = list(network.parameters())
        self._trained = [weight for weight in self._parameters if weight.requires_grad]
        is_usual = device.type == "cpu" and autocast is None
        self.manual = ManualNetwork.of(network) if is_usual else None
        """The network without autograd, where it is small and of layers that have that."""

        self.kept: list[tuple[torch.Tensor, torch.Tensor]] | None = None
        """Where it is a list, the outputs of the last batch and their targets, a pair a part."""

        self._adam: FusedAdam | None = None
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
        size = targets.shape[0]  # len() of a tensor takes longer
        parts = batch_count(size, self.part_size)
        if parts <= 1 and self.manual is not None and meter is None and self.network.training:
            self._forget_outputs()
            return self.manual.gradients(inputs, targets, self.loss_function, self.kept)

        self.forget_gradients()
        if parts <= 1:
            return self._pass(inputs, targets, None, meter)

        weight = self.loss_function.weight(targets)
        loss = torch.zeros((), device=self.device)
        for index in range(parts):
            part = slice(index * size // parts, (index + 1) * size // parts)
            part_targets = targets[part]
            share = self.loss_function.weight(part_targets) / weight
            part_meter = meter if index == 0 else None
            loss += self._pass(part_of(inputs, part), part_targets, share, part_meter)

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
            loss = self._loss(inputs, targets)
            if share is not None:
                loss = loss * share

        scaled = self.scaler.scale(loss) if self.scaler is not None else loss
        torch.autograd.backward(scaled)
        return loss.detach()

    def _loss(self, inputs: Batch, targets: torch.Tensor) -> torch.Tensor:
        """Returns the loss of a part with its graph. The outputs are let go of unless kept."""
        outputs = self.network(inputs)
        if self.kept is not None:
            self.kept.append((mean_of_members(outputs.detach(), targets), targets))

        return self.loss_function(outputs, targets_of_members(targets, outputs))

    def forget_gradients(self) -> None:
        """Lets go of the gradients of the step before, and of what a failed pass left."""
        for parameter in self._parameters:
            parameter.grad = None

        self._forget_outputs()

    def _forget_outputs(self) -> None:
        if self.kept:
            self.kept.clear()

    def precision(self) -> contextlib.AbstractContextManager[object]:
        """Returns the context in which activations have the precision of the run."""
        if self.autocast is None:
            return contextlib.nullcontext()
        return torch.autocast(self.device.type, dtype=self.autocast)

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
            self.clip(clip)

        self.step(optimizer)
        return loss

    def unscale(self, optimizer: torch.optim.Optimizer) -> None:
        """Gives gradients their own size again, before they are measured or clipped."""
        if self.scaler is not None:
            self.scaler.unscale_(optimizer)

    def clip(self, most: float) -> torch.Tensor:
        """Makes the gradients shorter where their norm is above `most`; returns it as it was."""
        return clip_gradients(self._trained, most)

    def gradient_norm(self) -> torch.Tensor:
        """Returns the norm of all gradients, a scalar on the device."""
        return gradient_norm([weight.grad for weight in self._trained if weight.grad is not None])

    def step(self, optimizer: torch.optim.Optimizer) -> None:
        """Does the optimizer's step.

        In float16 it is left out, and the scale lowered, where a gradient overflowed.
        """
        if self.scaler is None:
            self._step(optimizer)
            return

        self.scaler.step(optimizer)
        self.scaler.update()

    def _step(self, optimizer: torch.optim.Optimizer) -> None:
        if self._adam is None or not self._adam.is_of(optimizer):
            self._adam = FusedAdam.of(optimizer) if self.device.type == "cpu" else None

        if self._adam is None or not self._adam.step():
            optimizer.step()

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


def part_of(inputs: Batch, part: slice) -> Batch:
    """Returns some examples of a batch, of pairs both halves."""
    return tuple(half[part] for half in inputs) if isinstance(inputs, tuple) else inputs[part]
