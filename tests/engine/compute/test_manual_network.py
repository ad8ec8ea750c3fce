"""Small networks without autograd: every bit is that of the network itself."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
import torch

from app.engine.compute.fused_adam import FusedAdam
from app.engine.compute.gradient_norm import clip_gradients, gradient_norm
from app.engine.compute.manual import layers
from app.engine.compute.manual.network import ManualNetwork
from app.engine.learning.loss import LOSSES, targets_of_members
from app.engine.learning.optimizer import OPTIMIZERS
from app.engine.runs.control import Control
from app.engine.runs.run import Run
from app.engine.training import trainer
from models.graph import Graph, Node
from models.network import Network, build_model
from models.shape import Input, Problem
from tests.engine import tiny
from tests.engine.training.small import Listener, at_step, metrics_lines

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.experiment.experiment import Experiment

CPU = torch.device("cpu")


def network(
    activation: str = "relu",
    dropout: float = 0.0,
    categories: tuple[int, ...] = (),
    outputs: int = 3,
) -> Network:
    problem = Problem.of(
        (Input("row", (5 + len(categories),), categories=categories),), outputs, 90
    )
    nodes = [
        Node("columns", "categorical-embedding", {"categories": list(categories)}),
        Node("layer1", "linear", {"outputs": 24, "activation": activation}),
        Node("dropout1", "dropout", {"rate": dropout}),
        Node("layer2", "linear", {"outputs": 17, "activation": activation}),
        Node("answer", "output", {"outputs": outputs}),
    ]
    if not dropout:
        del nodes[2]

    return build_model(Graph(tuple(nodes)), problem, 3).train()


def batch(size: int, categories: tuple[int, ...] = ()) -> torch.Tensor:
    generator = torch.Generator().manual_seed(size)
    numbers = torch.randn(size, 5, generator=generator)
    codes = [
        torch.randint(-1, values + 1, (size, 1), generator=generator).float()
        for values in categories
    ]
    return torch.cat([numbers, *codes], dim=1)


def gradients(work: Any, trained: Network) -> tuple[torch.Tensor, list[torch.Tensor]]:
    for parameter in trained.parameters():
        parameter.grad = None
    torch.manual_seed(7)  # of dropout
    loss = work()
    return loss.detach().clone(), [parameter.grad.clone() for parameter in trained.parameters()]


def assert_same_bits(one: Any, other: Any) -> None:
    assert torch.equal(one[0], other[0])
    for gradient, reference in zip(one[1], other[1], strict=True):
        assert torch.equal(gradient, reference)


@pytest.mark.parametrize("size", [1, 2, 16, 37])
@pytest.mark.parametrize("categories", [(), (4,), (2, 9)])
@pytest.mark.parametrize("activation", ["none", "relu", "gelu"])
@pytest.mark.parametrize("dropout", [0.0, 0.3])
def test_loss_and_gradients_have_the_bits_of_autograd(
    size: int, categories: tuple[int, ...], activation: str, dropout: float
) -> None:
    trained = network(activation, dropout, categories)
    manual = ManualNetwork.of(trained)
    assert manual is not None

    inputs = batch(size, categories)
    targets = torch.arange(size) % 3
    loss = LOSSES.get("cross-entropy")().build((1, 1, 1), CPU)

    def by_autograd() -> torch.Tensor:
        value = loss(trained(inputs), targets)
        value.backward()
        return value

    expected = gradients(by_autograd, trained)
    assert_same_bits(gradients(lambda: manual.gradients(inputs, targets, loss), trained), expected)
    trained.eval()
    assert torch.equal(manual.outputs(inputs), trained(inputs))


@pytest.mark.parametrize("rows", [80, 81, 67, 16])
@pytest.mark.parametrize("categories", [(4,), (2, 9, 300)])
def test_batches_that_were_prepared_together_have_the_bits_of_autograd(
    rows: int, categories: tuple[int, ...]
) -> None:
    trained = network("relu", 0.0, categories)
    manual = ManualNetwork.of(trained)
    assert manual is not None
    loss = LOSSES.get("cross-entropy")().build((1, 1, 1), CPU)
    last = 17 if rows % 16 == 1 else rows % 16 or 16
    sizes = [16] * ((rows - last) // 16) + [last]

    def by_autograd(inputs: torch.Tensor, targets: torch.Tensor, _loss: Any) -> torch.Tensor:
        value = loss(trained(inputs), targets)
        value.backward()
        return value

    first, second = batch(rows, categories), batch(rows, categories).flip(0)
    # The second epoch is begun at its end, as where a run goes on there.
    for inputs in (*torch.split(first, sizes), *reversed(torch.split(second, sizes))):
        given = inputs, torch.arange(len(inputs)) % 3, loss
        expected = gradients(partial(by_autograd, *given), trained)
        assert_same_bits(gradients(partial(manual.gradients, *given), trained), expected)
        for _ in range(2):
            assert torch.equal(manual.outputs(inputs), trained(inputs))


def test_dropout_draws_as_torch_does_where_that_is_not_uniform(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    trained = network("relu", 0.3)
    manual = ManualNetwork.of(trained)
    assert manual is not None
    loss = LOSSES.get("cross-entropy")().build((1, 1, 1), CPU)
    inputs, targets = batch(16), torch.arange(16) % 3
    expected = gradients(lambda: manual.gradients(inputs, targets, loss), trained)

    monkeypatch.setattr(layers, "bernoulli_is_uniform", lambda: False)
    assert_same_bits(gradients(lambda: manual.gradients(inputs, targets, loss), trained), expected)


@pytest.mark.parametrize("size", [1, 2, 16])
@pytest.mark.parametrize("categories", [(), (2, 9)])
@pytest.mark.parametrize(("depth", "dropout"), [(1, 0.0), (2, 0.0), (2, 0.3)])
@pytest.mark.parametrize("kind", ["cross-entropy", "l2"])
def test_members_that_learn_together_have_the_bits_of_autograd(
    size: int, categories: tuple[int, ...], depth: int, dropout: float, kind: str
) -> None:
    columns = Node("columns", "categorical-embedding", {"categories": list(categories)})
    settings = {"outputs": 3, "members": 5, "depth": depth, "width": 12, "dropout": dropout}
    settings["mean"] = "classes" if kind == "cross-entropy" else "values"
    problem = Problem.of((Input("row", (5 + len(categories),), categories=categories),), 3, 90)
    graph = Graph((columns, Node("members", "ensemble-layers", settings)))
    trained = build_model(graph, problem, 3).train()
    manual = ManualNetwork.of(trained)
    assert manual is not None

    inputs = batch(size, categories)
    targets = torch.arange(size) % 3
    if kind == "l2":
        targets = torch.linspace(-1, 1, 3 * size).reshape(size, 3)
    loss = LOSSES.get(kind)().build((1, 1, 1), CPU)

    def by_autograd() -> torch.Tensor:
        outputs = trained(inputs)
        assert outputs.shape == (5 * size, 3)
        value = loss(outputs, targets_of_members(targets, outputs))
        value.backward()
        return value

    expected = gradients(by_autograd, trained)
    assert_same_bits(gradients(lambda: manual.gradients(inputs, targets, loss), trained), expected)
    trained.eval()
    assert torch.equal(manual.outputs(inputs), trained(inputs))


LOSS_TARGETS: list[tuple[str, dict[str, Any], torch.Tensor]] = [
    ("cross-entropy", {"label_smoothing": 0.1}, torch.arange(16) % 3),
    ("cross-entropy", {"class_weights": "balanced"}, torch.arange(16) % 3),
    ("cross-entropy", {}, torch.full((16, 3), 1 / 3)),
    ("binary-cross-entropy", {}, (torch.arange(48) % 2).reshape(16, 3).float()),
    ("l2", {}, torch.linspace(-1, 1, 48).reshape(16, 3)),
    ("l1", {}, torch.linspace(-1, 1, 48).reshape(16, 3)),
    ("huber", {}, torch.linspace(-1, 1, 48).reshape(16, 3)),
]


@pytest.mark.parametrize(("kind", "settings", "targets"), LOSS_TARGETS)
def test_every_loss_gives_the_gradient_of_autograd(
    kind: str, settings: dict[str, Any], targets: torch.Tensor
) -> None:
    loss = LOSSES.get(kind)(**settings).build((5, 9, 2), CPU, 16)
    outputs = torch.randn(16, 3, generator=torch.Generator().manual_seed(0)).requires_grad_()
    expected = loss(outputs, targets)
    expected.backward()

    value, gradient = loss.with_gradient(outputs.detach(), targets)
    assert torch.equal(value, expected.detach()) and torch.equal(gradient, outputs.grad)
    assert not value.requires_grad and not gradient.requires_grad


def test_gradients_stay_where_they_are_and_come_back_after_autograd() -> None:
    trained = network("relu", 0.0, (2, 9))
    manual = ManualNetwork.of(trained)
    assert manual is not None
    loss = LOSSES.get("cross-entropy")().build((1, 1, 1), CPU)
    given = batch(16, (2, 9)), torch.arange(16) % 3
    value = manual.gradients(*given, loss)
    first = [parameter.grad for parameter in trained.parameters()]
    expected = [gradient.clone() for gradient in first]
    assert not value.requires_grad

    # Autograd leaves tensors of its own; a step that ran out of memory leaves none.
    for parameter in trained.parameters():
        parameter.grad = None
    loss(trained(given[0]), given[1]).backward()
    manual.gradients(*given, loss)
    for parameter, own, before in zip(trained.parameters(), first, expected, strict=True):
        assert parameter.grad is own and torch.equal(own, before)


def test_other_networks_are_left_to_autograd() -> None:
    problem = Problem.of((Input("row", (5,)),), 3, 90)
    bypass = Graph(
        (
            Node("layer1", "linear", {"outputs": 5}),
            Node("sum", "add", inputs=("layer1", "input")),
            Node("answer", "output", {"outputs": 3}, ("sum",)),
        )
    )
    norm = Graph(
        (
            Node("layer1", "linear", {"outputs": 5}),
            Node("norm", "layer-norm", {}),
            Node("answer", "output", {"outputs": 3}),
        )
    )
    for graph in (bypass, norm):
        assert ManualNetwork.of(build_model(graph, problem, 0)) is None

    recomputing = network()
    recomputing.recompute = True
    assert ManualNetwork.of(recomputing) is None
    assert ManualNetwork.of(torch.nn.Linear(3, 3)) is None


# --- optimizer and norm


@pytest.mark.parametrize("kind", ["adam", "adamw"])
@pytest.mark.parametrize("settings", [{}, {"amsgrad": True, "weight_decay": 0.3}])
def test_a_fused_step_has_the_bits_of_the_optimizer(kind: str, settings: dict[str, Any]) -> None:
    networks = [network(categories=(4,)), network(categories=(4,))]
    choice = OPTIMIZERS.get(kind)(learning_rate=0.01, **settings)
    optimizers = [choice.for_network(each, CPU) for each in networks]
    fused = None
    generator = torch.Generator().manual_seed(0)

    for step in range(5):
        rate = 0.01 / (1 + step)
        for weights in zip(*(each.parameters() for each in networks), strict=True):
            gradient = torch.randn(weights[0].shape, generator=generator)
            for weight in weights:
                weight.grad = gradient.clone()
        for optimizer in optimizers:
            for group in optimizer.param_groups:
                group["lr"] = rate

        optimizers[0].step()
        if fused is None:
            assert FusedAdam.of(optimizers[1]) is None  # its state is not there yet
            optimizers[1].step()
            fused = FusedAdam.of(optimizers[1])
            assert fused is not None
        else:
            assert fused.is_of(optimizers[1]) and fused.step()

        for weight, reference in zip(
            networks[1].parameters(), networks[0].parameters(), strict=True
        ):
            assert torch.equal(weight, reference)
            for name, value in optimizers[0].state[reference].items():
                assert torch.equal(optimizers[1].state[weight][name], value)

    assert fused is not None
    next(networks[1].parameters()).grad = None
    before = [weight.detach().clone() for weight in networks[1].parameters()]
    assert not fused.step()
    assert all(map(torch.equal, before, networks[1].parameters()))
    assert not fused.is_of(optimizers[0])


@pytest.mark.parametrize("scale", [0.0, 1e-3, 1.0, 40.0, float("inf"), float("nan")])
def test_clipping_has_the_bits_of_torch(scale: float) -> None:
    networks = [network(), network()]
    generator = torch.Generator().manual_seed(0)
    for weights in zip(*(each.parameters() for each in networks), strict=True):
        gradient = scale * torch.randn(weights[0].shape, generator=generator)
        for weight in weights:
            weight.grad = gradient.clone()

    ours, theirs = (list(each.parameters()) for each in networks)
    norm = clip_gradients(ours, 1.5)
    expected = torch.nn.utils.clip_grad_norm_(theirs, 1.5)
    assert torch.equal(norm.nan_to_num(), expected.nan_to_num())
    for weight, reference in zip(ours, theirs, strict=True):
        assert weight.grad is not None and reference.grad is not None
        assert torch.equal(weight.grad.nan_to_num(), reference.grad.nan_to_num())

    assert float(gradient_norm([])) == 0.0


# --- whole runs


def requested(**training: Any) -> Experiment:
    combination = tiny.Combination("classification", "row", "mlp", "cross-entropy", "adamw")
    chosen = tiny.experiment(combination, 4, 16)
    assert chosen.model is not None
    return chosen.replace(
        model=chosen.model.replace(dropout=0.3), training=chosen.training.replace(**training)
    )


def together(experiment: Experiment, members: int) -> Experiment:
    assert experiment.model is not None
    return experiment.replace(model=experiment.model.replace(members=members))


@pytest.mark.parametrize("members", [1, 4])
def test_a_run_has_the_bits_of_one_with_autograd(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, members: int
) -> None:
    data = tiny.dataset("classification", "row", 90)
    asked = together(requested(), members)
    runs = []
    for name in ("manual", "autograd"):
        run = Run.create(tmp_path / name, asked)
        end = trainer.train(asked, run, Listener(), Control(), data)
        assert end.status == "completed", end.reason
        runs.append((end.summary["weights_sha256"], end.summary["metrics"], metrics_lines(run)))
        monkeypatch.setattr(ManualNetwork, "of", classmethod(lambda cls, network: None))

    assert runs[0] == runs[1]


@pytest.mark.parametrize("members", [1, 4])
def test_a_run_goes_on_from_the_middle_of_an_epoch_to_the_same_bits(
    tmp_path: Path, members: int
) -> None:
    data = tiny.dataset("classification", "row", 90)
    asked = together(requested(), members)
    whole = Run.create(tmp_path / "whole", asked)
    reference = trainer.train(asked, whole, Listener(), Control(), data)

    run = Run.create(tmp_path / "parts", asked)
    control = Control()
    with at_step(8, control.stop):
        trainer.train(asked, run, Listener(), control, data)
    for step in (9, 16):
        control = Control()
        with at_step(step, control.stop):
            trainer.resume(run, Listener(), control, dataset=data)

    finished = trainer.resume(run, Listener(), Control(), dataset=data)
    assert finished.summary["weights_sha256"] == reference.summary["weights_sha256"]
    assert metrics_lines(run) == metrics_lines(whole)
