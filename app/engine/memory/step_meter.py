"""What a real step is seen to hold: activations and the most at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.engine.compute.fake_tensors import ActivationMeter
from app.engine.memory.simulated_step import bytes_of, state_of
from app.engine.memory.storage_tracker import StorageTracker

if TYPE_CHECKING:
    import torch
    from torch import nn

    from app.engine.data.preparation import Batch


class StepMeter:
    """Around the passes and the optimizer's step of a batch: `with StepMeter(network, optimizer,
    inputs, targets) as meter: ...`. Inside it, `meter.forward` goes around the forward pass (of
    the first part).

    It changes no number. Outside of CUDA, whose allocator knows better, every storage is followed,
    which costs some 20 microseconds an operation. activations: bytes that autograd kept. beyond:
    the most that was there at once beside weights, averages, state and batch; None where it was not
    measured, or the step broke off.
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

    def forward(self, inputs: Batch, targets: torch.Tensor) -> ActivationMeter:
        """The meter of a forward pass of these, which may be a part of the batch."""
        self._forward = ActivationMeter.of(self._network, *self._batch)
        return self._forward

    def __enter__(self) -> StepMeter:
        device = self._batch[-1].device.type
        if device != "cuda":
            known = [
                *self._network.parameters(),
                *self._network.buffers(),
                *self._batch,
                *state_of(self._optimizer),
            ]
            self._storages = StorageTracker(known, kernels=device == "cpu")
            self._storages.__enter__()

        return self

    def __exit__(self, kind: type[BaseException] | None, *error: object) -> None:
        if self._storages is not None:
            self._storages.__exit__(kind, *error)
            if kind is None:
                self.beyond = self._storages.most(state_of(self._optimizer))

        self.activations = self._forward.bytes if self._forward is not None else 0
        self._storages = self._forward = None
        self._batch = ()  # the meter is kept as long as the run: a batch must not stay with it


def lasting(network: nn.Module, optimizer: torch.optim.Optimizer) -> int:
    """Bytes of weights, averages and state."""
    return sum(
        bytes_of(one) for one in (*network.parameters(), *network.buffers(), *state_of(optimizer))
    )
