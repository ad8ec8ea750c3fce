"""The panels of the Results page: each says what it shows, and is there where it has a meaning."""

from __future__ import annotations

import shutil
import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtWidgets import QMessageBox

from app.engine.learning.tasks import TASKS
from app.engine.results.predictor import Predictor
from app.engine.results.report import Report
from app.engine.runs import events
from app.engine.runs.storage.temperature import read_temperature
from app.engine.runs.weights_in_use import WeightsInUse
from app.ui.pages.results.page import ResultsPage
from app.ui.pages.results.panels import panels
from app.ui.pages.results.panels.columns import ColumnsPanel
from app.ui.pages.results.panels.confidence import ConfidencePanel
from app.ui.pages.results.panels.robustness import RobustnessPanel
from app.ui.pages.results.selection import ViewContent
from app.ui.state.record import read_record
from tests.engine import tiny
from tests.ui.harness import PATIENCE_MS, Harness
from tests.ui.trained_runs import train_on

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from app.engine.runs.run import Run
    from app.ui.pages.results.panels import Panel


@pytest.fixture
def page(qtbot: QtBot, harness: Harness) -> ResultsPage:
    page = ResultsPage(harness.parts)
    qtbot.addWidget(page)
    page.resize(1100, 700)
    page.show()
    return page


def show(qtbot: QtBot, harness: Harness, page: ResultsPage, run: Run, key: str) -> Panel:
    harness.document.set(run.experiment())
    qtbot.waitUntil(lambda: harness.document.data_state == "ready", timeout=PATIENCE_MS)
    harness.parts.session.show(read_record(run.path))
    button = page.panels.choice.buttons[key]
    qtbot.waitUntil(lambda: button.isVisible() and button.isEnabled(), timeout=PATIENCE_MS)
    page.panels.choose(key)
    assert page.panels.panel is not None
    return page.panels.panel


@pytest.mark.parametrize("panel", panels(), ids=lambda panel: panel.key)
def test_each_says_what_it_shows_what_follows_and_what_does_not(panel: type[Panel]) -> None:
    for text in (panel.shows, panel.means, panel.means_not, panel.tip):
        assert text[0].isupper() and text.endswith(".")


MEANT = {
    "classification": {"suspects", "confidence", "robustness"},
    "binary-classification": {"suspects", "confidence", "robustness"},
    "multi-label": {"suspects", "confidence", "robustness"},
    "soft-labels": {"suspects", "confidence", "robustness"},
    "regression": {"suspects", "robustness"},
    "metric-learning": {"suspects", "robustness"},
    "matching": {"robustness"},
    "reconstruction": {"suspects"},
    "language-modelling": set(),
}


@pytest.mark.parametrize("kind", TASKS)
def test_every_task_has_the_panels_that_mean_something_for_it(kind: str) -> None:
    task = TASKS[kind]
    sort = "image+text" if task.pairs else "text" if task.targets == "tokens" else "row"
    dataset = tiny.dataset(kind, sort)
    report = Report.of(dataset.description, task, {}).splits.get("test")
    content = ViewContent(report, dataset.description, dataset, task=task)  # type: ignore[arg-type]
    shown = {panel.key for panel in panels() if panel.applies(content)}
    columns = {"columns"} if sort == "row" and task.answers != "copy" else set()
    assert shown == MEANT[kind] | columns


def test_the_temperature_is_kept_with_the_weights_and_taken_back(
    qtbot: QtBot, harness: Harness, page: ResultsPage, run: Run
) -> None:
    panel = show(qtbot, harness, page, run, "confidence")
    assert isinstance(panel, ConfidencePanel)
    qtbot.waitUntil(lambda: "examples" in panel.status.text(), timeout=PATIENCE_MS)
    assert len(panel.reliability.before.x) and len(panel.reliability.after.x)
    panel.slider.setValue(900)
    assert panel.threshold.text().startswith("Where it must be at least 90 % sure, it answers ")

    before = Predictor.load(run)
    dataset = harness.document.dataset
    assert dataset is not None
    examples = dataset.inputs[:20]
    panel.use.click()
    qtbot.waitUntil(lambda: panel.use.text() == "Answer without it", timeout=PATIENCE_MS)
    after = Predictor.load(run)
    assert after.temperature is not None and before.temperature is None
    was, now = before.probabilities(examples), after.probabilities(examples)
    assert (was.argmax(1) == now.argmax(1)).all() and not np.allclose(was, now)
    assert now.sum(1) == pytest.approx(1, abs=1e-5)
    assert read_temperature(run, after.weights.step + 1) is None, "other weights answer as they are"

    qtbot.waitUntil(panel.use.isEnabled, timeout=PATIENCE_MS)
    panel.use.click()
    qtbot.waitUntil(lambda: panel.use.text() == "Answer with it", timeout=PATIENCE_MS)
    assert Predictor.load(run).temperature is None


def test_robustness_and_columns_are_measured_on_a_table(
    qtbot: QtBot, harness: Harness, page: ResultsPage, tmp_path: Path
) -> None:
    table = tmp_path / "t.csv"
    table.write_text("a,b,label\n" + "\n".join(f"{n % 5},{n % 7},{'xy'[n % 2]}" for n in range(80)))
    data = {"source": str(table), "target": "label"}
    run = train_on(tmp_path / "runs", data, {"template": "mlp", "width": 8, "depth": 1}, 1)
    panel = show(qtbot, harness, page, run, "robustness")
    assert isinstance(panel, RobustnessPanel)
    goes_on = threading.Event()
    harness.parts.measuring.run(lambda _: goes_on.wait(), lambda _: None)  # a busy worker
    try:
        panel.button.click()
        answered: list[bool] = []
        harness.parts.background.run(lambda _: None, lambda _: answered.append(True))
        qtbot.waitUntil(lambda: bool(answered), timeout=PATIENCE_MS)  # answers do not wait for it
        assert not panel.button.isEnabled() and not panel._cards
    finally:
        goes_on.set()

    qtbot.waitUntil(lambda: "Judged on" in panel.status.text(), timeout=PATIENCE_MS)
    assert len(panel._cards) == 2

    page.panels.choose("columns")
    columns = page.panels.panel
    assert isinstance(columns, ColumnsPanel)
    columns.button.click()
    qtbot.waitUntil(columns.card.isVisible, timeout=PATIENCE_MS)
    assert [line.cells[0] for line in columns.table.model_.rows] and "With all" in (
        columns.status.text()
    )


def test_while_it_trains_a_cell_has_its_examples(
    qtbot: QtBot, harness: Harness, page: ResultsPage, run: Run
) -> None:
    """The epoch that was told last is shown with the validation examples that it is of."""
    show(qtbot, harness, page, run, "confidence")
    page.panels.choose("figures")
    record = read_record(run.path)
    record.finished = None
    last = record.epochs[-1]
    dataset = harness.document.dataset
    assert dataset is not None
    rows = dataset.indices["validation"]
    predictions = np.eye(10, dtype=np.float32)[(dataset.targets[rows] + 1) % 10]
    record.add(events.ValidationPredicted(last.epoch, rows, predictions))
    selection = page.selection
    live = type(selection)(record, selection.outcome, True, "validation", None, selection.dataset)
    report = live.splits["validation"]
    assert np.array_equal(report.rows, rows)
    assert report.cell(3, 4) and not report.cell(3, 3)  # type: ignore[attr-defined]


def test_no_figure_of_another_run_is_left(
    qtbot: QtBot, harness: Harness, page: ResultsPage, run: Run, tmp_path: Path
) -> None:
    panel = show(qtbot, harness, page, run, "confidence")
    assert isinstance(panel, ConfidencePanel)
    qtbot.waitUntil(lambda: "examples" in panel.status.text(), timeout=PATIENCE_MS)
    assert panel.use.isVisible() and panel.use.accessibleName() == "Answer with the temperature"

    other = tmp_path / "runs" / "2026-11-23 without answers"
    shutil.copytree(run.path, other)
    for kept in ("results", "checkpoints"):
        shutil.rmtree(other / kept)

    panel.show_content(replace(panel.content, path=other))
    found = (panel.status.text(), panel.temperature.text(), panel.threshold.text())
    assert found == ("", "", "") and not panel.use.isVisible()
    assert not len(panel.reliability.before.x) and not len(panel.covered.curve.x)
    qtbot.waitUntil(lambda: bool(panel.status.text()), timeout=PATIENCE_MS)
    assert "examples" not in panel.status.text(), "it says why there is nothing"
    assert panel.temperature.text() == "" and not panel.use.isVisible()

    panel.show_content(replace(panel.content, path=run.path))
    qtbot.waitUntil(lambda: "examples" in panel.status.text(), timeout=PATIENCE_MS)
    assert panel.use.isVisible() and len(panel.reliability.before.x)


def test_the_changes_of_another_run_go_also_where_its_data_are_not_open(
    qtbot: QtBot, harness: Harness, page: ResultsPage, run: Run, tmp_path: Path
) -> None:
    panel = show(qtbot, harness, page, run, "confidence")
    dataset = harness.document.dataset
    assert dataset is not None
    page.panels.draft.change(dataset, [0, 1], "exclude")
    other = tmp_path / "runs" / "2026-11-23 other"
    shutil.copytree(run.path, other)
    page.panels.show_content(replace(panel.content, path=other, dataset=None, missing="Not open."))
    assert page.panels.draft.revision.changes == () and not page.panels.draft.can_undo


def test_what_was_measured_of_other_weights_goes(
    qtbot: QtBot, harness: Harness, page: ResultsPage, run: Run
) -> None:
    panel = show(qtbot, harness, page, run, "robustness")
    assert isinstance(panel, RobustnessPanel)
    panel.status.setText("Judged.")
    panel.show_content(panel.content)
    assert panel.status.text() == "Judged."
    panel.show_content(replace(panel.content, weights=WeightsInUse("last")))
    assert panel.status.text() == ""


def test_changes_that_cannot_be_kept_are_told_without_the_suspects_too(
    qtbot: QtBot, harness: Harness, page: ResultsPage, run: Run
) -> None:
    show(qtbot, harness, page, run, "confidence")
    page.panels.choose("figures")
    page.panels.draft.failed.emit("The disk is full.")
    box = page.findChild(QMessageBox, "results.revision.failed")
    assert box is not None and box.isVisible() and box.informativeText() == "The disk is full."
    box.close()
