"""What each choice declares as code gives the same numbers as the choice itself."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from app.engine.data.augmentation import Augmentation
from app.engine.data.augmentation_settings import AugmentationSettings
from app.engine.data.kinds.image.augmentation_code import augmentation_code
from app.engine.data.kinds.row.column import RowColumn
from app.engine.data.kinds.row.preparation import RowPreparation
from app.engine.experiment.resolve import resolve
from app.engine.learning.loss import LOSSES, Loss
from app.engine.learning.schedule import SCHEDULES
from models.code.definitions import Definitions
from models.code.first_weights import first_weights_lines
from models.code.writer import CLASS, write_class
from models.network import build_model
from models.template import TEMPLATES
from tests.engine import tiny

COUNTS = (7, 2, 5)
EXAMPLES = 14

OUTPUTS: dict[str, tuple[tuple[int, ...], Any]] = {
    "classification": ((6, 3), lambda draw: draw.integers(0, 3, 6)),
    "binary-classification": ((6, 1), lambda draw: draw.integers(0, 2, 6)),
    "multi-label": ((6, 3), lambda draw: draw.integers(0, 2, (6, 3)).astype(np.float32)),
    "soft-labels": ((6, 3), lambda draw: draw.dirichlet(np.ones(3), 6).astype(np.float32)),
    "regression": ((6, 2), lambda draw: draw.normal(size=(6, 2)).astype(np.float32)),
    "reconstruction": ((6, 1, 4, 4), lambda draw: draw.normal(size=(6, 1, 4, 4)).astype("f4")),
    "matching": ((6, 2, 5), lambda draw: draw.integers(0, 5, 6)),
    "metric-learning": ((6, 5), lambda draw: draw.integers(0, 3, 6)),
    "language-modelling": ((6, 4, 9), lambda draw: np.where(draw.random((6, 4)) < 0.2, -100, 3)),
}
"""The outputs of a network by the task, and what makes targets for them."""

SETTINGS: dict[str, tuple[dict[str, Any], ...]] = {
    "cross-entropy": ({}, {"label_smoothing": 0.2}, {"class_weights": "balanced"}),
    "binary-cross-entropy": ({}, {"positive_weight": 2.5}, {"class_weights": "balanced"}),
    "huber": ({}, {"delta": 0.3}),
    "triplet": ({}, {"triplets": "hardest", "margin": 0.7}),
}

CASES = [
    (loss, task, settings)
    for loss in LOSSES.all()
    for task in loss.tasks
    for settings in SETTINGS.get(loss.kind, ({},))
]


def defined(*texts: str) -> dict[str, Any]:
    """Runs code and returns what it defines."""
    names: dict[str, Any] = {
        "torch": torch,
        "nn": nn,
        "functional": functional,
        "math": math,
        "np": np,
    }
    for text in texts:
        exec(text, names)

    return names


@pytest.mark.parametrize(("kind", "task", "settings"), CASES)
def test_the_code_of_a_loss(kind: type[Loss], task: str, settings: dict[str, Any]) -> None:
    loss = kind(**settings)
    draw = np.random.default_rng(0)
    counts = COUNTS[:2] if task == "binary-classification" else COUNTS
    shape, make = OUTPUTS[task]
    outputs = torch.from_numpy(draw.normal(size=shape).astype(np.float32))
    targets = torch.from_numpy(np.asarray(make(draw)))
    own = loss.build(counts, torch.device("cpu"), EXAMPLES)

    code = loss.code(counts, EXAMPLES, task)
    definitions = Definitions()
    for function in code.functions:
        definitions.function_name(function)

    imports = "\n".join(definitions.import_lines())
    names = defined(imports, "\n".join(definitions.lines()), code.text)
    names |= {"outputs": outputs, "targets": targets}
    assert torch.equal(names["loss"](outputs, targets), own(outputs, targets))

    total, weight = own.totals(outputs, targets)
    if code.totals:
        found = eval(code.totals, names)
    else:
        found = eval(code.total, names), eval(code.weight, names)

    assert float(found[0]) == float(total) and float(found[1]) == float(weight)
    assert code.totals or float(found[1]) == float(own.weight(targets))


SCHEDULE_SETTINGS: dict[str, tuple[dict[str, Any], ...]] = {
    "cosine": ({}, {"warmup": 0.0, "floor": 0.0}),
    "linear": ({}, {"warmup": 0.3, "floor": 0.1}),
    "cosine-restarts": ({}, {"cycles": 1}, {"longer": 1.0, "floor": 0.2}),
    "plateau": ({}, {"patience": 0, "cooldown": 2}),
}


@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        (schedule.kind, settings)
        for schedule in SCHEDULES.all()
        for settings in SCHEDULE_SETTINGS.get(schedule.kind, ({},))
    ],
)
@pytest.mark.parametrize("steps", [1, 37])
def test_the_code_of_a_schedule(kind: str, settings: dict[str, Any], steps: int) -> None:
    schedule = SCHEDULES.get(kind)(**settings)
    code = schedule.code()
    names = defined(f"STEPS = {steps}", code.text, code.begin)
    state: dict[str, float] = {}
    for step in range(steps):
        factor = eval(code.factor, names, {"step": step}) if code.factor else 1.0
        assert factor == schedule.factor(step, steps) * state.get("scale", 1.0)

        loss = 1.0 if step > 3 else 5.0 - step
        state = schedule.after_validation(state, loss)
        exec(code.after_epoch, names, {"validation_loss": loss})


@pytest.mark.parametrize("white", [255, 65535])
@pytest.mark.parametrize(
    "settings",
    [
        {"flip": True, "shift": 0.0},
        {"flip": False, "shift": 0.2},
        {"flip": True, "shift": 0.01},
        {"flip": True, "shift": 0.1, "rotate": 20.0},
        {"flip": False, "shift": 0.1, "scale": 0.3},
        {"flip": False, "shift": 0.0, "light": 0.5},
        {"flip": True, "shift": 0.2, "rotate": 9.0, "scale": 0.2, "light": 0.3, "erase": 0.6},
    ],
)
def test_the_code_of_an_augmentation(settings: dict[str, Any], white: int) -> None:
    chosen = AugmentationSettings(**settings)
    draw = np.random.default_rng(0)
    pictures = draw.integers(0, white + 1, (5, 3, 9, 12)).astype("u1" if white == 255 else "u2")
    # The script has 16 bits as int32, the program as the bits of int16.
    stored = torch.from_numpy(pictures if white == 255 else pictures.astype(np.int32))
    own = torch.from_numpy(pictures if white == 255 else pictures.view(np.int16))

    text, _ = augmentation_code(chosen, 9, 12, white)
    other = defined(text)["augment"](stored, torch.Generator().manual_seed(3))
    expected = Augmentation(chosen)(own, torch.Generator().manual_seed(3))
    assert torch.equal(other.int() & white, expected.int() & white)


def test_no_augmentation_is_no_code() -> None:
    assert augmentation_code(AugmentationSettings(flip=False, shift=0.0), 9, 9, 255) == ("", "")


@pytest.mark.parametrize("kind", [template.kind for template in TEMPLATES.all()])
def test_the_first_weights_of_every_template(kind: str) -> None:
    combination = next(each for each in tiny.combinations() if each.template == kind)
    resolved = tiny.experiment(combination, 1, 4)
    description = tiny.dataset(combination.task, combination.sort).description
    experiment = resolve(resolved, description)
    problem = experiment.problem(description)
    graph = experiment.model.graph(problem)
    own = build_model(graph, problem, 5)

    definitions = Definitions({CLASS})
    code = write_class(graph, problem, definitions)
    lines = first_weights_lines(own, code.prefixes, definitions)
    imports = "\n".join(definitions.import_lines())
    names = defined(imports, "\n".join(definitions.lines()), code.text, "\n".join(lines))

    network = names[CLASS]()
    names["initialise"](network, torch.Generator().manual_seed(5))
    weights = network.state_dict()
    for name, tensor in own.state_dict().items():
        assert torch.equal(weights[code.weight_name(name)], tensor), name


def test_restored_rows_with_flags_of_gaps_are_in_their_units() -> None:
    columns = (
        RowColumn("height", "number", "mean", flagged=True, mean=10.0, std=2.0),
        RowColumn("weight", "number", "mean", mean=5.0, std=0.5),
        RowColumn("kind", "category", "category", categories=("a", "b")),
    )
    preparation = RowPreparation(columns)
    restored = torch.tensor([[1.0, -2.0, 0.25]])  # two numbers and the flag of the first
    expected = torch.tensor([[12.0, 4.0, 0.25]])
    assert torch.equal(preparation.in_units(restored), expected)

    arrays = preparation.code().arrays
    statistics = {name.upper(): torch.from_numpy(array) for name, array in arrays.items()}
    names = defined(preparation.units_code())
    names.update(statistics)
    assert torch.equal(names["answers"](restored), expected)
