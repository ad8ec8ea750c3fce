"""Everything that is offered can be chosen in the document and trained by the session."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from app.engine.experiment.data_settings import DataSettings
from app.engine.experiment.experiment import Experiment
from app.engine.learning.loss import LOSSES
from app.engine.learning.tasks import TASKS
from app.engine.results.report import load_report
from app.engine.runs.run import Run
from app.ui.pages.data.task_box import unfit, with_task
from app.ui.state.record import read_record
from app.ui.state.session import State
from models.template import TEMPLATES
from tests import tiny_files
from tests.engine.tiny import SMALL
from tests.ui.harness import PATIENCE_MS, Harness

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

ALL = tiny_files.all_combinations()
EACH = list(dict.fromkeys((combination.task, combination.sort) for combination in ALL))


def open_files(qtbot: QtBot, harness: Harness, folder: Path, task: str, sort: str) -> None:
    """Opens the files as they are, then chooses the task as on the Data page."""
    data = tiny_files.write_files(folder, task, sort)
    document = harness.document
    document.set(
        Experiment(
            data=DataSettings(**{name: value for name, value in data.items() if name != "task"})
        )
    )

    qtbot.waitUntil(lambda: document.data_state in ("ready", "failed"), timeout=PATIENCE_MS)
    if document.dataset is not None:  # else the data can only be read for the task, set next
        assert unfit(TASKS[task], document.dataset) == ""

    before = document.dataset
    document.set(with_task(document.experiment, task, before))
    qtbot.waitUntil(
        lambda: document.data_state in ("ready", "failed") and document.dataset is not before,
        timeout=PATIENCE_MS,
    )

    assert document.data_state == "ready", document.data_failure
    assert document.task().kind == task


def choose_all(harness: Harness, task: str, sort: str) -> None:
    """Chooses every template and loss as the gallery and the Learning page do."""
    document = harness.document
    combinations = [
        combination for combination in ALL if (combination.task, combination.sort) == (task, sort)
    ]
    problem = document.problem()
    assert {combination.template for combination in combinations} == {
        kind.kind for kind in TEMPLATES.all() if not kind.unfit(problem)
    }

    for template in dict.fromkeys(combination.template for combination in combinations):
        document.choose("model", template)
        small = {
            name: value
            for name, value in SMALL.items()
            if name in type(document.value("model")).model_fields
        }

        assert document.replace("model", **small) == ""
        for loss in dict.fromkeys(combination.loss for combination in combinations):
            document.choose("loss", loss)
            resolved = document.resolved()
            assert (resolved.model.kind, resolved.loss.kind) == (template, loss)
            assert all(resolved.model.model_dump()[name] == value for name, value in small.items())
            assert None not in resolved.model_dump(exclude={"data", "augmentation"}).values()
            assert (
                resolved.training.epochs
                and resolved.training.batch_size
                and resolved.optimizer.learning_rate
            )

            assert resolved.model.graph(document.problem()).nodes
            assert document.trouble() is None

    wrong = next(choice.kind for choice in LOSSES.all() if task not in choice.tasks)
    document.choose("loss", wrong)
    assert document.trouble() is not None and document.trouble().remedy


@pytest.mark.parametrize(("task", "sort"), EACH, ids=lambda part: str(part))
def test_choose_and_train(
    qtbot: QtBot, harness: Harness, tmp_path: Path, task: str, sort: str
) -> None:
    open_files(qtbot, harness, tmp_path / "files", task, sort)
    document = harness.document
    session = harness.parts.session
    read = document.experiment
    choose_all(harness, task, sort)
    document.set(read)
    usual = document.resolved().model
    document.choose("model", usual.kind)
    small = {name: value for name, value in SMALL.items() if name in type(usual).model_fields}
    assert document.replace("model", **small) == ""
    assert (
        document.replace("training", epochs=1, batch_size=16, threads=1, device="cpu", embedding=8)
        == ""
    )

    assert document.replace("augmentation", flip=False, shift=0.0) == ""
    with qtbot.waitSignal(session.finished, timeout=PATIENCE_MS) as finished:
        session.start(document.experiment, harness.parts.runs_folder)

    event = finished.args[0]
    assert event.status == "completed", event.failure
    assert session.state is State.IDLE and len(session.record.losses) > 0

    run = Run(Path(event.run))
    assert run.experiment().loss in (None, document.resolved().loss)
    report = load_report(run)
    assert report.task.kind == task and report.verdict and report.trusted is not None

    metrics = report.trusted.metrics
    assert (
        metrics
        and set(metrics) <= set(TASKS[task].metrics)
        and np.isfinite(list(metrics.values())).all()
    )

    assert read_record(run.path).losses.values.tolist() == pytest.approx(
        session.record.losses.values, rel=1e-5
    )
