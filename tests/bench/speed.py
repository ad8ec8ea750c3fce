"""Speed of the trainer against loops written by hand, in one process and in turns of steps.

The two take turns within the same training: whatever else the machine does hits both alike, and the
figure is the median of the ratios of neighbours. A turn in which an epoch ends is left out: speed
is that of training steps.
"""

from __future__ import annotations

import copy
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import torch
from PIL import Image

from app.engine.compute.batches import Batches, as_targets
from app.engine.experiment.experiment import Experiment
from app.engine.experiment.toml_file import from_plain
from app.engine.runs.control import Control, Stopped
from app.engine.runs.run import Run
from app.engine.training import trainer, warm_up
from app.engine.training.loop import Training

if TYPE_CHECKING:
    from app.engine.training.build import TrainState

clock: Callable[[], float] = time.perf_counter
"""Wall time.

On a machine that others use too, and for one thread, time.thread_time counts what was computed.
"""

TURN = 1.0
"""Seconds that a turn should last at least."""


class Rival(Protocol):
    """A training loop to compare with.

    `steps` does so many training steps and returns how many examples they were.
    """

    def steps(self, count: int) -> int: ...


RunTraining = Callable[[Experiment, Run], Any]
"""Runs a training to its end, here or in a thread beside a window."""


@dataclass
class Figure:
    """Speeds in examples per second, and the ratios of neighbouring turns."""

    title: str
    threads: int = 0
    ours: list[float] = field(default_factory=list)
    theirs: list[float] = field(default_factory=list)

    @property
    def ratios(self) -> list[float]:
        return [ours / theirs for ours, theirs in zip(self.ours, self.theirs, strict=True)]

    def __str__(self) -> str:
        ratios = sorted(self.ratios)
        low = ratios[len(ratios) // 4]
        high = ratios[-1 - len(ratios) // 4]

        return (
            f"{self.title}: {statistics.median(ratios):.3f} "
            f"(half of {len(ratios)} pairs within {low:.3f} to {high:.3f}; "
            f"{statistics.median(self.ours):,.0f} against {statistics.median(self.theirs):,.0f} "
            "examples/s, "
            f"{self.threads} thread{'s' if self.threads != 1 else ''})"
        )


def headless(experiment: Experiment, run: Run) -> None:
    """Trains without a window, on this thread."""
    finished = trainer.train(experiment, run, lambda event: None, Control())
    if finished.failure:
        raise RuntimeError(finished.failure[2])


def against_bare_loop(
    template: str = "resnet",
    pairs: int = 15,
    run_training: RunTraining = headless,
    title: str = "headless",
) -> Figure:
    """Measures the trainer against `BareLoop`, on the built-in Fashion-MNIST with defaults.

    run_training: for a training with a window, start the window here and return when the run has
    ended.
    """
    figure = Figure(f"{title} trainer / bare loop, {template}")
    experiment = _experiment("sample:fashion", {"template": template})
    _compare(figure, experiment, BareLoop, pairs, run_training)

    return figure


def against_decoding_loop(pairs: int = 5, run_training: RunTraining = headless) -> Figure:
    """Measures the trainer against `DecodingLoop`, on photographs brought to 64 × 64.

    The loop has no worker processes: they would decode ahead in the trainer's turns, and slow it.
    """
    figure = Figure("headless trainer / loop that decodes every epoch, cnn at 64x64")
    with tempfile.TemporaryDirectory() as name:
        folder = photographs(Path(name) / "photographs")
        data = {"height": 64, "width": 64}
        experiment = _experiment(str(folder), {"template": "cnn"}, data, {"batch_size": 16})
        _compare(
            figure,
            experiment,
            lambda train_state: DecodingLoop(train_state, folder),
            pairs,
            run_training,
            turn=2,
        )

    return figure


def _experiment(
    source: str,
    model: dict[str, Any],
    data: dict[str, Any] | None = None,
    training: dict[str, Any] | None = None,
) -> Experiment:
    # Processor time is counted of one thread.
    threads = {"threads": 1} if clock is not time.perf_counter else {}
    return from_plain(
        {
            "name": "bench",
            "data": {"source": source, **(data or {})},
            "model": model,
            "training": {"epochs": 10_000, "device": "cpu", **threads, **(training or {})},
        }
    )


def _compare(
    figure: Figure,
    experiment: Experiment,
    rival: Callable[[TrainState], Rival],
    pairs: int,
    run_training: RunTraining,
    turn: int = 0,
) -> None:
    warm_up.warm_up()
    with tempfile.TemporaryDirectory() as folder, _taking_turns(figure, rival, pairs, turn):
        run_training(experiment, Run.create(Path(folder), experiment))


@contextmanager
def _taking_turns(
    figure: Figure, make: Callable[[TrainState], Rival], pairs: int, turn: int
) -> Iterator[None]:
    """Makes a training give way to a rival every few steps, and end after `pairs` of turns."""
    fit = Training.fit
    get = Batches.get
    begin_epoch = Batches.begin_epoch

    turns: list[_Turns] = []

    def watched_fit(training: Training) -> None:
        turns.append(
            _Turns(
                figure,
                make(training.train_state),
                pairs,
                turn,
                training.train_state.batches.count // 3,
            )
        )
        figure.threads = training.train_state.threads
        fit(training)

    def watched_get(batches: Batches, number: int) -> Any:
        if turns:
            turns[-1].boundary()

        batch = get(batches, number)
        if turns:
            turns[-1].examples += len(batch[1])

        return batch

    def watched_begin(batches: Batches, epoch: int) -> None:
        if turns:
            turns[-1].spoiled = True
        begin_epoch(batches, epoch)

    patched: Any = Training
    patched.fit = watched_fit
    Batches.get = watched_get

    Batches.begin_epoch = watched_begin  # type: ignore[method-assign]
    try:
        yield
    finally:
        patched.fit = fit
        Batches.get = get
        Batches.begin_epoch = begin_epoch  # type: ignore[method-assign]


class _Turns:
    """Counts the trainer's steps and lets the rival do as many."""

    def __init__(self, figure: Figure, rival: Rival, pairs: int, turn: int, most: int) -> None:
        """Begins before the first step.

        turn: steps of a turn, 0 to measure how many are needed; at most `most`, so that turns fit
        into an epoch.
        """
        self._figure = figure
        self._rival = rival
        self._pairs = pairs
        self._length = turn
        self._most = max(2, most)
        self._steps = 0
        self._warm = 0
        self._begun = clock()
        self.examples = 0
        self.spoiled = True

    def boundary(self) -> None:
        """Counts a step of the trainer; called before each of them."""
        self._steps += 1
        if self._warm < 8:  # both loops plan and allocate in their first steps
            self._warm += 1
            self._rival.steps(1)
            self._restart()

            return

        if not self._length:
            self._length = min(self._most, max(5, round(TURN / max(1e-4, self._time_of_a_step()))))
            self._restart()
            return

        if self._steps <= self._length:
            return

        seconds = clock() - self._begun
        if not self.spoiled:
            self._figure.ours.append(self.examples / seconds)
            begun = clock()
            examples = self._rival.steps(self._length)
            self._figure.theirs.append(examples / (clock() - begun))

            if len(self._figure.ours) >= self._pairs:
                raise Stopped

        self._restart()

    def _time_of_a_step(self) -> float:
        begun = clock()
        self._rival.steps(3)
        return (clock() - begun) / 3

    def _restart(self) -> None:
        self._steps = 1
        self.examples = 0
        self.spoiled = False
        self._begun = clock()


def precision(train_state: TrainState) -> torch.autocast:
    """Returns the precision that the trainer computes in, for a rival."""
    dtype = train_state.plan.autocast
    return torch.autocast(
        train_state.device.type, dtype=dtype or torch.bfloat16, enabled=dtype is not None
    )


class BareLoop:
    """The training loop as one writes it by hand.

    Network, batches, arrays in memory, memory format, fused optimizer and schedule are the same;
    nothing is watched, kept or shown.
    """

    def __init__(self, train_state: TrainState) -> None:
        plan = train_state.plan
        rows = plan.dataset.indices["training"]
        self.inputs, self.targets = (
            torch.from_numpy(array) for array in plan.dataset.split("training")
        )
        self.network = copy.deepcopy(train_state.network).train()
        groups = [
            {"params": [p for p in self.network.parameters() if p.ndim > 1]},
            {"params": [p for p in self.network.parameters() if p.ndim <= 1], "weight_decay": 0.0},
        ]

        self.optimizer = train_state.optimizer_choice.build(groups, train_state.device)
        self.peak = self.optimizer.param_groups[0]["lr"]
        self.vary = train_state.batches._augmentation
        self.prepare = plan.dataset.description.preparation.tensor
        self.generator = torch.Generator()
        self.loss_function = train_state.loss_function
        self.schedule = train_state.schedule
        self.total = train_state.steps
        self.clip = plan.resolved.training.gradient_clip
        self.size = plan.batch_size
        self.step = 0
        self.order = torch.randperm(len(rows))
        self.precision = precision(train_state)

    def steps(self, count: int) -> int:
        examples = 0
        for _ in range(count):
            first = self.step * self.size % (len(self.order) - self.size)
            rows = self.order[first : first + self.size]
            inputs = self.prepare(self.vary(self.inputs.index_select(0, rows), self.generator))
            targets = as_targets(self.targets.index_select(0, rows))

            for group in self.optimizer.param_groups:
                group["lr"] = self.peak * self.schedule.factor(self.step, self.total)

            self.optimizer.zero_grad(set_to_none=True)
            with self.precision:
                loss = self.loss_function(self.network(inputs), targets)

            loss.backward()
            if self.clip:
                torch.nn.utils.clip_grad_norm_(self.network.parameters(), self.clip)

            self.optimizer.step()
            self.step += 1
            examples += len(targets)

        return examples


class DecodingLoop:
    """The usual loop over a folder: a DataLoader opens and scales every picture in every epoch."""

    def __init__(self, train_state: TrainState, folder: Path) -> None:
        files = sorted(folder.rglob("*.jpg"))
        classes = sorted({path.parent.name for path in files})
        self.network = copy.deepcopy(train_state.network).train()
        self.optimizer = train_state.optimizer_choice.build(
            [{"params": list(self.network.parameters())}], train_state.device
        )
        self.loss_function = train_state.loss_function
        items = [(path, classes.index(path.parent.name)) for path in files]
        self.loader = torch.utils.data.DataLoader(
            _Folder(items), batch_size=train_state.plan.batch_size, shuffle=True, drop_last=True
        )
        self.batches = iter(self.loader)
        self.precision = precision(train_state)

    def steps(self, count: int) -> int:
        examples = 0
        for _ in range(count):
            try:
                inputs, targets = next(self.batches)
            except StopIteration:
                self.batches = iter(self.loader)
                inputs, targets = next(self.batches)

            self.optimizer.zero_grad(set_to_none=True)
            with self.precision:
                loss = self.loss_function(
                    self.network(inputs.contiguous(memory_format=torch.channels_last)), targets
                )

            loss.backward()
            self.optimizer.step()
            examples += len(targets)

        return examples


class _Folder(torch.utils.data.Dataset):
    def __init__(self, items: list[tuple[Path, int]]) -> None:
        self.items = items

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, int]:
        path, target = self.items[index]
        with Image.open(path) as opened:
            picture = opened.convert("RGB").resize((64, 64), Image.Resampling.BILINEAR)

        pixels = torch.from_numpy(np.array(picture)).permute(2, 0, 1).float().div_(255)
        if torch.rand(1) < 0.5:
            pixels = pixels.flip(2)

        return (pixels - 0.5) / 0.25, target


def photographs(folder: Path, count: int = 240, classes: int = 4) -> Path:
    """Writes JPEG files of two megapixels, blobs that are finer in each class, a folder a class."""
    generator = np.random.default_rng(0)
    for number in range(count):
        label = number % classes
        tones = generator.integers(0, 256, (60 + 40 * label, 80 + 40 * label, 3), dtype=np.uint8)
        class_folder = folder / f"class {label}"
        class_folder.mkdir(parents=True, exist_ok=True)
        picture = Image.fromarray(tones).resize((1600, 1200), Image.Resampling.BICUBIC)
        picture.save(class_folder / f"{number:04d}.jpg", quality=90)

    return folder
