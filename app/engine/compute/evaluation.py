"""Judging a network on examples it does not learn from: exact averages over all of them, whatever
the batches.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import nn

from app.engine.compute.randomness import mixed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from app.engine.compute.batches import Placed, Rows
    from app.engine.data.dataset import Description
    from app.engine.learning.loss import LossFunction
    from app.engine.learning.task import Task
    from models.shape import Problem

JUDGED = 7
"""Part of the seed of what is thrown in judging: the same damage for the same examples, every time."""

USUAL = 128
"""Examples judged at a time, if training does not take more."""

LARGEST = 2**24
"""Numbers of the answers to a judged batch: a network that answers with thousands of numbers after
every token of a text needs more memory for judging 128 texts than for learning from 16.
"""


@dataclass(frozen=True)
class Evaluation:
    """What a network says about n examples.

    loss: mean per example (or per token, weighted where the loss has weights), NaN without
    examples. predictions: (n, ...) float32, what the task keeps of the answers (see Task). targets:
    (n, ...) as the data have them. confusion: counts (K, K), true class by row, None where there
    are no classes to confuse.
    """

    loss: float
    metrics: dict[str, float]
    predictions: np.ndarray
    targets: np.ndarray
    confusion: np.ndarray | None = None


def judged_at_a_time(problem: Problem, loss_function: LossFunction, batch_size: int) -> int:
    """Examples of a batch in judging, for a network that is trained in batches of batch_size.

    It follows from these alone, so that the same examples are judged the same way in training and
    later.
    """
    if loss_function.compares:
        return batch_size

    return max(batch_size, min(USUAL, LARGEST // max(1, math.prod(problem.output_shape))))


def evaluate(
    network: nn.Module,
    description: Description,
    inputs: Rows | Placed,
    targets: np.ndarray,
    loss_function: LossFunction,
    task: Task,
    device: torch.device | str,
    batch_size: int,
    check: Callable[[], None] = lambda: None,
    autocast: torch.dtype | None = None,
) -> Evaluation:
    """Judge a network.

    It is put into eval mode and back; nothing is learned and no gradient is kept.

    description: of the data that the network was trained on. inputs, targets: n examples. check is
    called once a batch and may raise to give up. autocast: the precision of activations if not
    float32. batch_size: see judged_at_a_time.
    """
    device = torch.device(device)
    before = network.training
    network.eval()
    generator = (
        torch.Generator()
    )  # of the CPU: the same damage on every device, and when it is looked at later
    sums: list[torch.Tensor] = []
    predictions: list[torch.Tensor] = []

    order = _mixed_up(task, targets) if loss_function.compares else None
    try:
        with (
            torch.no_grad(),
            torch.autocast(device.type, dtype=autocast, enabled=autocast is not None),
        ):
            for number, part in enumerate(_parts(len(targets), batch_size, order)):
                check()
                generator.manual_seed(mixed(JUDGED, number))
                wanted = torch.from_numpy(np.array(targets[part])).to(device)
                batch, wanted = task.batch(
                    description,
                    description.preparation.tensor(inputs.batch(part, device)),
                    wanted,
                    generator,
                )

                outputs = network(batch)
                sums.append(torch.stack(loss_function.totals(outputs, wanted)))
                predictions.append(task.predictions(description, outputs, wanted))
    finally:
        network.train(before)

    targets = np.asarray(targets)
    if not predictions:
        return Evaluation(float("nan"), {}, np.zeros((0, 1), dtype=np.float32), targets)

    total, weight = (
        torch.stack(sums).cpu().double().sum(dim=0).tolist()
    )  # waits for the device, once
    kept = torch.cat(predictions).cpu().numpy()
    if order is not None:
        kept = kept[np.argsort(order)]

    loss = total / weight if weight else float("nan")
    return Evaluation(
        loss,
        task.figures(description, targets, kept),
        kept,
        targets,
        task.confusion(description, targets, kept),
    )


def _mixed_up(task: Task, targets: np.ndarray) -> np.ndarray:
    """An order, always the same, as an epoch of training has one.

    Examples that are compared with those of their batch must not stand class by class, as they do
    in a folder.
    """
    generator = torch.Generator().manual_seed(mixed(JUDGED, len(targets)))
    order = torch.randperm(len(targets), generator=generator)
    return task.order_of(order, torch.from_numpy(np.array(targets))).numpy()


def _parts(count: int, batch_size: int, order: np.ndarray | None) -> Sequence[slice | np.ndarray]:
    """What is judged at a time.

    In an order of its own the batches are of about one size, so that none has fewer to compare
    with.
    """
    if order is None:
        return [slice(first, first + batch_size) for first in range(0, count, batch_size)]

    return np.array_split(order, -(-count // batch_size)) if count else []
