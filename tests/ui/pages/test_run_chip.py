"""The chip that names a run, what it says of the next one, and what can be done with a run."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QDesktopServices
from PySide6.QtWidgets import QLabel, QPushButton

from app.engine.runs.run import Run, list_runs
from app.ui.pages.results.page import ResultsPage
from app.ui.pages.run_chip import RunChip
from app.ui.pages.training.page import TrainingPage
from app.ui.pages.tryit.page import TryItPage
from app.ui.state.record import read_record
from app.ui.state.run_identity import RunIdentity
from app.ui.text.run_names import moment_text, title_of
from tests.ui.harness import PATIENCE_MS, Harness
from tests.ui.shown_texts import shown_texts
from tests.ui.trained_runs import trained_run

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot


@pytest.fixture
def page(qtbot: QtBot, harness: Harness, run: Run) -> TrainingPage:
    """Returns the Training page with an old run open, and the settings of that run."""
    harness.document.set(run.experiment())
    qtbot.waitUntil(lambda: harness.document.data_state == "ready", timeout=PATIENCE_MS)
    training_page = TrainingPage(harness.parts)
    qtbot.addWidget(training_page)
    training_page.resize(1000, 610)
    training_page.show()
    harness.parts.session.show(read_record(run.path))

    return training_page


def chip_of(page: TrainingPage | TryItPage) -> RunChip:
    chip = page.findChild(RunChip)
    assert chip is not None
    return chip


def do(chip: RunChip, name: str) -> None:
    chip.menu.aboutToShow.emit()
    action = chip.findChild(QAction, f"training.chip.{name}")
    assert action is not None and action.isEnabled(), action and action.toolTip()
    action.trigger()


def until_over(qtbot: QtBot, harness: Harness) -> None:
    session = harness.parts.session
    qtbot.waitUntil(lambda: session.active, timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: not session.active, timeout=PATIENCE_MS)


def test_a_title_leaves_out_what_is_not_known(tmp_path: Path) -> None:
    then = datetime(2025, 3, 4, 9, 5)
    folder = tmp_path / "2025-03-04 photos"
    assert title_of(folder, "ResNet", then) == "photos, ResNet, run of 4 Mar 2025, 09:05"
    assert title_of(folder, "", None) == "photos"

    today = datetime.now().replace(hour=22, minute=52)
    assert title_of(folder, "ResNet", today) == "photos, ResNet, run of 22:52"
    assert moment_text(today).endswith(", 22:52") and len(moment_text(today)) > 5


def test_it_names_the_run_and_says_nothing_of_the_same_settings(page: TrainingPage) -> None:
    chip = chip_of(page)
    assert chip.isVisible() and chip.note.isHidden()
    assert re.fullmatch(r"digits cnn, Small CNN, run of 22 Nov.*, 10:00", chip.button.text())

    chip.menu.aboutToShow.emit()
    assert not chip.actions_of_run["settings"].isEnabled()


def test_without_a_run_there_is_no_chip(page: TrainingPage, harness: Harness) -> None:
    from app.ui.state.record import Record

    harness.parts.session.show(Record())
    assert not chip_of(page).isVisible()


def test_with_other_settings_open_it_says_what_train_would_start(
    page: TrainingPage, harness: Harness
) -> None:
    document = harness.document
    document.replace("", name="second try")
    document.replace("training", epochs=7)
    document.choose("model", "mlp")
    chip = chip_of(page)
    assert chip.note.isVisible()
    assert chip.note.text() == "Train would start second try, Plain MLP: 2 settings differ"

    chip.note.click()
    popup = chip._popup
    assert popup is not None
    texts = [label.text() for label in popup.findChildren(QLabel)]
    assert texts[:3] == ["Setting", "This run", "Next run"]
    assert texts[3:6] == ["Template", "Small CNN", "Plain MLP"]
    assert texts[6:] == ["Epochs", "3", "7"]
    popup.close()


def test_what_comes_to_the_same_is_no_other_setting(page: TrainingPage, harness: Harness) -> None:
    requested = harness.document.resolved()
    rate = requested.optimizer.learning_rate
    harness.document.choose("optimizer", requested.optimizer.kind)
    harness.document.replace("optimizer", learning_rate=rate)
    assert chip_of(page).note.isHidden()


def test_its_settings_are_opened_as_one_step(page: TrainingPage, harness: Harness) -> None:
    document = harness.document
    before = document.experiment
    document.replace("training", epochs=9, seed=3)
    changed = document.experiment
    do(chip_of(page), "settings")
    assert document.experiment == before

    document.undo()
    assert document.experiment == changed


def test_run_again_comes_to_the_same_weights(
    qtbot: QtBot, page: TrainingPage, harness: Harness, run: Run
) -> None:
    """Whatever settings are open."""
    harness.document.replace("training", epochs=1, seed=8)
    do(chip_of(page), "again")
    until_over(qtbot, harness)
    again = harness.parts.session.record

    assert again.path != run.path and again.finished is not None
    assert again.finished.summary["weights_sha256"] == run.summary()["weights_sha256"]
    assert again.finished.summary["metrics"] == run.summary()["metrics"]
    assert harness.pages_opened == ["training"]


def test_a_branch_goes_on_and_the_run_stays(
    qtbot: QtBot, page: TrainingPage, harness: Harness, run: Run
) -> None:
    before = run.summary()
    do(chip_of(page), "branch")
    until_over(qtbot, harness)
    branch = harness.parts.session.record

    assert branch.path is not None and branch.path.name.endswith("digits cnn branch")
    assert len(branch.epochs) == 5 and len(Run(run.path).summary()) == len(before)
    assert Run(branch.path).note == f"Branch of '{run.name}'"
    assert run.summary() == before
    assert len(list_runs(harness.parts.runs_folder)) == 2
    assert branch.begun is not None
    assert abs((branch.begun - Run(branch.path).started).total_seconds()) < 60


def test_changes_while_it_trains_are_for_the_next_run(
    qtbot: QtBot, page: TrainingPage, harness: Harness
) -> None:
    session = harness.parts.session
    harness.document.replace("training", epochs=50)
    session.start(harness.document.experiment, harness.parts.runs_folder)
    qtbot.waitUntil(lambda: bool(session.record.epochs), timeout=PATIENCE_MS)
    chip = chip_of(page)
    assert chip.note.isHidden()

    harness.document.replace("training", epochs=4)
    assert chip.note.text() == "1 change for the next run"
    harness.document.replace("training", seed=2)
    assert chip.note.text() == "2 changes for the next run"
    chip.menu.aboutToShow.emit()
    assert not chip.actions_of_run["again"].isEnabled()
    assert "under way" in chip.actions_of_run["again"].toolTip()

    session.stop_at_once()
    qtbot.waitUntil(lambda: not session.active, timeout=PATIENCE_MS)


def test_try_it_names_the_run_that_answers(
    qtbot: QtBot, harness: Harness, run: Run, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = trained_run(tmp_path_factory, run.path.parent, "other", "2026-11-21", epochs=1, seed=5)
    harness.parts.session.show(read_record(other.path))
    page = TryItPage(harness.parts)
    qtbot.addWidget(page)
    page.resize(900, 600)
    page.show()
    button = page.findChild(QPushButton, "tryit.chip")
    assert button is not None
    qtbot.waitUntil(lambda: button.text().startswith("other, "), timeout=PATIENCE_MS)

    page._pick(run.path)
    qtbot.waitUntil(lambda: button.text().startswith("digits cnn, "), timeout=PATIENCE_MS)


def test_a_long_name_ends_in_an_ellipsis_and_an_ampersand_is_shown(
    qtbot: QtBot, harness: Harness, run: Run
) -> None:
    run.rename("2026-11-22 Cats & dogs (second series, mornings)")
    chip = RunChip(harness.parts, "results")
    qtbot.addWidget(chip)
    chip.show_run(RunIdentity.of_run(run))
    chip.resize(160, 40)
    chip.show()

    assert chip.button.text().startswith("Cats && dogs (second series, mornings)")
    assert chip.button.toolTip().startswith("Cats & dogs (second series, mornings), Small CNN")
    assert any(text.startswith("Cats & dogs") for _, text in shown_texts(chip))
    assert chip.button.minimumSizeHint().width() < chip.button.sizeHint().width()


def test_a_report_is_written_from_the_results(
    qtbot: QtBot, harness: Harness, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "results.html"
    monkeypatch.setattr("app.ui.pages.run_actions.ask_to_save", lambda *_: out)
    opened: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(url.toLocalFile()))
    page = ResultsPage(harness.parts)
    qtbot.addWidget(page)
    page.resize(1000, 610)
    page.show()
    harness.parts.session.show(read_record(run.path))
    qtbot.waitUntil(lambda: page.header.report.isVisible(), timeout=PATIENCE_MS)
    qtbot.mouseClick(page.header.report, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: opened == [str(out)], timeout=PATIENCE_MS)
    assert "Confusion matrix" in out.read_text(encoding="utf-8")

    page.header.chip.actions_of_run["report"].trigger()
    qtbot.waitUntil(lambda: len(opened) == 2, timeout=PATIENCE_MS)
