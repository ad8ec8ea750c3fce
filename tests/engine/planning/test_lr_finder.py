"""The learning-rate finder reads curves of known form rightly, and its real searches are true."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from app.engine.errors import UserError
from app.engine.experiment.toml_file import from_plain
from app.engine.planning import lr_finder
from app.engine.planning.lr_curve import (
    LrCurve,
    SearchProgress,
    analyse,
    divergence,
    rate_text,
    round_rate,
    smooth,
)
from app.engine.planning.lr_finder import find
from app.engine.runs.control import Control, Stopped
from app.engine.runs.events import StageChanged
from app.engine.sources.opening import open_dataset
from app.engine.training import build
from app.engine.training import plan as plans
from app.engine.training.plan import Plan, plan_training
from tests.engine.training.small import Listener, at_step, experiment, pictures

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.data.dataset import Dataset
    from app.engine.experiment.experiment import Experiment

RATES = np.geomspace(1e-6, 10.0, 100)


def made_up_curve(
    fall: float, least: float = 0.03, noise: float = 0.0, blow_up: float = 1.0, seed: int = 0
) -> np.ndarray:
    """Returns (100,) losses that begin at 2 and fall by `fall` to their least at the rate `least`.

    They grow from there on.
    """
    logarithms = np.log10(RATES)
    lowest = np.log10(least)
    losses = 2.0 - fall / (1 + np.exp(-6 * (logarithms - lowest + 0.7)))
    losses = losses + np.where(least < RATES, 2.0 * (RATES / blow_up) ** 2, 0.0)

    return np.asarray(losses + noise * np.random.default_rng(seed).standard_normal(len(losses)))


def analyse_curve(losses: np.ndarray) -> LrCurve:
    """Returns the analysis of a curve that ends where the losses have blown up, as in a search."""
    for count in range(1, len(losses) + 1):
        if (end := divergence(losses[:count])) is not None:
            return analyse(RATES[:count], losses[:count], 0.001, end)

    return analyse(RATES, losses, 0.001, None)


# --- what a curve says


@pytest.mark.parametrize("noise", [0.0, 0.05, 0.15])
@pytest.mark.parametrize("least", [1e-3, 0.03, 0.5])
def test_the_proposal_lies_on_the_fall(least: float, noise: float) -> None:
    for seed in range(10):
        curve = analyse_curve(made_up_curve(1.5, least, noise, blow_up=6 * least, seed=seed))
        assert curve.proposal is not None and curve.diverged is not None
        assert least / 30 < curve.proposal <= least / 2
        assert curve.proposal <= curve.diverged / 10 * 1.05  # rounded to two digits
        assert curve.proposal == round_rate(curve.proposal)
        assert rate_text(curve.diverged) in curve.why


def test_a_curve_that_only_blows_up_gives_no_value() -> None:
    curve = analyse_curve(made_up_curve(0.0, noise=0.02))
    assert curve.proposal is None and curve.diverged is not None
    assert "did not fall" in curve.why and "blows up" in curve.why


@pytest.mark.parametrize("noise", [0.0, 0.01, 0.3])
def test_noise_is_no_fall(noise: float) -> None:
    proposals = []
    for seed in range(200):
        losses = 2 + noise * np.random.default_rng(seed).standard_normal(100)
        proposals.append(analyse(RATES, losses, 0.001, None).proposal)

    # About one in a hundred is expected.
    assert sum(proposal is not None for proposal in proposals) <= 6


def test_early_chance_falls_are_not_the_fall() -> None:
    losses = made_up_curve(1.0, noise=0.02)
    losses[5:8] -= 0.6  # three easy batches at rates that do nothing
    curve = analyse_curve(losses)
    assert curve.proposal is not None and curve.proposal > 1e-3


def test_no_number_ends_it() -> None:
    losses = made_up_curve(1.0, blow_up=1e9)
    losses[70] = np.inf
    curve = analyse_curve(losses)
    assert (curve.diverged, len(curve.rates)) == (RATES[70], 71)
    assert curve.proposal is not None and np.isfinite(curve.smoothed).all()
    assert analyse_curve(np.full(3, np.inf)).proposal is None


def test_one_wild_batch_does_not_end_it() -> None:
    losses = made_up_curve(1.0, blow_up=1e9)
    losses[60] = 50.0
    assert analyse_curve(losses).diverged is None


def test_a_small_loss_may_grow_as_long_as_it_is_below_the_beginning() -> None:
    losses = np.concatenate([np.ones(40), np.geomspace(1.0, 0.01, 40), np.full(20, 0.3)])
    assert analyse_curve(losses).diverged is None


def test_smoothing_neither_shifts_nor_leans() -> None:
    straight = np.linspace(1.0, 0.5, 60)
    assert np.allclose(smooth(straight)[8:-8], straight[8:-8])
    bump = np.ones(61)
    bump[30] = 0.0

    assert int(smooth(bump).argmin()) == 30
    assert len(smooth(np.empty(0))) == 0


def test_rates_in_words() -> None:
    predictions = [rate_text(rate) for rate in (0.004213, 0.02, 1.0, 12.4, 3.24e-6, 1e-6, 99.99)]
    assert predictions == ["0.0042", "0.02", "1", "12", "0.0000032", "0.000001", "100"]


# --- real searches


def read(requested: Experiment) -> Dataset:
    return open_dataset(requested.data, lambda *_: None, lambda: None)


@pytest.fixture(scope="module")
def quarters(tmp_path_factory: pytest.TempPathFactory) -> Experiment:
    """Returns an experiment on easy pictures, with everything random switched on."""
    return experiment(
        pictures(tmp_path_factory.mktemp("finder") / "quarters.npz"), model={"depth": 1, "width": 4}
    )


def search(requested: Experiment, **more: Any) -> LrCurve:
    return find(requested, None, lambda event: None, Control(), **more)


def test_a_search_on_pictures(quarters: Experiment) -> None:
    listener = Listener()
    assert quarters.model is not None
    requested = quarters.replace(
        model=quarters.model.replace(depth=2, width=8, dropout=0.0),
        training=quarters.training.replace(batch_size=48),
    )

    curve = find(requested, None, listener, Control())
    assert curve.proposal is not None and 1e-4 < curve.proposal < 0.3
    lowest = int(curve.smoothed.argmin())
    assert curve.smoothed[0] - curve.smoothed[lowest] > 0.2
    assert curve.rates[0] < curve.proposal < curve.rates[lowest]
    assert (np.diff(np.log(curve.rates)) > 0).all() and curve.rates[0] == pytest.approx(1e-6)

    progress = listener.of(SearchProgress)
    assert progress[0].span == pytest.approx((1e-6, 10.0))
    steps = [event.step for event in progress]
    assert steps == sorted(steps) and progress[-1].steps == 300  # batches of 48: three passes
    assert all(len(event.rates) == len(event.losses) == len(event.smoothed) for event in progress)
    assert np.array_equal(progress[-1].losses, curve.losses)
    assert [type(event) for event in listener.events[:1]] == [StageChanged]


def test_the_same_seed_gives_the_same_curve(quarters: Experiment) -> None:
    requested = quarters.replace(training=quarters.training.replace(batch_size=64))
    first = search(requested)
    again = search(requested)
    other = search(requested.replace(training=requested.training.replace(seed=1)))

    assert np.array_equal(first.losses, again.losses) and first.proposal == again.proposal
    assert not np.array_equal(first.losses[:20], other.losses[:20])


@pytest.mark.parametrize("kind", ["sgd", "adafactor", "muon"])
def test_every_optimizer_has_rates_of_its_own(quarters: Experiment, kind: str) -> None:
    requested = quarters.replace(optimizer=kind, training=quarters.training.replace(batch_size=64))
    curve = search(requested)
    usual = curve.current
    assert curve.rates[0] == pytest.approx(usual * 1e-3) and curve.rates[-1] <= 100
    assert curve.proposal is None or curve.rates[0] < curve.proposal < curve.rates[-1]


def test_losses_of_the_first_steps_are_the_networks_own(quarters: Experiment) -> None:
    """At rates that do nothing, the losses are those of the untouched network on these batches."""
    requested = quarters.replace(training=quarters.training.replace(batch_size=128))
    curve = search(requested)
    train_state = build.assemble(plan_training(requested, lambda event: None, Control()))
    train_state.network.train()
    train_state.batches.begin_epoch(1)
    train_state.randomness.begin_step(1, 0)
    loss = float(train_state.passes(*train_state.batches.get(0)))

    assert curve.losses[0] == pytest.approx(loss, rel=1e-6)


def test_nothing_to_learn_gives_no_value(tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    np.savez(
        tmp_path / "noise.npz",
        images=generator.integers(0, 256, (900, 6, 6), np.uint8),
        labels=np.arange(900) % 2,
    )

    still = {"flip": False, "shift": 0.0, "rotate": 0.0, "light": 0.0, "erase": 0.0}
    curve = search(
        experiment(
            tmp_path / "noise.npz",
            augmentation=still,
            model={"depth": 1, "width": 4},
            training={"batch_size": 128},
        )
    )

    assert curve.proposal is None and "No value can be proposed" in curve.why


def test_amounts_in_a_table(tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    x = generator.standard_normal((160, 3))
    rows = [
        f"{a:.3f},{b:.3f},{c:.3f},{2 * a - b + 0.3 * n:.3f}"
        for (a, b, c), n in zip(x, generator.standard_normal(160), strict=True)
    ]

    path = tmp_path / "amounts.csv"
    path.write_text("\n".join(["a,b,c,y", *rows]), encoding="utf-8")
    requested = from_plain(
        {
            "data": {"source": str(path), "target": "y", "task": "regression"},
            "model": {"template": "mlp"},
            "optimizer": {"kind": "adamw"},
            "training": {"batch_size": 32, "device": "cpu", "threads": 1},
        }
    )

    curve = search(requested)
    assert curve.proposal is not None and 1e-4 < curve.proposal < 0.1


def test_precision_parts_and_clipping(quarters: Experiment) -> None:
    training = quarters.training.replace(
        batch_size=32, accumulation=2, precision="bfloat16", gradient_clip=0.5
    )
    curve = search(quarters.replace(training=training))
    assert len(curve.rates) > 50 and np.isfinite(curve.losses[:50]).all()


def test_it_stops_at_a_step(quarters: Experiment) -> None:
    control = Control()
    listener = Listener()
    with at_step(7, control.stop), pytest.raises(Stopped):
        find(quarters, None, listener, control)

    assert all(event.step <= 8 for event in listener.of(SearchProgress))


def test_threads_are_given_back(quarters: Experiment) -> None:
    """A search on a thread of its own leaves the number of threads of this one alone."""
    before = torch.get_num_threads()
    curves = []
    requested = quarters.replace(training=quarters.training.replace(batch_size=128))
    thread = threading.Thread(target=lambda: curves.append(search(requested)))
    thread.start()
    thread.join()

    assert torch.get_num_threads() == before
    assert curves[0].proposal == search(requested).proposal


def test_too_little_memory_is_a_sentence(
    quarters: Experiment, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(plan: Plan) -> build.TrainState:
        raise MemoryError

    monkeypatch.setattr(build, "assemble", full)
    with pytest.raises(UserError) as raised:
        search(quarters)

    assert "a batch of 16" in raised.value.what and "smaller batch" in raised.value.remedy


def test_a_batch_of_one_that_cannot_be_normalised_is_a_sentence(quarters: Experiment) -> None:
    with pytest.raises(UserError) as raised:
        search(quarters.replace(training=quarters.training.replace(batch_size=1)))
    assert raised.value.setting == "training.batch_size"


def test_data_that_are_not_there_are_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError):
        search(experiment(tmp_path / "gone.npz"))


def test_an_open_dataset_is_used_and_not_read_again(
    quarters: Experiment, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = read(quarters)
    before = [array.copy() for array in dataset.arrays]
    monkeypatch.setattr(plans, "open_dataset", None)
    requested = quarters.replace(training=quarters.training.replace(batch_size=128))

    assert find(requested, dataset, lambda event: None, Control()).rates.size
    assert all(np.array_equal(old, new) for old, new in zip(before, dataset.arrays, strict=True))


def test_small_batches_are_tried_more_often(quarters: Experiment) -> None:
    def passes(**training: Any) -> int:
        requested = quarters.replace(training=quarters.training.replace(**training))
        return lr_finder.passes_for(plan_training(requested, lambda event: None, Control()))

    assert [passes(batch_size=size) for size in (1, 16, 48, 64, 128, 1000)] == [8, 8, 3, 2, 1, 1]
    assert passes(batch_size=16, accumulation=4) == 2
