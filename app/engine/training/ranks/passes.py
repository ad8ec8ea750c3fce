"""Passes of one process of several: its share of each batch, and the gradients of the whole.

Each process prepares the whole batch, so that augmentation and damage are those of one process, and
takes its share of it. Its loss counts by the weight of its examples, so that the sum over the
processes is the mean over the batch, however unevenly it is divided.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import torch
from torch.nn.parallel import DistributedDataParallel

from app.engine.compute.batches import batch_count
from app.engine.compute.division import shares
from app.engine.compute.passes import Meter, Passes, part_of
from app.engine.learning.loss import targets_of_members
from app.engine.training.ranks.batch_norm import gather_averages

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.engine.data.preparation import Batch
    from app.engine.training.ranks.group import Group

LEAST_SHARE = 2
"""Examples that a process without any takes part with; normalising over a batch needs two."""


class SharedPasses(Passes):
    """Computes the gradients of a network together with the other processes of a group.

    Where a batch is too small for all, the last processes go through its first examples, which
    count nothing: all take part in every exchange.
    """

    def __init__(
        self,
        passes: Passes,
        group: Group,
        gathers_averages: bool,
        watched: Callable[[], contextlib.AbstractContextManager[object]] = contextlib.nullcontext,
    ) -> None:
        """gathers_averages: whether batch norm takes those of the whole batch.

        watched: goes around a batch, to say which process has gone where an exchange breaks.
        """
        super().__init__(
            passes.network,
            passes.loss_function,
            passes.device,
            passes.autocast,
            passes.part_size,
        )
        self._group = group
        self._watched = watched
        self._counts = True
        self._wait_for_loss: Callable[[], None] = lambda: None
        if gathers_averages:
            gather_averages(self.network, lambda: self._counts, group.position.waiting)

        # Gradients lie in the buckets that are exchanged: nothing is held twice.
        self._shared = DistributedDataParallel(
            self.network, forward_sync_buffers=False, gradient_as_bucket_view=True
        )

    def __call__(
        self, inputs: Batch, targets: torch.Tensor, meter: Meter | None = None
    ) -> torch.Tensor:
        """Returns the loss of the whole batch, a scalar without graph, in every process.

        It is that of the whole batch once `step` has been called: the sum over the processes is
        made while the weights are updated. inputs, targets: the whole batch, as from Batches.get.
        """
        self.forget_gradients()
        size = targets.shape[0]
        parts = batch_count(size, self.part_size)
        weight = self.loss_function.weight(targets)
        loss = torch.zeros((), device=self.device)
        with self._watched():
            for index in range(parts):
                part = slice(index * size // parts, (index + 1) * size // parts)
                # The gradients of the parts are added up here, and exchanged with the last.
                is_last = index == parts - 1
                with contextlib.nullcontext() if is_last else self._shared.no_sync():
                    part_meter = meter if index == 0 else None
                    loss += self._share(part_of(inputs, part), targets[part], weight, part_meter)

            self._wait_for_loss = self._group.summing(loss)

        if self.device.type == "cpu":
            # Another device still waits for the others: nobody could say whether this one hangs.
            self._group.position.works("update")

        return loss

    def step(self, optimizer: torch.optim.Optimizer) -> None:
        super().step(optimizer)
        with self._watched():
            self._wait_for_loss()

    def _share(
        self,
        inputs: Batch,
        targets: torch.Tensor,
        weight: torch.Tensor | float,
        meter: Meter | None,
    ) -> torch.Tensor:
        """Takes the share of a part; returns what its loss adds to that of the batch.

        weight: of the whole batch in the loss.
        """
        self._group.position.works("pass")
        parts = shares(targets.shape[0], self._group.size)
        mine = parts[self._group.rank]
        self._counts = mine.stop > mine.start
        taken = mine if self._counts else slice(0, LEAST_SHARE)
        own = part_of(inputs, taken)
        own_targets = targets[taken]
        with (
            meter(own, own_targets) if meter is not None else contextlib.nullcontext(),
            self.precision(),
        ):
            outputs = self._shared(own)
            if self.loss_function.compares:
                # Every process compares all examples; each lets the gradient of its own pass.
                outputs = torch.cat(self._group.gathered(outputs, parts))
                own_targets = targets

            loss = self.loss_function(outputs, targets_of_members(own_targets, outputs))
            share = self.loss_function.weight(own_targets) / weight
            if not self._counts:
                share = share * 0.0

            loss = loss * share

        # DistributedDataParallel takes the mean over the processes; the sum is meant.
        scaled = loss * float(self._group.size)
        if self.scaler is not None:
            scaled = self.scaler.scale(scaled)

        scaled.register_hook(self._begin_backward)  # type: ignore[no-untyped-call]
        torch.autograd.backward(scaled)
        is_counted = not self.loss_function.compares or self._group.rank == 0
        return loss.detach() if is_counted else torch.zeros_like(loss)

    def _begin_backward(self, _: torch.Tensor) -> None:
        """Lets it be noted when the gradients of this process are there, and only others miss.

        The first callback of a backward pass goes before that of DistributedDataParallel, which
        waits for the gradients of the others.
        """
        engine: Any = torch.autograd.Variable._execution_engine  # noqa: SLF001 - no other way
        engine.queue_callback(self._group.position.waits)
