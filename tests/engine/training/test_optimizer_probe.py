"""The optimizer probe: what it measures of every layer is what the weights really did."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from torch import nn

from app.engine.learning.optimizer import OPTIMIZERS, Optimizer
from app.engine.runs.control import Control
from app.engine.runs.events import OptimizerMeasured
from app.engine.runs.optimizer_figures import BINS, EDGES, QUANTITIES
from app.engine.runs.run import Run
from app.engine.training.probes import optimizer_probe
from app.engine.training.probes.optimizer_probe import OptimizerProbe, plain_names
from app.engine.training.trainer import train
from models.template import TEMPLATES
from tests.engine.training.small import Listener, experiment, pictures
from tests.models.networks import batch_of, network_of, typical_problem

if TYPE_CHECKING:
    from pathlib import Path

    from models.network import Network

CPU = torch.device("cpu")
RATE = 0.01


class Loop:
    """A training by hand; `step` takes one step and returns what the probe measured of it."""

    def __init__(
        self, choice: Optimizer, network: Network | None = None, template: str = "cnn"
    ) -> None:
        kind = TEMPLATES.get(template)
        self.problem = typical_problem(kind)
        self.network = network if network is not None else network_of(kind(), self.problem)
        self.optimizer = choice.for_network(self.network, CPU)
        self.probe = OptimizerProbe(self.network, self.optimizer, choice)
        self.matrices = [weight for weight in self.network.parameters() if weight.ndim >= 2]
        self.steps = 0

    def step(self, rate: float = RATE, autocast: bool = False) -> OptimizerMeasured | None:
        for group in self.optimizer.param_groups:
            group["lr"] = rate

        self.optimizer.zero_grad()
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=autocast):
            answers = self.network(batch_of(self.problem, 6, self.steps))

        answers.float().square().mean().backward()
        self.weights_before = [weight.detach().clone() for weight in self.matrices]
        self.steps += 1
        self.probe.before()
        self.optimizer.step()

        return self.probe.after(self.steps, rate)

    def last_of(self, steps: int, **how: Any) -> OptimizerMeasured:
        """Returns the measurement of the last of so many steps."""
        for _ in range(steps):
            event = self.step(**how)

        assert event is not None
        return event


@pytest.fixture(autouse=True)
def always(monkeypatch: pytest.MonkeyPatch) -> None:
    """Measures every step."""
    monkeypatch.setattr(optimizer_probe, "EVERY", 0.0)
    monkeypatch.setattr(optimizer_probe, "WAIT", -1e9)


def rms(values: torch.Tensor) -> float:
    return float(values.double().square().mean().sqrt())


CASES: dict[str, tuple[str, dict[str, Any], set[str]]] = {
    "adamw": ("adamw", {"weight_decay": 0.1}, {"first_moment", "second_moment_root"}),
    "amsgrad": (
        "adamw",
        {"weight_decay": 0.1, "amsgrad": True},
        {"first_moment", "second_moment_root"},
    ),
    "adam": ("adam", {"beta1": 0.0}, {"first_moment", "second_moment_root"}),
    "adam, decay": ("adam", {"weight_decay": 0.1}, {"first_moment", "second_moment_root"}),
    "sgd": ("sgd", {"weight_decay": 0.1}, set()),
    "momentum": ("sgd-momentum", {"weight_decay": 0.1, "nesterov": False}, {"first_moment"}),
    "nesterov": ("sgd-momentum", {"weight_decay": 0.1}, {"first_moment"}),
    "rmsprop": ("rmsprop", {"weight_decay": 0.1}, {"second_moment_root"}),
    "rmsprop, all": (
        "rmsprop",
        {"momentum": 0.5, "centered": True},
        {"first_moment", "second_moment_root"},
    ),
    "adagrad": ("adagrad", {}, {"second_moment_root"}),
    "nadam": ("nadam", {"weight_decay": 0.1}, {"first_moment", "second_moment_root"}),
    "radam": (
        "radam",
        {"decay_apart": False, "weight_decay": 0.1},
        {"first_moment", "second_moment_root"},
    ),
    "adafactor": ("adafactor", {"weight_decay": 0.1}, set()),
    "muon": ("muon", {"weight_decay": 0.1}, {"first_moment", "second_moment_root"}),
}


@pytest.mark.parametrize("case", CASES)
def test_the_measured_step_is_the_one_that_was_taken(
    case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All numbers are measured here, so that the root mean squares are those of the whole."""
    monkeypatch.setattr(optimizer_probe, "LARGEST_SAMPLE", 10**9)
    monkeypatch.setattr(optimizer_probe, "SAMPLE_OF_ALL", 10**9)
    kind, settings, has = CASES[case]
    choice = OPTIMIZERS.get(kind)(learning_rate=RATE, **settings)
    loop = Loop(choice, template="vit" if kind == "muon" else "cnn")
    event = loop.last_of(5)
    assert set(event.sizes) == set(event.histograms) == {"gradient", "step", "weight"} | has

    share = RATE * choice.decay_rate() if choice.decoupled_decay else 0.0
    decayed = {
        weight
        for group in loop.optimizer.param_groups
        if group["weight_decay"]
        for weight in group["params"]
    }
    for row, (weight, before) in enumerate(zip(loop.matrices, loop.weights_before, strict=True)):
        movement = before * (1 - (share if weight in decayed else 0.0)) - weight.detach()
        assert event.sizes["step"][row] == pytest.approx(rms(movement), rel=1e-4, abs=1e-9)
        assert weight.grad is not None
        assert event.sizes["gradient"][row] == pytest.approx(rms(weight.grad), rel=1e-5)
        assert event.sizes["weight"][row] == pytest.approx(rms(before), rel=1e-5)
        assert event.norms[row] == pytest.approx(float(weight.detach().norm()), rel=1e-5)
        assert event.histograms["step"][row].sum() == weight.numel() == event.numbers[row]


@pytest.mark.parametrize(
    "case", [case for case in CASES if case not in ("adagrad", "adafactor", "nadam", "radam")]
)
def test_the_formula_gives_the_movement_of_each_weight(case: str) -> None:
    """Decay aside, it holds to 1e-6.

    Double precision is used, in which rounding of the weights does not hide it.
    """
    kind, settings, _ = CASES[case]
    choice = OPTIMIZERS.get(kind)(learning_rate=RATE, **settings)
    generator = torch.Generator().manual_seed(0)
    shape = (6, 3, 3, 3) if kind == "muon" else (6, 5)
    weight = nn.Parameter(torch.randn(shape, generator=generator, dtype=torch.float64))
    group: dict[str, Any] = {"params": [weight], "weight_decay": choice.decay_rate()}

    optimizer = choice.build([group], CPU)
    for number in range(7):
        weight.grad = torch.randn(weight.shape, generator=generator, dtype=torch.float64) / (
            number + 1
        )
        before = weight.detach().clone()
        optimizer.step()
        live_group = optimizer.param_groups[0]
        state = (
            {
                name: value.reshape(-1)
                if value.numel() > 1
                else value.double().expand(weight.numel())
                for name, value in optimizer.state[weight].items()
                if value is not None
            }
            if weight in optimizer.state
            else {}
        )

        quantities = choice.moments_and_step(
            state, weight.grad.reshape(-1), before.reshape(-1), live_group
        )
        movement = before * (1 - choice.decay_share(live_group)) - weight.detach()
        if "step" in quantities:
            torch.testing.assert_close(
                quantities["step"], movement.reshape(-1), rtol=1e-6, atol=1e-9
            )
        else:
            assert choice.step_formula() == ""


def test_the_words_of_a_formula_are_those_that_can_be_filled_in() -> None:
    known = dict.fromkeys((*QUANTITIES, "rate", "decay", "epsilon", "momentum"), 1.0)
    for kind in OPTIMIZERS.all():
        choice = kind()
        assert choice.step_formula().format_map(known).count("{") == 0
        whole = {"gradient", "step", "weight", "first_moment", "second_moment_root"}
        shown = {"first_moment", "second_moment_root"} & {
            {"first_moment": "first_moment", "second_moment": "second_moment_root"}.get(row, "")
            for row in choice.full_state
        } | {"gradient", "step", "weight"}

        assert bool(choice.missing_moments) == (shown != whole), kind.kind


@pytest.mark.parametrize("template", [kind.kind for kind in TEMPLATES.all()])
def test_every_template_has_layers_with_different_names(template: str) -> None:
    loop = Loop(OPTIMIZERS.get("adamw")(), template=template)
    event = loop.step()
    assert event is not None
    assert len(set(event.layers)) == len(event.layers) == len(loop.matrices)
    assert list(event.numbers) == [weight.numel() for weight in loop.matrices]
    assert not any("." in name or "_" in name for name in event.layers)
    assert np.isfinite(event.norms).all()


def test_names_are_plain() -> None:
    paths = [
        "blocks.conv1.weight",
        "blocks.block1.attention.query_key_value.weight",
        "blocks.mix.0.weight",
        "blocks.positions.positions",
        "blocks.block1_2.first.0.weight",
        "blocks.block1_2.first.1.weight",
    ]
    assert plain_names(paths) == (
        "conv1",
        "block1 attention in",
        "mix",
        "positions",
        "block1 2 first",
        "block1 2 first 1",
    )


def test_a_large_layer_is_sampled_evenly_and_always_at_the_same_places() -> None:
    loop = Loop(OPTIMIZERS.get("adamw")(), template="resnet")
    loop.step()
    large = max(loop.probe._layers, key=lambda layer: layer.weight.numel())
    assert (
        large.weight.numel() == 96 * 96 * 9 and 3500 < large.count <= optimizer_probe.LARGEST_SAMPLE
    )

    indices = large.sample(
        torch.empty_like(large.weight).copy_(
            torch.arange(large.weight.numel()).reshape(large.weight.shape)
        )
    )
    assert len(set(indices.tolist())) == large.count
    columns = torch.div(indices, 9, rounding_mode="floor") % 96
    assert len(set(columns.tolist())) == 96 and len({int(index) % 9 for index in indices}) == 9

    other_order = large.weight.detach().clone(memory_format=torch.contiguous_format)
    assert torch.equal(large.sample(other_order), large.sample(large.weight))


def test_histograms_count_every_number_of_the_sample() -> None:
    loop = Loop(OPTIMIZERS.get("adamw")())
    with torch.no_grad():
        loop.matrices[0].flatten()[:3] = torch.tensor([0.0, 1e-14, 1e9])

    event = loop.step()
    assert event is not None and len(EDGES) == BINS + 1
    weights = event.histograms["weight"]
    assert weights[0, 0] >= 2 and weights[0, -1] == 1

    numbers = loop.weights_before[-1].flatten().abs().clamp(min=1e-30).log10().numpy()
    assert np.array_equal(
        weights[-1], np.histogram(np.clip(numbers, EDGES[0], EDGES[-1]), EDGES)[0]
    )


def test_the_weight_that_is_shown_stays_the_same_and_its_step_follows_from_its_figures() -> None:
    choice = OPTIMIZERS.get("adamw")(learning_rate=RATE, weight_decay=0.1)
    loop = Loop(choice)
    first = loop.step()
    second = loop.step()

    assert first is not None and second is not None
    for row in range(len(second.layers)):
        figures = {name: float(values[row]) for name, values in second.followed.items()}
        assert figures["step"] == pytest.approx(
            second.rate
            * figures["first_moment"]
            / (figures["second_moment_root"] + choice.epsilon),
            rel=1e-5,
        )

        after_first = (
            first.followed["weight"][row] * (1 - first.rate * figures["decay"])
            - first.followed["step"][row]
        )
        assert figures["weight"] == pytest.approx(after_first, rel=1e-4)


def test_bfloat16_and_matrices_of_muon() -> None:
    loop = Loop(OPTIMIZERS.get("muon")(), template="vit")
    event = loop.last_of(3, autocast=True)
    second = dict(zip(event.layers, np.isfinite(event.sizes["second_moment_root"]), strict=True))
    assert not second["block1 expand"] and second["conv1"] and second["answer"]
    assert np.isfinite(event.sizes["step"]).all() and (event.sizes["step"] > 0).all()
    assert event.histograms["second_moment_root"][event.layers.index("block1 expand")].sum() == 0


def test_a_step_that_was_left_out_is_not_measured() -> None:
    loop = Loop(OPTIMIZERS.get("sgd-momentum")())
    for weight in loop.matrices:
        weight.grad = torch.full_like(weight, float("inf"))

    loop.probe.before()
    assert loop.probe.after(1, RATE) is None
    assert loop.step() is not None


def test_weights_without_gradients_are_unknown() -> None:
    loop = Loop(OPTIMIZERS.get("adamw")())
    loop.step()
    loop.optimizer.zero_grad()
    loop.matrices[1].grad = torch.ones_like(loop.matrices[1])
    loop.probe.before()
    loop.optimizer.step()
    event = loop.probe.after(2, RATE)

    assert event is not None
    assert np.isnan(event.sizes["gradient"][0]) and np.isfinite(event.sizes["gradient"][1])


def test_measuring_takes_a_small_share_of_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(optimizer_probe, "EVERY", 0.1)
    monkeypatch.setattr(optimizer_probe, "WAIT", 25.0)
    now = [100.0]
    monkeypatch.setattr(optimizer_probe.time, "perf_counter", lambda: now[0])

    loop = Loop(OPTIMIZERS.get("adamw")())

    def measure(takes: float) -> OptimizerMeasured | None:
        loop.probe.before()
        loop.optimizer.step()

        numbers = optimizer_probe._Measurement._numbers

        def slowly(self: optimizer_probe._Measurement) -> np.ndarray:
            now[0] += takes
            return numbers(self)

        monkeypatch.setattr(optimizer_probe._Measurement, "_numbers", slowly)
        event = loop.probe.after(1, RATE)
        monkeypatch.setattr(optimizer_probe._Measurement, "_numbers", numbers)

        return event

    loop.network(batch_of(loop.problem, 2)).mean().backward()
    assert measure(0.02) is not None
    now[0] += 0.4
    assert measure(0.0) is None

    now[0] += 0.2
    event = measure(0.001)
    assert event is not None and event.seconds == pytest.approx(0.001)

    now[0] += 0.05
    assert measure(0.0) is None
    now[0] += 0.06
    assert measure(0.0) is not None


def test_nothing_is_made_before_somebody_watches() -> None:
    loop = Loop(OPTIMIZERS.get("adamw")())
    assert loop.probe._layers == [] and loop.probe.after(1, RATE) is None


# --- in a run


def measurements_of(
    folder: Path, watching: bool, **sections: dict[str, Any]
) -> list[OptimizerMeasured]:
    folder.mkdir()
    requested = experiment(pictures(folder / "pictures.npz"), **sections)
    control = Control()
    listener = Listener()
    control.watching = watching
    finished = train(requested, Run.create(folder, requested), listener, control)

    assert finished.status == "completed", finished.reason
    return listener.of(OptimizerMeasured)


def test_a_run_tells_what_its_optimizer_holds_only_while_somebody_watches(tmp_path: Path) -> None:
    measurements = measurements_of(tmp_path / "watched", True)
    assert [event.step for event in measurements] == sorted(
        {event.step for event in measurements}
    ) and len(measurements) > 1
    assert measurements[0].layers == ("conv1", "conv2", "answer")
    assert all(np.isfinite(event.sizes["step"]).all() for event in measurements)
    assert measurements_of(tmp_path / "alone", False) == []


def test_adam_lets_the_weights_grow_and_decay_keeps_them_bounded(tmp_path: Path) -> None:
    """Under Adam their length grows to the end; under AdamW growth and decay come to a balance."""
    lengths = {}
    for kind, decay in (("adam", 0.0), ("adamw", 1.0)):
        measurements = measurements_of(
            tmp_path / kind,
            True,
            optimizer={"kind": kind, "learning_rate": 0.02, "weight_decay": decay},
            schedule={"kind": "constant"},
            training={"epochs": 40, "patience": 0},
        )
        lengths[kind] = np.array([np.sqrt((event.norms**2).sum()) for event in measurements])

    late = {kind: values[len(values) // 2 :] for kind, values in lengths.items()}
    assert late["adam"][-1] > 1.1 * late["adam"][0] > 1.1 * 1.3 * lengths["adam"][0]
    # It swings about the balance, by a fifth on some processors, and on average stays where it is.
    before, after = (part.mean() for part in np.array_split(late["adamw"], 2))
    assert before / 1.2 < after < 1.2 * before
    assert late["adamw"].max() < 0.5 * late["adam"][-1]
