"""Which block an operator over a sequence becomes: filters and pooling of signals.

In files channels come first, (B, C, L); here sequences are tokens, (B, L, C). See BlockOf.turned.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from app.engine.export.reading.operators import BlockOf, NoBlock, pair

if TYPE_CHECKING:
    from app.engine.export.reading.operators import Operator


def convolution_1d(operator: Operator) -> BlockOf:
    """Returns the block of filters (channels, channels, places)."""
    weight = operator.weights["weight"]
    settings = operator.settings
    size = weight.shape[2]
    stride, dilation = (pair(settings.get(name, 1)) for name in ("stride", "dilation"))
    padding = pair(settings.get("padding", 0))
    reach = dilation * (size - 1) + 1
    if padding and not _pads_as_here(operator, reach, stride, padding):
        raise NoBlock(f"with {padding} zeros around, for filters of {size}, by {stride}")

    return BlockOf(
        "convolution-1d",
        {
            "channels": weight.shape[0],
            "kernel_size": size,
            "stride": stride,
            "dilation": dilation,
            "groups": int(settings.get("groups", 1)),
            "padding": "same" if padding else "none",
        },
        {
            "filters.weight": weight,
            "filters.bias": operator.weights.get("bias", torch.zeros(len(weight))),
        },
        turned=True,
        gives=True,
    )


def _pads_as_here(operator: Operator, reach: int, stride: int, padding: int) -> bool:
    """Returns whether as many zeros before and after are what "same" padding puts there.

    The block puts half of what is missing before a sequence and the rest behind it; what a file
    puts behind it beyond that is not reached by any filter.
    """
    if stride == 1:
        return 2 * padding == reach - 1

    places = operator.before[-1] if operator.before else None
    if places is None:
        return False

    count = -(-places // stride)
    missing = max(0, (count - 1) * stride + reach - places)
    return missing // 2 == padding and (places + 2 * padding - reach) // stride + 1 == count


def pooling_1d(operator: Operator) -> BlockOf:
    """Returns the block of pooling (B, C, L)."""
    settings = operator.settings
    size = pair(settings["kernel_size"])
    stride = pair(settings.get("stride") or size)
    if pair(settings.get("padding", 0)):
        raise NoBlock("with padding")
    if pair(settings.get("dilation", 1)) != 1:
        raise NoBlock("with places that lie apart")

    places = operator.before[-1]
    # The block keeps what is left over at the end.
    if not settings.get("ceil_mode") and (places is None or (places - size) % stride):
        raise NoBlock("that leaves places at the end out")

    mode = "max" if operator.op == "max-pooling" else "mean"
    return BlockOf(
        "pooling-1d",
        {"mode": mode, "kernel_size": size, "stride": stride},
        turned=True,
        gives=True,
    )


def adaptive_pooling_1d(operator: Operator) -> BlockOf:
    """Returns the block of pooling (B, C, L) to a fixed length."""
    mode = "max" if operator.op == "adaptive-max-pooling" else "mean"
    length = int(operator.settings["size"][-1])
    return BlockOf("adaptive-pooling-1d", {"mode": mode, "length": length}, turned=True, gives=True)
