"""Everything that is offered can be chosen in the window's document and trained by its session,
from real files.
"""

from __future__ import annotations

import os
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
from app.ui.state.session import State, read_record
from models.template import TEMPLATES
from tests import tiny_files
from tests.engine.tiny import SMALL
from tests.ui.loose import PATIENCE_MS, Loose

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

OFFERED = tiny_files.offered()
EACH = list(dict.fromkeys((one.task, one.sort) for one in OFFERED))


@pytest.fixture(autouse=True)
def _unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waiting for the disk is a third of such a run, and nothing here outlives its test."""
    monkeypatch.setattr(os, "fsync", lambda handle: None)


def opened(qtbot: QtBot, loose: Loose, folder: Path, task: str, sort: str) -> None:
    """The files are opened as they are, then the task is chosen as on the Data page."""
    data = tiny_files.written(folder, task, sort)
    document = loose.document
    document.set(
        Experiment(
            data=DataSettings(**{name: value for name, value in data.items() if name != "task"})
        )
    )

    qtbot.waitUntil(lambda: document.data_state in ("ready", "failed"), timeout=PATIENCE_MS)
    if document.dataset is not None:  # data that need the task to be read at all are told it next
        assert unfit(TASKS[task], document.dataset) == ""

    before = document.dataset
    document.set(with_task(document.experiment, task, before))
    qtbot.waitUntil(
        lambda: document.data_state in ("ready", "failed") and document.dataset is not before,
        timeout=PATIENCE_MS,
    )

    assert document.data_state == "ready", document.data_failure
    assert document.task().kind == task


def choose_all(loose: Loose, task: str, sort: str) -> None:
    """Every template and loss as the gallery and the Learning page choose them."""
    document = loose.document
    combinations = [one for one in OFFERED if (one.task, one.sort) == (task, sort)]
    problem = document.problem()
    assert {one.template for one in combinations} == {
        one.kind for one in TEMPLATES.all() if not one.unfit(problem)
    }

    for template in dict.fromkeys(one.template for one in combinations):
        document.choose("model", template)
        small = {
            name: value
            for name, value in SMALL.items()
            if name in type(document.value("model")).model_fields
        }

        assert document.replace("model", **small) == ""
        for loss in dict.fromkeys(one.loss for one in combinations):
            document.choose("loss", loss)
            asked = document.resolved()
            assert (asked.model.kind, asked.loss.kind) == (template, loss)
            assert all(asked.model.model_dump()[name] == value for name, value in small.items())
            assert None not in asked.model_dump(exclude={"data", "augmentation"}).values()
            assert (
                asked.training.epochs
                and asked.training.batch_size
                and asked.optimizer.learning_rate
            )

            assert asked.model.graph(document.problem()).nodes
            assert document.trouble() is None

    wrong = next(one.kind for one in LOSSES.all() if task not in one.tasks)
    document.choose("loss", wrong)
    assert document.trouble() is not None and document.trouble().remedy


@pytest.mark.parametrize(("task", "sort"), EACH, ids=lambda part: str(part))
def test_choose_and_train(qtbot: QtBot, loose: Loose, tmp_path: Path, task: str, sort: str) -> None:
    opened(qtbot, loose, tmp_path / "files", task, sort)
    document = loose.document
    session = loose.parts.session
    read = document.experiment
    choose_all(loose, task, sort)
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
    with qtbot.waitSignal(session.finished, timeout=PATIENCE_MS) as told:
        session.start(document.experiment, loose.parts.runs_folder)

    ended = told.args[0]
    assert ended.status == "completed", ended.failure
    assert session.state is State.IDLE and len(session.record.losses) > 0

    run = Run(Path(ended.run))
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
