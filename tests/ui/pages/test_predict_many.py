"""Predict many: a folder or a table in, answers beside it in a table, problems told, saved."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QWidget

from app.ui.pages import run_actions
from tests.ui.trained_runs import train_on, trained_run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from app.engine.runs.run import Run
    from app.ui.widgets.predicting.dialog import PredictDialog
    from tests.ui.harness import Harness

PATIENCE_MS = 60_000
COUNT = 40


@pytest.fixture
def digits(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return trained_run(tmp_path_factory, tmp_path / "runs")


@pytest.fixture
def window(qtbot: QtBot) -> Iterator[QWidget]:
    widget = QWidget()
    widget.resize(1280, 720)
    qtbot.addWidget(widget)
    widget.show()
    yield widget


def opened(qtbot: QtBot, harness: Harness, run: Run, window: QWidget) -> PredictDialog:
    dialog = run_actions.predict_many(harness.parts, run.path, window)
    qtbot.waitUntil(lambda: dialog.kind is not None, timeout=PATIENCE_MS)
    return dialog


def pictures(folder: Path, count: int = COUNT) -> Path:
    random = np.random.default_rng(0)
    folder.mkdir()
    for number in range(count):
        pixels = random.integers(0, 256, (8, 8), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{number}.png")

    return folder


def cell(dialog: PredictDialog, row: int, column: int) -> str:
    model = dialog.table.answers
    return str(model.data(model.index(row, column), Qt.ItemDataRole.DisplayRole))


def titles(dialog: PredictDialog) -> list[str]:
    model = dialog.table.answers
    return [
        str(model.headerData(column, Qt.Orientation.Horizontal))
        for column in range(model.columnCount())
    ]


def test_a_folder_of_pictures_with_a_damaged_one(
    qtbot: QtBot,
    harness: Harness,
    digits: Run,
    window: QWidget,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = pictures(tmp_path / "new")
    (folder / "7.png").write_bytes(b"no picture")
    dialog = opened(qtbot, harness, digits, window)
    assert "digits" in dialog.run_title.text() and "pictures" in dialog.about.text()
    assert not dialog.save.isEnabled() and dialog.stack.currentIndex() == 0

    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(folder))
    dialog.folder.click()
    qtbot.waitUntil(lambda: "answered" in dialog.notice.text(), timeout=PATIENCE_MS)
    assert dialog.notice.text().startswith(f"{COUNT - 1} pictures answered in")
    assert "1 could not be read" in dialog.notice.text()
    assert titles(dialog) == ["Example", "Predicted", "Probability", "Problem"]
    assert dialog.table.answers.rowCount() == COUNT
    assert cell(dialog, 3, 0) == "3.png"
    assert cell(dialog, 3, 1) in map(str, range(10))
    assert cell(dialog, 7, 1) == "–" and "7.png" in cell(dialog, 7, 3)

    dialog.only_told.click()
    assert dialog.table.answers.rowCount() == 1
    assert cell(dialog, 0, 0) == "7.png"

    target = tmp_path / "answers"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(target), ""))
    dialog.save.click()
    qtbot.waitUntil(lambda: "Saved as 'answers.csv'" in dialog.notice.text(), timeout=PATIENCE_MS)
    with (tmp_path / "answers.csv").open(encoding="utf-8-sig", newline="") as file:
        written = list(csv.reader(file))
    assert len(written) == COUNT + 1 and written[0][-1] == "problem"
    dialog.accept()


def test_a_table_has_its_answers_first_and_a_wrong_one_is_told(
    qtbot: QtBot, harness: Harness, window: QWidget, tmp_path: Path
) -> None:
    rows = "".join(f"{n},{n % 7},{'yes' if n % 7 > 3 else 'no'}\n" for n in range(60))
    (tmp_path / "rows.csv").write_text("a,b,kind\n" + rows)
    run = train_on(
        tmp_path / "runs", {"source": str(tmp_path / "rows.csv")}, {"template": "mlp"}, 1
    )
    dialog = opened(qtbot, harness, run, window)
    dialog.predict([str(tmp_path / "rows.csv")])
    qtbot.waitUntil(lambda: "60 rows answered" in dialog.notice.text(), timeout=PATIENCE_MS)
    assert titles(dialog) == ["Predicted", "Probability of yes", "A", "B", "Kind"]
    assert cell(dialog, 59, 2) == "59"

    (tmp_path / "wrong.csv").write_text("x,y\n1,2\n3,4\n")
    dialog.predict([str(tmp_path / "wrong.csv")])
    qtbot.waitUntil(lambda: "no column 'b'" in dialog.notice.text(), timeout=PATIENCE_MS)
    assert not dialog.save.isEnabled()

    (tmp_path / "none").mkdir()
    dialog.predict([str(tmp_path / "none")])
    qtbot.waitUntil(lambda: "holds no tables" in dialog.notice.text(), timeout=PATIENCE_MS)
    dialog.accept()


def test_it_is_cancelled_and_closed_while_it_works(
    qtbot: QtBot, harness: Harness, digits: Run, window: QWidget, tmp_path: Path
) -> None:
    np.save(tmp_path / "many.npy", np.zeros((60_000, 8, 8), np.uint8))
    predictions = harness.parts.predictions
    dialog = opened(qtbot, harness, digits, window)
    dialog.predict([str(tmp_path / "many.npy")])
    qtbot.waitUntil(lambda: dialog.table.answers.rowCount() > 0, timeout=PATIENCE_MS)
    assert dialog.progress.isVisible() and not dialog.folder.isEnabled()
    assert "of 60,000 pictures answered" in dialog.stage.text()
    dialog.cancel.click()
    qtbot.waitUntil(lambda: not predictions.busy, timeout=PATIENCE_MS)
    assert "then it was cancelled" in dialog.notice.text()
    assert 0 < dialog.table.answers.rowCount() < 60_000
    assert dialog.save.isEnabled()

    dialog.predict([str(tmp_path / "many.npy")])
    qtbot.waitUntil(lambda: dialog.table.answers.rowCount() > 0, timeout=PATIENCE_MS)
    dialog.accept()
    qtbot.waitUntil(lambda: not predictions.busy, timeout=PATIENCE_MS)
    assert predictions.order is None and predictions.stage.store is None


def test_a_run_without_weights_says_so(
    qtbot: QtBot, harness: Harness, digits: Run, window: QWidget
) -> None:
    best = digits.best_folder
    assert best is not None
    best.rename(digits.path / "elsewhere")
    dialog = run_actions.predict_many(harness.parts, digits.path, window)
    qtbot.waitUntil(lambda: "no weights yet" in dialog.notice.text(), timeout=PATIENCE_MS)
    assert not dialog.notice.isHidden()
    assert not dialog.folder.isEnabled() and not dialog.save.isEnabled()
    dialog.accept()
