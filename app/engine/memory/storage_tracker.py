"""Follows the storages of tensors from their creation to their end: who holds memory, and when."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from app.engine.compute.fake_tensors import DEVICE_OF
from app.engine.memory.cpu_kernels import scratch_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from torch._ops import OpOverload

BLOCK = 512
"""Bytes to which the allocator of a GPU rounds up (c10/cuda/CUDACachingAllocator.cpp)."""

_SCRATCH = -1
"""Stands for the index of a storage where a kernel takes memory and gives it back at once."""


class StorageTracker(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """A dispatch mode that notes when every new storage is created and when it is freed.

    It follows real and fake tensors, of this thread and of the backward passes that it starts. It
    changes no number; an operation takes some 20 microseconds more.

    known: tensors that exist before and stay; they are not counted. block: sizes are rounded up to
    multiples of so many bytes. kernels: whether scratch memory of CPU kernels is counted too.
    """

    def __init__(
        self, known: Iterable[torch.Tensor], block: int = 1, kernels: bool = False
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._known = {_key(tensor) for tensor in known}
        self._block = block
        self._kernels = kernels
        self._alive: dict[int, tuple[int, weakref.ref[Any]]] = {}
        self._sizes: list[int] = []
        self._changes: list[tuple[int, int]] = []
        """(index of a storage, its bytes: positive when created, negative when freed), in order."""

    def __torch_dispatch__(
        self,
        func: OpOverload,
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        if func is DEVICE_OF:
            return args[0].device

        out = self.run(func, args, kwargs or {})
        for tensor in tree_leaves(out):
            if isinstance(tensor, torch.Tensor):
                self._created(tensor)

        if self._kernels and (size := scratch_bytes(func, args, out)):
            self._changes += ((_SCRATCH, size), (_SCRATCH, -size))

        return out

    def run(self, func: OpOverload, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Runs an operation and returns its result."""
        return func(*args, **kwargs)

    def peak(self, lasting: Iterable[torch.Tensor]) -> int:
        """Returns the most bytes that new storages held at once, without those that last.

        State that an optimizer makes in its first step is there in every later one from the start,
        so it is given as `lasting` and not counted. Call it once, after the context has ended.
        """
        left_out = {self._alive[key][0] for key in map(_key, lasting) if key in self._alive}
        held = 0
        peak = 0
        for index, size in self._changes:
            if index not in left_out:
                held += size
                peak = max(peak, held)

        self._alive.clear()
        return peak

    def _created(self, tensor: torch.Tensor) -> None:
        storage = tensor.untyped_storage()
        key = _key(tensor)
        if key in self._known or key in self._alive:
            return

        index = len(self._sizes)
        size = rounded(storage.nbytes(), self._block)
        self._sizes.append(size)
        self._alive[key] = index, weakref.ref(storage, lambda _: self._freed(key))
        self._changes.append((index, size))

    def _freed(self, key: int) -> None:
        index, _ = self._alive.pop(key)
        self._changes.append((index, -self._sizes[index]))


def rounded(size: int, block: int) -> int:
    """Returns the bytes rounded up to whole blocks."""
    return -(-size // block) * block


def _key(tensor: torch.Tensor) -> int:
    """Returns the address of the storage, which views share; a tensor has no public name for it."""
    address: int = tensor.untyped_storage()._cdata  # noqa: SLF001 - see above
    return address
