"""The last step's weights in place of the best epoch's, on the same data, and back again."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from app.engine.errors import UserError
from app.engine.results import choose_weights
from app.engine.results.predictor import Predictor
from app.engine.results.report import load_report
from app.engine.runs import checkpoint, tensors, weights_in_use
from app.engine.runs.control import Control, Stopped
from app.engine.runs.run import Run
from app.engine.runs.storage import manifest
from app.engine.sources.opening import open_dataset
from app.engine.training import trainer
from models.network import Network
from tests.engine.training.small import overfitted_run


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return overfitted_run(tmp_path_factory.mktemp("overfitted") / "one")


@pytest.fixture
def run(once: Run, tmp_path: Path) -> Run:
    """Returns a copy of the run, with data of its own that can be lost."""
    folder = tmp_path / once.name
    source = tmp_path / "noise.npz"
    shutil.copytree(once.path, folder)
    shutil.copy2(once.experiment().data.source, source)
    text = (folder / "experiment.toml").read_text(encoding="utf-8")
    toml_text = text.replace(json.dumps(once.experiment().data.source), json.dumps(str(source)))
    manifest.write(folder, "experiment.toml", toml_text.encode())

    assert Run(folder).experiment().data.source == str(source)
    return Run(folder)


def test_the_best_epoch_is_used_by_default(run: Run) -> None:
    assert weights_in_use.read_weights_in_use(run) == weights_in_use.BEST
    assert Predictor.load(run).epoch == load_report(run).best_epoch == run.summary()["best_epoch"]
    last = weights_in_use.last_step_of(run)
    assert last is not None and (last.epoch, last.step, last.partial) == (
        8,
        run.summary()["steps"],
        False,
    )


def test_the_last_epoch_is_used_and_the_best_again(run: Run) -> None:
    summary = run.summary()
    best = Predictor.load(run)
    report = load_report(run)
    dataset = open_dataset(run.experiment().data)
    inputs, targets = dataset.split("test")

    choose_weights.use(run, "last")
    last = Predictor.load(run)
    assert (last.weights.use, last.epoch, last.best_epoch) == ("last", 8, summary["best_epoch"])
    assert np.abs(last.logits(inputs) - best.logits(inputs)).max() > 0.1

    weights = checkpoint.newest(run.path / "checkpoints")[0]
    description = checkpoint.read_best(run)
    assert weights is not None

    network = Network(description.graph, description.problem).eval()
    tensors.restore_model(network, weights.model)

    with torch.no_grad():
        expected = network(
            description.description.preparation.tensor(torch.from_numpy(inputs))
        ).numpy()

    np.testing.assert_allclose(last.logits(inputs), expected, atol=1e-5)

    last_report = load_report(run)
    split = last_report.splits["test"]
    assert (split.targets == targets).all() and (split.rows == dataset.indices["test"]).all()

    np.testing.assert_allclose(
        split.probabilities, torch.from_numpy(expected).softmax(1).numpy(), atol=1e-5
    )
    assert split.loss is not None and split.loss != report.splits["test"].loss
    lines = [
        json.loads(line)
        for line in (run.path / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
    ]

    validation_losses = [line["validation_loss"] for line in lines if "validation_loss" in line]
    assert last_report.splits["validation"].loss == pytest.approx(validation_losses[-1], rel=1e-4)
    plain = last_report.to_plain()
    assert (plain["use"], plain["epoch"], plain["best_epoch"]) == ("last", 8, summary["best_epoch"])
    assert run.summary() == summary, "summary.json is of the best epoch"

    choose_weights.use(run, "best")
    again = load_report(run)
    assert (Predictor.load(run).logits(inputs) == best.logits(inputs)).all()
    assert again.to_plain() == report.to_plain()


def test_data_that_are_gone_or_others_leave_the_choice_as_it_was(run: Run) -> None:
    source = Path(run.experiment().data.source)
    with np.load(source) as file:
        images = file["images"]
        labels = file["labels"]

    np.savez(source, images=images[:-3], labels=labels[:-3])
    with pytest.raises(
        UserError, match=r"cannot be judged: the data changed since this run was trained\."
    ):
        choose_weights.use(run, "last")

    source.unlink()
    with pytest.raises(
        UserError, match=r"without the data of the run: there is no '.*noise\.npz'\."
    ):
        choose_weights.use(run, "last")

    assert Predictor.load(run).weights.use == load_report(run).weights.use == "best"


def test_the_choice_lasts_without_the_data(run: Run) -> None:
    choose_weights.use(run, "last")
    Path(run.experiment().data.source).unlink()
    assert Predictor.load(run).weights.use == load_report(run).weights.use == "last"


def test_a_cancelled_evaluation_changes_nothing(run: Run) -> None:
    control = Control()
    control.stop()

    with pytest.raises(Stopped):
        choose_weights.use(run, "last", control.check)

    assert weights_in_use.read_weights_in_use(run) == weights_in_use.BEST


def test_a_run_that_goes_on_goes_back_to_the_best(run: Run) -> None:
    choose_weights.use(run, "last")
    ended = trainer.resume(run, lambda event: None, Control(), epochs=9)
    assert ended.status == "completed", ended.reason
    assert Predictor.load(run).epoch == load_report(run).best_epoch == run.summary()["best_epoch"]

    last = weights_in_use.last_step_of(run)
    assert last is not None and last.epoch == 9


def test_a_running_run_has_no_last_epoch_yet(run: Run) -> None:
    run.claim()
    assert weights_in_use.last_step_of(run) is None

    with pytest.raises(UserError, match="still being trained"):
        choose_weights.use(run, "last")


def test_last_weights_that_are_not_those_evaluated_are_refused(run: Run) -> None:
    choose_weights.use(run, "last")
    newest = max((run.path / "checkpoints").glob("state-*"))
    (newest / "model.safetensors").write_bytes(b"flipped")

    with pytest.raises(UserError, match=r"missing or damaged\. Use the best epoch"):
        Predictor.load(run)

    choose_weights.use(run, "best")
    assert Predictor.load(run).weights.use == "best"
