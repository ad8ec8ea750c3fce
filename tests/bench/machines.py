"""Several processes beside one, and one experiment wherever it is trained.

Two processes of one thread beside one of one thread: how far losses and weights differ after 50
steps, whether what they judge is exactly the same, how much faster they are, and what they cost
beside a bare DistributedDataParallel loop. Then the same experiment here, detached, under torchrun,
over SSH to this computer and by submitit: the weights are the same.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from app.engine.experiment import toml_file
from app.engine.experiment.toml_file import from_plain
from app.engine.runs import checkpoint
from app.engine.runs.control import Control
from app.engine.runs.history import read_history
from app.engine.runs.recorded_events import recorded_preparation
from app.engine.runs.run import Run
from app.engine.runs.tensors import restore_model
from app.engine.training.build import assemble
from app.engine.training.plan import plan_training
from app.engine.training.validation import Validator
from tests.bench import ddp_turns
from tests.bench.ddp_turns import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.engine.experiment.experiment import Experiment
    from app.engine.runs.tensors import Tensors

CLOSE = 1e-5
"""How far losses and weights of two processes may lie from those of one."""

PROJECTIONS = "query_key_value.bias"
"""The end of the name of a bias of queries, keys and values, a third each."""

LEAST_GAIN = 1.6
MOST_COST = 1.03
BATCH = 256
TURNS = 8
"""Turns beside a bare loop, times the pairs."""

ALONE = {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}


def small() -> Experiment:
    """Returns 50 steps of a network without normalisation over the batch, and without dropout."""
    return from_plain(
        {
            "name": "fifty steps",
            "data": {"source": "sample:digits"},
            "model": {"template": "vit", "depth": 2, "dropout": 0.0, "stem": "patches"},
            "training": {
                "epochs": 2,
                "batch_size": 58,
                "precision": "float32",
                "device": "cpu",
                "threads": 1,
            },
        }
    )


def main(templates: list[str], pairs: int) -> int:
    """Prints all figures and returns 0 where all lie within their limits."""
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home)
        os.environ.update(ALONE)
        for variable in ("XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME"):
            os.environ[variable] = str(folder / variable.lower())

        held = [same_steps(folder)]
        held += [throughput(template, pairs, folder) for template in templates]
        held.append(same_everywhere(folder))

    return 0 if all(held) else 1


# --- the same steps


def same_steps(folder: Path) -> bool:
    """Prints how two processes differ from one after 50 steps."""
    requested = small()
    one = train(requested, folder / "one")
    two = train(requested, folder / "two", "--processes", "2")
    steps = min(one.summary()["steps"], two.summary()["steps"])
    histories = [read_history(run.path) for run in (one, two)]
    training = float(np.abs(histories[0].losses - histories[1].losses).max())
    judged = max(
        abs(one.summary()["loss"][split] - two.summary()["loss"][split])
        for split in ("training", "validation", "test")
    )
    states = [checkpoint.newest(run.path / "checkpoints")[0] for run in (one, two)]
    assert states[0] is not None and states[1] is not None
    weights, idle = difference(states[0].model, states[1].model)

    exact = judged_exactly(two, requested)
    within = max(training, judged, weights) <= CLOSE and exact
    print(
        f"two processes beside one, {steps} steps: losses of steps differ by {training:.1e}, those "
        f"that are judged by {judged:.1e}, weights by {weights:.1e} (at most {CLOSE:.0e}; biases "
        f"of keys, on which nothing depends, by {idle:.1e}); what two judged, one judges "
        f"{'exactly so' if exact else 'OTHERWISE'}: {'PASS' if within else 'FAIL'}",
        flush=True,
    )
    return within


def difference(one: Tensors, two: Tensors) -> tuple[float, float]:
    """Returns how far weights differ at most, and the biases of attention's keys among them.

    What is added to all keys changes no softmax, so the gradient of these biases is nothing but
    rounding, of which Adam makes steps as large as any other.
    """
    weights = idle = 0.0
    for name, values in one.items():
        apart = (two[name] - values).abs()
        if name.endswith(PROJECTIONS):
            third = len(apart) // 3
            idle = max(idle, float(apart[third : 2 * third].max()))
            apart[third : 2 * third] = 0.0

        weights = max(weights, float(apart.max()))

    return weights, idle


def judged_exactly(run: Run, requested: Experiment) -> bool:
    """Returns whether one process judges the weights of a run exactly as its processes did."""
    torch.set_num_threads(1)
    state = assemble(plan_training(requested, lambda _: None, Control(), threads=1))
    summary = run.summary()
    step = summary["best_epoch"] * state.steps_per_epoch
    best = checkpoint.best_of_step(run.path / "checkpoints", step)
    assert best is not None
    restore_model(state.network, best.model)
    validator = Validator(state)
    validation = validator.validation(lambda: None)
    test = validator.test(lambda: None)
    assert test is not None
    with np.load(run.path / "results" / "test.npz") as kept:
        same = np.array_equal(kept["predictions"], test.predictions)

    return same and all(
        (summary["loss"][split], summary["metrics"][split]) == (one.loss, one.metrics)
        for split, one in (("validation", validation), ("test", test))
    )


# --- speed


def throughput(template: str, pairs: int, folder: Path) -> bool:
    """Prints how much faster two processes are than one, and what they cost beside a bare loop."""
    requested = ddp_turns.large(template, 3, BATCH)
    gains = []
    for pair in range(pairs):
        one = train(requested, folder / f"{template} {pair} one")
        two = train(requested, folder / f"{template} {pair} two", "--processes", "2")
        gains.append(speed_of(two) / speed_of(one))

    costs = ddp_turns.costs(template, BATCH, pairs * TURNS, folder)
    gain = statistics.median(gains)
    cost = statistics.median(costs)
    within = gain >= LEAST_GAIN and cost <= MOST_COST
    print(
        f"{template}, one thread each: two processes are {gain:.2f} times as fast as one "
        f"({pairs} pairs, {min(gains):.2f} to {max(gains):.2f}; at least {LEAST_GAIN}), and take "
        f"{cost:.3f} of the time of a bare DDP loop ({len(costs)} pairs, {min(costs):.3f} to "
        f"{max(costs):.3f}; at most {MOST_COST}): {'PASS' if within else 'FAIL'}",
        flush=True,
    )
    return within


def speed_of(run: Run) -> float:
    """Returns the examples per second of the steps behind the first epoch.

    In that epoch kernels are chosen and memory is taken.
    """
    epochs = read_history(run.path).epochs
    first, last = epochs[0], epochs[-1]
    seconds = last["elapsed"] - first["elapsed"] - sum(line["seconds"] for line in epochs[1:])
    prepared = recorded_preparation(run)
    assert prepared is not None
    return prepared.training_examples * (last["epoch"] - first["epoch"]) / seconds


# --- the same weights


def same_everywhere(folder: Path) -> bool:
    """Prints whether an experiment has the same weights wherever it is trained."""
    requested = small()
    hashes = {name: run.summary()["weights_sha256"] for name, run in _everywhere(requested, folder)}
    same = len(set(hashes.values())) == 1
    print(
        f"weights_sha256 {', '.join(hashes)}: "
        f"{'the same' if same else json.dumps(hashes)}: {'PASS' if same else 'FAIL'}",
        flush=True,
    )
    return same


def _everywhere(requested: Experiment, folder: Path) -> Iterator[tuple[str, Run]]:
    yield "here", train(requested, folder / "here")
    yield "detached", _ended(train(requested, folder / "detached", "--detach"))
    yield "torchrun", train(requested, folder / "torchrun", program=torchrun(1))
    yield "submitit", _ended(train(requested, folder / "submitit", "--cluster", "local"))

    from tests.engine.remote.sshd import AVAILABLE, HOST, Server

    if not AVAILABLE:
        print("no server of OpenSSH is installed, so nothing is trained over SSH")
        return

    from app.engine.remote.connection import CONFIG

    server = Server(folder / "ssh")
    os.environ[CONFIG] = str(server.config)
    server.start()
    try:
        yield "SSH", train(requested, folder / "over ssh", "--on", HOST)
    finally:
        server.stop()


def torchrun(processes: int) -> list[str]:
    """Returns the command that starts the program in so many processes."""
    count = ["--nproc-per-node", str(processes)]
    return [sys.executable, "-m", "torch.distributed.run", "--standalone", *count, "-m", "app"]


def train(
    requested: Experiment, folder: Path, *options: str, program: list[str] | None = None
) -> Run:
    """Trains from the command line, in processes of its own, and returns the run."""
    path = folder.with_suffix(".toml")
    path.write_bytes(toml_file.dumps(requested).encode())
    command = [*(program or [sys.executable, "-m", "app"]), "train", str(path)]
    done = subprocess.run(
        [*command, "--run-dir", str(folder), *options, "--json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr}")

    return Run(folder)


def _ended(run: Run) -> Run:
    """Waits for the end of a run that trains in a process of its own."""
    while not _summary(run):
        time.sleep(0.2)

    return run


def _summary(run: Run) -> dict[str, Any]:
    return {} if run.status in ("running", "interrupted") else dict(run.summary())
