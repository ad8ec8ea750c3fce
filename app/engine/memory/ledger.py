"""The memory ledger: bytes by purpose, predicted before a training and measured in it.

The rows: `weights` (parameters), `gradients`, `first_moment` and `second_moment` (of the
optimizer), `other_state` (what else stays: step counters, running averages of batch norm),
`activations` (what autograd keeps for the backward pass), `batch` (inputs and targets of a whole
step), `dataset` (the examples, where they lie on the device), `data` (both together), `workspace`
(what is held at the fullest moment beyond all of these: intermediate results, outputs that wait for
their margins, working memory of kernels, rounding) and `peak` (the bytes held at that moment).

The peak is no sum: gradients arrive while activations leave, so the rows may add up to more.
`predict` takes it from a simulated step in which the bytes of every tensor are followed; `measure`
takes it from a real step that was followed on the CPU, and from the allocator on a GPU. What the
process takes besides (Python, libraries) is not in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import torch

from app.engine.compute import kept_outputs
from app.engine.compute.device import (
    LEAST_MULTIPLY_ADDS,
    cpu_has_bfloat16,
    cuda_is_initialized,
)
from app.engine.memory.inspection import inspect
from app.engine.memory.simulated_step import bytes_of, simulate

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import nn

    from app.engine.experiment.resolve import ResolvedExperiment
    from app.engine.learning.optimizer import Optimizer
    from app.engine.memory.step_meter import StepMeter
    from models.graph import Graph
    from models.shape import Problem

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
"""What memory is held for, in the order in which it is shown; no byte is in two of them."""

ROWS = (*PARTS, "data", "peak")
"""All rows in order: the parts, `data` for batch and dataset together, and the peak."""

_CUBLAS_WORKSPACE = 8_519_680
"""Bytes that torch sets aside for matrix products, once per device (CublasHandlePool.cpp)."""

_CUBLAS_WORKSPACE_HOPPER = 32 * 2**20
"""The same on GPUs of compute capability 9.0 and later."""


def predict(
    resolved: ResolvedExperiment,
    graph: Graph,
    problem: Problem,
    dataset_bytes: int = 0,
    device_type: str = "cpu",
    precision: str | None = None,
) -> dict[str, int]:
    """Returns all rows, in bytes, as a training with these settings would have them.

    Batch size, accumulation, recomputation and precision count.

    dataset_bytes: the examples that lie on the device. device_type: "cpu", "cuda" or "mps".
    precision: "float32", "bfloat16" or "float16"; left out, it is that of the experiment, where
    "auto" stands for what such a device usually gains from. Raises GraphError.
    """
    precision = precision or resolved.training.precision
    if precision == "auto":
        work = inspect(graph, problem).multiply_adds * resolved.training.batch_size
        large = work >= LEAST_MULTIPLY_ADDS and cpu_has_bfloat16()
        gains = device_type == "cuda" or (device_type == "cpu" and large)
        precision = "bfloat16" if gains else "float32"

    kept = kept_outputs.most_bytes(resolved.task, problem)
    held = _simulated(_Step(resolved, graph, problem, device_type, precision))
    peak = held.most + dataset_bytes + kept
    if device_type == "cuda":
        peak += _cublas_workspace()

    return _all_rows(held.rows, held.activations, held.batch_bytes, dataset_bytes, peak)


class _Step:
    """A step to simulate; equal to another one that holds the same."""

    def __init__(
        self,
        resolved: ResolvedExperiment,
        graph: Graph,
        problem: Problem,
        device_type: str,
        precision: str,
    ) -> None:
        self.resolved = resolved
        self.simulates = (graph, problem, device_type, precision)
        training = resolved.training
        self._key = (
            (training.batch_size, training.accumulation, training.recompute, resolved.task.kind),
            resolved.optimizer.memory_key(),
            (type(resolved.loss), repr(resolved.loss)),
            repr(self.simulates),
        )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Step) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)


@dataclass(frozen=True)
class _Held:
    """What a simulated step holds, in bytes. most: at once, without the dataset."""

    rows: Mapping[str, int]
    activations: int
    batch_bytes: int
    most: int


@lru_cache(maxsize=64)
def _simulated(step: _Step) -> _Held:
    """Simulates a step: a race, a search and a run that is trained again ask for one they had."""
    done = simulate(step.resolved, *step.simulates)
    rows = _tensor_rows(done.network, done.optimizer, step.resolved.optimizer)
    return _Held(rows, done.activations, done.batch_bytes, done.lasting_bytes + done.beyond)


def measure(
    network: nn.Module,
    optimizer: torch.optim.Optimizer,
    optimizer_choice: Optimizer,
    step: StepMeter | None,
    batch_bytes: int,
    dataset_bytes: int = 0,
    kept_bytes: int = 0,
) -> dict[str, int]:
    """Returns all rows as measured, in bytes.

    Call it between the backward pass, or the optimizer's step, and the next forward pass.

    step: a real step that was followed; without one the activations count as 0, and outside of CUDA
    the peak can only be the sum of the rows. batch_bytes: inputs and targets of a whole step, the
    row `batch` of a prediction. dataset_bytes: the examples that lie on the device. kept_bytes: the
    outputs that wait for their margins, at most.
    """
    rows = _tensor_rows(network, optimizer, optimizer_choice)
    activations = step.activations if step is not None else 0
    beyond = step.beyond if step is not None else None

    device = next(network.parameters()).device
    if device.type == "cuda":
        peak = torch.cuda.max_memory_allocated(device)
    elif beyond is not None:
        lasting = sum(rows.values()) - rows["gradients"]  # those come and go within the step
        peak = lasting + batch_bytes + dataset_bytes + kept_bytes + beyond
    else:
        peak = sum(rows.values()) + activations + batch_bytes + dataset_bytes + kept_bytes

    if device.type == "mps":
        peak = max(peak, torch.mps.current_allocated_memory())

    return _all_rows(rows, activations, batch_bytes, dataset_bytes, peak)


def _tensor_rows(
    network: nn.Module, optimizer: torch.optim.Optimizer, optimizer_choice: Optimizer
) -> dict[str, int]:
    """Returns the rows of weights, gradients, both moments and other state, as they are now."""
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
                rows[optimizer_choice.state_names.get(name, "other_state")] += bytes_of(value)

    return rows


def _all_rows(
    tensor_rows: Mapping[str, int],
    activations: int,
    batch_bytes: int,
    dataset_bytes: int,
    peak: int,
) -> dict[str, int]:
    rows = {
        **tensor_rows,
        "activations": activations,
        "batch": batch_bytes,
        "dataset": dataset_bytes,
    }
    rows |= {
        "workspace": max(0, peak - sum(rows.values())),
        "data": batch_bytes + dataset_bytes,
        "peak": peak,
    }
    return {row: rows[row] for row in ROWS}


def _cublas_workspace() -> int:
    if cuda_is_initialized() and torch.cuda.get_device_capability() >= (9, 0):
        return _CUBLAS_WORKSPACE_HOPPER
    return _CUBLAS_WORKSPACE
