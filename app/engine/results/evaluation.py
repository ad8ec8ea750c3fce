"""Judging a network on examples it does not learn from: exact averages over all of them, whatever the batches."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import nn

from app.engine.data.preparation import Preparation
from app.engine.learning.choices import LossFunction
from app.engine.learning.tasks import Task
from app.engine.results import metrics


@dataclass(frozen=True)
class Evaluation:
    """What a network says about n examples of K classes.

    loss: mean per example (weighted where the loss has weights), NaN without examples. probabilities: (n, K)
    float32, for yes/no K is 2. targets: (n,) int64.
    """

    loss: float
    metrics: dict[str, float]
    probabilities: np.ndarray
    targets: np.ndarray

    @cached_property
    def predictions(self) -> np.ndarray:
        return metrics.predictions(self.probabilities)

    @cached_property
    def confusion(self) -> np.ndarray:
        """Counts (K, K), true class by row."""
        return metrics.confusion(self.targets, self.predictions, self.probabilities.shape[1])


def probabilities_of(outputs: torch.Tensor, task: Task) -> torch.Tensor:
    """(B, outputs) logits -> (B, K) float32 probabilities; one logit of a yes/no gives the columns no and yes."""
    outputs = outputs.float()
    if task.binary:
        return torch.sigmoid(torch.cat([-outputs, outputs], dim=1))
    return outputs.softmax(dim=1)


def evaluate(
    network: nn.Module,
    preparation: Preparation,
    inputs: np.ndarray | torch.Tensor,
    targets: np.ndarray | torch.Tensor,
    loss_function: LossFunction,
    task: Task,
    device: torch.device | str,
    batch_size: int,
    check: Callable[[], None] = lambda: None,
    autocast: torch.dtype | None = None,
) -> Evaluation:
    """Judge a network. It is put into eval mode and back; nothing is learned and no gradient is kept.

    inputs: (n, C, H, W) uint8, in memory, mapped or on the device. targets: (n,) class numbers. check is called
    once a batch and may raise to give up. autocast: the precision of activations if not float32.
    """
    device = torch.device(device)
    before = network.training
    network.eval()
    sums: list[torch.Tensor] = []
    said: list[torch.Tensor] = []
    try:
        with torch.no_grad(), torch.autocast(device.type, dtype=autocast, enabled=autocast is not None):
            for first in range(0, len(targets), batch_size):
                check()
                batch = _on(inputs[first : first + batch_size], device)
                answer = _on(targets[first : first + batch_size], device).long()
                outputs = network(preparation.tensor(batch))
                sums.append(torch.stack(loss_function.totals(outputs, answer)))
                said.append(probabilities_of(outputs, task))
    finally:
        network.train(before)
    known = np.asarray(targets.cpu() if isinstance(targets, torch.Tensor) else targets, dtype=np.int64)
    if not said:
        return Evaluation(float("nan"), {}, np.zeros((0, 2 if task.binary else 1), dtype=np.float32), known)
    total, weight = torch.stack(sums).cpu().double().sum(dim=0).tolist()  # waits for the device, once
    probabilities = torch.cat(said).cpu().numpy()
    loss = total / weight if weight else float("nan")
    return Evaluation(loss, metrics.figures(task, known, probabilities), probabilities, known)


def _on(rows: np.ndarray | torch.Tensor, device: torch.device) -> torch.Tensor:
    """Rows on the device. A copy is made of arrays: they may be read-only maps of a file."""
    if isinstance(rows, torch.Tensor):
        return rows.to(device, non_blocking=True)
    return torch.from_numpy(np.array(rows)).to(device)
