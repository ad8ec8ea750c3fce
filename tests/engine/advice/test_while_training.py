"""Findings on figures that call for one, none on others, and remedies that experiments accept."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from app.engine.advice.after_training import after_failure, after_training
from app.engine.advice.before_training import before_training
from app.engine.advice.while_training import while_training
from app.engine.data.dataset import Description, Skipped
from app.engine.data.kinds.image.preparation import ImagePreparation
from app.engine.data.kinds.pair.preparation import PairPreparation
from app.engine.experiment import overrides
from app.engine.experiment.experiment import Experiment
from tests.engine.advice.progress import ProgressSoFar, epochs, falling

if TYPE_CHECKING:
    from app.engine.runs.findings import Finding

PICTURE = ImagePreparation(8, 8, 1, "crop", (0.5,), (0.25,))


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
    return overrides.with_overrides(
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


GOOD = np.eye(3, dtype=int) * 20
"""Every class predicted, nothing confused."""


def while_(progress: ProgressSoFar, description: Description, **sections: Any) -> list[str]:
    return keys(while_training(progress, description, experiment_with(**sections)))


def test_there_are_no_findings_in_the_first_steps(describe) -> None:
    assert while_training(ProgressSoFar(losses=np.array([2.3])), describe()) == []
    assert while_training(ProgressSoFar(losses=np.array([])), describe()) == []


def test_going_well(describe) -> None:
    lines = epochs([1.0, 0.7, 0.5], [1.1, 0.8, 0.6], accuracy=0.8)
    assert while_(ProgressSoFar(epochs=lines, matrix=GOOD), describe()) == ["well"]
    assert while_(ProgressSoFar(epochs=lines[:2], matrix=GOOD), describe()) == []


def test_pairs_that_do_not_learn_do_not_go_well(describe) -> None:
    description = describe(
        (900,),
        classes=(),
        task="matching",
        validation=(188,),
        preparation=PairPreparation(PICTURE, PICTURE),
    )
    falls = [4.85, 4.84, 4.83, 4.82, 4.81, 4.80]
    guessing = ProgressSoFar(epochs=epochs(falls, falls, recall_at_1=1 / 188))
    assert while_(guessing, description) == ["nothing"]

    learning = ProgressSoFar(epochs=epochs(falls, falls, recall_at_1=20 / 188))
    assert while_(learning, description) == ["well"]


def test_overfitting_and_its_remedies_in_turn(describe) -> None:
    progress = ProgressSoFar(
        epochs=epochs([1.0, 0.7, 0.5, 0.3, 0.2, 0.15], [1.1, 0.8, 0.7, 0.78, 0.79, 0.81]),
        matrix=GOOD,
    )
    description: Description = describe()
    everything = {"flip": True, "shift": 0.1, "rotate": 10.0, "light": 0.2, "erase": 0.3}
    experiment = experiment_with(model={"template": "cnn"}, training={"epochs": 20})
    (finding,) = while_training(progress, description, experiment)
    assert (finding.key, finding.level) == ("overfitting", "warning")
    assert "Since epoch 3" in finding.text
    assert with_remedy(experiment, finding).augmentation.shift == 0.1

    varied = experiment.replace(augmentation=experiment.augmentation.replace(**everything))
    assert varied.model is not None
    plain = varied.replace(model=varied.model.replace(dropout=0.0))
    (finding,) = while_training(progress, description, plain)
    assert finding.remedy is not None
    assert finding.remedy.changes == {"model.dropout": 0.3}

    with_remedy(plain, finding)
    dropped = varied.replace(model=varied.model.replace(dropout=0.3))
    (finding,) = while_training(progress, description, dropped)
    assert with_remedy(dropped, finding).training.patience == 3


def test_a_loss_that_rises_while_the_deciding_metric_gets_better_is_no_overfitting(
    describe,
) -> None:
    """Pairs: the best epoch, of which the Guide speaks, is that of the best recall."""
    losses = [4.5, 3.0, 2.5, 2.9, 3.0, 3.1, 3.2]
    lines = epochs(np.linspace(4, 1, 7).tolist(), losses, recall_at_1=[0.1 * n for n in range(7)])
    better = [{**line, "best": True, "best_epoch": line["epoch"]} for line in lines]
    description = describe(
        (900,),
        classes=(),
        task="matching",
        validation=(188,),
        preparation=PairPreparation(PICTURE, PICTURE),
    )
    assert while_(ProgressSoFar(epochs=better), description) == []

    (finding,) = while_training(
        ProgressSoFar(epochs=[{**line, "best_epoch": 4} for line in lines]),
        description,
        experiment_with(),
    )
    assert finding.text.startswith("Since epoch 3 the loss on pairs kept aside rises (2.5 to 3.2)")
    assert finding.text.endswith("The weights of epoch 4 are kept.")


def test_examples_that_are_known_by_heart_are_overfitting(describe) -> None:
    heart = epochs([1.0, 0.3, 0.02, 0.01, 0.01], [1.1, 0.7, 0.72, 0.71, 0.705])
    assert while_(ProgressSoFar(epochs=heart), describe()) == ["overfitting"]


@pytest.mark.parametrize(
    "validation_losses",
    [
        [1.1, 0.7, 0.72, 0.71, 0.73],
        [1.1, 0.63, 0.76, 0.64, 0.67],
        [1.1, 0.7, 0.68, 0.73, 0.74],
        [1.1, 0.8, 0.7, 0.85, 0.95],  # two epochs, however much worse, may be chance
    ],
)
def test_a_wobble_is_no_overfitting(describe, validation_losses: list[float | None]) -> None:
    progress = ProgressSoFar(epochs=epochs([1.0, 0.7, 0.5, 0.45, 0.4], validation_losses))
    assert "overfitting" not in while_(progress, describe())


@pytest.mark.parametrize(("share", "expected"), [(1.0, False), (0.2, True)])
def test_a_rise_at_the_peak_of_the_schedule_is_no_overfitting(
    describe, share: float, expected: bool
) -> None:
    """Epoch 12 of 46, after four epochs that were clearly worse."""
    training = [2.2, 1.8, 1.5, 1.2, 1.0, 0.9, 0.85, 0.8, 0.78, 0.76, 0.74, 0.72]
    validation: list[float | None] = [2.2, 1.9, 1.6, 1.2, 1.0, 0.9, 0.8, 0.7, 0.79, 0.8, 0.82, 0.79]
    progress = ProgressSoFar(
        falling()[:120], epochs(training, validation), GOOD, shares=np.full(120, share)
    )
    found = while_(progress, describe(), schedule={"kind": "one-cycle"}, training={"epochs": 46})
    assert ("overfitting" in found) is expected


def test_a_loss_that_climbs(describe) -> None:
    losses = np.concatenate([np.linspace(2.3, 0.6, 150), np.linspace(0.6, 3.0, 60)])
    lines = epochs([1.9, 1.2, 0.8], [1.8, 1.1, 0.7])
    (finding,) = while_training(ProgressSoFar(losses, lines), describe(), experiment_with())
    assert (finding.key, finding.level) == ("jumping", "problem")

    after = with_remedy(experiment_with(), finding)
    assert after.optimizer is not None
    assert after.optimizer.learning_rate == pytest.approx(0.0004)


def test_a_spike_after_a_change_is_told_with_the_change(describe) -> None:
    losses = np.concatenate([np.linspace(2.3, 0.6, 100), np.full(40, 2.4), np.full(20, 0.6)])
    change = {"step": 100, "values": {"learning_rate_factor": 10.0}, "why": ""}
    lines = epochs([1.9, 1.4, 0.8, 2.4], [1.8, 1.1, 0.7, 2.5], each=30)
    progress = ProgressSoFar(losses[:130], lines, changes=[change])
    (finding,) = while_training(progress, describe(), experiment_with())
    assert (finding.key, finding.level) == ("changed", "warning")
    assert "after step 100 (learning rate × 10)" in finding.text

    over = ProgressSoFar(losses, lines, changes=[change])
    (finding,) = while_training(over, describe(), experiment_with())
    assert (finding.key, finding.level) == ("changed", "info")
    assert finding.text.endswith("has come back to 0.6.")

    own = [{**change, "why": "Memory ran out."}]
    assert "changed" not in while_(ProgressSoFar(losses[:130], lines, changes=own), describe())

    calm = ProgressSoFar(np.linspace(2.3, 0.6, 130), lines[:3], changes=[change])
    assert "changed" not in while_(calm, describe())


FLAT = np.log(3) + np.random.default_rng(0).normal(0, 0.02, 300)


@pytest.mark.parametrize(("rate", "remedy"), [(1e-6, 1e-5), (0.5, 0.05)])
def test_a_flat_line(describe, rate: float, remedy: float) -> None:
    flat = ProgressSoFar(FLAT, epochs([1.1] * 3, [1.1] * 3, each=100, accuracy=0.33))
    experiment = experiment_with(optimizer={"kind": "adamw", "learning_rate": rate})
    (finding,) = while_training(flat, describe(), experiment)
    assert finding.key == "flat"

    after = with_remedy(experiment, finding)
    assert after.optimizer is not None
    assert after.optimizer.learning_rate == pytest.approx(remedy)


def test_a_flat_line_while_the_learning_rate_still_rises_says_nothing(describe) -> None:
    lines = epochs([1.1] * 3, [1.1] * 3, each=100, accuracy=0.33)
    for shares, expected in ((np.linspace(0.04, 0.3, 300), []), (np.ones(300), ["flat"])):
        assert while_(ProgressSoFar(FLAT, lines, shares=shares), describe()) == expected


def test_always_the_same_answer(describe) -> None:
    lines = epochs([0.4, 0.39, 0.39, 0.385], [0.4, 0.39, 0.39, 0.385], accuracy=0.95)
    always = np.array([[95, 0], [5, 0]])
    description = describe((950, 50), validation=(95, 5))
    finding = while_training(
        ProgressSoFar(epochs=lines, matrix=always), description, experiment_with()
    )[0]
    assert (finding.key, finding.title) == ("one-answer", 'It always says "Shirt"')
    assert finding.remedy is not None
    assert finding.remedy.changes == {"loss.class_weights": "balanced"}

    finding = while_training(
        ProgressSoFar(epochs=lines, matrix=np.array([[50, 0], [50, 0]])),
        describe((50, 50)),
        experiment_with(),
    )[0]
    assert finding.remedy is not None
    assert finding.remedy.changes == {"optimizer.learning_rate": 0.0004}


SAME = [0.5, 0.49, 0.49, 0.49]
"""Losses of a training that has settled."""

NO_BAG = np.array([[40, 0, 0], [0, 40, 0], [20, 20, 0]])


def test_a_class_that_is_never_predicted(describe) -> None:
    progress = ProgressSoFar(epochs=epochs(SAME, SAME, accuracy=0.67), matrix=NO_BAG)
    (never,) = [
        finding
        for finding in while_training(progress, describe(), experiment_with())
        if finding.key == "never"
    ]
    assert never.title == '"Bag" is never predicted'
    assert never.remedy is not None
    assert never.remedy.action == "cell:2:-1"

    once = ProgressSoFar(epochs=progress.epochs, matrix=GOOD, later={4: NO_BAG})
    assert while_(once, describe()) == []  # in one epoch only


def test_a_class_that_the_kept_weights_get_right_is_predicted(describe) -> None:
    """The last epochs never say "Bag"; the weights of epoch 2, which are kept, always do."""
    lines = epochs(SAME + [0.48] * 2, [0.6, 0.3, 0.31, 0.32, 0.31, 0.32], accuracy=0.67)
    progress = ProgressSoFar(epochs=lines, matrix=NO_BAG, later={2: GOOD})
    assert "never" not in while_(progress, describe())
    assert "never" not in keys(after_training(progress, describe(), experiment_with()))
    assert "never" in keys(after_training(progress, describe(), experiment_with(), in_use=6))


def test_a_class_without_examples_to_learn_from(describe) -> None:
    progress = ProgressSoFar(epochs=epochs(SAME, SAME, accuracy=0.67), matrix=NO_BAG)
    finding = while_training(progress, describe((50, 40, 0)), experiment_with())[0]
    assert (finding.key, finding.title) == ("missing", '"Bag" cannot be learned')
    assert "Validation has 30 pictures of it, training has none." in finding.text


def test_the_pair_that_is_confused_most(describe) -> None:
    lines = epochs(SAME, SAME, accuracy=0.85)
    matrix = np.array([[66, 31, 3], [10, 90, 0], [0, 0, 100]])
    finding = while_training(
        ProgressSoFar(epochs=lines, matrix=matrix), describe(), experiment_with()
    )[0]
    assert finding.title == '"Shirt" is hard'
    assert finding.text.startswith('31 % of "Shirt" (31 of 100) are taken for "T-shirt".')
    assert finding.remedy is not None
    assert (finding.remedy.action, finding.remedy.changes) == ("cell:0:1", {})


def test_five_of_eighteen_make_no_class_hard(describe) -> None:
    lines = epochs(SAME, SAME, accuracy=0.9)
    few = np.array([[13, 5, 0], [0, 18, 0], [0, 0, 18]])
    assert "confused" not in while_(ProgressSoFar(epochs=lines, matrix=few), describe())
    assert "confused" in while_(ProgressSoFar(epochs=lines, matrix=10 * few), describe())


def test_the_best_epoch_was_long_ago(describe) -> None:
    values: list[float | None] = [1.0, 0.8, 0.7] + [0.71, 0.705] * 4
    progress = ProgressSoFar(
        falling()[:110],
        epochs(np.linspace(1, 0.6, 11).tolist(), values),
        shares=np.ones(110),
    )
    steady = {"schedule": {"kind": "constant"}, "training": {"epochs": 30}}
    assert "stale" in while_(progress, describe(), **steady)

    # Its best comes at the end.
    one_cycle = {"schedule": {"kind": "one-cycle"}, "training": {"epochs": 30}}
    assert "stale" not in while_(progress, describe(), **one_cycle)


# --- after


def test_a_training_that_was_still_getting_better(describe) -> None:
    progress = ProgressSoFar(epochs=epochs([1.0, 0.7, 0.5], [1.1, 0.8, 0.6]), matrix=GOOD)
    (finding,) = after_training(progress, describe(), experiment_with())
    assert finding.remedy is not None
    assert (finding.key, finding.remedy.action) == ("longer", "longer")

    converged = ProgressSoFar(epochs=epochs([1.0, 0.7, 0.5], [1.1, 0.601, 0.6]))
    assert after_training(converged, describe(), experiment_with()) == []


def test_early_stopping_that_came_too_soon(describe) -> None:
    progress = ProgressSoFar(epochs=epochs([1.0, 0.7, 0.6, 0.5], [1.1, 0.8, 0.7, 0.71]))
    experiment = experiment_with(training={"epochs": 40, "patience": 1})
    (finding,) = after_training(progress, describe(), experiment)
    assert finding.key == "patience"
    assert with_remedy(experiment, finding).training.patience == 5

    assert after_training(progress, describe(), experiment_with(training={"epochs": 4})) == []


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
