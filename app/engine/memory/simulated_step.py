"""A whole training step without numbers and without memory: forward, backward and the optimizer's
step on tensors that only know their form, with every byte followed that a real step would hold.
"""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from app.engine.compute.fake_tensors import ActivationMeter, behave_as_on, fake_tensors
from app.engine.memory.storage_tracker import BLOCK, StorageTracker, rounded
from models.network import Network, fake_inputs

if TYPE_CHECKING:
    from app.engine.experiment.resolve import ResolvedExperiment
    from app.engine.learning.loss import LossFunction
    from models.graph import Graph
    from models.shape import Problem

_SOME = 1_000
"""What a tensor without numbers is said to hold where an optimizer asks: it counts steps, and later
steps take more than the first (RAdam).
"""


@dataclass(frozen=True)
class SimulatedStep:
    """What a step holds, in bytes.

    network, optimizer: after the step, with their gradients and state; they are only to be looked
    at. lasting: weights, averages, state and batch. beyond: the most that comes on top of them at
    once. kept: what autograd keeps of a forward pass. batch: inputs and targets of the whole step.
    """

    network: Network
    optimizer: torch.optim.Optimizer
    lasting: int
    beyond: int
    kept: int
    batch: int


def simulate(
    resolved: ResolvedExperiment,
    graph: Graph,
    problem: Problem,
    device_type: str,
    precision: str,
) -> SimulatedStep:
    """Returns what a step takes far into the training: all state is there.

    Raises GraphError.
    """
    settings = resolved.training
    cpu = torch.device("cpu")
    block = BLOCK if device_type == "cuda" else 1
    with fake_tensors():
        network = _network(graph, problem)
        network.recompute = settings.recompute
        loss_function = resolved.loss.build((1,) * problem.outputs, cpu, problem.examples)

        optimizer = resolved.optimizer.over(network, cpu)
        if device_type != "cpu":
            _many_at_once(optimizer)

        size = settings.step_size
        batch = *fake_inputs(problem, size), resolved.task.fake_targets(problem, size)
        known = [*network.parameters(), *network.buffers(), *batch]
        storages = _FakeAnswer(known, block, kernels=device_type == "cpu")
        behave_as_on(device_type, network)

        with storages:
            # Of many parts two tell all: the first makes the gradients, the second adds to them.
            kept = [
                _pass(network, loss_function, _part(batch, number, settings.batch_size), precision)
                for number in range(min(2, settings.accumulation))
            ]
            optimizer.step()

        state = state_on_device(optimizer, device_type)
        lasting = sum(rounded(bytes_of(one), block) for one in (*known, *state))
        return SimulatedStep(
            network,
            optimizer,
            lasting,
            storages.most(state_of(optimizer)),
            kept[0],
            sum(bytes_of(one) for one in batch),
        )


def state_of(optimizer: torch.optim.Optimizer) -> list[torch.Tensor]:
    return [
        one
        for state in optimizer.state.values()
        for one in state.values()
        if isinstance(one, torch.Tensor)
    ]


def state_on_device(optimizer: torch.optim.Optimizer, device_type: str) -> list[torch.Tensor]:
    """Of its state, what lies where the weights are: beside a GPU only fused kernels have their
    counters there.
    """
    state = state_of(optimizer)
    if device_type == "cpu" or all(group.get("fused") for group in optimizer.param_groups):
        return state

    return [one for one in state if one.ndim]


def bytes_of(tensor: torch.Tensor) -> int:
    return tensor.numel() * tensor.element_size()


def _network(graph: Graph, problem: Problem) -> Network:
    """Lays filters as build.placed_on does; `Module.to` does not know pretended weights."""
    network = Network(graph, problem).train()
    if any(one.kind == "image" for one in problem.inputs):
        for module in network.modules():
            for name, weight in module.named_parameters(recurse=False):
                if weight.ndim == 4:
                    laid = torch.empty_like(weight, memory_format=torch.channels_last)
                    setattr(module, name, torch.nn.Parameter(laid))

    return network


def _part(batch: tuple[torch.Tensor, ...], number: int, size: int) -> tuple[torch.Tensor, ...]:
    return tuple(one[number * size : (number + 1) * size] for one in batch)


def _pass(
    network: Network, loss_function: LossFunction, part: tuple[torch.Tensor, ...], precision: str
) -> int:
    """One forward and backward pass; returns what autograd keeps in between."""
    *inputs, targets = part
    dtype = {"bfloat16": torch.bfloat16, "float16": torch.float16}.get(precision)
    with (
        ActivationMeter.of(network, *part) as meter,
        torch.autocast("cpu", dtype) if dtype else nullcontext(),
    ):
        loss = loss_function(network(tuple(inputs) if len(inputs) > 1 else inputs[0]), targets)

    kept = meter.bytes
    loss.backward()
    return kept


def _many_at_once(optimizer: torch.optim.Optimizer) -> None:
    """On a GPU optimizers without a fused kernel change all weights at once, and need room for all
    of them. Adafactor and Muon do not: they are chosen to save memory.
    """
    parts: Any = getattr(optimizer, "parts", (optimizer,))
    for part in parts:
        for group in part.param_groups:
            if (
                "foreach" in group
                and not group.get("fused")
                and not isinstance(part, torch.optim.Adafactor)
            ):
                group["foreach"] = True


class _FakeAnswer(StorageTracker):
    """StorageTracker where nothing has a number."""

    def answer(self, func: Any, args: Any, kwargs: Any) -> Any:
        if func is torch.ops.aten._local_scalar_dense.default:
            return float(_SOME) if args[0].is_floating_point() else _SOME

        out = super().answer(func, args, kwargs)
        if func is torch.ops.aten.native_group_norm_backward.default and out[0] is not None:
            # torch's rule forgets that in two-byte types the gradient of the input is of the
            # input's type.
            return torch.empty_like(args[1]), *out[1:]

        return out
