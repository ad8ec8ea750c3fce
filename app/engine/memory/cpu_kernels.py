"""Rules for the scratch memory of CPU kernels: what they take while they run and then give back.

They take it for copies in another layout or another type; no tensor of it is ever seen outside. The
rules cover the kernels of torch 2.13 that take much, found with torch's own profiler of memory:
convolutions by oneDNN, batch norm, mixed types, matrix products in two-byte types.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch._prims_common import suggest_memory_format

if TYPE_CHECKING:
    from torch._ops import OpOverload, OpOverloadPacket

Rule = Callable[[Sequence[Any], Any], int]
"""(arguments of an operation, its result) -> bytes of scratch memory."""

_aten = torch.ops.aten
_TWO_BYTES = (torch.bfloat16, torch.float16)

_CONVOLUTION_EXTRA = 8 * 2**10
"""Bytes that a convolution takes beside the copy of its filters."""


def scratch_bytes(func: OpOverload, args: Sequence[Any], out: Any) -> int:
    """Returns the most bytes that one operation holds beyond its inputs and outputs.

    func, args: as a dispatch mode gets them. out: what the operation returned.
    """
    rule = _RULES.get(func.overloadpacket)
    if rule is not None:
        return rule(args, out)
    if torch.Tag.pointwise in func.tags:
        return _mixed_types(args, out)

    return 0


def _mixed_types(args: Sequence[Any], out: Any) -> int:
    """Numbers of another type than the result's are first copied into its type."""
    tensors = [arg for arg in args if isinstance(arg, torch.Tensor) and arg.ndim]
    if len({tensor.dtype for tensor in tensors}) < 2 or not isinstance(out, torch.Tensor):
        return 0

    common = tensors[0].dtype
    for tensor in tensors[1:]:
        common = torch.promote_types(common, tensor.dtype)

    return sum(tensor.numel() for tensor in tensors if tensor.dtype != common) * common.itemsize


def _nothing(_args: Sequence[Any], _out: Any) -> int:
    return 0


def _layer_norm(args: Sequence[Any], _out: Any) -> int:
    """Layer norm reads row by row: an input in another layout is copied."""
    return _bytes(args[0]) if not args[0].is_contiguous() else 0


def _layer_norm_backward(args: Sequence[Any], _out: Any) -> int:
    return sum(_bytes(tensor) for tensor in args[:2] if not tensor.is_contiguous())


def _sum(args: Sequence[Any], out: torch.Tensor) -> int:
    """Numbers that are summed in another type than their own are copied first."""
    numbers: torch.Tensor = args[0]
    return numbers.numel() * out.element_size() if numbers.dtype != out.dtype else 0


def _mean(args: Sequence[Any], out: torch.Tensor) -> int:
    """Means of two-byte numbers are made in float32."""
    numbers: torch.Tensor = args[0]
    return 4 * (numbers.numel() + out.numel()) if numbers.dtype in _TWO_BYTES else 0


def _batch_norm_backward(args: Sequence[Any], _out: Any) -> int:
    """It makes room for the gradient of its input twice, once in the wrong layout."""
    return _bytes(args[1])


def _convolution(args: Sequence[Any], out: torch.Tensor) -> int:
    x = args[0]
    weight = args[1]
    groups = args[8]

    if not _by_onednn(x):
        return _unfolded(x, weight, out)
    if _channels_last(x, weight):
        return _bytes(weight) + (_CONVOLUTION_EXTRA if groups == 1 else 0)

    return _bytes(out) + (_bytes(weight) if groups > 1 else 0)


def _convolution_backward(args: Sequence[Any], _out: Any) -> int:
    y = args[0]
    x = args[1]
    weight = args[2]
    groups = args[9]
    needs_x_gradient, needs_weight_gradient, _ = args[10]

    if not _by_onednn(x):
        return _unfolded(x, weight, y)

    channels_last = _channels_last(x, weight)
    y_copy = 0 if channels_last or y.is_contiguous() else _bytes(y)
    most = 0

    if needs_weight_gradient:
        copies = 0 if channels_last else _bytes(y) + (_bytes(x) if x.shape[1] > 3 else 0)
        filters = 2 * _bytes(weight) if channels_last or x.dtype in _TWO_BYTES else 0
        most = copies + filters
        if channels_last and groups > 1 and math.prod(weight.shape[2:]) > 9:
            most = _large_depthwise_filters(x, weight)

    if needs_x_gradient:
        extra = _CONVOLUTION_EXTRA if channels_last else _bytes(y)
        most = max(most, _bytes(weight) + extra)

    return most + y_copy


def _large_depthwise_filters(x: torch.Tensor, weight: torch.Tensor) -> int:
    """Gradients of large filters of one channel each are summed in many places side by side.

    How many depends on the kernel, and that on the processor: 256 with AVX-512, 64 with AVX2, and
    there 4 a thread where the filter is larger than what it reads; one thread is counted.
    """
    if torch.backends.cpu.get_cpu_capability() == "AVX512":
        places = 257
    else:
        places = 65 if min(x.shape[2:]) >= max(weight.shape[2:]) else 5

    sums = places * 4 * weight.numel()
    if x.dtype in _TWO_BYTES:
        sums += x.shape[1] * (25_500 + 68 * math.prod(x.shape[2:]))

    return sums


def _unfolded(x: torch.Tensor, weight: torch.Tensor, y: torch.Tensor) -> int:
    """Without oneDNN every position of the filter gets a copy of what it reads.

    A filter of one position needs none.
    """
    if weight.shape[1] < x.shape[1]:
        return _bytes(x)

    positions = math.prod(weight.shape[2:])
    if positions == 1:
        return 0

    columns = x.shape[0] * weight.shape[1] * positions * math.prod(y.shape[2:])
    return columns * x.element_size()


def _product(left_index: int, right_index: int) -> Rule:
    """Returns the rule of a matrix product whose factors are these arguments.

    In two-byte types it is made tile by tile: of copies of the right matrix, and of the left one
    where it lies column by column, summed in float32. The rule is right to a few tens of KiB.
    """

    def rule(args: Sequence[Any], _out: Any) -> int:
        left: torch.Tensor = args[left_index]
        right: torch.Tensor = args[right_index]
        if left.dtype not in _TWO_BYTES or not _by_onednn(left):
            return 0

        (rows, inner) = left.shape[-2:]
        columns = right.shape[-1]
        if left.is_contiguous():
            return min(2 * inner * columns + min(4 * rows * columns, 40_000), 100_000)

        return min(2 * min(inner, 512) * (rows + columns) + 25_000, 400_000)

    return rule


def _fused_step(args: Sequence[Any], _out: Any) -> int:
    """Weights in another layout than row by row are copied, one after the other."""
    return max((_bytes(weight) for weight in args[0] if not weight.is_contiguous()), default=0)


def _by_onednn(x: torch.Tensor) -> bool:
    """Returns whether oneDNN computes with this type on this processor."""
    if not torch.backends.mkldnn.is_available():  # type: ignore[no-untyped-call]
        return False
    if x.dtype == torch.float16:
        return bool(torch.ops.mkldnn._is_mkldnn_fp16_supported())  # noqa: SLF001 - no public name

    bfloat16 = x.dtype == torch.bfloat16
    if not bfloat16:
        return True

    return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())  # noqa: SLF001 - the same


def _channels_last(*tensors: torch.Tensor) -> bool:
    return any(suggest_memory_format(tensor) == torch.channels_last for tensor in tensors)


def _bytes(tensor: torch.Tensor) -> int:
    return tensor.numel() * tensor.element_size()


_RULES: dict[OpOverloadPacket[Any, Any], Rule] = {
    _aten.copy_: _nothing,
    _aten.where: _nothing,
    _aten.masked_fill: _nothing,
    _aten.masked_fill_: _nothing,
    _aten.sum: _sum,
    _aten.mean: _mean,
    _aten.native_batch_norm_backward: _batch_norm_backward,
    _aten.native_layer_norm: _layer_norm,
    _aten.native_layer_norm_backward: _layer_norm_backward,
    _aten.convolution: _convolution,
    _aten.convolution_backward: _convolution_backward,
    _aten.mm: _product(0, 1),
    _aten.bmm: _product(0, 1),
    _aten.addmm: _product(1, 2),
    _aten._fused_adam_: _fused_step,
    _aten._fused_adamw_: _fused_step,
    _aten._fused_sgd_: _fused_step,
    _aten._fused_adagrad_: _fused_step,
}
