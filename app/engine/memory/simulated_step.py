"""Simulates a whole training step, to know what memory a real one would hold.

Forward pass, backward pass and the optimizer's step are done on fake tensors, which have a shape
but no numbers and no memory; every byte that a real step would hold is followed.
"""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from app.engine.compute.fake_tensors import (
    ActivationMeter,
    behave_as_on,
    fake_tensors,
)
from app.engine.learning.loss import mean_of_members, targets_of_members
from app.engine.memory.storage_tracker import BLOCK, StorageTracker, rounded
from models.memory.without_memory import WithoutValues
from models.network import Network, fake_inputs

if TYPE_CHECKING:
    from torch._ops import OpOverload

    from app.engine.experiment.resolve import ResolvedExperiment
    from app.engine.learning.loss import LossFunction
    from models.graph import Graph
    from models.shape import Problem

_SCALAR_OF_TENSOR = torch.ops.aten._local_scalar_dense.default  # noqa: SLF001 - an operator's name
"""The operation behind `tensor.item()`."""

_STEP_COUNT = 1_000
"""The number that a fake scalar gives to an optimizer that asks for one.

Optimizers ask for their step counter, and some hold more in later steps than in the first (RAdam).
"""


@dataclass(frozen=True)
class SimulatedStep:
    """What one step holds.

    network, optimizer: as they are after the step, with gradients and state; fake tensors, only to
    be looked at. The rest are bytes. lasting_bytes: weights, running averages, optimizer state and
    batch. beyond: the most that is held on top of them at once. activations: what autograd keeps of
    one forward pass. batch_bytes: inputs and targets of the whole step.
    """

    network: Network
    optimizer: torch.optim.Optimizer
    lasting_bytes: int
    beyond: int
    activations: int
    batch_bytes: int


def simulate(
    resolved: ResolvedExperiment,
    graph: Graph,
    problem: Problem,
    device_type: str,
    precision: str,
) -> SimulatedStep:
    """Simulates a step far into the training, when all state is there.

    device_type: "cpu", "cuda" or "mps"; the simulation itself always runs on the CPU. precision:
    "float32", "bfloat16" or "float16". Raises GraphError.
    """
    settings = resolved.training
    cpu = torch.device("cpu")
    block = BLOCK if device_type == "cuda" else 1
    with fake_tensors():
        network = _fake_network(graph, problem)
        network.recompute = settings.recompute
        loss_function = resolved.loss.build((1,) * problem.outputs, cpu, problem.examples)

        optimizer = resolved.optimizer.for_network(network, cpu)
        if device_type != "cpu" and resolved.optimizer.foreach_on_gpu:
            _use_foreach(optimizer)

        inputs = fake_inputs(problem, settings.step_size)
        batch = *inputs, resolved.task.fake_targets(problem, settings.step_size)
        known = [*network.parameters(), *network.buffers(), *batch]
        storages = _FakeStorageTracker(known, block, kernels=device_type == "cpu")
        behave_as_on(device_type, network.blocks.values())

        with storages:
            # What is kept of every example for its margin outlives the pass.
            kept: list[torch.Tensor] | None = [] if resolved.task.has_margins else None
            # Two parts tell as much as many: the first makes the gradients, the next adds to them.
            activations = []
            for index in range(min(2, settings.accumulation)):
                if index and kept:
                    kept += [torch.empty_like(kept[0]) for _ in range(2, settings.accumulation)]

                part = _part(batch, index, settings.batch_size)
                activations.append(_pass(network, loss_function, part, precision, kept))

            optimizer.step()

        lasting = (*known, *_state_on_device(optimizer, device_type))
        return SimulatedStep(
            network,
            optimizer,
            sum(rounded(bytes_of(tensor), block) for tensor in lasting),
            storages.peak(state_of(optimizer)),
            activations[0],
            sum(bytes_of(tensor) for tensor in batch),
        )


def state_of(optimizer: torch.optim.Optimizer) -> list[torch.Tensor]:
    """Returns all tensors of an optimizer's state, counters included."""
    return [
        value
        for state in optimizer.state.values()
        for value in state.values()
        if isinstance(value, torch.Tensor)
    ]


def bytes_of(tensor: torch.Tensor) -> int:
    """Returns the bytes of a tensor's numbers, without rounding."""
    return tensor.numel() * tensor.element_size()


def _state_on_device(optimizer: torch.optim.Optimizer, device_type: str) -> list[torch.Tensor]:
    """Returns the state that lies in the memory of the weights.

    Counters lie on a GPU only for fused kernels; otherwise they are on the CPU beside it.
    """
    state = state_of(optimizer)
    if device_type == "cpu" or all(group.get("fused") for group in optimizer.param_groups):
        return state

    return [tensor for tensor in state if tensor.ndim]


def _fake_network(graph: Graph, problem: Problem) -> Network:
    """Returns the network with its filters in the layout that training.build.placed_on gives them.

    `Module.to` cannot do it: it does not know fake weights.
    """
    with WithoutValues():
        network = Network(graph, problem).train()

    if any(description.kind == "image" for description in problem.inputs):
        in_channels_last(network)

    return network


def in_channels_last(network: torch.nn.Module) -> None:
    """Gives the fake filters of a network, or of a block, the layout channels last."""
    for module in network.modules():
        for name, weight in module.named_parameters(recurse=False):
            if weight.ndim == 4:
                channels_last = torch.empty_like(weight, memory_format=torch.channels_last)
                setattr(module, name, torch.nn.Parameter(channels_last))


def _part(batch: tuple[torch.Tensor, ...], index: int, size: int) -> tuple[torch.Tensor, ...]:
    return tuple(tensor[index * size : (index + 1) * size] for tensor in batch)


def _pass(
    network: Network,
    loss_function: LossFunction,
    part: tuple[torch.Tensor, ...],
    precision: str,
    kept: list[torch.Tensor] | None,
) -> int:
    """Does one forward and backward pass; returns the bytes that autograd keeps in between.

    kept: the outputs are added to it, where they are not let go of.
    """
    *inputs, targets = part
    dtype = {"bfloat16": torch.bfloat16, "float16": torch.float16}.get(precision)
    with (
        ActivationMeter.of(network, *part) as meter,
        torch.autocast("cpu", dtype) if dtype else nullcontext(),
    ):
        outputs = network(tuple(inputs) if len(inputs) > 1 else inputs[0])
        if kept is not None:
            kept.append(mean_of_members(outputs.detach(), targets))

        loss = loss_function(outputs, targets_of_members(targets, outputs))
        del outputs

    activations = meter.bytes
    torch.autograd.backward(loss)
    return activations


def _use_foreach(optimizer: torch.optim.Optimizer) -> None:
    """Makes it change all weights at once where it has no fused kernel, as torch does on a GPU.

    It then holds intermediate results of all weights together. Here the weights are on the CPU,
    where torch would take one after the other.
    """
    for group in optimizer.param_groups:
        if "foreach" in group and not group.get("fused"):
            group["foreach"] = True


class _FakeStorageTracker(StorageTracker):  # type: ignore[no-untyped-call]
    """Tracks storages of fake tensors, and makes up a number where an optimizer asks for one."""

    def run(self, func: OpOverload, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if func is _SCALAR_OF_TENSOR:
            return float(_STEP_COUNT) if args[0].is_floating_point() else _STEP_COUNT

        return super().run(func, args, kwargs)
