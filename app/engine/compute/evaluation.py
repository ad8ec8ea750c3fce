"""Evaluates a network on examples that it does not learn from.

Averages are exact over all examples, whatever the batches.
"""

from __future__ import annotations

import math
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import nn

from app.engine.compute.batches import as_targets
from app.engine.compute.division import WHOLE
from app.engine.compute.randomness import mix_seed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from app.engine.compute.batches import SplitInputs
    from app.engine.compute.division import Division
    from app.engine.compute.manual.network import ManualNetwork
    from app.engine.data.dataset import Description
    from app.engine.data.preparation import Batch
    from app.engine.learning.loss import LossFunction
    from app.engine.learning.task import Task
    from models.shape import Problem

EVALUATION = 7
"""Part of the seed of an evaluation, so that the same examples get the same damage every time."""

USUAL_BATCH_SIZE = 128
"""Examples of a batch in an evaluation, if training does not take more."""

MOST_OUTPUTS = 2**24
"""The most numbers that a network answers with to a batch in an evaluation.

One that answers with thousands of numbers after every token of a text would need more memory to be
evaluated on 128 texts than to learn from 16.
"""


@dataclass(frozen=True)
class Evaluation:
    """The result of an evaluation on n examples.

    loss: mean per example (or per token, weighted where the loss has weights), NaN without
    examples. predictions: (n, ...) float32, what the task keeps of the outputs (see Task). targets:
    (n, ...) as the data have them. confusion: counts (K, K), true class by row, None where there
    are no classes to confuse.
    """

    loss: float
    metrics: dict[str, float]
    predictions: np.ndarray
    targets: np.ndarray
    confusion: np.ndarray | None = None


@dataclass(frozen=True)
class PreparedInputs:
    """A split that is evaluated again and again, in batches as network and loss get them.

    batches: inputs and targets of each.
    """

    batches: list[tuple[Batch, torch.Tensor]]

    @classmethod
    def of(
        cls,
        description: Description,
        inputs: SplitInputs,
        targets: np.ndarray,
        loss_function: LossFunction,
        task: Task,
        device: torch.device,
        batch_size: int,
    ) -> PreparedInputs:
        """Prepares a split; the arguments are those of `evaluate`."""
        order = _evaluation_order(task, targets) if loss_function.compares else None
        parts = _parts(len(targets), batch_size, order)
        every = range(len(parts))
        return cls(list(_prepared(description, inputs, targets, task, device, parts, every)))


def evaluation_batch_size(problem: Problem, loss_function: LossFunction, batch_size: int) -> int:
    """Returns the batch size of an evaluation, for a network trained in batches of batch_size.

    It follows from these alone, so that the same examples are evaluated the same way in training
    and later.
    """
    if loss_function.compares:
        return batch_size

    return max(
        batch_size, min(USUAL_BATCH_SIZE, MOST_OUTPUTS // max(1, math.prod(problem.output_shape)))
    )


def evaluate(
    network: nn.Module,
    description: Description,
    inputs: SplitInputs | PreparedInputs,
    targets: np.ndarray,
    loss_function: LossFunction,
    task: Task,
    device: torch.device | str,
    batch_size: int,
    check: Callable[[], None] = lambda: None,
    autocast: torch.dtype | None = None,
    manual: ManualNetwork | None = None,
    division: Division = WHOLE,
) -> Evaluation:
    """Evaluates a network, which is put into eval mode and back; no gradient is kept.

    description: the data that the network was trained on. inputs, targets: n examples. check:
    called once a batch, may raise to give up. autocast: the type of activations if not float32.
    batch_size: see evaluation_batch_size. manual: the same network without autograd, which then
    computes the outputs. division: which of the batches are judged here; whoever hands its own on
    to another process gets an evaluation of nothing.
    """
    device = torch.device(device)
    order = _evaluation_order(task, targets) if loss_function.compares else None
    if isinstance(inputs, PreparedInputs):
        own = division.own(len(inputs.batches))
        batches: Iterable[tuple[Batch, torch.Tensor]] = (inputs.batches[index] for index in own)
    else:
        parts = _parts(len(targets), batch_size, order)
        own = division.own(len(parts))
        batches = _prepared(description, inputs, targets, task, device, parts, own)

    check = division.checked(check)
    totals: list[torch.Tensor] = []
    predictions: list[torch.Tensor] = []
    precision = torch.autocast(device.type, dtype=autocast) if autocast else nullcontext()
    with torch.no_grad(), precision, _outputs_of(network, manual) as outputs_of:
        for batch, batch_targets in batches:
            check()
            outputs = outputs_of(batch)
            totals.append(torch.stack(loss_function.totals(outputs, batch_targets)))
            predictions.append(task.predictions(description, outputs, batch_targets))

    totals, predictions = division.gathered(totals, predictions)
    targets = np.asarray(targets)
    if not predictions:
        return Evaluation(float("nan"), {}, np.zeros((0, 1), dtype=np.float32), targets)

    # Fetching these waits for the device, once.
    total, weight = torch.stack(totals).cpu().double().sum(dim=0).tolist()
    all_predictions = torch.cat(predictions).cpu().numpy()
    if order is not None:
        all_predictions = all_predictions[np.argsort(order)]

    loss = total / weight if weight else float("nan")
    return _with_metrics(task, description, targets, all_predictions, loss)


@contextmanager
def _outputs_of(
    network: nn.Module, manual: ManualNetwork | None
) -> Iterator[Callable[[Batch], torch.Tensor]]:
    """Gives what computes the outputs of a batch outside of training."""
    if manual is not None:
        yield manual.outputs
        return

    was_training = network.training
    network.eval()
    try:
        yield network
    finally:
        network.train(was_training)


def _prepared(
    description: Description,
    inputs: SplitInputs,
    targets: np.ndarray,
    task: Task,
    device: torch.device,
    parts: Sequence[slice | np.ndarray],
    own: range,
) -> Iterator[tuple[Batch, torch.Tensor]]:
    """Yields the own parts of the examples as network and loss get them."""
    # A generator of the CPU: the same damage on every device, and when it is looked at later.
    generator = torch.Generator()
    for index in own:
        part = parts[index]
        generator.manual_seed(mix_seed(EVALUATION, index))
        yield task.batch(
            description,
            description.preparation.tensor(inputs.batch(part, device)),
            as_targets(torch.from_numpy(np.array(targets[part]))).to(device),
            generator,
        )


def _with_metrics(
    task: Task, description: Description, targets: np.ndarray, predictions: np.ndarray, loss: float
) -> Evaluation:
    return Evaluation(
        loss,
        task.compute_metrics(description, targets, predictions),
        predictions,
        targets,
        task.confusion(description, targets, predictions),
    )


def _evaluation_order(task: Task, targets: np.ndarray) -> np.ndarray:
    """Returns a random order of the examples, always the same, made as that of an epoch.

    Examples that are compared with those of their batch must not stand class by class, as they do
    in a folder.
    """
    generator = torch.Generator().manual_seed(mix_seed(EVALUATION, len(targets)))
    order = torch.randperm(len(targets), generator=generator)
    return task.epoch_order(order, torch.from_numpy(np.array(targets))).numpy()


def _parts(count: int, batch_size: int, order: np.ndarray | None) -> Sequence[slice | np.ndarray]:
    """Returns the rows of each batch.

    With an order, batches have about the same size, so that none has fewer examples to compare.
    """
    if order is None:
        return [slice(first, first + batch_size) for first in range(0, count, batch_size)]

    return np.array_split(order, -(-count // batch_size)) if count else []
