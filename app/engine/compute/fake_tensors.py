"""Computes with fake tensors: what a network would do and keep, in milliseconds.

Torch's fake tensors know their shape, type and device but have no numbers and take no memory. They
go through the rules of the same kernels as real ones, so what is counted here is what a real step
does.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import torch
from torch import nn
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.nn import functional
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

from models.memory.lazy_dynamo import spare_dynamo

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from torch._ops import OpOverload

_CPU_RECURRENCE = torch.ops.aten.mkldnn_rnn_layer
_GROUP_NORM_BACKWARD = torch.ops.aten.native_group_norm_backward

DEVICE_OF = torch.ops.prim.device.default
"""What autograd asks of a fake tensor all the time: half of all operations of a step."""

_PAGE = 4096
"""Bytes to which each part of the working memory of an LSTM is rounded up."""

_ONE_AT_A_TIME = threading.Lock()
"""Guards torch's cache of fake tensors, which the window and a training share."""

MOST_REMEMBERED = 3_000
"""Operations with shapes that torch may remember. It forgets none by itself; each takes 3 KB."""


@contextmanager
def fake_tensors() -> Iterator[None]:
    """Makes tensors that are created inside fake ones, which must not be used outside."""
    spare_dynamo()
    with _ONE_AT_A_TIME:
        try:
            with FakeTensorMode(), _RealForms():  # type: ignore[no-untyped-call]
                yield
        finally:
            if FakeTensorMode.cache_info().size > MOST_REMEMBERED:
                FakeTensorMode.cache_clear()


def load() -> None:
    """Loads what torch brings along at the first use, SymPy above all: a third of a second."""
    with fake_tensors():
        torch.empty(0)


class _RealForms(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Gives results of operations on fake tensors the forms that real ones have.

    Torch's shape rules are wrong in two places. The LSTM of the CPU keeps a working memory for the
    backward pass, which they forget. And in two-byte types the gradient of the input of a group
    norm has the type of that input.
    """

    def __torch_dispatch__(
        self,
        func: OpOverload,
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        if func is DEVICE_OF:
            return args[0].device  # the next mode would say the same, but later

        out = func(*args, **(kwargs or {}))
        if func.overloadpacket is _CPU_RECURRENCE:
            return *out[:3], out[3].new_empty(_lstm_workspace(args))
        if func.overloadpacket is _GROUP_NORM_BACKWARD and out[0] is not None:
            return torch.empty_like(args[1]), *out[1:]

        return out


def _lstm_workspace(args: Sequence[Any]) -> int:
    """Returns the bytes that one layer keeps, within a few percent: as measured with torch 2.13.

    Gates are kept twice, states at each step between the layers too.
    """
    steps, batch, _ = args[0].shape
    width = args[2].shape[1]
    gates = 4 * steps * batch * _row(4 * width)
    states = 4 * (steps + 1) * batch * _row(max(width, args[1].shape[1]))

    parts = [gates] * 2 + [2 * states] * 3 + [states]
    return sum(-(-part // _PAGE) * _PAGE for part in parts)


def _row(numbers: int) -> int:
    """Returns how many floats a row takes: whole cache lines, but no multiple of 1,024 bytes."""
    row = -(-numbers // 16) * 16
    return row + 16 if row % 256 == 0 else row


class ActivationMeter:
    """Counts what autograd keeps for the backward pass: bytes of distinct storages.

    Use it around the forward pass and the loss; `bytes` is then what is alive when the backward
    pass begins. A step under the meter costs a few microseconds a saved tensor and changes no
    number.

    known: tensors that are not counted, because they have rows of their own in the ledger (weights,
    buffers, the batch).
    """

    def __init__(self, known: Iterable[torch.Tensor]) -> None:
        self._known = {storage_of(tensor) for tensor in known}
        self._kept: dict[int, int] = {}
        self._hooks: torch.autograd.graph.saved_tensors_hooks | None = None

    @classmethod
    def of(cls, network: nn.Module, *batch: torch.Tensor) -> ActivationMeter:
        """Returns a meter for a step of this network on this batch (inputs, targets)."""
        return cls([*network.parameters(), *network.buffers(), *batch])

    @property
    def bytes(self) -> int:
        """What autograd keeps."""
        return sum(self._kept.values())

    def keeps(self, tensor: torch.Tensor) -> bool:
        """Returns whether autograd keeps the storage of a tensor that is still there."""
        return storage_of(tensor) in self._kept

    def __enter__(self) -> ActivationMeter:
        self._hooks = torch.autograd.graph.saved_tensors_hooks(self._keep, _same)
        self._hooks.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        assert self._hooks is not None
        self._hooks.__exit__(*error)
        self._hooks = None

    def _keep(self, tensor: torch.Tensor) -> torch.Tensor:
        key = storage_of(tensor)
        if key not in self._known:
            self._kept[key] = tensor.untyped_storage().nbytes()

        # An output knows the node that made it. If the node kept it as it is, both would keep each
        # other until a backward pass, for ever where none follows: C++ collects no cycles.
        return tensor if tensor.grad_fn is None else tensor.detach()


def _same(tensor: torch.Tensor) -> torch.Tensor:
    return tensor


def storage_of(tensor: torch.Tensor) -> int:
    """Returns the address of the storage, which views share; a tensor has no public name for it."""
    address: int = tensor.untyped_storage()._cdata  # noqa: SLF001 - see above
    return address


class _LikeAGPU(TorchFunctionMode):
    """Lets blocks on the CPU keep what they would keep on a GPU.

    There dropout keeps a byte for each number, on the CPU a float. In two-byte types a GPU still
    norms in float32 (https://docs.pytorch.org/docs/stable/amp.html, "CUDA Ops that can autocast to
    float32").
    """

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        kwargs = kwargs or {}
        if func is functional.dropout:
            share, training = _dropout_arguments(*args[1:], **kwargs)
            return torch.native_dropout(args[0], share, True)[0] if training and share else args[0]

        if func in (functional.layer_norm, functional.group_norm) and torch.is_autocast_enabled(
            "cpu"
        ):
            args = (args[0].float(), *args[1:])

        return func(*args, **kwargs)


def _dropout_arguments(
    p: float = 0.5, training: bool = True, _inplace: bool = False, **_named: Any
) -> tuple[float, bool]:
    """Returns the share and whether it is training, given as torch.nn.functional.dropout has it."""
    return p, training


def behave_as_on(device_type: str, blocks: Iterable[nn.Module]) -> None:
    """Makes the blocks of a fake network compute as on that sort of device.

    They do so in the backward pass too, where a block may be computed again.
    """
    if device_type == "cpu":
        return

    for block in blocks:
        for module in block.modules():
            if hasattr(module, "float32_on_cpu"):
                setattr(module, "float32_on_cpu", False)  # noqa: B010 - it is of several classes

        # By setattr, because a type checker lets no method be assigned to.
        setattr(block, "forward", _like_a_gpu(block.forward))  # noqa: B010 - see above


def _like_a_gpu(forward: Callable[..., torch.Tensor]) -> Callable[..., torch.Tensor]:
    def forward_like_a_gpu(*inputs: torch.Tensor) -> torch.Tensor:
        with _LikeAGPU():
            return forward(*inputs)

    return forward_like_a_gpu
