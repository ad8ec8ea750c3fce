"""Computing without numbers: what a network would do and keep, found in milliseconds and without
its memory.

torch's fake tensors know their shape, type and device and go through the very kernels' rules that
real ones go through, so what is counted here is what a real step does.
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
from torch.utils.flop_counter import flop_registry, sdpa_flop_count

from models.layers.attention.attention import Attention

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from models.network import Network

_ONE_AT_A_TIME = threading.Lock()
"""The cache of fake tensors is shared by all threads; the window and a training may both want to
know.
"""


@contextmanager
def fake_tensors() -> Iterator[None]:
    """Tensors made inside have no numbers and take no memory. They must not be used outside."""
    with _ONE_AT_A_TIME, FakeTensorMode():
        yield


class ActivationMeter:
    """Counts what autograd keeps for the backward pass: bytes of distinct storages.

    What is `known` (weights, buffers, the batch) is not counted: it has rows of its own. Use it
    around the forward pass and the loss; `bytes` then says what is alive when the backward pass
    begins. One step under the meter costs a few microseconds a saved tensor and changes no number.
    """

    def __init__(self, known: Iterable[torch.Tensor]) -> None:
        self._known = {_storage(tensor) for tensor in known}
        self._kept: dict[int, int] = {}
        self._hooks: torch.autograd.graph.saved_tensors_hooks | None = None

    @classmethod
    def of(cls, network: nn.Module, *batch: torch.Tensor) -> ActivationMeter:
        """A meter for a step of this network on this batch (inputs, targets)."""
        return cls([*network.parameters(), *network.buffers(), *batch])

    @property
    def bytes(self) -> int:
        return sum(self._kept.values())

    def __enter__(self) -> ActivationMeter:
        self._hooks = torch.autograd.graph.saved_tensors_hooks(self._keep, _same)
        self._hooks.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        assert self._hooks is not None
        self._hooks.__exit__(*error)
        self._hooks = None

    def _keep(self, tensor: torch.Tensor) -> torch.Tensor:
        key = _storage(tensor)
        if key not in self._known:
            self._kept[key] = tensor.untyped_storage().nbytes()
        return tensor


def _same(tensor: torch.Tensor) -> torch.Tensor:
    return tensor


def _storage(tensor: torch.Tensor) -> int:
    return tensor.untyped_storage()._cdata


class WorkMeter(TorchDispatchMode):
    """Counts multiply-adds.

    Unlike torch's FlopCounterMode it hooks into no module, so that another thread may train
    meanwhile, and it knows the attention of the CPU.
    """

    def __init__(self) -> None:
        super().__init__()
        self.multiply_adds = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        packet = func._overloadpacket
        if packet is torch.ops.aten._scaled_dot_product_flash_attention_for_cpu:
            self.multiply_adds += sdpa_flop_count(args[0].shape, args[1].shape, args[2].shape) // 2
        elif packet in flop_registry:
            self.multiply_adds += (
                flop_registry[packet](*args, **(kwargs or {}), out_val=result) // 2
            )

        return result


class _LikeAGPU(TorchFunctionMode):
    """Dropout keeps a byte a number on a GPU and a float on the CPU.

    In two-byte types a GPU still norms in float32 (https://docs.pytorch.org/docs/stable/amp.html,
    "CUDA Ops that can autocast to float32").
    """

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
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
    p: float = 0.5, training: bool = True, inplace: bool = False
) -> tuple[float, bool]:
    return p, training


def behave_as_on(device_type: str, network: Network) -> None:
    """Of a pretended network: its blocks compute from now on as on that sort of device, in the
    backward pass too, where a block may be computed again.
    """
    if device_type == "cpu":
        return

    for module in network.modules():
        if isinstance(module, Attention):
            module.float32_on_cpu = False

    for block in network.blocks.values():
        setattr(block, "forward", _like_a_gpu(block.forward))  # noqa: B010 (a method cannot be assigned to by its name)


def _like_a_gpu(forward: Callable[..., torch.Tensor]) -> Callable[..., torch.Tensor]:
    def under_its_rules(*inputs: torch.Tensor) -> torch.Tensor:
        with _LikeAGPU():
            return forward(*inputs)

    return under_its_rules
