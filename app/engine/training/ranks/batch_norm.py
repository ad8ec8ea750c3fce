"""Batch norm over a batch that several processes share: its averages are gathered from all.

Axes: B own examples, C channels, H and W of a picture. Each process computes its sums, the sums are
added up over the processes, forward and backward. It is what SyncBatchNorm of torch does on GPUs;
that one refuses CPUs.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import torch
from torch import distributed

from app.engine.training.build import BATCH_NORMS

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from torch import nn

    Waiting = Callable[[], AbstractContextManager[None]]


class _Summed(torch.autograd.Function):
    """Adds a tensor up over all processes; so its gradient is the sum of theirs."""

    @staticmethod
    def forward(context: Any, values: torch.Tensor, group: Any, waiting: Waiting) -> torch.Tensor:
        context.group = group
        context.waiting = waiting
        summed = values.clone(memory_format=torch.contiguous_format)
        with waiting():
            distributed.all_reduce(summed, group=group)
        return summed

    @staticmethod
    def backward(context: Any, *gradients: torch.Tensor) -> tuple[torch.Tensor, None, None]:
        summed = gradients[0].clone(memory_format=torch.contiguous_format)
        with context.waiting():
            distributed.all_reduce(summed, group=context.group)
        return summed, None, None


def gather_averages(network: nn.Module, counts: Callable[[], bool], waiting: Waiting) -> None:
    """Makes every batch norm of a network take its averages over all processes, in training.

    counts: whether the examples that this process has just now belong to the batch; one that has
    none takes part with others that do not count. The order of collectives is the same everywhere.
    waiting: goes around each of them.
    """
    group = distributed.new_group()

    def summed(values: torch.Tensor) -> torch.Tensor:
        found: torch.Tensor = _Summed.apply(  # type: ignore[no-untyped-call]
            values, group, waiting
        )
        return found

    for module in network.modules():
        if isinstance(module, BATCH_NORMS):
            whole = functools.partial(_forward, module, module.forward, counts, summed)
            module.forward = whole  # type: ignore[method-assign]  # the module's name stays


def _forward(
    module: Any,
    alone: Callable[[torch.Tensor], torch.Tensor],
    counts: Callable[[], bool],
    summed: Callable[[torch.Tensor], torch.Tensor],
    inputs: torch.Tensor,
) -> torch.Tensor:
    """Returns inputs (B, C, ...) normalised over the examples of all processes.

    In evaluation it is the module's own.
    """
    if not module.training:
        return alone(inputs)

    values = inputs.float()
    axes = [0, *range(2, values.dim())]
    shape = [1, -1, *[1] * (values.dim() - 2)]
    is_mine = float(counts())
    own = values.new_tensor([is_mine * values.numel() / values.shape[1]])

    sums = summed(torch.cat([values.sum(axes) * is_mine, own]))
    count = sums[-1].detach()
    mean = sums[:-1] / count
    centred = values - mean.view(shape)
    squares = summed(centred.square().sum(axes) * is_mine)
    variance = squares / count
    _remember(module, mean.detach(), variance.detach(), count)

    normalised = centred * torch.rsqrt(variance + module.eps).view(shape)
    if module.affine:
        normalised = normalised * module.weight.view(shape) + module.bias.view(shape)

    return normalised.to(inputs.dtype)


def _remember(module: Any, mean: torch.Tensor, variance: torch.Tensor, count: torch.Tensor) -> None:
    """Moves the running averages: the variance is that of all values, as an estimate (n - 1)."""
    if not module.track_running_stats:
        return

    module.num_batches_tracked += 1
    momentum = module.momentum
    if momentum is None:
        momentum = 1.0 / float(module.num_batches_tracked)

    unbiased = variance * (count / (count - 1).clamp(min=1))
    module.running_mean.lerp_(mean, momentum)
    module.running_var.lerp_(unbiased, momentum)
