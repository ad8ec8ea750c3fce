"""What the memory of a step depends on: whether an optimizer's numbers are 0, not how large."""

from __future__ import annotations

import math
from typing import Any

import pytest

import app.engine.learning.tasks as tasks
from app.engine.experiment.experiment import Experiment
from app.engine.experiment.resolve import resolve_for
from app.engine.experiment.training_settings import TrainingSettings
from app.engine.learning.optimizer import OPTIMIZERS, Optimizer
from app.engine.memory.ledger import _simulated, _Step
from models.template import TEMPLATES
from tests.problems import fitting

TASK, PROBLEM = fitting(TEMPLATES.get("vit"))[0]


def step(optimizer: Optimizer, device: str) -> _Step:
    template = TEMPLATES.get("vit")(depth=1)
    training = TrainingSettings(batch_size=4, precision="float32")
    experiment = Experiment(model=template, optimizer=optimizer, training=training)
    resolved = resolve_for(experiment, PROBLEM, tasks.task(TASK))
    return _Step(resolved, resolved.model.graph(PROBLEM), PROBLEM, device, "float32")


def with_other_numbers(optimizer: Optimizer) -> Optimizer:
    """Returns it with every fraction half way to 1, or to -1; 0 stays 0."""
    others: dict[str, Any] = {
        name: (value + math.copysign(1, value)) / 2
        for name, value in optimizer.model_dump().items()
        if isinstance(value, float) and value
    }
    return optimizer.replace(**others, learning_rate=0.0123)


@pytest.mark.parametrize("device", ["cpu", "cuda"])
@pytest.mark.parametrize("kind", OPTIMIZERS.all(), ids=lambda kind: kind.kind)
def test_how_large_the_numbers_of_an_optimizer_are_changes_no_byte(
    kind: type[Optimizer], device: str
) -> None:
    usual, other = step(kind(), device), step(with_other_numbers(kind()), device)
    assert usual == other and hash(usual) == hash(other)
    assert _simulated.__wrapped__(usual) == _simulated.__wrapped__(other)


@pytest.mark.parametrize(
    ("kind", "changes"),
    [("rmsprop", {"momentum": 0.5}), ("rmsprop", {"centered": True}), ("adamw", {"amsgrad": True})],
)
def test_what_changes_the_memory_makes_another_step(kind: str, changes: dict[str, Any]) -> None:
    optimizer = OPTIMIZERS.get(kind)()
    usual, other = step(optimizer, "cpu"), step(optimizer.replace(**changes), "cpu")
    assert usual != other
    assert _simulated.__wrapped__(usual).most != _simulated.__wrapped__(other).most
