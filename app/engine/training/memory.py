"""The memory ledger: bytes by purpose, predicted before a training and measured in it.

The rows: `weights` (parameters), `gradients`, `first_moment` and `second_moment` (of the optimizer), `other_state`
(what else stays: step counters, running averages of batch norm), `activations` (what autograd keeps for the backward
pass), `data` (the examples, where they lie on the device, and the batch in work), `peak`.

`peak` on the CPU is the sum of the rows: all that training itself holds, at the moment it would hold all of it; what
the process takes beside (Python, libraries, working memory of a kernel) is not in it. Measured, it is the sum of the
measured rows: the tensors there are, and what autograd was seen to keep in a real step. On a GPU the allocator knows
the true peak, and gradients arrive while activations leave: there the prediction follows the backward pass block by
block, and the measured peak is the allocator's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import nn

from app.engine.device import cpu_has_bfloat16
from app.engine.dry_run import ActivationMeter, as_on, pretending
from app.engine.learning.choices import LossFunction, Optimizer
from app.engine.learning.task import Task
from app.engine.training.monitor import DeviceMonitor
from models.graph import INPUT, OTHER, Graph
from models.network import Network, pretended
from models.shape import Problem

if TYPE_CHECKING:
    from app.engine.experiment import Experiment

__all__ = [
    "ROWS", "ActivationMeter", "DeviceMonitor", "batch_bytes", "measure", "measure_tensors", "optimizer_floats",
    "predict",
]

ROWS = ("weights", "gradients", "first_moment", "second_moment", "other_state", "activations", "data", "peak")

_FLOAT = 4
"""Bytes of a float32: optimizers keep their state in the type of the weights, and their counters too."""
_CUBLAS_WORKSPACE = 8_519_680
_CUBLAS_WORKSPACE_HOPPER = 32 * 2**20
"""What torch sets aside for matrix products, once per device (aten/src/ATen/cuda/CublasHandlePool.cpp)."""


def batch_bytes(problem: Problem, task: Task, batch_size: int) -> int:
    """A batch in work: what the network reads and the targets."""
    with pretending():
        return sum(_bytes(one) for one in (*pretended(problem, batch_size), task.pretended(problem, batch_size)))


def predict(
    experiment: Experiment, graph: Graph, problem: Problem, task: Task, dataset_bytes: int = 0,
    device_type: str = "cpu", precision: str | None = None,
) -> dict[str, int]:
    """All rows, in bytes, for a resolved experiment.

    dataset_bytes: of the examples that lie on the device. precision: "float32" or "bfloat16"; left out, it follows
    the experiment, and "auto" is what that sort of device gains from. Raises GraphError.
    """
    assert experiment.optimizer is not None and experiment.loss is not None
    assert experiment.training.batch_size is not None
    batch_size = experiment.training.batch_size
    precision = precision or experiment.training.precision
    if precision == "auto":
        gains = device_type == "cuda" or (device_type == "cpu" and cpu_has_bfloat16())
        precision = "bfloat16" if gains else "float32"
    with pretending():
        network = Network(graph, problem).train()
        loss = experiment.loss.build((1,) * problem.outputs, torch.device("cpu"), problem.examples)
        passage = _forward(network, problem, task, loss, batch_size, device_type, precision)
        for parameter in network.parameters():
            parameter.grad = torch.empty_like(parameter)
        rows = _tensors(network)
        for row, count in experiment.optimizer.floats(experiment.optimizer.groups(network)).items():
            rows[row if row in rows else "other_state"] += _FLOAT * count
    rows["activations"] = passage.kept
    rows["data"] = dataset_bytes + batch_bytes(problem, task, batch_size)
    rows["peak"] = _peak_on_gpu(rows, passage) + _workspace() if device_type == "cuda" else sum(rows.values())
    return rows


def optimizer_floats(experiment: Experiment, graph: Graph, problem: Problem) -> dict[str, int]:
    """Floats that the optimizer of a resolved experiment keeps, see Optimizer.floats. Raises GraphError."""
    assert experiment.optimizer is not None
    with pretending():
        return experiment.optimizer.floats(experiment.optimizer.groups(Network(graph, problem)))


def measure_tensors(network: nn.Module, optimizer: torch.optim.Optimizer, spec: Optimizer) -> dict[str, int]:
    """The rows weights, gradients, first_moment, second_moment and other_state, as they are now."""
    rows = _tensors(network)
    for state in optimizer.state.values():
        for name, value in state.items():
            if isinstance(value, torch.Tensor):
                rows[spec.state_names.get(name, "other_state")] += _bytes(value)
    return rows


def _tensors(network: nn.Module) -> dict[str, int]:
    """The same rows without any optimizer."""
    parameters = list(network.parameters())
    return {
        "weights": sum(_bytes(parameter) for parameter in parameters),
        "gradients": sum(_bytes(parameter.grad) for parameter in parameters if parameter.grad is not None),
        "first_moment": 0,
        "second_moment": 0,
        "other_state": sum(_bytes(buffer) for buffer in network.buffers()),
    }


def measure(
    network: nn.Module, optimizer: torch.optim.Optimizer, spec: Optimizer, activations: int, data: int,
) -> dict[str, int]:
    """All rows as measured: call it between the backward pass or the step and the next `zero_grad`.

    activations: of an ActivationMeter around a real step. data: the examples on the device and a batch (batch_bytes).
    """
    rows = measure_tensors(network, optimizer, spec)
    rows["activations"], rows["data"] = activations, data
    device = next(network.parameters()).device
    if device.type == "cuda":
        rows["peak"] = torch.cuda.max_memory_allocated(device)
    else:
        rows["peak"] = sum(rows.values())
    return rows


@dataclass(frozen=True)
class _Passage:
    """A forward pass. kept: bytes that autograd keeps of it. blocks: of each block, in order, the bytes kept because
    of it, of its weights, and of what it reads and makes."""

    kept: int
    blocks: tuple[tuple[int, int, int], ...]


def _forward(
    network: Network, problem: Problem, task: Task, loss: LossFunction, batch_size: int, device_type: str,
    precision: str,
) -> _Passage:
    """A step's forward pass and its loss, pretended."""
    inputs, targets = pretended(problem, batch_size), task.pretended(problem, batch_size)
    meter = ActivationMeter.of(network, *inputs, targets)
    values, blocks = dict(zip((INPUT, OTHER), inputs, strict=False)), []
    with as_on(device_type, precision, network), meter:
        for node in network.graph.nodes:
            before, block = meter.bytes, network.blocks[node.name]
            values[node.name] = block(*(values[name] for name in node.inputs))
            moved = _bytes(values[node.name]) + sum(_bytes(values[name]) for name in node.inputs)
            blocks.append((meter.bytes - before, sum(_bytes(weight) for weight in block.parameters()), moved))
    with meter:
        loss(values[network.graph.nodes[-1].name], targets)
    return _Passage(meter.bytes, tuple(blocks))


def _peak_on_gpu(rows: dict[str, int], passage: _Passage) -> int:
    """The most at any block of the backward pass, or in the optimizer's step if that is more."""
    lasting = sum(rows[name] for name in ("weights", "first_moment", "second_moment", "other_state", "data"))
    alive, gradients, most = passage.kept, 0, rows["gradients"]
    for kept, weights, moved in reversed(passage.blocks):
        gradients += weights
        most = max(most, alive + gradients + moved)
        alive -= kept
    return lasting + most


def _workspace() -> int:
    if torch.cuda.is_initialized() and torch.cuda.get_device_capability() >= (9, 0):
        return _CUBLAS_WORKSPACE_HOPPER
    return _CUBLAS_WORKSPACE


def _bytes(tensor: torch.Tensor) -> int:
    return tensor.numel() * tensor.element_size()
