"""The memory ledger: what is predicted is what a real step holds."""

from __future__ import annotations

import gc
import math
import weakref
from typing import Any

import pytest
import torch

import app.engine.learning.tasks as tasks
from app.engine.experiment import Experiment, TrainingSettings, resolved
from app.engine.learning.choices import OPTIMIZERS, Optimizer
from app.engine.training.memory import ROWS, ActivationMeter, batch_bytes, measure, optimizer_floats, predict
from app.engine.training.preparing import placed_on
from models.network import build_model, pretended
from models.shape import Problem
from models.template import TEMPLATES, Template
from tests.models.networks import problem
from tests.problems import fitting

EVERY = pytest.mark.parametrize("kind", TEMPLATES.all(), ids=lambda kind: kind.kind)
PICTURES = pytest.mark.parametrize("kind", [one for one in TEMPLATES.all() if not one.unfit(problem(1, 28, 28))],
                                   ids=lambda kind: kind.kind)
EVERY_OPTIMIZER = pytest.mark.parametrize("optimizer", OPTIMIZERS.all(), ids=lambda kind: kind.kind)
EXACT = ("weights", "gradients", "first_moment", "second_moment", "other_state")


def ledgers(
    template: Template, optimizer: Optimizer, batch: int = 16, precision: str = "float32", dataset_bytes: int = 0,
    asks: tuple[str, Problem] | None = None,
) -> tuple[dict[str, int], dict[str, int]]:
    """Predicted, and measured in one real step. asks: the task's kind and the problem."""
    name, of = asks or fitting(type(template))[0]
    task = tasks.task(name)
    asked = Experiment(model=template, optimizer=optimizer, training=TrainingSettings(batch_size=batch))
    whole = resolved(asked, of, task)
    assert whole.model is not None and whole.optimizer is not None and whole.loss is not None
    graph = whole.model.graph(of)
    predicted = predict(whole, graph, of, task, dataset_bytes=dataset_bytes, precision=precision)

    device = torch.device("cpu")
    network = placed_on(build_model(graph, of, 0), device).train()
    stepper = whole.optimizer.over(network, device)
    inputs = pretended(of, batch)
    for one in inputs:
        one.random_(1, 3) if one.dtype == torch.int64 else one.normal_()
    targets = task.pretended(of, batch)
    loss_function = whole.loss.build((10,) * max(2, of.outputs), device, 1_000)
    with ActivationMeter.of(network, *inputs, targets) as meter:
        with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bfloat16"):
            answers = network(inputs if len(inputs) > 1 else inputs[0])
        loss = loss_function(answers, targets)
    loss.backward()
    stepper.step()
    data = dataset_bytes + batch_bytes(of, task, batch)
    return predicted, measure(network, stepper, whole.optimizer, meter.bytes, data)


@EVERY
@EVERY_OPTIMIZER
def test_weights_gradients_and_moments_are_exact_to_the_byte(kind: type[Template], optimizer: type[Optimizer]) -> None:
    predicted, measured = ledgers(kind(), optimizer())
    assert tuple(predicted) == tuple(measured) == ROWS
    assert {row: predicted[row] for row in EXACT} == {row: measured[row] for row in EXACT}
    assert predicted["weights"] == predicted["gradients"] > 0
    kept = optimizer()
    for row in ("first_moment", "second_moment"):
        if row in kept.state:
            assert predicted[row] == predicted["weights"]
        else:
            assert 0 <= predicted[row] <= (predicted["weights"] if row in kept.partly else 0)


@pytest.mark.parametrize(("kind", "settings"), [
    ("adamw", {"amsgrad": True}), ("rmsprop", {"momentum": 0.9, "centered": True}), ("adam", {"decay_all": True}),
    ("muon", {"decay_all": True}),
], ids=str)
def test_what_settings_add_to_the_state_is_predicted_too(kind: str, settings: dict[str, Any]) -> None:
    predicted, measured = ledgers(TEMPLATES.get("vit")(depth=1), OPTIMIZERS.get(kind)(**settings))
    assert {row: predicted[row] for row in EXACT} == {row: measured[row] for row in EXACT}


def test_floats_of_an_optimizer_are_those_of_the_ledger() -> None:
    of = problem(1, 12, 12)
    whole = resolved(Experiment(model=TEMPLATES.get("vit")(depth=1), optimizer=OPTIMIZERS.get("muon")()), of,
                     tasks.task("classification"))
    assert whole.model is not None and whole.optimizer is not None
    graph = whole.model.graph(of)
    floats = optimizer_floats(whole, graph, of)
    rows = predict(whole, graph, of, tasks.task("classification"))
    assert {row: 4 * floats[row] for row in ("first_moment", "second_moment")} == {
        row: rows[row] for row in ("first_moment", "second_moment")
    }
    assert 3 < whole.optimizer.floats_per_parameter(floats, rows["weights"] // 4) < 4


@EVERY
@pytest.mark.parametrize("batch", (1, 6))
@pytest.mark.parametrize("precision", ("float32", "bfloat16"))
def test_activations_and_peak_are_within_five_percent(kind: type[Template], batch: int, precision: str) -> None:
    for asks in fitting(kind):
        predicted, measured = ledgers(kind(), OPTIMIZERS.get("adamw")(), batch, precision, asks=asks)
        assert predicted["activations"] == pytest.approx(measured["activations"], rel=0.05), asks
        assert predicted["peak"] == pytest.approx(measured["peak"], rel=0.05), asks


@PICTURES
@pytest.mark.parametrize("shape", ((1, 8, 8), (3, 20, 33), (3, 48, 48)), ids=str)
@pytest.mark.parametrize("batch", (1, 6))
@pytest.mark.parametrize("precision", ("float32", "bfloat16"))
def test_pictures_of_other_sizes(kind: type[Template], shape: tuple[int, ...], batch: int, precision: str) -> None:
    asks = "classification", problem(*shape)
    predicted, measured = ledgers(kind(), OPTIMIZERS.get("adamw")(), batch, precision, asks=asks)
    assert predicted["activations"] == pytest.approx(measured["activations"], rel=0.05)
    assert predicted["peak"] == pytest.approx(measured["peak"], rel=0.05)


@PICTURES
@pytest.mark.parametrize("settings", ({"dropout": 0.2}, {"depth": 1}), ids=str)
def test_settings_are_followed(kind: type[Template], settings: dict[str, Any]) -> None:
    predicted, measured = ledgers(kind(**settings), OPTIMIZERS.get("adamw")())
    assert predicted["peak"] == pytest.approx(measured["peak"], rel=0.05)


@PICTURES
def test_yes_or_no_is_predicted_too(kind: type[Template]) -> None:
    asks = "binary-classification", problem(1, 12, 12, outputs=1)
    predicted, measured = ledgers(kind(), OPTIMIZERS.get("adamw")(), asks=asks)
    assert predicted["peak"] == pytest.approx(measured["peak"], rel=0.05)


@EVERY
def test_the_rows_add_up_to_the_peak_on_the_cpu(kind: type[Template]) -> None:
    predicted, measured = ledgers(kind(), OPTIMIZERS.get("adamw")(), dataset_bytes=123_456)
    for rows in (predicted, measured):
        assert rows["peak"] == sum(rows[name] for name in ROWS if name != "peak")
    name, of = fitting(kind)[0]
    sizes = [math.prod(one.shape) * (8 if one.kind == "text" else 4) for one in of.inputs]
    target = tasks.task(name).pretended(of, 1)
    assert predicted["data"] == measured["data"] == 123_456 + 16 * (
        sum(sizes) + target.numel() * target.element_size()
    )


@PICTURES
def test_on_a_gpu_the_peak_lies_between_the_largest_stage_and_the_sum(kind: type[Template]) -> None:
    of = problem(1, 28, 28)
    whole = resolved(Experiment(model=kind()), of, tasks.task("classification"))
    assert whole.model is not None
    graph = whole.model.graph(of)
    task = tasks.task("classification")
    rows = predict(whole, graph, of, task, device_type="cuda", precision="float32")
    lasting = sum(rows[name] for name in ("weights", "first_moment", "second_moment", "other_state", "data"))
    assert rows["peak"] > lasting + max(rows["activations"], rows["gradients"])
    assert predict(whole, graph, of, task, device_type="cuda")["activations"] < 0.75 * rows["activations"]


def test_a_mask_of_dropout_is_a_quarter_as_large_on_a_gpu() -> None:
    of = problem(1, 28, 28)
    for share, expected in ((0.0, 0), (0.1, 3 * 2 * 4 * 49 * 96 * 128)):
        asked = Experiment(model=TEMPLATES.get("vit")(dropout=share), training=TrainingSettings(batch_size=128))
        task = tasks.task("classification")
        whole = resolved(asked, of, task)
        assert whole.model is not None
        graph = whole.model.graph(of)
        cpu, gpu = (
            predict(whole, graph, of, task, device_type=kind, precision="float32")["activations"]
            for kind in ("cpu", "cuda")
        )
        assert cpu - gpu == expected


def test_the_meter_keeps_nothing_alive_and_changes_no_number() -> None:
    of = problem(1, 12, 12)
    graph = TEMPLATES.get("resnet")().resolved(of).graph(of)
    gradients = []
    for metered in (False, True):
        network = build_model(graph, of, 0).train()
        x = torch.randn(4, 1, 12, 12, generator=torch.Generator().manual_seed(0))
        meter = ActivationMeter.of(network, x)
        if metered:
            with meter:
                loss = network(x).square().mean()
        else:
            loss = network(x).square().mean()
        loss.backward()
        gradients.append([parameter.grad.clone() for parameter in network.parameters()])
        gone = weakref.ref(network)
        del network, loss
        gc.collect()
        assert gone() is None
    assert all(torch.equal(one, other) for one, other in zip(*gradients, strict=True))


def test_the_meter_counts_a_storage_once_and_what_is_known_never() -> None:
    weight, x = torch.ones(8, 8, requires_grad=True), torch.ones(4, 8)
    with ActivationMeter([weight, x]) as meter:
        (x @ weight).relu().view(2, 16).square().sum()
    assert meter.bytes == 4 * 8 * 4
