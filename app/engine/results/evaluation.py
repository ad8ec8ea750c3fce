"""Judging a network on examples it does not learn from: exact averages over all of them, whatever the batches."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from app.engine.data.dataset import Description
from app.engine.learning.choices import LossFunction
from app.engine.learning.task import Task
from app.engine.training.batches import Placed, Rows
from app.engine.training.randomness import mixed

JUDGED = 7
"""Part of the seed of what is thrown in judging: the same damage for the same examples, every time."""


@dataclass(frozen=True)
class Evaluation:
    """What a network says about n examples.

    loss: mean per example (or per token, weighted where the loss has weights), NaN without examples. said: (n, ...)
    float32, what the task keeps of the answers (see Task). targets: (n, ...) as the data have them. confusion: counts
    (K, K), true class by row, None where there are no classes to confuse.
    """

    loss: float
    metrics: dict[str, float]
    said: np.ndarray
    targets: np.ndarray
    confusion: np.ndarray | None = None


def evaluate(
    network: nn.Module,
    about: Description,
    inputs: Rows | Placed,
    targets: np.ndarray,
    loss_function: LossFunction,
    task: Task,
    device: torch.device | str,
    batch_size: int,
    check: Callable[[], None] = lambda: None,
    autocast: torch.dtype | None = None,
) -> Evaluation:
    """Judge a network. It is put into eval mode and back; nothing is learned and no gradient is kept.

    about: of the data that the network was trained on. inputs, targets: n examples. check is called once a batch and
    may raise to give up. autocast: the precision of activations if not float32.
    """
    device = torch.device(device)
    before = network.training
    network.eval()
    dice = torch.Generator(device)
    sums: list[torch.Tensor] = []
    said: list[torch.Tensor] = []
    try:
        with torch.no_grad(), torch.autocast(device.type, dtype=autocast, enabled=autocast is not None):
            for number, first in enumerate(range(0, len(targets), batch_size)):
                check()
                part = slice(first, first + batch_size)
                dice.manual_seed(mixed(JUDGED, number))
                wanted = torch.from_numpy(np.array(targets[part])).to(device)
                batch, wanted = task.batch(about, about.preparation.tensor(inputs.batch(part, device)), wanted, dice)
                outputs = network(batch)
                sums.append(torch.stack(loss_function.totals(outputs, wanted)))
                said.append(task.said(about, outputs, wanted))
    finally:
        network.train(before)
    targets = np.asarray(targets)
    if not said:
        return Evaluation(float("nan"), {}, np.zeros((0, 1), dtype=np.float32), targets)
    total, weight = torch.stack(sums).cpu().double().sum(dim=0).tolist()  # waits for the device, once
    kept = torch.cat(said).cpu().numpy()
    loss = total / weight if weight else float("nan")
    return Evaluation(
        loss, task.figures(about, targets, kept), kept, targets, task.confusion(about, targets, kept)
    )
