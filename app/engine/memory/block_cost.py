"""What one block costs in a training step: measured on fake tensors, apart from the network.

A block's cost follows from its settings, the form of what it reads and the conditions of the
training alone. So equal blocks are measured once, and an unchanged one is not measured again.
"""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import nn

from app.engine.compute.fake_tensors import (
    ActivationMeter,
    behave_as_on,
    storage_of,
)
from app.engine.memory.simulated_step import bytes_of, in_channels_last
from models.memory.recomputing import recompute, worth_recomputing
from models.memory.without_memory import WithoutValues

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from app.engine.experiment.resolve import ResolvedExperiment
    from app.engine.learning.optimizer import Optimizer
    from models.network import PlacedBlock
    from models.shape import Problem

TWO_BYTES = {"bfloat16": torch.bfloat16, "float16": torch.float16}
"""Precision -> the type of activations, where it is not float32."""

FLOAT_BYTES = 4


class Form(NamedTuple):
    """The form of a tensor of a batch: all that a block's cost depends on."""

    shape: tuple[int, ...]
    stride: tuple[int, ...]
    dtype: torch.dtype
    requires_grad: bool

    @classmethod
    def of(cls, tensor: torch.Tensor) -> Form:
        return cls(tuple(tensor.shape), tensor.stride(), tensor.dtype, tensor.requires_grad)

    def fake(self, writable: bool) -> torch.Tensor:
        """Returns a tensor of this form; call it among fake tensors.

        writable: it is no leaf then, so that a block may write into it.
        """
        grad = self.requires_grad
        tensor = torch.empty_strided(self.shape, self.stride, dtype=self.dtype, requires_grad=grad)
        return tensor.mul(1) if grad and writable else tensor


@dataclass(frozen=True)
class Conditions:
    """The conditions of a training on which the memory of a block depends.

    batch: examples that go through the network together. precision: "float32", "bfloat16" or
    "float16". device_type: "cpu", "cuda" or "mps". recompute: see `models.memory.recomputing`.
    """

    batch: int
    precision: str
    device_type: str
    recompute: bool
    optimizer: Optimizer

    @classmethod
    def of(cls, resolved: ResolvedExperiment, precision: str, device_type: str) -> Conditions:
        """Returns the conditions of an experiment; precision: the one that it comes to."""
        training = resolved.training
        return cls(
            training.batch_size, precision, device_type, training.recompute, resolved.optimizer
        )

    @property
    def key(self) -> Hashable:
        """All of them on which a cost depends, of the optimizer too."""
        optimizer = self.optimizer.memory_key()
        return self.batch, self.precision, self.device_type, self.recompute, optimizer


@dataclass(frozen=True)
class Cost:
    """What one block costs; bytes are of a whole batch, multiply-adds of one example.

    bytes: by rows of the ledger, without activations. output: the form of its output, output_bytes
    those of the storage it lies in. same_as: the number of the input in whose storage the output
    lies, None for one of its own. kept: what autograd keeps that is neither input nor output;
    keeps_inputs: the numbers of the inputs that it keeps; keeps_output: whether it keeps that.
    """

    parameters: int
    multiply_adds: int
    bytes: dict[str, int]
    output: Form
    output_bytes: int
    same_as: int | None
    kept: int
    keeps_inputs: tuple[int, ...]
    keeps_output: bool


def cost_of_block(
    placed: PlacedBlock,
    forms: tuple[Form, ...],
    conditions: Conditions,
    problem: Problem,
    is_last: bool,
) -> Cost:
    """Measures a block that reads inputs of these forms; call it among fake tensors.

    is_last: whether it ends the network; such a block is never computed again.
    """
    with WithoutValues():
        module = placed.module().train()

    if any(source.kind == "image" for source in problem.inputs):
        in_channels_last(module)

    behave_as_on(conditions.device_type, [module])

    recomputes = conditions.recompute and not is_last and worth_recomputing(module)

    def run(*inputs: torch.Tensor) -> torch.Tensor:
        if recomputes:
            return recompute(module, *inputs)

        output: torch.Tensor = module(*inputs)
        return output

    cost = _measured(run, module, forms, conditions)
    return replace(cost, multiply_adds=placed.block.multiply_adds(*placed.inputs))


def cost_of_loss(
    loss: Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
    output: Form,
    targets: torch.Tensor,
    conditions: Conditions,
) -> Cost:
    """Measures what the loss keeps of the network's output; call it among fake tensors."""
    return _measured(lambda values: loss(values, targets), None, (output,), conditions, targets)


def _measured(
    run: Callable[..., torch.Tensor],
    module: nn.Module | None,
    forms: tuple[Form, ...],
    conditions: Conditions,
    *known: torch.Tensor,
) -> Cost:
    weights = list(module.parameters()) if module is not None else []
    buffers = list(module.buffers()) if module is not None else []
    dtype = TWO_BYTES.get(conditions.precision)

    def forward(writable: bool) -> tuple[list[torch.Tensor], ActivationMeter, torch.Tensor]:
        inputs = [form.fake(writable) for form in forms]
        meter = ActivationMeter([*weights, *buffers, *known])
        with meter, torch.autocast("cpu", dtype) if dtype else nullcontext():
            return inputs, meter, run(*inputs)

    try:
        inputs, meter, output = forward(writable=False)
    except RuntimeError:  # few blocks write into what they read; for them it takes longer
        inputs, meter, output = forward(writable=True)

    same_as = next(
        (
            number
            for number, tensor in enumerate(inputs)
            if storage_of(tensor) == storage_of(output)
        ),
        None,
    )
    keeps_output = same_as is None and meter.keeps(output)
    kept_inputs = {storage_of(tensor) for tensor in inputs if meter.keeps(tensor)}
    beside = sum(tensor.untyped_storage().nbytes() for tensor in _distinct(inputs, meter))
    beside += output.untyped_storage().nbytes() if keeps_output else 0
    return Cost(
        sum(parameter.numel() for parameter in weights),
        0,
        _state_bytes(module, conditions.optimizer),
        Form.of(output),
        output.untyped_storage().nbytes(),
        same_as,
        meter.bytes - beside,
        tuple(number for number, tensor in enumerate(inputs) if storage_of(tensor) in kept_inputs),
        keeps_output,
    )


def _distinct(inputs: list[torch.Tensor], meter: ActivationMeter) -> list[torch.Tensor]:
    """Returns the inputs that autograd keeps, one of each storage."""
    return list({storage_of(tensor): tensor for tensor in inputs if meter.keeps(tensor)}.values())


def _state_bytes(module: nn.Module | None, optimizer: Optimizer) -> dict[str, int]:
    """Returns the bytes of weights, gradients and state of one block, by rows of the ledger."""
    weights = list(module.parameters()) if module is not None else []
    buffers = list(module.buffers()) if module is not None else []
    floats = (
        optimizer.state_floats(optimizer.parameter_groups(module))
        if module is not None and weights
        else {}
    )
    weight_bytes = sum(bytes_of(weight) for weight in weights)
    state = {
        row: FLOAT_BYTES * floats.get(row, 0)
        for row in ("first_moment", "second_moment", "other_state")
    }
    state["other_state"] += FLOAT_BYTES * floats.get("counters", 0)
    state["other_state"] += sum(bytes_of(buffer) for buffer in buffers)

    return {"weights": weight_bytes, "gradients": weight_bytes, **state}
