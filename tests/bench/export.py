"""Every export format beside the network it was made of: every template on a built-in data set.

Each template is trained for an epoch with its own settings, exported, and proved over its whole
test split as always. The speed is that of the exported file over that of the network in PyTorch
(eager), both with preparation and answers, one example at a time on one thread each, in turns: the
median of the ratios of neighbouring turns. A network of 100 million parameters follows: by how much
the memory of all processes grows while it is exported and proved, in times of its weights.
"""

from __future__ import annotations

import re
import shutil
import statistics
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import torch

from app.engine.errors import UserError
from app.engine.experiment.toml_file import from_plain
from app.engine.export import proving
from app.engine.export.exported_file import ExportedFile
from app.engine.export.exporting import export
from app.engine.export.formats import all_formats
from app.engine.export.trained_network import TrainedNetwork
from app.engine.runs.control import Control
from app.engine.runs.run import Run
from app.engine.text import bytes_text, number_text, times_text
from app.engine.training import trainer
from models.template import TEMPLATES
from tests.engine.export.untrained import untrained_run

if TYPE_CHECKING:
    from app.engine.export.format import ExportFormat
    from app.engine.export.proof import Proof

DATA: dict[str, dict[str, Any]] = {
    "cnn": {"source": "sample:fashion"},
    "resnet": {"source": "sample:fashion"},
    "convnext": {"source": "sample:fashion"},
    "vit": {"source": "sample:fashion"},
    "conv-autoencoder": {"source": "sample:fashion", "task": "reconstruction"},
    "masked-autoencoder": {"source": "sample:fashion", "task": "reconstruction"},
    "mlp": {"source": "sample:penguins"},
    "realmlp": {"source": "sample:diabetes"},
    "tabm": {"source": "sample:wine"},
    "ft-transformer": {"source": "sample:breast-cancer"},
    "cnn-1d": {"source": "sample:signals"},
    "text-cnn": {"source": "sample:glosses"},
    "text-encoder": {"source": "sample:glosses"},
    # Little is left to train on: an epoch of the whole book takes many minutes.
    "gpt": {
        "source": "sample:book",
        "context": 64,
        "tokens": "bytes",
        "validation_share": 0.85,
        "test_share": 0.01,
    },
    "two-tower": {"source": "sample:emoji"},
}
"""By template: the built-in data that it is trained on."""

EPOCHS = {
    "cnn": 4,
    "resnet": 2,
    "convnext": 2,
    "mlp": 30,
    "realmlp": 30,
    "tabm": 30,
    "ft-transformer": 10,
    "cnn-1d": 5,
    "vit": 3,
    "two-tower": 2,
}
"""By template; 1 where nothing is said. Small data need more for answers that mean something."""

ROUNDS = 7
"""Turns of both for each figure of speed."""

LARGE = {"template": "mlp", "width": 4_096, "depth": 7}
"""About 100 million parameters on pictures of 8 × 8."""

BIT_FOR_BIT = ("torch-export", "python")
"""Formats that answer exactly as the network does."""

POLL = 0.02
"""Seconds between two looks at the memory of all processes."""


@dataclass(frozen=True)
class Row:
    """What was found of one template in one format."""

    template: str
    proof: Proof
    speed: float

    @property
    def relative(self) -> float:
        """The largest difference over the largest number among the answers."""
        return self.proof.max_difference / self.proof.largest if self.proof.largest else 0.0

    def __str__(self) -> str:
        proof = self.proof
        lost = "–" if proof.lost is None else f"{100 * proof.lost:+.2f}"
        return (
            f"{self.template:19} {proof.format:13} {proof.changed:6,} of {proof.examples:6,} "
            f"{self.relative:9.1e} {proof.figure:22} {number_text(proof.run_value):>7} {lost:>7} "
            f"{bytes_text(proof.size):>9} {times_text(proof.weight_bytes / proof.size):>5} "
            f"{self.speed:6.2f}{'  marked' if proof.is_marked else ''}"
        )


def main(templates: list[str], formats: list[str], only_large: bool = False) -> int:
    """Prints a line for each template in each format that holds it; returns the exit status."""
    rows: list[Row] = []
    print(
        f"{'template':19} {'format':13} {'answers changed':>16} {'difference':>9} "
        f"{'figure':22} {'here':>7} {'lost':>7} {'size':>9} {'less':>5} {'speed':>6}"
    )
    with tempfile.TemporaryDirectory(prefix="netwright-bench-") as folder:
        every = [] if only_large else [kind.kind for kind in TEMPLATES.all()]
        for template in templates or every:
            run = _trained(template, Path(folder, template))
            for kind, exported in all_formats().items():
                if formats and kind not in formats:
                    continue
                if row := _row(template, run, exported, Path(folder)):
                    rows.append(row)
                    print(row, flush=True)

        if only_large or not templates:
            _large(Path(folder, "large"), formats)

    return _verdict(rows)


def _trained(template: str, folder: Path) -> Run:
    """Trains a template with its own settings on its data, silently."""
    plain = {
        "netwright": 2,
        "data": DATA[template],
        "model": {"template": template},
        "training": {"epochs": EPOCHS.get(template, 1), "device": "cpu"},
    }
    experiment = from_plain(plain, "the benchmark")
    run = Run.create(folder, experiment)
    finished = trainer.train(experiment, run, lambda event: None, Control())
    if finished.status != "completed":
        raise RuntimeError(f"{template}: {finished.status}: {finished.reason}")

    return run


def _row(template: str, run: Run, exported: ExportFormat, folder: Path) -> Row | None:
    """Exports in one format; prints why not, and returns None, where it cannot hold the network."""
    out = folder / exported.kind / f"{template}{exported.suffix}"  # one writes weights beside it
    out.parent.mkdir(exist_ok=True)
    try:
        proof = export(run, exported.kind, out)
    except UserError as error:
        print(f"{template:19} {exported.kind:13} {error}", flush=True)
        return None

    return Row(template, proof, _speed(run, exported, out, folder))


def _speed(run: Run, exported: ExportFormat, out: Path, folder: Path) -> float:
    """Returns how many times as fast as PyTorch the file answers one example on one thread."""
    trained = TrainedNetwork.load(run)
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with (
            tempfile.TemporaryDirectory(dir=folder) as scratch,
            ExportedFile(
                exported.loader, exported.answering_path(trained, out, Path(scratch)), 1
            ) as file,
        ):
            inputs = exported.inputs(trained, trained.raw(trained.rows[:1]))
            ratios = []
            for number in range(ROUNDS):
                if number % 2:
                    own = proving._milliseconds(trained, 1)
                    other = file.milliseconds(inputs, [1])["1"]
                else:
                    other = file.milliseconds(inputs, [1])["1"]
                    own = proving._milliseconds(trained, 1)
                ratios.append(own / other)
    finally:
        torch.set_num_threads(before)

    return statistics.median(ratios)


def _verdict(rows: list[Row]) -> int:
    """Prints the worst and the median of each format; returns 1 where one misses its goal."""
    missed = 0
    for kind in dict.fromkeys(row.proof.format for row in rows):
        own = [row for row in rows if row.proof.format == kind]
        difference = max(row.relative for row in own)
        changed = sum(row.proof.changed for row in own)
        examples = sum(row.proof.examples for row in own)
        speed = statistics.median(row.speed for row in own)
        marked = [row.template for row in own if row.proof.is_marked]
        print(
            f"{kind}: {len(own)} templates, {changed:,} of {examples:,} answers changed, "
            f"difference at most {difference:.1e} of the largest number, {speed:.2f} times the "
            f"speed of PyTorch (median), marked: {', '.join(marked) or 'none'}"
        )
        if kind == "onnx":
            missed += difference > 1e-4 or changed > 0 or speed < 1.5
        if kind in BIT_FOR_BIT:
            missed += difference > 0 or changed > 0

    return int(missed > 0)


# --- a large network


def _large(folder: Path, formats: list[str]) -> None:
    """Prints how much memory all processes take while a large network is exported and proved."""
    plain = {
        "netwright": 2,
        "data": {"source": "sample:digits"},
        "model": LARGE,
        "training": {"device": "cpu"},
    }
    run, parameters = untrained_run(folder, from_plain(plain, "the benchmark"))
    weights = 4 * parameters
    for kind, exported in all_formats().items():
        if formats and kind not in formats:
            continue

        out = folder / kind / f"large{exported.suffix}"
        out.parent.mkdir()
        with _Memory() as memory:
            begun = time.perf_counter()
            try:
                export(run, kind, out, progress=memory.note)
            except UserError as error:
                print(f"{parameters:,} parameters, {kind}: {error}", flush=True)
                continue
            seconds = time.perf_counter() - begun

        shutil.rmtree(out.parent)
        most = max(memory.growth.values())
        print(
            f"{parameters:,} parameters, {kind}: {seconds:.0f} s, memory of all processes grew by "
            f"{bytes_text(most)}, {most / weights:.2f} times the weights; by stage:",
            flush=True,
        )
        for stage, growth in memory.growth.items():
            print(f"    {growth / weights:5.2f}  {stage}", flush=True)


class _Memory:
    """Samples the memory of this process and all that it started, shared pages counted once.

    growth: bytes more than at the beginning at the most, by stage.
    """

    def __enter__(self) -> _Memory:
        self._before = _memory_of_all()
        self._stage = "Starting"
        self.growth = {self._stage: 0}
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._sample, name="memory of all", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._ended.set()
        self._thread.join()

    def note(self, stage: str, _done: int, _total: int) -> None:
        """Takes the progress of an export."""
        self._stage = re.sub(r"[\d,]+", "…", stage)

    def _sample(self) -> None:
        while not self._ended.wait(POLL):
            stage = self._stage
            growth = _memory_of_all() - self._before
            self.growth[stage] = max(growth, self.growth.get(stage, 0))


def _memory_of_all() -> int:
    """Returns the proportional set size of this process and its family, in bytes."""
    own = psutil.Process()
    total = 0
    for process in (own, *own.children(recursive=True)):
        try:
            total += process.memory_full_info().pss
        except psutil.Error:  # it has just ended
            continue

    return total
