"""Builds layers without the memory and the values of their weights."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from models.memory.lazy_dynamo import spare_dynamo

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def without_memory() -> Iterator[None]:
    """Builds layers on torch's device "meta", whose tensors have a shape and nothing else.

    `give_memory` gives them memory afterwards, for values that come from elsewhere. Without the
    stand-in for torch's compiler an embedding would load that: 0.6 s of the processor in each
    process that only predicts. What a layer computes for its first weights, such as positions,
    still loads torch's symbolic algebra: 0.3 s.
    """
    spare_dynamo()
    with torch.device("meta"), WithoutValues():
        yield


def give_memory(network: nn.Module) -> None:
    """Gives every weight and buffer of a network, or of a block, memory on the CPU, of any values.

    `to_empty` does the same, by a way through torch's symbolic algebra: 0.3 s to load it.
    """
    for module in network.modules():
        for name, weight in list(module.named_parameters(recurse=False)):
            values = torch.empty(weight.shape, dtype=weight.dtype)
            setattr(module, name, nn.Parameter(values, weight.requires_grad))
        for name, buffer in list(module.named_buffers(recurse=False)):
            setattr(module, name, torch.empty(buffer.shape, dtype=buffer.dtype))


class WithoutValues(TorchFunctionMode):
    """Leaves out what only gives new weights their values, where they have no memory for any.

    Giving them takes a fifth of the time of measuring a block.
    """

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        del types
        given = kwargs or {}
        if func in _FILLING:
            return args[0] if args else given["tensor"]

        return func(*args, **given)


_FILLING = {
    torch.Tensor.fill_,
    torch.Tensor.zero_,
    torch.Tensor.normal_,
    torch.Tensor.uniform_,
    nn.init.kaiming_uniform_,
    nn.init.normal_,
    nn.init.uniform_,
    nn.init.xavier_uniform_,
}
