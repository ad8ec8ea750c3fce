"""Two processes train what one does: the same losses, weights and figures, however uneven."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from app.engine.compute.division import shares
from app.engine.runs import checkpoint
from app.engine.runs.control import Control
from app.engine.runs.events import EpochDone, NewFinding
from app.engine.runs.history import read_history
from app.engine.runs.live_changes import RATE_FACTOR
from app.engine.runs.tensors import restore_model
from app.engine.training.build import assemble
from app.engine.training.plan import plan_training
from app.engine.training.validation import Validator
from tests.engine.training.ranks.together import Forks, Trained, needs_forks, trained
from tests.engine.training.small import at_step, experiment, pictures

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.experiment.experiment import Experiment

pytestmark = needs_forks

PLAIN = {"template": "vit", "depth": 1, "dropout": 0.0, "stem": "patches"}
"""A network without normalisation over the batch, and without dropout."""


def requested(tmp_path: Path, count: int = 75, **sections: Any) -> Experiment:
    """Returns a training with augmentation, and the balanced classes that make weights uneven."""
    source = pictures(tmp_path / f"{count}.npz", count)
    chosen = {"model": PLAIN, "loss": {"kind": "cross-entropy", "class_weights": "balanced"}}
    # Sums of bfloat16, which some processors choose, lie further apart than what is compared here.
    training = {"precision": "float32"} | sections.pop("training", {})
    return experiment(source, **(chosen | sections), training=training)


def weights(one: Trained) -> dict[str, torch.Tensor]:
    found, _ = checkpoint.newest(one.run.path / "checkpoints")
    assert found is not None
    return found.model


def validator_of(one: Trained, requested: Experiment) -> Validator:
    """Returns what judges the best weights of a run in this process alone."""
    state = assemble(plan_training(requested, lambda _: None, Control(), threads=1))
    best = checkpoint.best_of_step(
        one.run.path / "checkpoints", one.run.summary()["best_epoch"] * state.steps_per_epoch
    )
    assert best is not None
    restore_model(state.network, best.model)
    return Validator(state)


def differences(first: Trained, second: Trained) -> tuple[float, float]:
    """Returns the largest difference of a loss of any step or epoch, and of a weight."""
    assert first.finished.status == "completed", first.finished.reason
    assert second.finished.status == "completed", second.finished.reason
    histories = [read_history(one.run.path) for one in (first, second)]
    losses = float(np.abs(histories[0].losses - histories[1].losses).max())
    for line, other in zip(histories[0].epochs, histories[1].epochs, strict=True):
        for key in ("training_loss", "validation_loss"):
            losses = max(losses, abs(line[key] - other[key]))

    one = weights(first)
    two = weights(second)
    return losses, max(float((one[name] - two[name]).abs().max()) for name in one)


@pytest.mark.parametrize("examples", range(1, 30))
@pytest.mark.parametrize("processes", [1, 2, 3, 8])
def test_each_example_is_in_one_share_and_no_share_is_a_single_one(
    examples: int, processes: int
) -> None:
    parts = shares(examples, processes)
    assert len(parts) == processes
    taken = [index for part in parts for index in range(part.start, part.stop)]
    assert taken == list(range(examples))
    assert examples == 1 or all(part.stop - part.start != 1 for part in parts)


@pytest.mark.parametrize(
    ("count", "processes"),
    [(75, 2), (62, 3)],  # the last batches have 12, and 2: for the second process there is nothing
)
def test_several_processes_take_the_steps_of_one(
    tmp_path: Path, count: int, processes: int
) -> None:
    chosen = requested(tmp_path, count)
    alone = trained(chosen, tmp_path / "runs")
    together = trained(chosen, tmp_path / "runs", Forks(processes))
    losses, difference = differences(alone, together)
    assert losses < 1e-5 and difference < 1e-5

    last = together.told.of(EpochDone)[-1]
    assert last.metrics == pytest.approx(alone.told.of(EpochDone)[-1].metrics, abs=1e-5)
    assert together.run.environment()["processes"] == processes


def test_what_is_judged_together_is_judged_exactly_as_by_one(tmp_path: Path) -> None:
    chosen = requested(tmp_path, 400, data={"validation_share": 0.4, "test_share": 0.4})
    together = trained(chosen, tmp_path / "runs", Forks(2))
    summary = together.run.summary()
    validator = validator_of(together, chosen)
    for split, judge in (("validation", validator.validation), ("test", validator.test)):
        one = judge(lambda: None)
        assert one is not None and len(one.targets) == 160
        assert summary["loss"][split] == one.loss
        assert summary["metrics"][split] == one.metrics

    with np.load(together.run.path / "results" / "test.npz") as kept:  # it judged the last of all
        np.testing.assert_array_equal(kept["predictions"], one.predictions)


@pytest.mark.parametrize("loss", ["supervised-contrastive", "triplet"])
def test_examples_are_compared_with_those_of_all_processes(tmp_path: Path, loss: str) -> None:
    chosen = requested(
        tmp_path,
        data={"task": "metric-learning"},
        loss={"kind": loss},
        training={"batch_size": 24, "accumulation": 1},
    )
    alone = trained(chosen, tmp_path / "runs")
    together = trained(chosen, tmp_path / "runs", Forks(2))
    losses, difference = differences(alone, together)
    assert losses < 1e-5 and difference < 1e-5


def test_parts_of_a_batch_are_shared_too(tmp_path: Path) -> None:
    chosen = requested(
        tmp_path, training={"batch_size": 8, "accumulation": 2, "gradient_clip": 0.5}
    )
    alone = trained(chosen, tmp_path / "runs")
    together = trained(chosen, tmp_path / "runs", Forks(2))
    losses, difference = differences(alone, together)
    assert losses < 1e-5 and difference < 1e-5


def test_batch_norm_gathers_its_averages_where_that_is_chosen(tmp_path: Path) -> None:
    model = {"template": "cnn", "depth": 2, "width": 8, "dropout": 0.0}
    found = {}
    for way in ("local", "gathered"):
        chosen = requested(tmp_path, model=model, training={"batch_norm": way})
        alone = trained(chosen, tmp_path / "runs")
        together = trained(chosen, tmp_path / "runs", Forks(2))
        found[way] = differences(alone, together)
        told = [event.finding for event in together.told.of(NewFinding)]
        (about,) = [finding for finding in told if finding.key == "batch-norm"]
        assert ("gathered from all" in about.text) == (way == "gathered")

    assert found["gathered"][0] < 1e-4 and found["gathered"][1] < 1e-4
    assert found["local"][1] > 1e-3


def test_a_change_while_it_trains_reaches_every_process(tmp_path: Path) -> None:
    chosen = requested(tmp_path)
    runs = []
    for others in (None, Forks(2)):
        control = Control()
        change = {
            RATE_FACTOR.replace(".", "__"): 0.5,
            "optimizer__weight_decay": 0.2,
            "training__gradient_clip": 0.1,
        }
        with at_step(2, lambda control=control, change=change: control.change(**change)):
            runs.append(trained(chosen, tmp_path / "runs", others, control))

    losses, difference = differences(*runs)
    assert losses < 1e-5 and difference < 1e-5
    assert runs[1].run.summary()["changes"]


def test_dropout_draws_apart(tmp_path: Path) -> None:
    from app.engine.compute.randomness import Randomness

    drawn = []
    for process in (0, 1):
        randomness = Randomness(3, torch.device("cpu"))
        randomness.draw_apart(process)
        randomness.begin_step(1, 5)
        drawn.append((torch.rand(4), torch.rand(4, generator=randomness.augmentation)))

    assert not torch.equal(drawn[0][0], drawn[1][0])
    assert torch.equal(drawn[0][1], drawn[1][1])
