"""The memory ledger against a real step: predicted, measured, and reported by the allocator."""

from __future__ import annotations

import contextlib
import gc
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

import app.engine.learning.tasks as tasks
from app.engine.compute import kept_outputs
from app.engine.compute.passes import Passes
from app.engine.experiment.experiment import Experiment
from app.engine.experiment.resolve import resolve_for
from app.engine.experiment.training_settings import TrainingSettings
from app.engine.memory.ledger import measure, predict
from app.engine.memory.simulated_step import bytes_of, state_of
from app.engine.memory.step_meter import StepMeter
from app.engine.training.build import placed_on
from models.network import build_model, fake_inputs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from app.engine.learning.optimizer import Optimizer
    from models.shape import Problem
    from models.template import Template

EXACT = ("weights", "gradients", "first_moment", "second_moment", "other_state")
WARM_UP = 7
"""Steps of an optimizer before one is measured: some take more later (RAdam)."""

PRECISIONS = {"bfloat16": torch.bfloat16, "float16": torch.float16}


@dataclass(frozen=True)
class Ledgers:
    """The rows of the ledger, predicted and measured.

    allocator: the peak that it reports of a step, None if it was not requested.
    """

    predicted: dict[str, int]
    measured: dict[str, int]
    allocator: int | None

    @property
    def inexact(self) -> list[str]:
        return [row for row in EXACT if self.predicted[row] != self.measured[row]]

    def off(self, row: str) -> float:
        """Returns predicted over measured, less 1."""
        return _over(self.predicted[row], self.measured[row])

    @property
    def peak_off(self) -> float:
        """Returns the predicted peak over the allocator's, less 1."""
        assert self.allocator is not None
        return _over(self.predicted["peak"], self.allocator)


def ledgers(
    template: Template,
    optimizer: Optimizer,
    task_and_problem: tuple[str, Problem],
    batch: int = 16,
    precision: str = "float32",
    accumulation: int = 1,
    recompute: bool = False,
    dataset_bytes: int = 0,
    allocator: bool = False,
    device: torch.device | None = None,
) -> Ledgers:
    """Predicts the ledger, and measures it in one real step of random examples.

    task_and_problem: the task's kind and the problem.
    """
    device = device or torch.device("cpu")
    name, problem = task_and_problem
    task = tasks.task(name)
    training = TrainingSettings(
        batch_size=batch,
        accumulation=accumulation,
        recompute=recompute,
        precision=precision,  # type: ignore[arg-type]
    )

    resolved = resolve_for(
        Experiment(model=template, optimizer=optimizer, training=training), problem, task
    )
    graph = resolved.model.graph(problem)
    predicted = predict(resolved, graph, problem, dataset_bytes, device.type)

    _clear(device)
    network = placed_on(build_model(graph, problem, 0), device).train()
    network.recompute = recompute
    stepper = resolved.optimizer.for_network(network, device)
    loss = resolved.loss.build((10,) * max(2, problem.outputs), device, problem.examples)
    passes = Passes(network, loss, device, PRECISIONS.get(precision), batch)
    passes.kept = [] if task.has_margins else None
    waiting = kept_outputs.most_bytes(task, problem)  # of the steps before, see MarginKeeper
    batch_inputs = tuple(
        (values.random_(1, 3) if values.dtype == torch.int64 else values.normal_()).to(device)
        for values in fake_inputs(problem, batch * accumulation)
    )

    inputs = batch_inputs if len(batch_inputs) > 1 else batch_inputs[0]
    targets = task.fake_targets(problem, batch * accumulation).to(device)

    def step() -> None:
        passes(inputs, targets)
        passes.step(stepper)

    with torch.random.fork_rng(devices=[]), one_thread():
        if allocator:
            step()
            for _ in range(WARM_UP):
                stepper.step()

        with StepMeter(network, stepper, inputs, targets) as meter:
            passes(inputs, targets, meter.forward)
            passes.step(stepper)

        size = sum(values.nbytes for values in (*batch_inputs, targets))
        measured = measure(
            network, stepper, resolved.optimizer, meter, size, dataset_bytes, kept_bytes=waiting
        )

        peak = None
        if allocator:
            for parameter in network.parameters():
                parameter.grad = None
            if device.type == "cuda":
                torch.cuda.reset_peak_memory_stats(device)
                step()
                peak = torch.cuda.memory_stats(device)["allocated_bytes.all.peak"] + dataset_bytes
            else:
                peak = lasting_bytes(network, stepper) + size + dataset_bytes + reported_peak(step)

    return Ledgers(predicted, measured, None if peak is None else peak + waiting)


def reported_peak(work: Callable[[], Any]) -> int:
    """Returns the most bytes that the CPU's allocator reports at once during the work.

    Bytes allocated before do not count.
    """
    with _quiet(), torch.autograd.profiler.profile(profile_memory=True) as profile:
        work()

    results = profile.kineto_results
    assert results is not None
    events = sorted(
        (
            (event.start_ns(), event.nbytes())
            for event in results.events()
            if event.name() == "[memory]"
        ),
        key=lambda event: event[0],
    )

    now = most = 0
    for _, size in events:
        now += size
        most = max(most, now)

    return most


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """Limits kernels to one thread: they allocate in every thread, and reports are from one."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)

    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Silences standard error: some builds of the profiler say there that they start and stop."""
    saved = os.dup(2)
    try:
        with open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)


def _clear(device: torch.device) -> None:
    if device.type == "cuda":
        gc.collect()
        torch._C._cuda_clearCublasWorkspaces()
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats(device)


def _over(first: int, second: int) -> float:
    return first / second - 1 if second else float(first > 0)


def lasting_bytes(network: torch.nn.Module, optimizer: torch.optim.Optimizer) -> int:
    """Returns the bytes of weights, running averages and optimizer state."""
    tensors = (*network.parameters(), *network.buffers(), *state_of(optimizer))
    return sum(bytes_of(tensor) for tensor in tensors)
