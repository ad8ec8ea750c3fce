"""Counts the multiply-adds that a module does, to compare them with what its block says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry, sdpa_flop_count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch._ops import OpOverload

_CPU_ATTENTION = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu
_CPU_RECURRENCE = torch.ops.aten.mkldnn_rnn_layer


class WorkMeter(TorchDispatchMode):
    """Counts multiply-adds as torch's FlopCounterMode, and attention and LSTM of the CPU too."""

    def __init__(self) -> None:
        super().__init__()
        self.multiply_adds = 0

    def __torch_dispatch__(
        self,
        func: OpOverload,
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        kwargs = kwargs or {}
        result = func(*args, **kwargs)
        packet = func.overloadpacket
        flops = 0
        if packet is _CPU_ATTENTION:
            query, key, value = args[:3]
            flops = sdpa_flop_count(query.shape, key.shape, value.shape)
        elif packet is _CPU_RECURRENCE:
            steps, weights_of_input, weights_of_memory = args[:3]
            positions = steps.shape[0] * steps.shape[1]
            flops = 2 * positions * (weights_of_input.numel() + weights_of_memory.numel())
        elif packet in flop_registry:
            flops = flop_registry[packet](*args, **kwargs, out_val=result)

        self.multiply_adds += flops // 2
        return result
