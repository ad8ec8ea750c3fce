"""What it costs to see what comes out of every block: one look, its pictures, and a training.

A look is timed on a network of thirty blocks, on one thread: the example through the network,
and the pictures that the window's thread paints. Then turns with and without looks alternate within
one training, see `inside`.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from app.engine.compute.outputs.request import prepared, request_of
from app.engine.compute.outputs.watch import OutputWatcher
from app.engine.experiment.data_settings import DataSettings
from app.engine.experiment.resolve import resolve
from app.engine.experiment.toml_file import from_plain
from app.engine.runs import events
from app.engine.runs.control import Control
from app.engine.runs.run import Run
from app.engine.sources.opening import open_dataset
from app.engine.training import trainer, warm_up
from models.network import build_model
from tests.bench.inside import SMALL, Meter, experiment, metered

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.engine.compute.outputs.values import OutputsRequest

LOOKS = 15

BLOCKS = 30

CHANNELS = 32

SOURCE = "sample:fashion"


def blocks() -> list[dict[str, Any]]:
    """Returns convolutions with norms and activations, and an answer, as plain data."""
    kinds = ({"kind": "convolution", "channels": CHANNELS}, {"kind": "batch-norm"})
    cycle = [*kinds, {"kind": "activation"}]
    chain = [{"name": f"b{number}", **cycle[number % 3]} for number in range(BLOCKS)]
    ends = ({"kind": "global-pooling", "name": "pool"}, {"kind": "output", "name": "answer"})
    return [*chain, *ends]


def one_look() -> str:
    """Measures a look at thirty blocks and an answer, and their pictures."""
    from PySide6.QtCore import QSize
    from PySide6.QtWidgets import QApplication

    from app.ui.style.theme import Theme
    from app.ui.widgets.outputs.painting import output_image

    dataset = open_dataset(DataSettings(source=SOURCE))
    description = dataset.description
    settings = {"data": {"source": SOURCE}, "model": {"blocks": blocks()}}
    resolved = resolve(from_plain(settings), description)
    problem = resolved.problem(description)
    network = build_model(resolved.model.graph(problem), problem, 0)
    watcher = OutputWatcher(network)
    request = request_of(dataset, "validation", 0)
    inputs = prepared(request, description, resolved.task, torch.device("cpu"))

    application = QApplication.instance() or QApplication(["bench"])
    theme = Theme()
    size = QSize(theme.px(72), theme.px(34))
    torch.set_num_threads(1)
    looking, painting = [], []
    for _ in range(LOOKS):
        begun = time.perf_counter()
        outputs = watcher.look(inputs, network.graph.nodes[1].name)
        looked = time.perf_counter()
        images = [output_image(seen.small, size, theme) for seen in outputs.values() if seen.small]
        looking.append(looked - begun)
        painting.append(time.perf_counter() - looked)

    del application
    return (
        f"{len(images)} pictures of {CHANNELS} channels of 28 × 28: "
        f"{1000 * statistics.median(looking):.0f} ms to look at {len(request.targets)} examples, "
        f"{1000 * statistics.median(painting):.1f} ms to paint"
    )


def training(template: str, pairs: int, clock: Callable[[], float]) -> str:
    """Measures a run that is looked at in every second turn, one block of it in full."""
    control = Control()
    dataset = open_dataset(DataSettings(source=SOURCE))
    requested = experiment(template)
    resolved = resolve(requested, dataset.description)
    opened = resolved.model.graph(resolved.problem(dataset.description)).nodes[1].name
    request: OutputsRequest = replace(request_of(dataset, "validation", 0), number=1, opened=opened)

    def set_watching(watching: bool) -> None:
        control.outputs = request if watching else None

    meter = Meter(set_watching, pairs, clock)
    seconds: list[float] = []

    def emit(event: events.Event) -> None:
        if isinstance(event, events.OutputsSeen):
            if event.trouble:
                raise RuntimeError(event.trouble)

            seconds.append(event.seconds)

    with (
        tempfile.TemporaryDirectory() as folder,
        metered(meter, lambda: control.stop(at_once=True)),
    ):
        finished = trainer.train(requested, Run.create(Path(folder), requested), emit, control)

    if finished.failure:
        raise RuntimeError(finished.failure[2])

    milliseconds = 1000 * statistics.median(seconds)
    return (
        meter.text(f"{template}, seen / not seen")
        + f"; {len(seconds)} looks of {milliseconds:.1f} ms"
    )


def main(templates: list[str], pairs: int, processor_time: bool = False) -> None:
    warm_up.warm_up()
    print(one_look(), flush=True)
    clock = time.thread_time if processor_time else time.perf_counter
    for template in templates:
        if template in SMALL:
            print(training(template, pairs, clock), flush=True)
