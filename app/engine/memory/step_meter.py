"""Measures what a real step holds: activations, and the most memory at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.engine.compute.fake_tensors import ActivationMeter
from app.engine.memory.simulated_step import state_of
from app.engine.memory.storage_tracker import StorageTracker

if TYPE_CHECKING:
    import torch
    from torch import nn

    from app.engine.data.preparation import Batch


class StepMeter:
    """A context around the passes and the optimizer's step of one batch.

    Inside it, the context that `forward` returns goes around the forward pass (of the first part).
    It changes no number. Outside of CUDA, whose allocator knows better, every storage is followed,
    which costs some 20 microseconds an operation.

    activations: bytes that autograd kept. beyond: the most bytes held at once beside weights,
    running averages, optimizer state and batch; None where that was not measured, or the step broke
    off.
    """

    def __init__(
        self,
        network: nn.Module,
        optimizer: torch.optim.Optimizer,
        inputs: Batch,
        targets: torch.Tensor,
    ) -> None:
        self._network = network
        self._optimizer = optimizer
        self._batch: tuple[torch.Tensor, ...] = (
            *(inputs if isinstance(inputs, tuple) else (inputs,)),
            targets,
        )

        self._forward: ActivationMeter | None = None
        self._storages: StorageTracker | None = None
        self.activations = 0
        self.beyond: int | None = None

    def forward(self, _inputs: Batch, _targets: torch.Tensor) -> ActivationMeter:
        """Returns the meter to put around a forward pass; it is a `compute.passes.Meter`.

        Where the pass takes a part of the batch, the meter must know the whole, because a part is
        a view of its memory: so it ignores the arguments.
        """
        self._forward = ActivationMeter.of(self._network, *self._batch)
        return self._forward

    def __enter__(self) -> StepMeter:
        device_type = self._batch[-1].device.type
        if device_type != "cuda":
            known = [
                *self._network.parameters(),
                *self._network.buffers(),
                *self._batch,
                *state_of(self._optimizer),
            ]
            self._storages = StorageTracker(known, kernels=device_type == "cpu")
            self._storages.__enter__()  # type: ignore[no-untyped-call]

        return self

    def __exit__(self, kind: type[BaseException] | None, *error: object) -> None:
        if self._storages is not None:
            self._storages.__exit__(kind, *error)  # type: ignore[no-untyped-call]
            if kind is None:
                self.beyond = self._storages.peak(state_of(self._optimizer))

        self.activations = self._forward.bytes if self._forward is not None else 0
        self._storages = self._forward = None
        # The meter is kept as long as the run, and must not keep a batch alive.
        self._batch = ()
