"""Proves an export: the file answers a whole split in another process, beside the network."""

from __future__ import annotations

import math
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from app.engine.compute.batches import as_batch, as_targets
from app.engine.export.exported_file import ExportedFile
from app.engine.export.proof import Proof

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.engine.export.format import ExportFormat
    from app.engine.export.trained_network import TrainedNetwork
    from app.engine.sources.format import Progress

MOST_EXAMPLES = 256
"""Examples that are answered at a time, at most."""

MOST_NUMBERS = 1 << 24
"""Numbers that the answers of one batch hold, at most: 64 MiB."""

BATCHES = (1, 64)
"""The batch sizes at which the time of an example is measured."""

ROUNDS = 4
"""Times that the file and the network here are measured, in turns."""

LEAST_SECONDS = 0.1
LEAST_TIMES = 7
WARM_UP = 2
"""How the time here is measured in a round; as in loaders/answer.py."""


@dataclass
class _Comparison:
    """What is known after some batches."""

    examples: int = 0
    changed: int = 0
    difference: float = 0.0
    largest: float = 0.0
    own: list[torch.Tensor] = field(default_factory=list)
    other: list[torch.Tensor] = field(default_factory=list)


def prove(
    trained: TrainedNetwork,
    exported: ExportFormat,
    path: Path,
    progress: Progress,
    whole: bool = False,
) -> Proof:
    """Answers all examples of the split with the exported file and with the network.

    path: of the file; others beside it belong to it. whole: see
    ExportFormat.prove_more. Raises UserError where the file cannot be read or does not answer.
    """
    progress("Loading the exported file in another process", 0, 0)
    with tempfile.TemporaryDirectory(prefix="netwright-") as scratch:
        answering = exported.answering_path(trained, path, Path(scratch))
        with ExportedFile(exported.loader, answering, torch.get_num_threads()) as file:
            found = _compare(trained, exported, file, progress)

        progress("Measuring the time of an example", 0, 0)
        milliseconds, own_milliseconds = _times(trained, exported, answering)

    # Before the size: what is found there may stand in the file.
    more = exported.prove_more(trained, path, whole, progress)
    metric = trained.task.headline.name
    weights = trained.predictor.weights
    return Proof(
        format=exported.kind,
        out=path.name,
        size=sum(each.stat().st_size for each in path.parent.iterdir()),
        weight_bytes=4 * trained.parameters,
        use=weights.use,
        epoch=weights.epoch,
        step=weights.step,
        time=round(time.time(), 3),
        split=trained.split,
        examples=found.examples,
        changed=found.changed,
        max_difference=found.difference,
        largest=found.largest,
        figure=metric,
        value=_figure(trained, metric, found.other),
        run_value=_figure(trained, metric, found.own),
        milliseconds=milliseconds,
        own_milliseconds=own_milliseconds,
        allowed=exported.most_changed,
        allowed_loss=exported.most_lost,
        left_out=exported.left_out(trained),
        **more,
    )


def _compare(
    trained: TrainedNetwork, exported: ExportFormat, file: ExportedFile, progress: Progress
) -> _Comparison:
    found = _Comparison()
    total = len(trained.rows)
    task = trained.task
    for rows in _parts(trained):
        progress("Comparing the answers", found.examples, total)
        raw = trained.raw(rows)
        answers = torch.from_numpy(np.array(file.answers(exported.inputs(trained, raw))))
        with torch.no_grad():
            own = trained.answering(*map(torch.from_numpy, raw))
            inputs, targets = _as_loss_sees(trained, rows)
            own = task.compared(own, inputs)
            other = task.compared(answers.view_as(own), inputs)

            found.examples += len(rows)
            found.changed += int(task.changed(trained.description, own, other).sum())
            found.difference = max(found.difference, _difference(own, other))
            found.largest = max(found.largest, float(own.abs().max()))
            for kept, tensor in ((found.own, own), (found.other, other)):
                kept.append(task.predictions_of_answers(trained.description, tensor, targets))

    progress("Comparing the answers", found.examples, total)
    return found


def _parts(trained: TrainedNetwork) -> Iterator[np.ndarray]:
    """Yields the rows of each batch, so many that their answers stay small."""
    rows = trained.rows
    numbers = max(1, math.prod(trained.network.problem.output_shape))
    size = max(1, min(MOST_EXAMPLES, MOST_NUMBERS // numbers))
    for start in range(0, len(rows), size):
        yield rows[start : start + size]


def _as_loss_sees(
    trained: TrainedNetwork, rows: np.ndarray
) -> tuple[torch.Tensor | tuple[torch.Tensor, ...], torch.Tensor]:
    """Returns prepared inputs, not damaged, and targets as the loss gets them."""
    description = trained.description
    stored = [torch.from_numpy(np.array(array[rows])) for array in trained.dataset.arrays]
    inputs = description.preparation.tensor(as_batch(stored))
    targets = as_targets(torch.from_numpy(np.array(trained.dataset.targets[rows])))
    generator = torch.Generator().manual_seed(0)
    _, targets = trained.task.batch(description, inputs, targets, generator)
    return inputs, targets


def _difference(own: torch.Tensor, other: torch.Tensor) -> float:
    """Returns the largest difference; without bound where only one of two is a number."""
    same = (own == other) | (own.isnan() & other.isnan())
    differences = (own.double() - other.double()).abs().masked_fill(same, 0.0)
    return math.inf if differences.isnan().any() else float(differences.max())


def _figure(trained: TrainedNetwork, metric: str, predictions: list[torch.Tensor]) -> float | None:
    """Returns the metric over all examples; None where it is not defined on them."""
    targets = np.array(trained.dataset.targets[trained.rows])
    metrics = trained.task.compute_metrics(
        trained.description, targets, torch.cat(predictions).numpy()
    )
    return metrics.get(metric)


def _times(
    trained: TrainedNetwork, exported: ExportFormat, path: Path
) -> tuple[dict[str, float], dict[str, float]]:
    """Returns the milliseconds an example takes in the file, and here, by batch size.

    Both in turns, and of each the least: what else the computer does meets both, and only adds. On
    one thread: several wait for one another, beside other programs a hundred times as long.
    """
    inputs = exported.inputs(trained, trained.raw(trained.rows[: max(BATCHES)]))
    there: list[dict[str, float]] = []
    here: list[dict[str, float]] = []
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with ExportedFile(exported.loader, path, 1) as file:
            for _ in range(ROUNDS):
                there.append(file.milliseconds(inputs, BATCHES))
                here.append({str(size): _milliseconds(trained, size) for size in BATCHES})
    finally:
        torch.set_num_threads(threads)

    return _least(there), _least(here)


def _least(rounds: list[dict[str, float]]) -> dict[str, float]:
    return {size: min(each[size] for each in rounds) for size in rounds[0]}


def _milliseconds(trained: TrainedNetwork, batch: int) -> float:
    """Returns the milliseconds that an example takes in PyTorch here, in the fastest batch."""
    rows = trained.rows[np.arange(batch) % len(trained.rows)]
    inputs = [torch.from_numpy(array) for array in trained.raw(rows)]
    seconds: list[float] = []
    with torch.no_grad():
        for _ in range(WARM_UP):
            trained.answering(*inputs)

        while len(seconds) < LEAST_TIMES or sum(seconds) < LEAST_SECONDS:
            start = time.perf_counter()
            trained.answering(*inputs)
            seconds.append(time.perf_counter() - start)

    return min(seconds) / batch * 1000
