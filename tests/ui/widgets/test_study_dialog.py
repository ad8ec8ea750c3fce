"""The dialogs of a study: what it takes, what came of it, and a button that trains the rest."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from app.engine.detached import register
from app.engine.runs.run import Run, default_folder
from app.engine.studies.study import Member
from app.ui.pages import run_actions
from app.ui.pages.runs.queue_card import summary
from app.ui.widgets.studies.dialog import StudyDialog
from tests.engine.studies.made_runs import made_run
from tests.ui.harness import PATIENCE_MS, Harness

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    Ask = Callable[..., StudyDialog]


@pytest.fixture
def ask(qtbot: QtBot, harness: Harness) -> Ask:
    """Returns ask(what, *paths), which opens a dialog and waits until the runs were read."""
    window = QWidget()
    window.resize(1280, 720)
    qtbot.addWidget(window)

    def open_one(what: str, *paths: Path) -> StudyDialog:
        run_actions.study(harness.parts, what, list(paths), window)
        dialog = window.findChildren(StudyDialog)[-1]
        qtbot.waitUntil(lambda: dialog.outcome is not None, timeout=PATIENCE_MS)
        return dialog

    return open_one


@pytest.fixture
def known(run: Run) -> Run:
    """Returns a trained run that the lists of runs know."""
    register.add(run.path)
    return run


@pytest.mark.skipif(sys.platform == "win32", reason="processes without a console")
def test_it_says_what_it_takes_and_puts_it_into_the_queue(
    qtbot: QtBot, harness: Harness, known: Run, ask: Ask
) -> None:
    dialog = ask("repeat", known.path)
    (line,) = dialog.table.lines
    assert line.done.text() == "1 of 5"
    assert dialog.cost.text().startswith("To train: 4 runs, ")
    assert dialog.begin.text() == "Train 4 runs"
    assert "Difference" not in shown_heads(dialog)

    busy = Run.create(default_folder(), known.experiment().replace(name="busy"))
    busy.claim()  # so that the queue waits, and does not train
    dialog.seeds.setValue(2)
    qtbot.waitUntil(lambda: dialog.begin.text() == "Train 1 run", timeout=PATIENCE_MS)
    qtbot.mouseClick(dialog.begin, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: dialog.cost.text() == "1 run in the queue", timeout=PATIENCE_MS)
    assert not dialog.begin.isEnabled()
    queue = harness.parts.queue
    qtbot.waitUntil(lambda: queue.view.waits_for == busy.path, timeout=PATIENCE_MS)
    (item,) = queue.view.waiting
    assert item.name == "digits, seed 1"
    assert summary(queue.view).startswith("1 waits until 'busy' ends, less than a minute to go")

    queue.pause()
    qtbot.waitUntil(lambda: not queue.view.working, timeout=PATIENCE_MS)
    busy.release()
    queue.remove(item)
    made_run(known, Member("", known.experiment()).with_seed(1), 0.9)
    qtbot.waitUntil(lambda: line.done.text() == "2 of 2", timeout=PATIENCE_MS)
    assert dialog.cost.text() == "All are trained"
    assert "±" in line.mean.text()
    dialog.accept()


def test_two_runs_get_a_verdict_with_its_interval(qtbot: QtBot, known: Run, ask: Ask) -> None:
    first = known.experiment()
    second = first.replace(name="patient", training=first.training.replace(patience=2))
    other = made_run(known, second, 0.80)
    for seed in (1, 2, 3, 4):
        made_run(known, Member("", first).with_seed(seed), 0.90 + 0.01 * seed)
        made_run(known, Member("", second).with_seed(seed), 0.80 + 0.012 * seed)

    dialog = ask("repeat", known.path, other.path)
    assert dialog.cost.text() == "All are trained"
    line = dialog.table.lines[1]
    assert line.name.text() == "patient"
    assert line.shows.text() == "worse"
    assert " to " in line.interval.text()
    assert "Paired by seed, 5 pairs" in line.interval.toolTip()
    assert dialog.verdict.text().startswith("'digits' is better: by ")
    assert "95 % interval" in dialog.verdict.text()
    assert "test examples choose nothing" in dialog.notice.text()
    assert line.strip.toolTip().count("Seed") == 5
    dialog.accept()


def test_parts_are_ticked_and_each_shows_what_it_brings(qtbot: QtBot, known: Run, ask: Ask) -> None:
    dialog = ask("parts", known.path)
    boxes = {line.box.text(): line.box for line in dialog.table.lines[1:]}
    ticked = [name for name, box in boxes.items() if box.isChecked()]
    assert ticked and not any(name.startswith("Block") for name in ticked)
    assert any(name.startswith("Block") for name in boxes)
    members = 1 + len(ticked)
    assert dialog.begin.text() == f"Train {3 * members - 1} runs"

    for name in ticked[1:]:
        boxes[name].click()
    qtbot.waitUntil(lambda: dialog.begin.text() == "Train 5 runs", timeout=PATIENCE_MS)
    study = dialog.outcome.study
    whole, without = study.members
    for seed, (one, two) in zip(study.seeds, ((0.9, 0.8), (0.91, 0.82), (0.92, 0.81)), strict=True):
        if seed != study.seeds[0]:
            made_run(known, whole.with_seed(seed), one)
        made_run(known, without.with_seed(seed), two)

    dialog.table.changed.emit()
    qtbot.waitUntil(lambda: dialog.cost.text() == "All are trained", timeout=PATIENCE_MS)
    line = dialog.table.lines[1]
    assert line.shows.text() == "it helps"
    assert line.difference.text().startswith("-")
    dialog.accept()


def test_what_cannot_be_repeated_says_why(qtbot: QtBot, known: Run, ask: Ask, run: Run) -> None:
    dialog = ask("repeat", known.path)
    (known.path / "dataset.json").write_bytes(b"{")
    dialog.seeds.setValue(3)
    qtbot.waitUntil(lambda: "dataset.json" in dialog.notice.text(), timeout=PATIENCE_MS)
    assert not dialog.begin.isEnabled()
    dialog.accept()


def shown_heads(dialog: StudyDialog) -> list[str]:
    return [head.text() for head in dialog.table._heads if not head.isHidden()]
