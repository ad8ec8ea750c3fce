"""Findings on figures that call for one, none on others, and remedies that experiments accept."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from app.engine.advice.after_training import after_failure, after_training
from app.engine.advice.before_training import before_training
from app.engine.advice.while_training import while_training
from app.engine.data.dataset import Description, Skipped
from app.engine.experiment import toml_file
from app.engine.experiment.experiment import Experiment

if TYPE_CHECKING:
    from app.engine.runs.findings import Finding


@dataclass
class ProgressSoFar:
    losses: np.ndarray = field(default_factory=lambda: np.linspace(2.0, 0.5, 200))
    epochs: list[dict[str, Any]] = field(default_factory=list)


def epochs(training: list[float], validation: list[float | None]) -> list[dict[str, Any]]:
    best = min((value, k) for k, value in enumerate(validation) if value is not None)[1]
    return [
        {
            "epoch": k + 1,
            "step": 10 * (k + 1),
            "training_loss": t,
            "validation_loss": v,
            "metrics": {},
            "best": k <= best,
        }
        for k, (t, v) in enumerate(zip(training, validation, strict=True))
    ]


def keys(findings: list[Finding]) -> list[str]:
    for finding in findings:
        json.dumps(asdict(finding))  # what a run writes down
        assert finding.text.endswith(".")
        assert "!" not in finding.title + finding.text
    return [finding.key for finding in findings]


def experiment_with(**sections: Any) -> Experiment:
    return Experiment.model_validate(
        {"optimizer": {"kind": "adamw", "learning_rate": 0.004}, **sections}
    )


def with_remedy(experiment: Experiment, finding: Finding) -> Experiment:
    """Returns the experiment after a click on the remedy, checked like any other."""
    assert finding.remedy is not None
    return toml_file.with_overrides(
        experiment,
        [f"{name}={json.dumps(value)}" for name, value in finding.remedy.changes.items()],
    )


# --- before


@pytest.mark.parametrize(
    ("counts", "level"),
    [((300, 100, 300), None), ((320, 100, 300), "warning"), ((1100, 100, 300), "problem")],
)
def test_imbalance(describe, counts: tuple[int, ...], level: str | None) -> None:
    description = describe(counts, validation=(100, 100, 100))
    findings = {finding.key: finding for finding in before_training(Experiment(), description)}
    assert (findings["imbalance"].level if "imbalance" in findings else None) == level

    if level:
        after = with_remedy(Experiment(), findings["imbalance"])
        assert after.loss is not None
        assert after.loss.class_weights == "balanced"
        assert [finding.level for finding in before_training(after, description)] == ["info"]


def test_few_examples_and_what_was_left_out(describe) -> None:
    skipped = (
        Skipped("a/Thumbs.db", "system file", True),
        *(Skipped(f"a/{k}.jpg", "it is damaged") for k in range(9)),
    )
    description = describe((5, 20, 40), validation=(1, 2, 4), skipped=skipped)
    findings = {finding.key: finding for finding in before_training(Experiment(), description)}
    assert set(findings) == {"imbalance", "few", "few-judged", "skipped"}
    assert findings["few"].level == "problem"
    assert findings["skipped"].title.startswith("9 files")
    assert with_remedy(Experiment(), findings["few"]).augmentation.rotate > 0
    assert before_training(Experiment(), describe((500, 400, 600), validation=(100,) * 3)) == []


def test_mirroring_that_changes_the_class(describe) -> None:
    description = describe((500,) * 3, validation=(50,) * 3, mirror_safe=False)
    experiment = experiment_with(augmentation={"flip": True})
    (finding,) = before_training(experiment, description)
    assert finding.key == "mirror"
    assert with_remedy(experiment, finding).augmentation.flip is False


# --- during


def test_there_are_no_findings_in_the_first_steps(describe) -> None:
    assert while_training(ProgressSoFar(losses=np.array([2.3])), describe()) == []
    assert while_training(ProgressSoFar(losses=np.array([])), describe()) == []


def test_going_well(describe) -> None:
    progress = ProgressSoFar(epochs=epochs([1.0, 0.7, 0.5], [1.1, 0.8, 0.6]))
    assert keys(
        while_training(progress, describe(), np.eye(3, dtype=int) * 20, experiment_with())
    ) == ["well"]


def test_overfitting_and_its_remedies_in_turn(describe) -> None:
    progress = ProgressSoFar(
        epochs=epochs([1.0, 0.7, 0.5, 0.3, 0.2, 0.15], [1.1, 0.8, 0.7, 0.75, 0.76, 0.78])
    )
    description: Description = describe()
    everything = {"flip": True, "shift": 0.1, "rotate": 10.0, "light": 0.2, "erase": 0.3}
    experiment = experiment_with(model={"template": "cnn"}, training={"epochs": 20})
    (finding,) = while_training(progress, description, np.eye(3, dtype=int) * 20, experiment)
    assert (finding.key, finding.level) == ("overfitting", "warning")
    assert "Since epoch 3" in finding.text
    assert with_remedy(experiment, finding).augmentation.shift == 0.1

    varied = experiment.replace(augmentation=experiment.augmentation.replace(**everything))
    assert varied.model is not None
    plain = varied.replace(model=varied.model.replace(dropout=0.0))
    (finding,) = while_training(progress, description, None, plain)
    assert finding.remedy is not None
    assert finding.remedy.changes == {"model.dropout": 0.3}

    with_remedy(plain, finding)
    dropped = varied.replace(model=varied.model.replace(dropout=0.3))
    (finding,) = while_training(progress, description, None, dropped)
    assert with_remedy(dropped, finding).training.patience == 3


def test_a_steep_rise_is_overfitting_sooner(describe) -> None:
    progress = ProgressSoFar(epochs=epochs([1.0, 0.7, 0.5, 0.3, 0.2], [1.1, 0.8, 0.7, 0.85, 0.95]))
    assert "overfitting" in keys(while_training(progress, describe(), None, experiment_with()))


@pytest.mark.parametrize(
    "validation_losses",
    [[1.1, 0.7, 0.72, 0.71, 0.73], [1.1, 0.63, 0.76, 0.64, 0.67], [1.1, 0.7, 0.68, 0.73, 0.74]],
)
def test_a_wobble_is_no_overfitting(describe, validation_losses: list[float | None]) -> None:
    progress = ProgressSoFar(epochs=epochs([1.0, 0.7, 0.5, 0.45, 0.4], validation_losses))
    assert "overfitting" not in keys(while_training(progress, describe(), None, experiment_with()))


def test_a_loss_that_climbs(describe) -> None:
    losses = np.concatenate([np.linspace(2.3, 0.6, 150), np.linspace(0.6, 3.0, 60)])
    (finding,) = while_training(ProgressSoFar(losses=losses), describe(), None, experiment_with())
    assert (finding.key, finding.level) == ("jumping", "problem")

    after = with_remedy(experiment_with(), finding)
    assert after.optimizer is not None
    assert after.optimizer.learning_rate == pytest.approx(0.0004)


@pytest.mark.parametrize(("rate", "remedy"), [(1e-6, 1e-5), (0.5, 0.05)])
def test_a_flat_line(describe, rate: float, remedy: float) -> None:
    flat = ProgressSoFar(
        np.log(3) + np.random.default_rng(0).normal(0, 0.02, 300), epochs([1.1], [1.1])
    )
    experiment = experiment_with(optimizer={"kind": "adamw", "learning_rate": rate})
    (finding,) = while_training(flat, describe(), None, experiment)
    assert finding.key == "flat"

    after = with_remedy(experiment, finding)
    assert after.optimizer is not None
    assert after.optimizer.learning_rate == pytest.approx(remedy)


def test_a_flat_line_while_the_learning_rate_still_rises_says_nothing(describe) -> None:
    flat = np.log(3) + np.random.default_rng(0).normal(0, 0.02, 300)
    lines = [{**epoch, "step": 300} for epoch in epochs([1.1], [1.1])]
    rising = experiment_with(schedule={"kind": "one-cycle"}, training={"epochs": 30})
    assert while_training(ProgressSoFar(flat, lines), describe(), None, rising) == []

    over = experiment_with(schedule={"kind": "one-cycle"}, training={"epochs": 2})
    assert keys(while_training(ProgressSoFar(flat, lines), describe(), None, over)) == ["flat"]


def test_always_the_same_answer(describe) -> None:
    progress = ProgressSoFar(epochs=epochs([1.0, 0.9], [1.0, 0.9]))
    always = np.array([[95, 0], [5, 0]])
    finding = while_training(progress, describe((950, 50)), always, experiment_with())[0]
    assert (finding.key, finding.title) == ("one-answer", 'It always says "Shirt"')
    assert finding.remedy is not None
    assert finding.remedy.changes == {"loss.class_weights": "balanced"}

    finding = while_training(
        progress, describe((50, 50)), np.array([[50, 0], [50, 0]]), experiment_with()
    )[0]
    assert finding.remedy is not None
    assert finding.remedy.changes == {"optimizer.learning_rate": 0.0004}


def test_a_class_that_is_never_predicted(describe) -> None:
    progress = ProgressSoFar(epochs=epochs([1.0, 0.9], [1.0, 0.95]))
    findings = while_training(
        progress, describe(), np.array([[40, 0, 0], [0, 40, 0], [20, 20, 0]]), experiment_with()
    )
    assert "never" in keys(findings)

    finding = next(finding for finding in findings if finding.key == "never")
    assert finding.title == '"Bag" is never predicted'
    assert finding.remedy is not None
    assert finding.remedy.action == "cell:2:-1"


def test_the_pair_that_is_confused_most(describe) -> None:
    progress = ProgressSoFar(epochs=epochs([1.0, 0.9], [1.0, 0.95]))
    finding = while_training(
        progress, describe(), np.array([[66, 31, 3], [10, 90, 0], [0, 0, 100]]), experiment_with()
    )[0]
    assert finding.title == '"Shirt" is hard'
    assert finding.text.startswith('31 % of "Shirt" are taken for "T-shirt".')
    assert finding.remedy is not None
    assert (finding.remedy.action, finding.remedy.changes) == ("cell:0:1", {})


def test_the_best_epoch_was_long_ago(describe) -> None:
    values = [1.0, 0.8, 0.7] + [0.71, 0.705] * 4
    progress = ProgressSoFar(epochs=epochs(np.linspace(1, 0.6, 11).tolist(), values))
    steady = experiment_with(schedule={"kind": "constant"}, training={"epochs": 30})
    assert "stale" in keys(while_training(progress, describe(), None, steady))

    one_cycle = experiment_with(schedule={"kind": "one-cycle"}, training={"epochs": 30})
    assert "stale" not in keys(
        while_training(progress, describe(), None, one_cycle)
    )  # its best comes at the end


# --- after


def test_a_training_that_was_still_getting_better(describe) -> None:
    progress = ProgressSoFar(epochs=epochs([1.0, 0.7, 0.5], [1.1, 0.8, 0.6]))
    (finding,) = after_training(progress, describe(), np.eye(3, dtype=int) * 20, experiment_with())
    assert finding.remedy is not None
    assert (finding.key, finding.remedy.action) == ("longer", "longer")

    converged = ProgressSoFar(epochs=epochs([1.0, 0.7, 0.5], [1.1, 0.601, 0.6]))
    assert after_training(converged, describe(), None, experiment_with()) == []


def test_after_a_failure() -> None:
    (diverged,) = after_failure("diverged", experiment_with())
    after = with_remedy(experiment_with(), diverged)
    assert after.optimizer is not None
    assert after.optimizer.learning_rate == pytest.approx(0.0004)

    (memory,) = after_failure(
        "failed", experiment_with(training={"batch_size": 64}), "There was not enough memory."
    )
    assert with_remedy(experiment_with(), memory).training.batch_size == 32
    (least,) = after_failure(
        "failed", experiment_with(training={"batch_size": 1}), "There was not enough memory."
    )
    assert least.remedy is not None and least.remedy.action == "plan"
    assert after_failure("failed", experiment_with(), "The disk is full.") == []
    assert after_failure("completed", experiment_with()) == []
