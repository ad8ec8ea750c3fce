"""Try it on a real run: every way to give a picture, prepared exactly as in training."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QColor, QDropEvent, QGuiApplication, QImage, QMouseEvent
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QWidget

from app.engine.results.report import read_predictions
from app.engine.runs.events import CheckpointSaved, EpochDone
from app.engine.runs.weights_in_use import BEST
from app.ui.pages.tryit.canvas import Canvas
from app.ui.pages.tryit.page import TryItPage
from app.ui.state.record import read_record
from app.ui.style.theme import Theme
from tests.ui.fake_run import epoch_done, record_of, run_prepared, run_started
from tests.ui.harness import PATIENCE_MS, Harness, until_it_fits
from tests.ui.trained_runs import trained_run

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from app.engine.runs.run import Run


@pytest.fixture
def page(qtbot: QtBot, harness: Harness) -> TryItPage:
    page = TryItPage(harness.parts)
    qtbot.addWidget(page)
    page.resize(840, 610)
    page.show()

    return page


@pytest.fixture
def ready(qtbot: QtBot, run: Run, page: TryItPage) -> TryItPage:
    """The page with the run's weights loaded."""
    page.refresh()
    qtbot.waitUntil(lambda: page._loaded is not None, timeout=PATIENCE_MS)
    return page


def label(page: QWidget, name: str) -> str:
    widget = page.findChild(QLabel, name)
    assert isinstance(widget, QLabel)
    return widget.text()


def press(qtbot: QtBot, page: QWidget, name: str) -> None:
    widget = page.findChild(QAbstractButton, name)
    assert isinstance(widget, QAbstractButton) and widget.isVisible() and widget.isEnabled(), name
    qtbot.mouseClick(widget, Qt.MouseButton.LeftButton)


def answered(qtbot: QtBot, page: TryItPage) -> dict[str, float]:
    """Returns class -> probability, once the answer to the last input is there."""
    qtbot.waitUntil(
        lambda: page._result is not None and page._result.input is page._input,
        timeout=PATIENCE_MS,
    )
    assert page._result is not None
    return dict(page._result.ranking)


def draw(qtbot: QtBot, canvas: Canvas, *points: tuple[float, float]) -> None:
    """Draws a stroke through points, which are shares of the sheet."""
    area = canvas._area()
    places = [
        QPoint(int(area.x() + x * area.width()), int(area.y() + y * area.height()))
        for x, y in points
    ]

    qtbot.mousePress(canvas, Qt.MouseButton.LeftButton, pos=places[0])
    for place in places[1:]:
        at = QPointF(place)
        left = Qt.MouseButton.LeftButton
        none = Qt.KeyboardModifier.NoModifier
        QApplication.sendEvent(
            canvas, QMouseEvent(QEvent.Type.MouseMove, at, canvas.mapToGlobal(at), left, left, none)
        )

    qtbot.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=places[-1])


def test_without_weights_the_page_says_how_to_get_some(
    qtbot: QtBot, harness: Harness, page: TryItPage
) -> None:
    qtbot.waitUntil(lambda: not harness.parts.background._latest, timeout=PATIENCE_MS)
    assert "Train a network first" in label(page, "tryit.begin.text")
    assert page.ready() == (False, "Nothing has been trained yet; press Train.")
    press(qtbot, page, "tryit.begin")

    assert harness.pages_opened == ["training"]


def test_the_step_is_done_when_there_are_weights_to_ask(page: TryItPage, harness: Harness) -> None:
    session = harness.parts.session
    record = record_of(run_started(), run_prepared(), epoch_done(1, 0.5, best_epoch=1))
    session.show(record)
    assert page.ready() == (False, "The weights of the first epoch are not saved yet.")

    record.add(CheckpointSaved(50, 1, best=False))
    assert not page.ready()[0]

    record.add(CheckpointSaved(50, 1, best=True))
    assert page.ready() == (True, "")

    record.add(run_prepared())  # memory ran out: it begins anew, without what was saved
    assert not page.ready()[0]


def test_a_drawing_is_answered_while_it_is_drawn(qtbot: QtBot, ready: TryItPage, run: Run) -> None:
    draw(qtbot, ready.input_card.canvas, (0.3, 0.2), (0.7, 0.2), (0.4, 0.9))
    values = answered(qtbot, ready)
    assert set(values) == {str(digit) for digit in range(10)}, (
        "names come with the weights, the data are not open"
    )
    assert sum(values.values()) == pytest.approx(1, abs=1e-4)
    assert label(ready, "tryit.best") == max(values, key=lambda name: values[name])
    assert "8 × 8, grey" in label(ready, "tryit.seen.words")
    assert len(ready.answer.card.bars.shown) == 5
    assert label(ready, "tryit.epoch") == f"epoch {run.summary()['best_epoch']}, the best"


def test_clearing_takes_the_answer_away(qtbot: QtBot, ready: TryItPage) -> None:
    draw(qtbot, ready.input_card.canvas, (0.5, 0.1), (0.5, 0.9))
    answered(qtbot, ready)
    press(qtbot, ready, "tryit.clear")
    assert ready.answer.card.bars.shown == [] and "Draw" in label(ready, "tryit.judged")


def test_paper_and_ink_are_like_the_data(ready: TryItPage) -> None:
    assert ready.input_card.dark.isChecked() and ready.input_card.canvas.dark, (
        "the digits are white on black"
    )
    assert not ready.input_card.inks.isVisible(), "grey data need no colours"
    assert np.asarray(ready.input_card.canvas.picture()).max() == 0
    ready.input_card.dark.setChecked(False)

    assert np.asarray(ready.input_card.canvas.picture()).min() == 255


def test_turning_the_paper_turns_the_drawing(qtbot: QtBot, qapp: object) -> None:
    canvas = Canvas(Theme())
    qtbot.addWidget(canvas)
    canvas.resize(200, 200)
    draw(qtbot, canvas, (0.5, 0.5))
    before = np.asarray(canvas.picture())
    canvas.set_dark(False)

    assert (np.asarray(canvas.picture()) == 255 - before).all()
    canvas.set_shape(16, 32)
    assert canvas.empty and canvas.picture().size == (320, 160)


def test_a_test_picture_gets_exactly_the_answer_it_got_in_the_judging(
    qtbot: QtBot, harness: Harness, ready: TryItPage, run: Run
) -> None:
    assert not ready.input_card.random_button.isEnabled(), "its data are not open"
    harness.open("sample:digits")
    qtbot.waitUntil(lambda: harness.document.data_state == "ready", timeout=PATIENCE_MS)
    press(qtbot, ready, "tryit.random")
    values = answered(qtbot, ready)
    dataset = harness.document.dataset
    kept = read_predictions(run, BEST, "test")
    assert dataset is not None and ready._input is not None and ready._input.stored is not None

    rows = kept["rows"]
    row = next(r for r in rows if (dataset.inputs[r] == ready._input.stored[0]).all())
    expected = kept["predictions"][list(rows).index(row)]
    assert [values[str(digit)] for digit in range(10)] == pytest.approx(expected.tolist(), abs=1e-5)

    true = dataset.description.classes[int(dataset.targets[row])]
    right = label(ready, "tryit.best") == true
    assert label(ready, "tryit.judged").endswith(
        "and it is right." if right else f"In truth it is {true}."
    )


def test_a_dropped_file_gets_the_same_answer_as_its_pixels(
    qtbot: QtBot, harness: Harness, ready: TryItPage, run: Run, tmp_path: Path
) -> None:
    from app.engine.experiment.data_settings import DataSettings
    from app.engine.sources.opening import open_dataset

    kept = read_predictions(run, BEST, "validation")
    dataset = open_dataset(DataSettings(source="sample:digits"))
    path = tmp_path / "Übung 1.png"
    Image.fromarray(dataset.inputs[kept["rows"][0]][0]).save(path)
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    drop = QDropEvent(QPointF(200, 200), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton,
                      Qt.KeyboardModifier.NoModifier)  # fmt: skip
    ready.dropEvent(drop)
    values = answered(qtbot, ready)
    assert [values[str(digit)] for digit in range(10)] == pytest.approx(
        kept["predictions"][0].tolist(), abs=1e-5
    )


def test_a_picture_is_pasted(qtbot: QtBot, ready: TryItPage) -> None:
    image = QImage(40, 30, QImage.Format.Format_ARGB32)
    image.fill(QColor(0, 0, 0, 0))
    QGuiApplication.clipboard().setImage(image)
    press(qtbot, ready, "tryit.paste")
    answered(qtbot, ready)

    assert ready._result is not None and ready._result.arrays[0].min() == 255, (
        "what is transparent is white"
    )
    QGuiApplication.clipboard().clear()
    press(qtbot, ready, "tryit.paste")
    assert label(ready, "tryit.judged") == "There is no picture in the clipboard."


def test_what_is_no_picture_is_refused_in_a_sentence_and_the_next_one_works(
    qtbot: QtBot, ready: TryItPage, tmp_path: Path
) -> None:
    (tmp_path / "text.png").write_text("no picture")
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(tmp_path / "text.png"))])
    assert ready.input_card.take_mime(data)

    qtbot.waitUntil(
        lambda: "'text.png' cannot be used" in label(ready, "tryit.judged"), timeout=PATIENCE_MS
    )
    press(qtbot, ready, "tryit.way.draw")
    draw(qtbot, ready.input_card.canvas, (0.5, 0.1), (0.5, 0.9))
    answered(qtbot, ready)


def test_damaged_weights_are_told(qtbot: QtBot, harness: Harness, run: Run) -> None:
    weights = run.path / "checkpoints" / "best" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"x")
    page = TryItPage(harness.parts)
    qtbot.addWidget(page)
    page.show()
    qtbot.waitUntil(lambda: "weights" in label(page, "tryit.judged").lower(), timeout=PATIENCE_MS)


def test_better_weights_of_a_run_that_goes_on_are_taken(
    qtbot: QtBot,
    harness: Harness,
    ready: TryItPage,
    run: Run,
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    draw(qtbot, ready.input_card.canvas, (0.3, 0.2), (0.7, 0.2), (0.4, 0.9))
    before = answered(qtbot, ready)
    longer = trained_run(tmp_path_factory, tmp_path / "elsewhere", epochs=1, seed=5)
    shutil.rmtree(run.path / "checkpoints" / "best")
    shutil.copytree(longer.path / "checkpoints" / "best", run.path / "checkpoints" / "best")
    (run.path / "checkpoints" / "best" / "manifest.json").touch()
    better = EpochDone(4, 90, 0.1, 0.1, {"accuracy": 0.99}, True, 4, 0, 1.0)
    harness.parts.session.events_received.emit([better])
    qtbot.waitUntil(lambda: label(ready, "tryit.epoch").startswith("epoch 1"), timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: answered(qtbot, ready) != before, timeout=PATIENCE_MS)


def test_the_run_shown_elsewhere_is_used_unless_another_was_picked(
    qtbot: QtBot,
    harness: Harness,
    ready: TryItPage,
    run: Run,
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    older = trained_run(tmp_path_factory, tmp_path / "runs", "older", "2026-11-20")
    harness.parts.session.show(read_record(older.path))
    qtbot.waitUntil(
        lambda: ready._loaded is not None and ready._loaded.run.path == older.path,
        timeout=PATIENCE_MS,
    )

    assert ready.header.runs.currentText() == "older"
    ready.header.runs.setCurrentIndex(0)
    ready.header.runs.activated.emit(0)
    qtbot.waitUntil(
        lambda: ready._loaded is not None and ready._loaded.run.path == run.path,
        timeout=PATIENCE_MS,
    )

    ready.refresh()
    qtbot.waitUntil(lambda: not harness.parts.background._latest, timeout=PATIENCE_MS)
    assert ready._path == run.path


@pytest.mark.parametrize("zoom", [1.0, 1.5, 2.0])
def test_nothing_is_cut_off_sideways(
    qtbot: QtBot, harness: Harness, ready: TryItPage, zoom: float
) -> None:
    harness.parts.theme.set_zoom(zoom)
    ready.resize(840, 610)
    assert ready.minimumSizeHint().width() <= 840
    until_it_fits(qtbot, ready.scroller)

    if zoom == 1:
        assert ready.scroller.verticalScrollBar().maximum() == 0
