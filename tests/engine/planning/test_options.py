"""The planner: rows are the predictions of the changed experiment, and what is fitted fits."""

from __future__ import annotations

import gc
import math
import weakref
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
import torch

from app.engine.compute.passes import Passes
from app.engine.experiment.changes import with_changes
from app.engine.experiment.experiment import Experiment
from app.engine.experiment.resolve import resolve
from app.engine.experiment.toml_file import to_plain
from app.engine.learning.optimizer import OPTIMIZERS
from app.engine.memory.ledger import predict
from app.engine.planning import (
    fit_to_memory,
    options,
    step_timing,
    template_options,
    workload,
)
from app.engine.planning.memory_estimate import (
    MARGIN,
    Budget,
    MemoryEstimator,
)
from app.engine.runs.control import Control, Stopped
from app.engine.runs.events import RunPrepared
from app.engine.runs.run import Run
from app.engine.sources.opening import open_dataset
from app.engine.training.plan import plan_training
from app.engine.training.trainer import train
from models.template import TEMPLATES
from tests.engine.tiny import Combination
from tests.engine.tiny import dataset as tiny_dataset
from tests.engine.tiny import experiment as tiny_experiment
from tests.engine.training.small import Listener, experiment, pictures

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.data.dataset import Dataset

PLENTY = 10**12
KNOWN: dict[str, dict[str, int]] = {}
"""Predictions that several tests need."""


def estimator(
    requested: Experiment, data: Dataset, free: int | None = PLENTY, **more: Any
) -> MemoryEstimator:
    """Returns an estimator for a device with so many bytes free."""
    description = data.description
    budget = Budget(
        "the device", PLENTY, free, reason="The driver does not tell." if free is None else ""
    )
    return MemoryEstimator(
        requested,
        description,
        budget,
        cache=KNOWN,
        **more,
    )


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> tuple[Experiment, Dataset]:
    requested = experiment(
        pictures(tmp_path_factory.mktemp("planner") / "pictures.npz", 160),
        optimizer={"kind": "adamw"},
        training={"batch_size": 64, "gradient_clip": 1.0},
        model={"width": 16},
    )
    return requested, open_dataset(requested.data)


def tiny(
    task: str, sort: str, template: str, loss: str = "cross-entropy", batch: int = 16
) -> MemoryEstimator:
    of = Combination(task, sort, template, loss, "adamw")
    return estimator(tiny_experiment(of, 1, batch), tiny_dataset(task, sort))


def bytes_needed(on: MemoryEstimator, changes: dict[str, Any]) -> int:
    estimate = on.estimate(changes)
    assert estimate is not None
    return estimate.needed


def with_free(on: MemoryEstimator, needed_at_most: int) -> MemoryEstimator:
    """Returns the same estimator for a device with another number of free bytes."""
    budget = Budget("the device", PLENTY, math.ceil(needed_at_most / MARGIN))
    assert budget.room == needed_at_most
    return MemoryEstimator(
        on.requested,
        on.description,
        budget,
        on.device_type,
        on.automatic,
        on.dataset_bytes,
        cache=KNOWN,
    )


@pytest.fixture
def few_templates(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leaves only one template: estimating others at their usual size would take seconds."""
    monkeypatch.setattr(
        template_options, "TEMPLATES", SimpleNamespace(all=lambda: (TEMPLATES.get("cnn"),))
    )


# --- rows


@pytest.mark.usefixtures("few_templates")
@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_rows_are_the_predictions_of_the_changed_experiment(
    small: tuple[Experiment, Dataset], device: str
) -> None:
    requested, data = small
    on = estimator(requested, data, device_type=device, automatic="bfloat16", dataset_bytes=1000)
    rows = {option.key: option for option in options.options(on)}
    assert next(iter(rows)) == "now" and rows["now"].gain == 0 and rows["now"].changes == {}
    assert {
        "accumulate",
        "batch-half",
        "batch-quarter",
        "batch-double",
        "recompute",
        "optimizer-sgd",
    } <= set(rows)

    for option in rows.values():
        changed = with_changes(requested, option.changes, on.description)
        resolved = resolve(changed, on.description)
        graph = resolved.model.graph(on.problem)
        setting = resolved.training.precision
        automatic = "float32" if device == "cpu" else "bfloat16"  # it is small work for a CPU
        precision = automatic if setting == "auto" else setting
        expected = predict(resolved, graph, on.problem, 1000, device, precision)

        assert option.estimate.rows == expected
        assert option.gain == rows["now"].estimate.rows["peak"] - expected["peak"]
        assert option.cost and option.title and option.estimate.verdict == "fits"

    assert rows["batch-quarter"].gain > rows["batch-half"].gain > 0 > rows["batch-double"].gain
    assert rows["accumulate"].estimate.resolved.training.accumulation == 2
    assert "normalisation sees a part" in rows["accumulate"].cost  # there is batch norm in it


def test_leaner_optimizers_are_found_by_what_they_keep(small: tuple[Experiment, Dataset]) -> None:
    on = estimator(*small)
    leaner = options.leaner_optimizers(on)
    assert [floats for floats, _ in leaner] == sorted(
        (floats for floats, _ in leaner), reverse=True
    )
    assert all(2 <= floats < 4 for floats, _ in leaner) and leaner[-1] == (2.0, "sgd")
    assert "sgd-momentum" in {
        kind for _, kind in leaner
    }  # of those with 3n the one that is offered first
    assert (
        options.leaner_optimizers(
            estimator(with_changes(small[0], {"optimizer.kind": "sgd"}, on.description), small[1])
        )
        == []
    )

    (row,) = [option for option in options.optimizers(on) if option.key == "optimizer-sgd"]
    assert row.title == "SGD: 2n instead of 4n"
    n = on.current.rows["weights"]
    lost = row.estimate.rows
    assert (lost["first_moment"], lost["second_moment"]) == (0, 0) and row.gain >= 2 * n


@pytest.mark.parametrize(
    ("task", "sort", "template"),
    [
        ("classification", "image", "vit"),
        ("classification", "image", "resnet"),
        ("classification", "row", "mlp"),
        ("language-modelling", "text", "gpt"),
        ("classification", "signal", "cnn-1d"),
    ],
)
def test_a_smaller_network_is_found_in_every_family(task: str, sort: str, template: str) -> None:
    on = tiny(task, sort, template)
    smaller = template_options.halved_templates(on)
    assert smaller and all(estimate.needed < on.current.needed for estimate, _ in smaller)

    for estimate, setting in smaller:
        value = estimate.changes[f"model.{setting.name}"]
        assert setting.minimum is not None and setting.minimum <= value < getattr(
            on.current.resolved.model, setting.name
        )


def test_two_towers_whose_width_follows_the_data_can_be_smaller() -> None:
    description = tiny_dataset("matching", "image+text")
    combination = Combination(
        "matching", "image+text", "two-tower", "symmetric-cross-entropy", "adamw"
    )
    requested = tiny_experiment(combination, 1, 8)
    assert requested.model is not None

    on = estimator(requested.replace(model=type(requested.model)()), description)
    (row,) = template_options.smaller_templates(on)
    assert row.key == "smaller-width" and row.gain > 0
    assert "only those within a part are compared" in next(options.batches(on)).cost


def test_other_templates_that_fit_the_task_and_need_less(small: tuple[Experiment, Dataset]) -> None:
    requested, data = small
    on = estimator(requested.replace(model=TEMPLATES.get("vit")()), data)
    others = list(template_options.other_templates(on))
    assert others

    for option in others:
        model = option.estimate.resolved.model
        assert (
            model is not None
            and model.kind != "vit"
            and not model.unfit(on.problem)
            and option.gain > 0
        )


def test_precisions_are_those_of_the_device(small: tuple[Experiment, Dataset]) -> None:
    def precisions(automatic: Any, device: str = "cuda", **changes: Any) -> set[str]:
        on = estimator(
            with_changes(small[0], changes, small[1].description),
            small[1],
            device_type=device,
            automatic=automatic,
        )
        return {option.key for option in options.precisions(on)}

    assert precisions("float32") == {"float16"}
    assert precisions("bfloat16") == {"float32"}
    assert precisions("bfloat16", "cpu") == {"bfloat16", "float16"}  # small work
    assert precisions("bfloat16", **{"training.precision": "float32"}) == {"bfloat16", "float16"}
    assert precisions("bfloat16", **{"training.precision": "float16"}) == {"bfloat16", "float32"}


@pytest.mark.usefixtures("few_templates")
def test_together_where_nothing_single_fits() -> None:
    on = tiny("language-modelling", "text", "gpt")
    tight = with_free(on, min(option.estimate.needed for option in options.options(on)) - 1)
    combined = [option for option in options.options(tight) if option.key.startswith("together-")]
    assert combined

    for option in combined:
        training = option.estimate.resolved.training
        assert training.batch_size * training.accumulation == 16  # type: ignore[operator]

    assert combined[0].estimate.verdict == "fits"
    (hopeless,) = options.combinations(with_free(on, 10))
    assert hopeless.estimate.verdict == "no"  # the verdict agrees


def test_the_budget_of_this_computer(small: tuple[Experiment, Dataset]) -> None:
    requested, data = small
    on = MemoryEstimator.for_experiment(requested, small[1].description, dataset_bytes=5000)
    assert (
        on.budget.free
        and on.budget.total
        and on.budget.free <= on.budget.total
        and on.budget.label == "CPU"
    )

    assert on.budget.held == 5000 and on.current.needed == on.current.rows["peak"] - 5000
    assert on.current.verdict == "fits"
    unknown = estimator(requested, data, None)
    assert unknown.current.verdict == "unknown" and not fit_to_memory.fit(unknown).changes
    assert "The driver does not tell." in fit_to_memory.fit(unknown).text
    assert (
        Budget("x", 100, 100).verdict(90) == "barely" and Budget("x", 100, 100).verdict(101) == "no"
    )


# --- fit to memory


@pytest.mark.parametrize("size", [32, 16, 8, 4, 2])
def test_what_is_fitted_fits_and_is_the_largest(
    small: tuple[Experiment, Dataset], size: int
) -> None:
    on = estimator(*small)
    tight = with_free(on, bytes_needed(on, fit_to_memory.batch_changes(size, 64 // size)))
    fitted = fit_to_memory.fit(tight)
    assert fitted.changes == fit_to_memory.batch_changes(size, 64 // size) and fitted.missing == 0
    assert fitted.estimate is not None and fitted.estimate.verdict == "fits"

    larger = tight.estimate(fit_to_memory.batch_changes(2 * size, 32 // size))
    assert larger is not None and larger.verdict != "fits"
    assert f"{size} examples at once" in fitted.text and "64 a step as before" in fitted.text


def test_nothing_changes_where_it_fits(small: tuple[Experiment, Dataset]) -> None:
    fitted = fit_to_memory.fit(estimator(*small))
    assert (fitted.changes, fitted.missing) == ({}, 0) and "It fits as it is" in fitted.text
    on = estimator(
        with_changes(small[0], fit_to_memory.batch_changes(16, 4), small[1].description), small[1]
    )
    assert fit_to_memory.fit(on).changes == fit_to_memory.batch_changes(
        64, 1
    )  # parts are needless there


@pytest.mark.parametrize(
    ("step", "most", "smallest", "expected"),
    [
        (128, 100, 1, (64, 2)),
        (100, 60, 1, (50, 2)),
        (97, 50, 1, (48, 2)),
        (97, 30, 1, (24, 4)),
        (128, 2, 2, (2, 64)),
        (7, 3, 2, (2, 3)),
        (30, 9, 1, (6, 5)),
        (9, 2, 2, (2, 5)),
        (1_000_000, 10, 1, (10, 4096)),
    ],
)
def test_the_examples_of_a_step_are_kept_or_nearly(
    step: int, most: int, smallest: int, expected: tuple[int, int]
) -> None:
    batch, parts = fit_to_memory.divide_step(step, most, smallest)
    assert (batch, parts) == expected
    assert smallest <= batch <= most and parts <= fit_to_memory.MOST_PARTS


def test_a_step_that_cannot_be_divided_is_reported(small: tuple[Experiment, Dataset]) -> None:
    requested = with_changes(small[0], {"training.batch_size": 97}, small[1].description)
    on = estimator(requested, small[1])
    fitted = fit_to_memory.fit(with_free(on, bytes_needed(on, fit_to_memory.batch_changes(40, 3))))
    assert fitted.changes == fit_to_memory.batch_changes(32, 3)
    assert "96 a step, the nearest to the 97 of before" in fitted.text


def test_more_is_done_where_the_smallest_batch_does_not_fit() -> None:
    on = tiny("classification", "image", "vit")
    extras = {"training.recompute": True}
    smallest = bytes_needed(
        on, {**fit_to_memory.batch_changes(on.smallest_batch, 16 // on.smallest_batch)}
    )
    again = bytes_needed(
        on, {**extras, **fit_to_memory.batch_changes(on.smallest_batch, 16 // on.smallest_batch)}
    )
    assert again < smallest

    fitted = fit_to_memory.fit(with_free(on, again))
    assert fitted.changes["training.recompute"] is True and "computed again" in fitted.text
    hopeless = fit_to_memory.fit(with_free(on, 100))
    assert hopeless.changes == {} and "Choose a smaller template" in hopeless.text
    assert (
        hopeless.estimate is not None
        and hopeless.estimate.resolved.training.batch_size == on.smallest_batch
    )

    room = with_free(on, 100).budget.room
    assert room is not None and hopeless.missing == hopeless.estimate.needed - room


def test_two_examples_at_least_where_they_are_normalised() -> None:
    assert tiny("classification", "image", "cnn").smallest_batch == 2
    assert tiny("classification", "row", "mlp").smallest_batch == 1


# --- time


def test_a_trial_measures_real_steps(small: tuple[Experiment, Dataset]) -> None:
    requested, data = small
    before = {name: value.copy() for name, value in data.indices.items()}
    timing = step_timing.time_steps(requested, data, Control())
    plan = plan_training(requested, lambda event: None, Control(), data)

    assert timing.step and timing.seconds and timing.trouble == "" and timing.threads == 1
    steps = -(-len(before["training"]) // plan.step_size)
    assert timing.seconds == pytest.approx(timing.step * steps)

    parts = step_timing.time_steps(
        with_changes(requested, fit_to_memory.batch_changes(32, 2), small[1].description),
        data,
        Control(),
    )
    assert parts.seconds and parts.step


def test_memory_that_runs_out_in_a_trial_is_reported_and_released(
    small: tuple[Experiment, Dataset], monkeypatch: pytest.MonkeyPatch
) -> None:
    requested, data = small
    networks: list[weakref.ref[torch.nn.Module]] = []

    real = Passes._pass

    def runs_out(self: Passes, *arguments: Any) -> torch.Tensor:
        networks.append(weakref.ref(self.network))
        loss = real(self, *arguments)
        if len(networks) == 2:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB.")

        return loss

    monkeypatch.setattr(Passes, "_pass", runs_out)
    timing = step_timing.time_steps(requested, data, Control())
    assert (timing.seconds, timing.lacked_memory) == (None, True)
    assert "does not fit" in timing.trouble

    gc.collect()
    assert len(networks) == 2 and networks[0]() is None
    monkeypatch.undo()
    assert step_timing.time_steps(
        requested, data, Control()
    ).seconds  # and the next one is none the worse


def test_other_errors_in_a_trial_are_reported(small: tuple[Experiment, Dataset]) -> None:
    requested, data = small
    timing = step_timing.time_steps(
        with_changes(requested, {"training.device": "cuda:77"}, small[1].description),
        data,
        Control(),
    )
    assert timing.seconds is None and timing.trouble and not timing.lacked_memory


def test_a_trial_can_be_stopped(small: tuple[Experiment, Dataset]) -> None:
    control = Control()
    control.stop()

    with pytest.raises(Stopped):
        step_timing.time_steps(*small, control)


def test_the_pace_of_a_run_counts_for_the_same_settings_only(
    small: tuple[Experiment, Dataset], tmp_path: Path
) -> None:
    requested, data = small
    predictions = Listener()
    assert (
        train(requested, Run.create(tmp_path, requested), predictions, Control(), data).status
        == "completed"
    )

    (prepared,) = predictions.of(RunPrepared)
    on = estimator(requested, data)
    pace = workload.epoch_seconds_like(prepared, 400.0, data.description)
    assert pace(on.current.resolved) == prepared.training_examples / 400
    assert (
        workload.epoch_seconds_like(prepared, None, data.description)(on.current.resolved) is None
    )

    for changes in (
        {"training.batch_size": 32},
        {"training.recompute": True},
        {"optimizer.kind": "sgd"},
        {"model.width": 8},
        {"augmentation.rotate": 0.0},
    ):
        estimate = on.estimate(changes)
        assert estimate is not None and pace(estimate.resolved) is None, changes

    later = on.estimate({"training.epochs": 50, "training.seed": 3})
    assert later is not None and pace(later.resolved) is not None  # what costs no time


def test_changes_are_applied_as_the_window_applies_them(small: tuple[Experiment, Dataset]) -> None:
    requested, data = small
    changed = with_changes(
        requested, {"optimizer.kind": "sgd", "optimizer.learning_rate": 0.2}, small[1].description
    )
    expected = requested.replace(optimizer=OPTIMIZERS.get("sgd")(learning_rate=0.2))
    assert to_plain(changed)["optimizer"] == to_plain(expected)["optimizer"]

    assert with_changes(requested, {}, small[1].description) is requested
    empty = Experiment(data=requested.data)
    wide = with_changes(empty, {"model.width": 8}, data.description)
    assert wide.model is not None and (wide.model.kind, wide.model.width) == ("resnet", 8)
