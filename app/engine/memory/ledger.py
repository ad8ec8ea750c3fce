"""The memory ledger: bytes by purpose, predicted before a training and measured in it.

The rows: `weights` (parameters), `gradients`, `first_moment` and `second_moment` (of the
optimizer), `other_state` (what else stays: step counters, running averages of batch norm),
`activations` (what autograd keeps for the backward pass), `batch` (inputs and targets of a whole
step), `dataset` (the examples, where they lie on the device), `data` (both together), `workspace`
(what is held at the fullest moment beyond all of these: results in between, working memory of
kernels, rounding) and `peak` (that moment).

The peak is no sum: gradients arrive while activations leave, so the rows may add up to more.
Predicted, it comes of a whole rehearsed step in which the bytes of every tensor are followed.
Measured, it is the same of a real step on the CPU, and on a GPU what the allocator says. What the
process takes beside (Python, libraries) is not in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import nn

from app.engine.compute.device import cpu_has_bfloat16
from app.engine.compute.fake_tensors import ActivationMeter, fake_tensors
from app.engine.memory.device_monitor import DeviceMonitor
from app.engine.memory.simulated_step import bytes_of, simulate
from app.engine.memory.step_meter import StepMeter, lasting
from models.network import Network, fake_inputs

if TYPE_CHECKING:
    from app.engine.experiment.resolve import ResolvedExperiment
    from app.engine.learning.optimizer import Optimizer
    from app.engine.learning.task import Task
    from models.graph import Graph
    from models.shape import Problem

__all__ = [
    "PARTS",
    "ROWS",
    "ActivationMeter",
    "DeviceMonitor",
    "StepMeter",
    "batch_bytes",
    "measure",
    "measure_tensors",
    "optimizer_floats",
    "predict",
]

PARTS = (
    "weights",
    "gradients",
    "first_moment",
    "second_moment",
    "other_state",
    "activations",
    "batch",
    "dataset",
    "workspace",
)
"""What memory is held for, in the order in which it is told; no byte is in two of them."""

ROWS = (*PARTS, "data", "peak")
"""All rows in order: the parts, `data` for batch and dataset together, and the peak."""

_CUBLAS_WORKSPACE = 8_519_680
_CUBLAS_WORKSPACE_HOPPER = 32 * 2**20
"""What torch sets aside for matrix products, once per device
(aten/src/ATen/cuda/CublasHandlePool.cpp).
"""


def batch_bytes(problem: Problem, task: Task, batch_size: int) -> int:
    """A batch in work: what the network reads and the targets.

    batch_size: of all examples of a step.
    """
    with fake_tensors():
        return sum(
            bytes_of(one)
            for one in (*fake_inputs(problem, batch_size), task.fake_targets(problem, batch_size))
        )


def predict(
    resolved: ResolvedExperiment,
    graph: Graph,
    problem: Problem,
    dataset_bytes: int = 0,
    device_type: str = "cpu",
    precision: str | None = None,
) -> dict[str, int]:
    """Returns all rows, in bytes; batch size, accumulation, recomputation and precision count.

    dataset_bytes: of the examples that lie on the device. precision: "float32", "bfloat16" or
    "float16"; left out, it follows the experiment, and "auto" is what that sort of device gains
    from. Raises GraphError.
    """
    precision = precision or resolved.training.precision
    if precision == "auto":
        gains = device_type == "cuda" or (device_type == "cpu" and cpu_has_bfloat16())
        precision = "bfloat16" if gains else "float32"

    step = simulate(resolved, graph, problem, device_type, precision)
    rows = measure_tensors(step.network, step.optimizer, resolved.optimizer)
    peak = (
        step.lasting + step.beyond + dataset_bytes + (_workspace() if device_type == "cuda" else 0)
    )

    return _whole(rows, step.kept, step.batch, dataset_bytes, peak)


def optimizer_floats(
    resolved: ResolvedExperiment, graph: Graph, problem: Problem
) -> dict[str, int]:
    """Returns the floats that the optimizer keeps, see Optimizer.floats.

    Raises GraphError.
    """
    optimizer = resolved.optimizer
    with fake_tensors():
        return optimizer.floats(optimizer.groups(Network(graph, problem)))


def measure_tensors(
    network: nn.Module, optimizer: torch.optim.Optimizer, spec: Optimizer
) -> dict[str, int]:
    """The rows weights, gradients, first_moment, second_moment and other_state, as they are now."""
    parameters = list(network.parameters())
    rows = {
        "weights": sum(bytes_of(parameter) for parameter in parameters),
        "gradients": sum(
            bytes_of(parameter.grad) for parameter in parameters if parameter.grad is not None
        ),
        "first_moment": 0,
        "second_moment": 0,
        "other_state": sum(bytes_of(buffer) for buffer in network.buffers()),
    }
    for state in optimizer.state.values():
        for name, value in state.items():
            if isinstance(value, torch.Tensor):
                rows[spec.state_names.get(name, "other_state")] += bytes_of(value)

    return rows


def measure(
    network: nn.Module,
    optimizer: torch.optim.Optimizer,
    spec: Optimizer,
    step: StepMeter | int,
    batch: int,
    dataset: int = 0,
) -> dict[str, int]:
    """All rows as measured: call it between the backward pass or the step and the next pass.

    step: what a real step was seen to hold; of a number, its activations, the peak can only be the
    sum of the rows. batch: inputs and targets of a step (batch_bytes). dataset: the examples on the
    device.
    """
    rows = measure_tensors(network, optimizer, spec)
    activations, beyond = (step, None) if isinstance(step, int) else (step.activations, step.beyond)

    device = next(network.parameters()).device
    if device.type == "cuda":
        peak = torch.cuda.max_memory_allocated(device)
    elif beyond is not None:
        peak = lasting(network, optimizer) + batch + dataset + beyond
    else:
        peak = sum(rows.values()) + activations + batch + dataset

    if device.type == "mps":
        peak = max(peak, torch.mps.current_allocated_memory())

    return _whole(rows, activations, batch, dataset, peak)


def _whole(
    rows: dict[str, int], activations: int, batch: int, dataset: int, peak: int
) -> dict[str, int]:
    found = rows | {"activations": activations, "batch": batch, "dataset": dataset}
    found |= {
        "workspace": max(0, peak - sum(found.values())),
        "data": batch + dataset,
        "peak": peak,
    }
    return {row: found[row] for row in ROWS}


def _workspace() -> int:
    if torch.cuda.is_initialized() and torch.cuda.get_device_capability() >= (9, 0):
        return _CUBLAS_WORKSPACE_HOPPER
    return _CUBLAS_WORKSPACE
