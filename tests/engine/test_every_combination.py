"""Everything that is offered can be trained: data, tasks, templates, losses and optimizers."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from app.engine.learning.loss import LOSSES
from app.engine.learning.optimizer import OPTIMIZERS
from app.engine.learning.tasks import TASKS
from app.engine.runs.control import Control
from app.engine.runs.events import StepsDone
from app.engine.runs.looks.epoch_looks import read_looks
from app.engine.runs.run import Run
from app.engine.training.trainer import train
from models.network import build_model
from models.shape import Input, Problem
from models.template import TEMPLATES
from tests import tiny_files
from tests.engine import tiny
from tests.engine.training.small import Listener

if TYPE_CHECKING:
    from pathlib import Path

    from tests.engine.tiny import Combination

ALL = tiny.combinations()
PAIRED = tiny_files.covering_pairs(ALL)
"""Every template and every loss of a task and a kind of data."""

STEPS = 3
EXACT = ("weights", "gradients", "first_moment", "second_moment")


def step_losses(
    combination: Combination,
    folder: Path,
    epochs: int,
    batch_size: int,
    examples: int = tiny.TRAINED,
) -> np.ndarray:
    """Trains and returns the loss of every step.

    The run must be completed, its ledger exact, and its figures there.
    """
    requested = tiny.experiment(combination, epochs, batch_size)
    listener = Listener()
    data = tiny.dataset(combination.task, combination.sort, examples)
    run = Run.create(folder, requested)
    finished = train(requested, run, listener, Control(), data)
    assert finished.status == "completed", (run.path / "log.txt").read_text()

    summary = run.summary()
    ledger = summary["memory"]
    assert {row: ledger["predicted"][row] for row in EXACT} == {
        row: ledger["measured"][row] for row in EXACT
    }
    assert summary["metrics"]["validation"] and set(summary["metrics"]["validation"]) <= set(
        TASKS[combination.task].metrics
    )
    assert all(np.isfinite(value) for value in summary["metrics"]["validation"].values())
    assert np.isfinite(list(summary["loss"].values())).all()

    kept = read_looks(run.path)
    assert list(kept) == list(range(1, epochs + 1)), (run.path / "log.txt").read_text()
    assert all(look.pictures and np.isfinite(look.points).all() for look in kept.values())

    losses = np.concatenate([event.losses for event in listener.of(StepsDone)])
    assert np.isfinite(losses).all()
    return losses


def assert_it_learns(combination: Combination, folder: Path) -> None:
    """Trains with all examples in one batch, so that every step sees the same one."""
    losses = step_losses(combination, folder, STEPS, tiny.TRAINED)
    assert len(losses) == STEPS
    assert losses[-1] < losses[0], losses


@pytest.mark.parametrize("combination", PAIRED, ids=str)
def test_the_loss_falls(combination: Combination, tmp_path: Path) -> None:
    assert_it_learns(combination, tmp_path)


@pytest.mark.long
@pytest.mark.parametrize(
    "combination",
    [combination for combination in ALL if combination not in PAIRED],
    ids=str,
)
def test_the_loss_falls_with_every_optimizer(combination: Combination, tmp_path: Path) -> None:
    assert_it_learns(combination, tmp_path)


def first_of_each() -> list[Combination]:
    """Returns one combination for every task with every kind of data."""
    combinations: dict[tuple[str, str], Combination] = {}
    for combination in PAIRED:
        combinations.setdefault((combination.task, combination.sort), combination)

    return list(combinations.values())


@pytest.mark.parametrize(("batch_size", "examples"), [(1, 5), (2, 7)])
@pytest.mark.parametrize("combination", first_of_each(), ids=str)
def test_small_batches_and_a_last_one_of_one(
    combination: Combination, batch_size: int, examples: int, tmp_path: Path
) -> None:
    """A single example left over joins the batch before.

    Alone it is refused, with a sentence, only where a network normalises over a batch.
    """
    requested = tiny.experiment(combination, 1, batch_size)
    listener = Listener()
    run = Run.create(tmp_path, requested)

    finished = train(
        requested,
        run,
        listener,
        Control(),
        tiny.dataset(combination.task, combination.sort, examples),
    )
    if finished.failure is not None:
        assert batch_size == 1 and "batch size of 1" in finished.failure[0]
        return

    assert finished.status == "completed", (run.path / "log.txt").read_text()
    losses = np.concatenate([event.losses for event in listener.of(StepsDone)])
    assert np.isfinite(losses).all() and len(losses) == {1: 5, 2: 3}[batch_size]


def test_everything_is_offered_for_something() -> None:
    used = [set(column) for column in zip(*ALL, strict=True)]
    assert used[0] == set(TASKS) and used[1] == set(tiny.SORTS)
    assert used[2] == {kind.kind for kind in TEMPLATES.all()}
    assert used[3] == {kind.kind for kind in LOSSES.all()}
    assert used[4] == {kind.kind for kind in OPTIMIZERS.all()}


# --- memorising

ROW = Input("row", (6,))
MEMORISED = {
    "l1": ("regression", Problem.of((ROW,), 2, 16), 0.02),
    "l2": ("regression", Problem.of((ROW,), 2, 16), 0.001),
    "binary-cross-entropy": ("binary-classification", Problem.of((ROW,), 1, 16), 0.01),
    "cross-entropy": ("classification", Problem.of((ROW,), 4, 16), 0.01),
    "symmetric-cross-entropy": ("matching", Problem.of((ROW, ROW), 8, 16, "pair"), 0.01),
}


@pytest.mark.parametrize("kind", MEMORISED)
def test_a_batch_of_sixteen_can_be_memorised(kind: str) -> None:
    """The targets are random: only a network that memorises them brings the loss to near zero."""
    _, problem, near = MEMORISED[kind]
    generator = torch.Generator().manual_seed(0)
    halves = [torch.randn(16, 6, generator=generator) for _ in problem.inputs]
    inputs = tuple(halves) if len(halves) > 1 else halves[0]

    if kind in ("l1", "l2"):
        targets = torch.randn(16, 2, generator=generator)
    elif kind == "symmetric-cross-entropy":
        targets = torch.arange(16)
    else:
        targets = torch.randint(0, max(2, problem.outputs), (16,), generator=generator)

    template = next(template for template in TEMPLATES.all() if not template.unfit(problem))
    settings = (
        {"dropout": 0.0, "width": 64} if {"dropout", "width"} <= set(template.model_fields) else {}
    )
    network = build_model(template(**settings).resolved(problem).graph(problem), problem, 0).train()
    loss = LOSSES.get(kind)().build((4,) * max(2, problem.outputs), torch.device("cpu"), 16)
    steps = 300
    rate = 0.01
    groups = [{"params": network.parameters()}]
    optimizer = OPTIMIZERS.get("adam")(learning_rate=rate).build(groups, torch.device("cpu"))

    first = last = 0.0
    for step in range(steps):
        optimizer.param_groups[0]["lr"] = rate * (1 - step / steps)
        optimizer.zero_grad()
        value = loss(network(inputs), targets)
        value.backward()
        optimizer.step()
        first = first or value.item()
        last = value.item()

    assert first > 20 * near and last < near, (first, last)


def test_the_matrix_is_complete() -> None:
    """Every supported task and kind of data is among the combinations."""
    single = [
        (task, sort)
        for task, sort in itertools.product(
            (
                "classification",
                "binary-classification",
                "multi-label",
                "regression",
                "metric-learning",
            ),
            ("image", "row", "text", "signal"),
        )
    ]
    pairs = [("matching", sort) for sort in ("image+text", "image+image", "text+text")]
    derived = [
        ("language-modelling", "text"),
        *(("reconstruction", sort) for sort in ("image", "row", "signal")),
    ]

    assert {(combination.task, combination.sort) for combination in ALL} >= {
        *single,
        *pairs,
        *derived,
    }
