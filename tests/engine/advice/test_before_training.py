"""Findings before a training, on data of every kind, with remedies that the experiment accepts."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from app.engine.advice.before_training import before_training, outliers
from app.engine.advice.while_training import while_training
from app.engine.data.dataset import Amount, Dataset, Description
from app.engine.data.kinds.image.preparation import ImagePreparation
from app.engine.data.kinds.pair.preparation import PairPreparation
from app.engine.data.kinds.text.preparation import TextPreparation
from app.engine.experiment import overrides
from app.engine.experiment.experiment import Experiment
from tests.engine.advice.progress import ProgressSoFar, epochs

if TYPE_CHECKING:
    from app.engine.runs.findings import Finding

TEXT = TextPreparation("", 257, 16)
PICTURE = ImagePreparation(8, 8, 1, "crop", (0.5,), (0.25,))


def with_remedy(experiment: Experiment, finding: Finding) -> Experiment:
    """Returns the experiment with the changes of the finding's remedy."""
    assert finding.remedy is not None
    pairs = [f"{name}={json.dumps(value)}" for name, value in finding.remedy.changes.items()]
    return overrides.with_overrides(experiment, pairs)


def findings_of(
    experiment: Experiment, description: Description, dataset: Dataset | None = None
) -> dict[str, Finding]:
    """Returns the findings by key."""
    return {finding.key: finding for finding in before_training(experiment, description, dataset)}


def data_of(description: Description, inputs: np.ndarray, targets: np.ndarray) -> Dataset:
    rows = np.arange(len(inputs))
    return Dataset(
        description,
        inputs,
        targets,
        {"training": rows, "validation": rows[:0], "test": rows[:0]},
        tuple(f"row {row + 1}" for row in rows),
    )


@pytest.fixture
def amounts(describe) -> Any:
    def make(values: np.ndarray) -> Dataset:
        description = describe(
            (len(values),),
            classes=(),
            task="regression",
            validation=(60,),
            amounts=(
                Amount(
                    "price",
                    "€",
                    float(values.mean()),
                    float(values.std()),
                    float(values.min()),
                    float(values.max()),
                    float(np.median(values)),
                ),
            ),
        )
        return data_of(
            description,
            np.zeros((len(values), 1, 8, 8), np.uint8),
            values[:, None].astype(np.float32),
        )

    return make


def test_outliers_are_found_however_large_they_make_the_spread(amounts) -> None:
    values = np.random.default_rng(0).normal(150, 30, 300)
    assert findings_of(Experiment(), amounts(values).description, amounts(values)) == {}
    values[::20] = 9000
    dataset = amounts(values)
    finding = findings_of(Experiment(), dataset.description, dataset)["outliers"]
    assert "15 pictures" in finding.text
    assert "9,000 € (row 1)" in finding.text

    after = with_remedy(Experiment(), finding)
    assert after.loss is not None
    assert after.loss.kind == "l1"
    assert findings_of(after, dataset.description, dataset) == {}
    assert "outliers" not in findings_of(
        Experiment(), dataset.description
    )  # nothing is claimed that was not looked at


def test_many_small_amounts_and_few_large_ones_are_no_outliers(amounts) -> None:
    dataset = amounts(np.exp(np.random.default_rng(0).normal(3, 0.9, 400)))
    keys = findings_of(Experiment(), dataset.description, dataset)
    assert set(keys) <= {"skewed", "outliers"}
    assert outliers(np.random.default_rng(1).exponential(5, 1000)).size <= 3
    assert outliers(np.full(100, 3.0)).size == 0
    assert outliers(np.array([1.0, 2.0, 900.0])).size == 0


def test_few_rows_are_reported_where_there_are_no_classes(describe) -> None:
    description = describe(
        (12,),
        classes=(),
        task="regression",
        amounts=(Amount("x"),),
        preparation=TEXT,
        validation=(60,),
    )
    finding = findings_of(Experiment(), description)["few"]
    assert finding.level == "problem"
    assert "12 texts" in finding.text
    assert finding.remedy is None  # pictures can be varied, texts cannot


def test_a_rare_yes_is_balanced_by_the_loss_of_yes_and_no(describe) -> None:
    description = describe((900, 60), task="binary-classification", validation=(90, 90))
    finding = findings_of(Experiment(), description)["imbalance"]
    after = with_remedy(Experiment(), finding)
    assert after.loss is not None
    assert (after.loss.kind, after.loss.class_weights) == ("binary-cross-entropy", "balanced")
    assert findings_of(after, description)["imbalance"].level == "info"

    weighted = Experiment.model_validate(
        {"loss": {"kind": "binary-cross-entropy", "positive_weight": 12.0}}
    )
    assert findings_of(weighted, description)["imbalance"].level == "info"


def test_rare_tags(describe) -> None:
    description = describe(
        (500, 300, 31), task="multi-label", sizes={"training": 800, "validation": 90, "test": 90}
    )
    finding = findings_of(Experiment(), description)["imbalance"]
    assert '"Bag"' in finding.text
    assert "loss.class_weights" in finding.remedy.changes if finding.remedy else False
    assert "imbalance" not in findings_of(with_remedy(Experiment(), finding), description)


def test_pairs_need_others_in_their_batch(describe) -> None:
    description = describe(
        (500,),
        classes=(),
        task="matching",
        validation=(90,),
        preparation=PairPreparation(PICTURE, TEXT),
    )
    assert findings_of(Experiment(), description) == {}
    small = Experiment.model_validate({"training": {"batch_size": 4}})
    finding = findings_of(small, description)["small-batch"]

    assert "3 others" in finding.text
    assert with_remedy(small, finding).training.batch_size == 128
    assert (
        findings_of(Experiment.model_validate({"training": {"batch_size": 1}}), description)[
            "small-batch"
        ].level
        == "problem"
    )

    space = describe((300, 300), task="metric-learning", validation=(90, 90))
    small = Experiment.model_validate(
        {"data": {"task": "metric-learning"}, "training": {"batch_size": 4}}
    )
    assert "Each picture" in findings_of(small, space)["small-batch"].text


def test_texts_longer_than_what_is_read(describe) -> None:
    description = describe((300, 300), preparation=TEXT, validation=(90, 90))
    inputs = np.zeros((600, 16), np.int32)
    inputs[:, :9] = 5
    assert (
        findings_of(
            Experiment(), description, data_of(description, inputs, np.zeros(600, np.int64))
        )
        == {}
    )

    inputs[:240] = 5
    finding = findings_of(
        Experiment(), description, data_of(description, inputs, np.zeros(600, np.int64))
    )["context"]
    assert "40 %" in finding.text
    assert with_remedy(Experiment(), finding).data.context == 32

    book = replace(
        description,
        task="language-modelling",
        classes=(),
        counts={"training": (600,), "validation": (90,)},
    )
    assert (
        findings_of(Experiment(), book, data_of(book, inputs, np.zeros((600, 16), np.int64))) == {}
    )


def test_the_course_of_a_training_without_classes(describe) -> None:
    description = describe(
        (900,), classes=(), task="regression", amounts=(Amount("x"),), preparation=TEXT
    )
    losses = [1.0, 0.9, 0.8, 0.6, 0.5, 0.4], [1.1, 0.8, 0.7, 0.85, 0.88, 0.9]
    experiment = Experiment.model_validate({"optimizer": {"kind": "adamw"}})

    (finding,) = while_training(
        ProgressSoFar(epochs=epochs(*losses, r2=-0.1)), description, experiment
    )
    assert finding.key == "nothing"
    assert "-0.1" in finding.text

    (finding,) = while_training(
        ProgressSoFar(epochs=epochs(*losses, r2=0.4)), description, experiment
    )
    assert finding.key == "overfitting"
    assert "texts kept aside" in finding.text
