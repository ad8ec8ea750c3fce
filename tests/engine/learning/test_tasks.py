"""Order of an epoch, damage, predictions and metrics of each task."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from app.engine.data.dataset import Amount, Damage, Description
from app.engine.data.kinds.image.preparation import ImagePreparation
from app.engine.data.kinds.pair.preparation import PairPreparation
from app.engine.data.kinds.text.preparation import TextPreparation
from app.engine.data.preparation import Preparation
from app.engine.learning import scores
from app.engine.learning.metrics import METRICS
from app.engine.learning.tasks import TASKS
from app.engine.learning.tasks.metric_learning import RUN
from app.engine.learning.tasks.reconstruction import damaged
from models.shape import Input

PICTURES = ImagePreparation(6, 6, 3, "crop", (0.5, 0.4, 0.3), (0.1, 0.2, 0.3))
BYTES = TextPreparation("", 257, 8)
PAIRS = PairPreparation(PICTURES, BYTES)


class Rows(Preparation):
    """A preparation of three numbers and two categories."""

    kind = "row"
    inputs = (Input("row", (5,), 0, (4, 6)),)

    def array(self, raw: Any) -> np.ndarray:
        return np.asarray(raw, np.float32)

    def tensor(self, batch: Any) -> Any:
        return batch

    def to_plain(self) -> dict[str, Any]:
        return {"kind": self.kind}

    @classmethod
    def from_plain(cls, data: dict[str, Any]) -> Rows:
        return cls()


def describe(
    preparation: Preparation = PICTURES, classes: tuple[str, ...] = (), **more: Any
) -> Description:
    each = {"training": (20,) * max(1, len(classes)), "validation": (5,) * max(1, len(classes))}
    return Description(
        **{
            "source": "here",
            "format": "test",
            "shape": preparation.inputs[0].shape,
            "classes": classes,
            "counts": each,
            "fingerprint": "",
            "preparation": preparation,
            **more,
        }
    )


DESCRIPTIONS = {
    "classification": describe(classes=("a", "b", "c")),
    "binary-classification": describe(classes=("no", "yes")),
    "multi-label": describe(classes=("a", "b", "c")),
    "soft-labels": describe(classes=("a", "b", "c")),
    "regression": describe(amounts=(Amount("x", "", 10.0, 2.0), Amount("y", "", -1.0, 0.5))),
    "matching": describe(PAIRS),
    "metric-learning": describe(classes=("a", "b", "c")),
    "language-modelling": describe(BYTES),
    "reconstruction": describe(damage=Damage("mask", 0.5, 2)),
}


def test_every_task_of_the_design_is_there() -> None:
    assert list(TASKS) == list(DESCRIPTIONS)


@pytest.mark.parametrize("kind", TASKS)
def test_a_task_says_what_it_needs(kind: str) -> None:
    task = TASKS[kind]
    assert all(name in METRICS for name in task.metrics)
    assert task.losses and task.unfit(DESCRIPTIONS[kind]) == ""
    assert task.probes == {"regression": 400, "matching": 64, "metric-learning": 400}.get(kind, 12)

    others = (
        describe(PAIRS, ("a", "b"), amounts=(Amount("x"),))
        if not task.pairs
        else describe(classes=("a", "b"))
    )
    assert "needs" in task.unfit(others)


@pytest.mark.parametrize("kind", TASKS)
def test_fake_targets_are_of_the_form_that_the_losses_read(kind: str) -> None:
    from app.engine.learning.loss import LOSSES

    task = TASKS[kind]
    problem = task.problem(DESCRIPTIONS[kind], 6)
    targets = task.fake_targets(problem, 4)

    outputs = torch.randn(4, *problem.output_shape)
    for name in task.losses:
        loss = LOSSES.get(name)().build((1,) * problem.outputs, torch.device("cpu"), 20)
        total, weight = loss.totals(outputs, targets)
        assert loss(outputs, targets).shape == total.shape == weight.shape == ()

    assert len(task.predictions(DESCRIPTIONS[kind], outputs, targets)) == 4
    assert (
        len(task.predictions(DESCRIPTIONS[kind], outputs, torch.zeros(4, dtype=torch.int64))) == 4
    )  # where none are known


@pytest.mark.parametrize("kind", TASKS)
def test_no_examples_have_no_figures(kind: str) -> None:
    task = TASKS[kind]
    problem = task.problem(DESCRIPTIONS[kind], 6)
    targets = task.fake_targets(problem, 4)
    predictions = task.predictions(
        DESCRIPTIONS[kind], torch.randn(4, *problem.output_shape), targets
    ).numpy()
    wanted = targets.numpy() if kind != "reconstruction" else np.zeros(4)
    metrics = task.compute_metrics(DESCRIPTIONS[kind], wanted[:0], predictions[:0])

    assert not {name: value for name, value in metrics.items() if not math.isnan(value)}


# --- metric learning

labels = st.lists(st.integers(0, 6), min_size=1, max_size=60)


@given(labels, st.integers(0, 99))
@settings(max_examples=80)
def test_an_epoch_has_every_example_once_and_equals_in_runs(classes: list[int], seed: int) -> None:
    targets = torch.tensor(classes)
    order = torch.randperm(len(classes), generator=torch.Generator().manual_seed(seed))
    epoch_order = TASKS["metric-learning"].epoch_order(order, targets)
    assert sorted(epoch_order.tolist()) == list(range(len(classes)))
    assert torch.equal(epoch_order, TASKS["metric-learning"].epoch_order(order, targets))

    lengths: dict[int, list[int]] = {}
    ordered_classes = targets[epoch_order].tolist()
    start = 0

    positions = {int(example): at for at, example in enumerate(order.tolist())}
    for label in set(classes):
        members = [example for example in epoch_order.tolist() if classes[example] == label]
        assert [positions[example] for example in members] == sorted(
            positions[example] for example in members
        )

    while start < len(ordered_classes):
        end = start
        while end < len(ordered_classes) and ordered_classes[end] == ordered_classes[start]:
            end += 1

        lengths.setdefault(ordered_classes[start], []).append(end - start)
        start = end

    for label, runs in lengths.items():
        assert sum(length % RUN != 0 for length in runs) <= 1, (label, runs)


def test_every_batch_of_many_classes_has_equals() -> None:
    targets = torch.arange(400) % 100
    order = TASKS["metric-learning"].epoch_order(
        torch.randperm(400, generator=torch.Generator().manual_seed(3)), targets
    )
    for batch in targets[order].split(16):
        assert len(set(batch.tolist())) == 4


def test_metric_learning_needs_equals_to_compare() -> None:
    task = TASKS["metric-learning"]
    assert "only one class" in task.unfit(
        describe(classes=("a", "b"), counts={"training": (9, 0), "validation": (3, 0)})
    )
    assert "two classes" in task.unfit(
        describe(classes=("a", "b"), counts={"training": (9, 1), "validation": (3, 2)})
    )
    assert "validation" in task.unfit(
        describe(classes=("a", "b"), counts={"training": (9, 9), "validation": (1, 1)})
    )


# --- language modelling


def test_a_text_is_priced_by_the_byte() -> None:
    task = TASKS["language-modelling"]
    outputs = torch.randn(5, 8, 257)
    targets = torch.randint(1, 257, (5, 8), generator=torch.Generator().manual_seed(0))
    targets[1, 3:] = targets[4] = -100
    predictions = task.predictions(describe(BYTES), outputs, targets)
    each = torch.log_softmax(outputs.double(), 2).gather(2, targets.clamp(min=0)[..., None])[..., 0]
    there = targets != -100
    np.testing.assert_allclose(predictions[:, 0], -(each * there).sum(1), rtol=1e-6, atol=1e-6)
    assert predictions[:, 1].tolist() == predictions[:, 2].tolist() == [8, 3, 8, 8, 0]

    figures = task.compute_metrics(describe(BYTES), targets.numpy(), predictions.numpy())
    nats = float(-(each * there).sum()) / 27
    assert figures == pytest.approx(
        {"bits_per_byte": nats / math.log(2), "perplexity": math.exp(nats)}, rel=1e-6
    )
    assert next(iter(figures)) == "bits_per_byte" == task.headline.name


# --- reconstruction


@given(
    st.sampled_from([(3, 6, 6), (1, 7, 5), (2, 13), (9,)]),
    st.floats(0.01, 0.99),
    st.integers(1, 4),
    st.integers(0, 99),
)
@settings(max_examples=80)
def test_the_same_number_of_parts_is_hidden_in_every_example(
    shape: tuple[int, ...], share: float, patch: int, seed: int
) -> None:
    inputs = torch.rand(5, *shape) + 1
    generator = torch.Generator()
    masked = damaged(inputs, Damage("mask", share, patch), generator.manual_seed(seed))
    assert torch.equal(
        masked, damaged(inputs, Damage("mask", share, patch), generator.manual_seed(seed))
    )
    assert inputs.min() >= 1

    hidden = masked == 0
    assert torch.equal(masked, torch.where(hidden, torch.zeros(()), inputs))
    first = hidden if len(shape) == 1 else hidden[:, 0]

    if len(shape) > 1:
        assert (hidden == hidden[:, :1]).all()

    sides = shape[1:] if len(shape) > 1 else shape
    corners = first[(slice(None), *(slice(None, None, patch) for _ in sides))]
    parts = math.prod(-(-side // patch) for side in sides)
    assert (corners.flatten(1).sum(1) == max(1, round(share * parts))).all()

    whole = corners
    for axis, side in enumerate(sides, start=1):
        whole = whole.repeat_interleave(patch, axis).narrow(axis, 0, side)

    assert torch.equal(whole, first)


def test_other_seeds_hide_other_parts_and_no_position_is_spared() -> None:
    generator = torch.Generator().manual_seed(0)
    inputs = torch.ones(2000, 1, 4, 4)
    masked = damaged(inputs, Damage("mask", 0.25, 1), generator)
    rate = (masked == 0).float().mean((0, 1))

    assert ((rate - 0.25).abs() < 0.06).all()


def test_noise_is_as_strong_as_requested() -> None:
    inputs = torch.randn(400, 3, 8, 8)
    noise = damaged(inputs, Damage("noise", 0.3), torch.Generator().manual_seed(0)) - inputs
    assert noise.std().item() == pytest.approx(0.3, rel=0.02) and abs(noise.mean().item()) < 0.01


@pytest.mark.parametrize("kind", ["mask", "noise"])
def test_categories_of_rows_are_left_alone(kind: Any) -> None:
    description = describe(Rows(), damage=Damage(kind, 0.7))
    rows = torch.cat([torch.randn(20, 3), torch.randint(0, 4, (20, 2)).float()], dim=1)
    inputs, clean = TASKS["reconstruction"].batch(
        description, rows, torch.zeros(20), torch.Generator().manual_seed(0)
    )
    assert isinstance(inputs, torch.Tensor)
    assert torch.equal(inputs[:, 3:], rows[:, 3:]) and torch.equal(clean, rows[:, :3])
    assert (inputs[:, :3] != clean).any(1).all()
    assert TASKS["reconstruction"].outputs(description) == 3


def test_without_damage_an_example_is_its_own_copy() -> None:
    pictures = torch.randn(3, 3, 6, 6)
    inputs, clean = TASKS["reconstruction"].batch(
        describe(), pictures, torch.zeros(3), torch.Generator()
    )
    assert torch.equal(torch.as_tensor(inputs), pictures) and torch.equal(clean, pictures)


def test_pictures_stay_channels_last_when_parts_are_hidden() -> None:
    pictures = torch.randn(3, 3, 6, 6).contiguous(memory_format=torch.channels_last)
    masked = damaged(pictures, Damage("mask", 0.5, 2), torch.Generator().manual_seed(0))
    assert masked.is_contiguous(memory_format=torch.channels_last)


def test_metrics_of_restored_pictures_are_in_tones() -> None:
    task = TASKS["reconstruction"]
    description = DESCRIPTIONS["reconstruction"]
    generator = torch.Generator().manual_seed(0)
    outputs, clean = (torch.randn(7, 3, 6, 6, generator=generator) for _ in range(2))
    predictions = task.predictions(description, outputs, clean)
    scale = np.array(PICTURES.std).reshape(3, 1, 1)
    error = ((outputs - clean).double().numpy() * scale).reshape(7, -1)
    spread = math.sqrt(sum(deviation**2 for deviation in PICTURES.std) / 3)
    figures = task.compute_metrics(description, np.zeros(7), predictions.numpy())
    assert figures["psnr"] == pytest.approx(10 * math.log10(1 / (error**2).mean()), rel=1e-6)
    assert figures["mae"] == pytest.approx(np.abs(error).mean() / spread, rel=1e-6)

    mean = task.predictions(
        description, torch.zeros(200, 3, 6, 6), torch.randn(200, 3, 6, 6, generator=generator)
    )
    assert mean[:, 1].mean().item() == pytest.approx(1, abs=0.05)


def test_rows_have_no_peak() -> None:
    predictions = (
        TASKS["reconstruction"]
        .predictions(describe(Rows()), torch.zeros(4, 3), torch.ones(4, 3))
        .numpy()
    )
    assert TASKS["reconstruction"].compute_metrics(describe(Rows()), np.zeros(4), predictions) == {
        "mae": 1.0
    }


# --- matching


def test_what_is_kept_of_a_pair_are_points_of_length_1() -> None:
    outputs = torch.randn(6, 2, 5) * 40
    predictions = TASKS["matching"].predictions(describe(PAIRS), outputs, torch.zeros(6))
    np.testing.assert_allclose(predictions.norm(dim=2), 1, atol=1e-6)


def test_the_problem_of_pairs_and_embeddings_follows_the_requested_size() -> None:
    assert TASKS["matching"].problem(DESCRIPTIONS["matching"], 24).output_shape == (2, 24)
    assert TASKS["metric-learning"].problem(DESCRIPTIONS["metric-learning"], 24).output_shape == (
        24,
    )
    assert TASKS["language-modelling"].problem(
        DESCRIPTIONS["language-modelling"], 24
    ).output_shape == (
        8,
        257,
    )
    assert TASKS["reconstruction"].problem(DESCRIPTIONS["reconstruction"], 24).output_shape == (
        3,
        6,
        6,
    )


def test_of_very_many_classes_figures_need_no_table_of_confusions() -> None:
    few = describe(classes=tuple("abc"))
    many = describe(classes=tuple(map(str, range(5_000))))
    generator = np.random.default_rng(3)
    targets = generator.integers(0, 3, 40)
    predictions = generator.dirichlet(np.ones(3), 40)
    wide = np.concatenate([predictions, np.zeros((40, 4_997))], axis=1)
    task = TASKS["classification"]
    assert task.compute_metrics(few, targets, predictions) == pytest.approx(
        task.compute_metrics(many, targets, wide), abs=1e-12
    )

    matrix = task.confusion(few, targets, predictions)
    assert matrix is not None and task.compute_metrics(few, targets, predictions) == {
        "accuracy": scores.accuracy(matrix),
        "macro_f1": scores.macro_f1(matrix),
    }

    assert task.confusion(many, targets, wide) is None


def test_separate_texts_have_next_tokens_of_their_own() -> None:
    task = TASKS["language-modelling"]
    generator = torch.Generator()
    texts = torch.tensor([[5, 6, 7, 8], [5, 6, 0, 0], [9, 0, 0, 0]])
    inputs, targets = task.batch(
        describe(BYTES), texts, torch.zeros(3, dtype=torch.int64), generator
    )

    assert inputs is texts
    assert targets.tolist() == [[6, 7, 8, -100], [6, -100, -100, -100], [-100] * 4]
    assert task.batch(describe(BYTES), texts, texts, generator)[1] is texts


# --- soft labels


def test_shares_are_judged_by_the_largest_and_by_what_is_misplaced() -> None:
    task = TASKS["soft-labels"]
    shares = np.array([[0.6, 0.4, 0.0], [0.0, 0.3, 0.7]], np.float32)
    predictions = np.array([[0.5, 0.4, 0.1], [0.0, 0.8, 0.2]], np.float32)
    metrics = task.compute_metrics(DESCRIPTIONS["soft-labels"], shares, predictions)
    assert metrics == pytest.approx({"accuracy": 0.5, "share_error": (0.1 + 0.5) / 2}, abs=1e-6)


def test_shares_are_not_smoothed_unless_asked() -> None:
    from app.engine.experiment.experiment import Experiment
    from app.engine.experiment.resolve import resolve

    def smoothing(kind: str) -> float:
        description = describe(classes=("a", "b", "c"), task=kind)
        return float(resolve(Experiment(), description).loss.label_smoothing)

    assert smoothing("soft-labels") == 0.0 < smoothing("classification")
