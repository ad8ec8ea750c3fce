"""One training from the data to the summary, and every way in which it may end."""

from __future__ import annotations

import gc
import json
import threading
import weakref
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from app.engine.compute.evaluation import evaluate
from app.engine.runs import checkpoint, events, tensors
from app.engine.runs.control import Control, Stopped
from app.engine.runs.recorded_events import read_events
from app.engine.runs.run import Run
from app.engine.training import build, recorder, trainer
from models.network import Network
from tests.engine.training.small import Listener, at_step, experiment, metrics_lines, pictures

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return pictures(tmp_path / "quarters.npz")


@pytest.fixture
def new_run(tmp_path: Path) -> Any:
    return lambda requested: Run.create(tmp_path / "runs", requested)


def test_a_run_tells_its_story_in_order(source: Path, new_run: Any) -> None:
    requested = experiment(source)
    listener = Listener()
    run = new_run(requested)
    finished = trainer.train(requested, run, listener, Control())
    kinds = [type(event).__name__ for event in listener.events]
    assert kinds[0] == "RunStarted" and kinds[-1] == "RunFinished"
    assert kinds.count("RunStarted") == kinds.count("RunFinished") == 1

    order = [
        kinds.index(name) for name in ("RunPrepared", "StepsDone", "EpochDone", "ProbePredicted")
    ]
    assert order == sorted(order)
    assert finished.status == "completed" and finished.failure is None

    first = listener.of(events.StepsDone)[0]
    assert first.position == 1  # the curve begins with the first step, not with the first epoch
    steps = np.concatenate([event.steps for event in listener.of(events.StepsDone)])
    assert steps.tolist() == list(range(1, len(steps) + 1))
    assert len(listener.of(events.EpochDone)) == 2
    assert (
        listener.of(events.EpochDone)[0].confusion.sum()
        == run.dataset()["counts"]["validation"].__len__() * 3
    )

    probe = listener.of(events.ProbePredicted)
    assert 6 <= len(probe[0].rows) <= 12 and np.array_equal(probe[0].rows, probe[1].rows)
    assert run.status == "completed"


def test_the_run_folder_has_its_files(source: Path, new_run: Any) -> None:
    requested = experiment(source)
    run = new_run(requested)
    finished = trainer.train(requested, run, Listener(), Control())
    names = {
        path.relative_to(run.path).as_posix() for path in run.path.rglob("*") if path.is_file()
    }
    assert {
        "experiment.toml",
        "dataset.json",
        "environment.json",
        "metrics.jsonl",
        "summary.json",
        "log.txt",
        "epochs/0001.npz",
        "epochs/0002.npz",
        "checkpoints/best/validation.npz",
        "results/test.npz",
        "checkpoints/best/manifest.json",
        "checkpoints/best/description.json",
        "checkpoints/best/graph.json",
    } <= names

    assert run.experiment() == requested
    summary = json.loads((run.path / "summary.json").read_text(encoding="utf-8"))
    assert summary == finished.summary
    assert summary["weights_sha256"] == tensors.weights_sha256(
        checkpoint.newest(run.path / "checkpoints")[0].model
    )
    assert set(summary["memory"]["measured"]) == set(summary["memory"]["predicted"])

    for row in ("weights", "gradients", "first_moment", "second_moment"):
        assert summary["memory"]["measured"][row] == summary["memory"]["predicted"][row]

    assert set(summary["metrics"]) == {"validation", "test"}
    assert not list(run.path.rglob("*.tmp")) and not (run.path / "running.json").exists()


def test_a_run_read_from_its_folder_has_the_events_it_emitted(source: Path, new_run: Any) -> None:
    requested = experiment(source)
    listener = Listener()
    run = new_run(requested)
    trainer.train(requested, run, listener, Control())
    read = read_events(run.path)
    losses = np.concatenate([event.losses for event in listener.of(events.StepsDone)])
    steps = next(event for event in read if isinstance(event, events.StepsDone))
    np.testing.assert_allclose(steps.losses, losses, rtol=1e-6)

    epochs = [event for event in read if isinstance(event, events.EpochDone)]
    for before, after in zip(listener.of(events.EpochDone), epochs, strict=True):
        assert (before.metrics, before.best) == (after.metrics, after.best)
        assert before.validation_loss == after.validation_loss
        assert np.array_equal(before.confusion, after.confusion)

    assert isinstance(read[-1], events.RunFinished) and read[-1].status == "completed"
    assert (
        next(event for event in read if isinstance(event, events.RunPrepared))
        == listener.of(events.RunPrepared)[0]
    )


def test_two_runs_of_one_seed_write_the_same_lines(source: Path, new_run: Any) -> None:
    requested = experiment(source)
    runs = [new_run(requested), new_run(requested)]
    ends = [trainer.train(requested, run, Listener(), Control()) for run in runs]
    assert metrics_lines(runs[0]) == metrics_lines(runs[1])
    assert ends[0].summary["weights_sha256"] == ends[1].summary["weights_sha256"]

    other = requested.replace(training=requested.training.replace(seed=1))
    end = trainer.train(other, new_run(other), Listener(), Control())
    assert end.summary["weights_sha256"] != ends[0].summary["weights_sha256"]


def test_what_others_draw_at_random_changes_nothing(source: Path, new_run: Any) -> None:
    """A prediction while training runs must not disturb it."""
    requested = experiment(source)
    quiet = trainer.train(requested, new_run(requested), Listener(), Control())

    def noisy(event: events.Event) -> None:
        torch.rand(7)

    disturbed = trainer.train(requested, new_run(requested), noisy, Control())
    assert disturbed.summary["weights_sha256"] == quiet.summary["weights_sha256"]


# --- the best epoch


def test_the_saved_weights_are_those_of_the_best_epoch(
    source: Path, new_run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The loss rises after epoch 2, whose weights are saved and reported, not the last."""
    losses = iter([2.0, 1.0, 1.5, 1.7])
    fingerprints: list[str] = []

    def crafted(network: Network, *arguments: Any, **options: Any) -> Any:
        from dataclasses import replace

        evaluation = evaluate(network, *arguments, **options)
        fingerprints.append(tensors.weights_sha256(network.state_dict()))
        return replace(evaluation, loss=next(losses, 3.0))

    monkeypatch.setattr("app.engine.training.validation.evaluate", crafted)
    requested = experiment(source, training={"epochs": 4})
    run = new_run(requested)
    listener = Listener()
    finished = trainer.train(requested, run, listener, Control())
    assert finished.summary["best_epoch"] == 2
    assert finished.reason == "Trained 4 epochs. The weights of epoch 2 are kept."
    assert tensors.weights_sha256(checkpoint.read_best(run).model) == fingerprints[1]
    assert fingerprints[4] == fingerprints[1]  # the test split is evaluated with them
    assert [event.best for event in listener.of(events.EpochDone)] == [True, True, False, False]
    assert finished.summary["weights_sha256"] == fingerprints[3]


def test_early_stopping_counts_epochs_without_improvement(
    source: Path, new_run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    losses = iter([2.0, 1.0, 0.99, 0.98, 0.97])

    def crafted(*arguments: Any, **options: Any) -> Any:
        from dataclasses import replace

        return replace(evaluate(*arguments, **options), loss=next(losses, 3.0))

    monkeypatch.setattr("app.engine.training.validation.evaluate", crafted)
    requested = experiment(source, training={"epochs": 9, "patience": 2, "min_delta": 0.1})
    run = new_run(requested)
    listener = Listener()
    finished = trainer.train(requested, run, listener, Control())
    assert [event.since_best for event in listener.of(events.EpochDone)] == [0, 0, 1, 2]
    assert finished.status == "completed" and finished.reason.startswith(
        "Stopped early after epoch 4"
    )

    resumed = trainer.resume(run, Listener(), Control())
    assert resumed.status == "failed" and "more epochs" in resumed.failure[1]
    assert run.status == "completed"  # a run that cannot go on keeps what it had


# --- stopping


def _train_in_thread(requested: Any, run: Run, listener: Any, control: Control) -> threading.Thread:
    thread = threading.Thread(
        target=lambda: trainer.train(requested, run, listener, control), name="training"
    )
    thread.start()
    return thread


def test_stop_while_reading_leaves_a_run_that_can_begin_again(source: Path, new_run: Any) -> None:
    requested = experiment(source)
    control = Control()

    listener = Listener()

    def listen(event: events.Event) -> None:
        listener(event)
        if isinstance(event, events.StageChanged) and event.text.startswith("Looking"):
            control.stop()

    run = new_run(requested)
    finished = trainer.train(requested, run, listen, control)
    assert finished.status == "stopped" and "nothing to keep" in finished.reason
    assert not listener.of(events.StepsDone)
    assert trainer.resume(run, Listener(), Control()).status == "completed"


def test_stop_in_the_middle_of_an_epoch_keeps_what_was_learned(source: Path, new_run: Any) -> None:
    requested = experiment(source)
    listener = Listener()
    run = new_run(requested)

    control = Control()
    with at_step(2, control.stop):
        finished = trainer.train(requested, run, listener, control)

    assert finished.status == "stopped" and finished.summary["steps"] == 3
    assert finished.summary["best_epoch"] == 1 and "accuracy" in finished.summary["metrics"]["test"]
    assert run.best_folder is not None
    assert not listener.of(events.EpochDone)  # part of an epoch is no epoch


def test_stop_requested_twice_ends_without_validation(source: Path, new_run: Any) -> None:
    control = Control()

    def listen(event: events.Event) -> None:
        if isinstance(event, events.StepsDone):
            control.stop()
            control.stop()

    requested = experiment(source)
    run = new_run(requested)
    finished = trainer.train(requested, run, listen, control)
    assert finished.status == "stopped" and not finished.summary["metrics"]
    assert trainer.resume(run, Listener(), Control()).status == "completed"


def test_stop_in_the_validation_is_honoured_within_a_batch(
    source: Path, new_run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    requested = experiment(source)
    control = Control()
    reference = trainer.train(requested, new_run(requested), Listener(), Control())

    stops: list[bool] = []

    def watched(*arguments: Any, **options: Any) -> Any:
        if not stops:
            control.stop(at_once=True)
            stops.append(True)

            with pytest.raises(Stopped):
                evaluate(*arguments, **options)

            raise Stopped
        return evaluate(*arguments, **options)

    monkeypatch.setattr("app.engine.training.validation.evaluate", watched)
    run = new_run(requested)
    assert trainer.train(requested, run, Listener(), control).status == "stopped"

    finished = trainer.resume(run, Listener(), Control())
    assert finished.summary["weights_sha256"] == reference.summary["weights_sha256"]


def test_pause_waits_and_resume_goes_on(source: Path, new_run: Any) -> None:
    requested = experiment(source)
    control = Control()
    listener = Listener()

    paused = threading.Event()

    def listen(event: events.Event) -> None:
        listener(event)
        if isinstance(event, events.StepsDone) and event.position == 1:
            control.pause()
        if isinstance(event, events.Paused):
            paused.set()

    run = new_run(requested)
    thread = _train_in_thread(requested, run, listen, control)
    assert paused.wait(60)
    assert checkpoint.newest(run.path / "checkpoints")[0].state["progress"]["step"] == 1
    assert run.status == "running"

    control.resume()
    thread.join(60)
    assert listener.events[-1].status == "completed"

    reference = trainer.train(requested, new_run(requested), Listener(), Control())
    assert listener.events[-1].summary["weights_sha256"] == reference.summary["weights_sha256"]


def test_a_paused_run_can_be_stopped(source: Path, new_run: Any) -> None:
    requested = experiment(source)
    control = Control()

    listener = Listener()

    def listen(event: events.Event) -> None:
        listener(event)
        if isinstance(event, events.StepsDone):
            control.pause()
        if isinstance(event, events.Paused):
            control.stop()

    finished = trainer.train(requested, new_run(requested), listen, control)
    assert finished.status == "stopped" and finished.summary["steps"] == 1


# --- failures


@pytest.mark.parametrize("stage", ["open", "forward", "loss", "optimizer", "validation"])
def test_an_error_anywhere_is_reported_and_the_next_training_works(
    stage: str, source: Path, new_run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: Any, **options: Any) -> Any:
        raise ZeroDivisionError("the third wheel came off")

    target = {
        "open": "app.engine.training.plan.open_dataset",
        "forward": "app.engine.compute.batches.Batches.get",
        "loss": "app.engine.learning.losses.cross_entropy._CrossEntropy.__call__",
        "optimizer": "torch.optim.AdamW.step",
        "validation": "app.engine.training.validation.evaluate",
    }[stage]
    requested = experiment(source)
    listener = Listener()

    run = new_run(requested)
    with monkeypatch.context() as patch:
        patch.setattr(target, fail)
        finished = trainer.train(requested, run, listener, Control())

    assert finished.status == "failed" and run.status == "failed"
    what, remedy, details = finished.failure
    assert "third wheel" in what and remedy and "Traceback" in details
    assert listener.events[0].__class__ is events.RunStarted and listener.events[-1] is finished
    assert trainer.train(requested, new_run(requested), Listener(), Control()).status == "completed"


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"),
        RuntimeError(
            "[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory: you tried "
            "to allocate"
        ),
        MemoryError(),
    ],
)
def test_out_of_memory_is_retried_with_half_the_batch(
    error: Exception, source: Path, new_run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The failed network is gone before the next is built, though an exception could hold it."""
    alive: list[weakref.ref[Network]] = []
    kind = type(error)
    text = str(error)
    real_build = build.build_model
    real_forward = Network.forward

    def build_tracked(*arguments: Any) -> Network:
        assert all(reference() is None for reference in alive)
        network = real_build(*arguments)
        alive.append(weakref.ref(network))

        return network

    def forward(self: Network, x: torch.Tensor) -> torch.Tensor:
        if len(x) > 16 and self.training and x.device.type != "meta" and not _is_fake(x):
            raise kind(text)
        return real_forward(self, x)

    monkeypatch.setattr(build, "build_model", build_tracked)
    monkeypatch.setattr(Network, "forward", forward)
    requested = experiment(source, training={"batch_size": 64})
    listener = Listener()
    finished = trainer.train(requested, new_run(requested), listener, Control())
    assert finished.status == "completed"

    texts = [event.text for event in listener.of(events.StageChanged)]
    assert "Not enough memory for batch 64; retrying with 32" in texts
    assert "Not enough memory for batch 32; retrying with 16" in texts
    assert listener.of(events.RunPrepared)[-1].batch_size == 64, (
        "a step learns from as many as before"
    )
    assert (
        sum(len(event.losses) for event in listener.of(events.StepsDone))
        == finished.summary["steps"]
        == 4
    )

    del finished
    gc.collect()
    assert all(reference() is None for reference in alive)


def test_out_of_memory_ends_after_three_halvings(
    source: Path, new_run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forward(self: Network, x: torch.Tensor) -> torch.Tensor:
        if _is_fake(x):
            return real_forward(self, x)
        raise torch.OutOfMemoryError("CUDA out of memory.")

    real_forward = Network.forward
    monkeypatch.setattr(Network, "forward", forward)
    requested = experiment(source, training={"batch_size": 64})
    listener = Listener()
    finished = trainer.train(requested, new_run(requested), listener, Control())

    assert finished.status == "failed"
    assert finished.failure[:2] == (
        "There was not enough memory for a batch of 8.",
        "Choose a smaller batch size, smaller examples or a smaller template.",
    )

    assert sum("retrying" in event.text for event in listener.of(events.StageChanged)) == 3
    assert (
        any(event.finding.key == "memory" for event in listener.of(events.NewFinding))
        or finished.summary["steps"] == 0
    )


def _is_fake(x: torch.Tensor) -> bool:
    from torch._subclasses.fake_tensor import FakeTensor

    return isinstance(x, FakeTensor)


def test_a_loss_that_is_no_number_ends_the_run_with_a_remedy(source: Path, new_run: Any) -> None:
    requested = experiment(
        source,
        optimizer={"kind": "sgd", "learning_rate": 100.0, "weight_decay": 10.0},
        schedule={"kind": "constant"},
        training={"epochs": 30},
    )
    run = new_run(requested)
    listener = Listener()
    finished = trainer.train(requested, run, listener, Control())
    assert finished.status == "diverged" and "no longer a number at step" in finished.reason

    losses = np.concatenate([event.losses for event in listener.of(events.StepsDone)])
    assert not np.isfinite(losses[-2:]).any() and np.isfinite(losses[:-2]).all()
    finding = next(
        event.finding for event in listener.of(events.NewFinding) if event.finding.key == "diverged"
    )
    assert finding.remedy.changes == {"optimizer.learning_rate": 10.0}

    newest, _ = checkpoint.newest(run.path / "checkpoints")
    if newest is not None:
        assert all(torch.isfinite(tensor).all() for tensor in newest.model.values())

    assert trainer.resume(run, Listener(), Control()).status == "failed"
    assert run.status == "diverged"


def test_one_bad_step_is_no_divergence(
    source: Path, new_run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = recorder.Recorder.note
    calls: list[int] = []

    def note(self: recorder.Recorder, loss: torch.Tensor, *rest: Any) -> bool:
        calls.append(1)
        return real(self, loss * float("nan") if len(calls) == 3 else loss, *rest)

    monkeypatch.setattr(recorder.Recorder, "note", note)
    requested = experiment(source)
    finished = trainer.train(requested, new_run(requested), Listener(), Control())
    assert finished.status == "completed" and np.isfinite(finished.summary["loss"]["training"])


def test_two_trainings_of_one_run_are_refused(source: Path, new_run: Any) -> None:
    requested = experiment(source)
    run = new_run(requested)
    run.claim()

    try:
        finished = trainer.train(requested, run, Listener(), Control())
    finally:
        run.release()

    assert finished.status == "failed" and "already" in finished.failure[0]
    assert not run.summary()


def test_warnings_of_the_training_go_to_its_log(source: Path, new_run: Any, recwarn: Any) -> None:
    import warnings

    def listen(event: events.Event) -> None:
        if isinstance(event, events.EpochDone):
            with warnings.catch_warnings():
                warnings.simplefilter("always")
                shown = warnings.showwarning
                warnings.showwarning = shown
                warnings.warn("a strange light", stacklevel=1)

    requested = experiment(source)
    run = new_run(requested)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        trainer.train(requested, run, listen, Control())

    assert "a strange light" in (run.path / "log.txt").read_text(encoding="utf-8")
