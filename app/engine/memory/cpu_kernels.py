"""What kernels of the CPU take for themselves while they run, and give back: copies in another
layout or another type.

No tensor of it is ever seen outside. These are rules for the kernels of torch 2.13 that take much,
found with torch's own profiler of memory: convolutions by oneDNN, batch norm, mixed types, matrix
products in two-byte types.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import torch
from torch._prims_common import suggest_memory_format

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_aten = torch.ops.aten
_HALVES = (torch.bfloat16, torch.float16)
_SMALL = 8 * 2**10
"""What a convolution takes beside the copy of its filters."""


def scratch(func: Any, args: Sequence[Any], kwargs: dict[str, Any], out: Any) -> int:
    """Bytes beyond inputs and outputs at the fullest moment of one operation.

    func, args, kwargs: as a dispatch mode gets them. out: what it returned.
    """
    rule = _RULES.get(func._overloadpacket)
    if rule is not None:
        return rule(args, kwargs, out)
    if torch.Tag.pointwise in func.tags:
        return _mixed(args, out)

    return 0


def _mixed(args: Sequence[Any], out: Any) -> int:
    """An operation on numbers of several types: those of another type than the result's are copied
    into it.
    """
    tensors = [one for one in args if isinstance(one, torch.Tensor) and one.ndim]
    if len({one.dtype for one in tensors}) < 2 or not isinstance(out, torch.Tensor):
        return 0

    common = tensors[0].dtype
    for one in tensors[1:]:
        common = torch.promote_types(common, one.dtype)

    return sum(one.numel() for one in tensors if one.dtype != common) * common.itemsize


def _nothing(args: Sequence[Any], kwargs: dict[str, Any], out: Any) -> int:
    return 0


def _norm(args: Sequence[Any], kwargs: dict[str, Any], out: Any) -> int:
    """Layer norm reads row by row: what lies otherwise is copied."""
    return _bytes(args[0]) if not args[0].is_contiguous() else 0


def _norm_backward(args: Sequence[Any], kwargs: dict[str, Any], out: Any) -> int:
    return sum(_bytes(one) for one in args[:2] if not one.is_contiguous())


def _summed(args: Sequence[Any], kwargs: dict[str, Any], out: torch.Tensor) -> int:
    """Sums of a type that is not the result's are made of a copy."""
    return args[0].numel() * out.element_size() if args[0].dtype != out.dtype else 0


def _averaged(args: Sequence[Any], kwargs: dict[str, Any], out: torch.Tensor) -> int:
    return 4 * (args[0].numel() + out.numel()) if args[0].dtype in _HALVES else 0


def _batch_norm_backward(args: Sequence[Any], kwargs: dict[str, Any], out: Any) -> int:
    """It makes room for the gradient of its input twice, once in the wrong layout."""
    return _bytes(args[1])


def _convolution(args: Sequence[Any], kwargs: dict[str, Any], out: torch.Tensor) -> int:
    x = args[0]
    weight = args[1]
    groups = args[8]

    if not _by_onednn(x):
        return _unfolded(x, weight, out)
    if _channels_last(x, weight):
        return _bytes(weight) + (_SMALL if groups == 1 else 0)

    return _bytes(out) + (_bytes(weight) if groups > 1 else 0)


def _convolution_backward(args: Sequence[Any], kwargs: dict[str, Any], out: Any) -> int:
    y = args[0]
    x = args[1]
    weight = args[2]
    groups = args[9]
    wanted = args[10]

    if not _by_onednn(x):
        return _unfolded(x, weight, y)

    last = _channels_last(x, weight)
    most = 0
    turned = 0 if last or y.is_contiguous() else _bytes(y)

    if wanted[1]:
        copies = 0 if last else _bytes(y) + (_bytes(x) if x.shape[1] > 3 else 0)
        most = copies + (2 * _bytes(weight) if last or x.dtype in _HALVES else 0)
        if last and groups > 1 and math.prod(weight.shape[2:]) > 9:
            most = _deep_filters(x, weight)

    if wanted[0]:
        most = max(most, _bytes(weight) + (_SMALL if last else _bytes(y)))

    return most + turned


def _deep_filters(x: torch.Tensor, weight: torch.Tensor) -> int:
    """Gradients of large filters of one channel each: many sums are made beside each other."""
    sums = 257 * 4 * weight.numel()
    return sums + (x.shape[1] * (25_500 + 68 * math.prod(x.shape[2:])) if x.dtype in _HALVES else 0)


def _unfolded(x: torch.Tensor, weight: torch.Tensor, y: torch.Tensor) -> int:
    """Without oneDNN every place of the filter gets a copy of what it reads; a filter of one place
    needs none.
    """
    if weight.shape[1] < x.shape[1]:
        return _bytes(x)

    places = math.prod(weight.shape[2:])
    return (
        x.shape[0] * weight.shape[1] * places * math.prod(y.shape[2:]) * x.element_size()
        if places > 1
        else 0
    )


def _product(*which: int) -> Callable[[Sequence[Any], dict[str, Any], Any], int]:
    """A matrix product in two-byte types is made tile by tile: of copies of the right matrix, and
    of the left one where it lies column by column, summed in float32. About so much, to a few
    tens of KiB.
    """

    def rule(args: Sequence[Any], kwargs: dict[str, Any], out: torch.Tensor) -> int:
        left = args[which[0]]
        right = args[which[1]]
        if left.dtype not in _HALVES or not _by_onednn(left):
            return 0

        (rows, inner) = left.shape[-2:]
        columns = right.shape[-1]
        if left.is_contiguous():
            return min(2 * inner * columns + min(4 * rows * columns, 40_000), 100_000)

        return min(2 * min(inner, 512) * (rows + columns) + 25_000, 400_000)

    return rule


def _fused_step(args: Sequence[Any], kwargs: dict[str, Any], out: Any) -> int:
    """Weights that lie otherwise than row by row are brought into line, one after the other."""
    return max((_bytes(one) for one in args[0] if not one.is_contiguous()), default=0)


def _by_onednn(x: torch.Tensor) -> bool:
    if not torch.backends.mkldnn.is_available():
        return False
    if x.dtype == torch.float16:
        return bool(torch.ops.mkldnn._is_mkldnn_fp16_supported())

    return x.dtype != torch.bfloat16 or bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())


def _channels_last(*tensors: torch.Tensor) -> bool:
    return any(suggest_memory_format(one) == torch.channels_last for one in tensors)


def _bytes(tensor: torch.Tensor) -> int:
    return tensor.numel() * tensor.element_size()


_RULES: dict[Any, Callable[[Sequence[Any], dict[str, Any], Any], int]] = {
    _aten.copy_: _nothing,
    _aten.where: _nothing,
    _aten.masked_fill: _nothing,
    _aten.masked_fill_: _nothing,
    _aten.sum: _summed,
    _aten.mean: _averaged,
    _aten.native_batch_norm_backward: _batch_norm_backward,
    _aten.native_layer_norm: _norm,
    _aten.native_layer_norm_backward: _norm_backward,
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
