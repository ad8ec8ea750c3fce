"""What is promised before a training, beside what comes, over the built-in data.

`--record` trains each with some seeds and writes their curves to resources/curves.json: it is to be
run again after a recipe has changed. Without it each is promised from its curve and from steps that
are timed here, and then trained, with other seeds. A promise is kept where the figure comes within
a third of the time. A curve that no longer fits the recipe is said. All times are those of the one
thread that computes: what else the computer does meanwhile is no matter of the promise.
"""

from __future__ import annotations

import json
import os
import statistics
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.engine import files
from app.engine.experiment.resolve import resolve
from app.engine.experiment.toml_file import from_plain
from app.engine.planning.step_timing import time_steps
from app.engine.runs.control import Control
from app.engine.runs.history import read_history
from app.engine.runs.promises import curves
from app.engine.runs.promises.curves import Curve
from app.engine.runs.run import Run
from app.engine.sources.opening import open_dataset
from app.engine.sources.samples import SAMPLES
from app.engine.text import duration_text
from app.engine.training import trainer

if TYPE_CHECKING:
    from app.engine.data.dataset import Dataset
    from app.engine.experiment.experiment import Experiment
    from app.engine.runs.promises.promise import Promise

SEEDS = (11, 12, 13, 14)
"""Of the trainings that are recorded."""

JUDGED_BY = (101, 102, 103)
"""The seeds of the trainings that promises are judged by."""

MORE = (("digits", "cnn"), ("digits", "mlp"))
"""Data with other templates than their first choice, which are recorded too."""

GOAL = 0.8
"""The share of the promises that must be kept."""


@dataclass(frozen=True)
class Trained:
    """A training that has ended. step: seconds of one of its steps, the mean."""

    curve: Curve
    step: float
    run: Run


def cases(only: list[str]) -> list[tuple[str, str]]:
    """Returns data and template of each case; "" is the first choice. only: names of data."""
    every = [*((name, "") for name in SAMPLES), *MORE]
    return [case for case in every if not only or case[0] in only]


def main(only: list[str], record: bool) -> int:
    """Prints a line for each promise; returns the exit status."""
    with tempfile.TemporaryDirectory(prefix="netwright-bench-") as home:
        # What is learned of these trainings is no basis for other promises.
        os.environ["NETWRIGHT_HOME"] = home
        time.perf_counter = time.thread_time
        folder = Path(home, "runs")
        if record:
            for case in cases(only):
                _record(*case, folder)
            return 0

        kept = [found for case in cases(only) for found in _judge(*case, folder)]

    if not kept:
        print("nothing is promised")
        return 1

    share = sum(kept) / len(kept)
    verdict = "PASS" if share >= GOAL else "FAIL"
    print(f"{sum(kept)} of {len(kept)} promises kept, {share:.0%}; at least {GOAL:.0%}: {verdict}")
    return int(share < GOAL)


def _experiment(data: str, template: str, seed: int) -> Experiment:
    plain: dict[str, Any] = {
        "netwright": 2,
        "data": {"source": f"sample:{data}"},
        # One thread: what else the computer does then counts for steps and for all else alike.
        "training": {"seed": seed, "device": "cpu", "threads": 1},
    }
    if template:
        plain["model"] = {"template": template}

    return from_plain(plain, "the benchmark")


def _train(experiment: Experiment, folder: Path) -> Trained:
    run = Run.create(folder, experiment)
    finished = trainer.train(experiment, run, lambda event: None, Control())
    if finished.status != "completed":
        raise RuntimeError(f"{run.name}: {finished.status}: {finished.reason}")

    dataset = open_dataset(experiment.data)
    resolved = resolve(experiment, dataset.description)
    curve = curves.curve_of(resolved.task.headline.name, read_history(run.path).epochs)
    if curve is None:
        raise RuntimeError(f"{run.name} has no curve")

    speed = finished.summary["examples_per_second"]
    assert speed is not None
    examples = len(dataset.indices["training"])
    steps = -(-examples // resolved.training.step_size)
    return Trained(curve, examples / steps / speed, run)


def _key(experiment: Experiment, dataset: Dataset) -> str:
    resolved = resolve(experiment, dataset.description)
    return curves.key_of(resolved, dataset.description.size("training"))


# --- recording


def _record(data: str, template: str, folder: Path) -> None:
    """Trains with each seed and writes the curves together."""
    experiment = _experiment(data, template, SEEDS[0])
    dataset = open_dataset(experiment.data)
    key = _key(experiment, dataset)
    timed, done = [], []
    for seed in SEEDS:
        # As a promise times them: they lack what a training does beside its steps.
        timed.append(time_steps(_experiment(data, template, seed), dataset, Control()).mean or 0.0)
        done.append(_train(_experiment(data, template, seed), folder))

    timed_step = statistics.median(timed)
    step = statistics.median(each.step for each in done)
    epochs = min(len(each.curve.seconds) for each in done)
    # In steps of each training, so that it does not matter what else the computer did meanwhile.
    in_steps = [[second / each.step for second in each.curve.seconds] for each in done]
    seconds = [statistics.median(row) * step for row in list(zip(*in_steps, strict=False))[:epochs]]
    curve = Curve(
        done[0].curve.figure,
        tuple(_rounded(each.curve.values[0][:epochs]) for each in done),
        _rounded(seconds),
        float(f"{timed_step:.4g}"),
    )
    plain = json.loads(curves.RECORDED.read_bytes())
    entry = {"data": data, "template": template, "key": key, "curve": asdict(curve)}
    entries = {(each["data"], each["template"]): each for each in [*plain["curves"], entry]}
    lines = ",\n".join(files.json_text(each) for _, each in sorted(entries.items()))
    curves.RECORDED.write_text(f'{{"curves": [\n{lines}\n]}}\n', encoding="utf-8")

    promise = curve.promise(timed_step)
    text = promise.text() if promise is not None else "nothing to promise"
    lasts = duration_text(seconds[-1])
    print(f"{_name(data, template)}: {epochs} epochs in {lasts}; {text}", flush=True)


def _rounded(values: list[float] | tuple[float, ...]) -> tuple[float, ...]:
    return tuple(float(f"{value:.4g}") for value in values)


def _name(data: str, template: str) -> str:
    return f"{data}, {template}" if template else data


# --- judging


def _judge(data: str, template: str, folder: Path) -> list[bool]:
    """Promises and trains, for each seed; returns which were kept, [] where nothing is promised."""
    dataset = open_dataset(_experiment(data, template, JUDGED_BY[0]).data)
    curve = curves.recorded().get(_key(_experiment(data, template, JUDGED_BY[0]), dataset))
    name = _name(data, template)
    if curve is None:
        print(f"{name}: no curve of this recipe: record it again", flush=True)
        return []

    found = []
    for seed in JUDGED_BY:
        experiment = _experiment(data, template, seed)
        timing = time_steps(experiment, dataset, Control())
        promise = curve.promise(timing.mean or 0.0)
        if promise is None:
            why = timing.trouble or "its trainings differ, or are short"
            print(f"{name}: nothing to promise: {why}", flush=True)
            break

        found.append(_is_kept(name, promise, _train(experiment, folder)))

    return found


def _is_kept(name: str, promise: Promise, done: Trained) -> bool:
    """Prints what was promised beside what came, and returns whether it was kept."""
    came = promise.came(read_history(done.run.path).epochs)
    kept = promise.is_kept(came)
    ratio = f"{came / promise.seconds:.2f}" if came is not None else "–"
    print(
        f"{name:20} {promise.text():45} came after {duration_text(came):>7}, {ratio} of it: "
        f"{'kept' if kept else 'broken'}",
        flush=True,
    )
    return kept
