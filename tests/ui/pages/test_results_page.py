"""The Results page on a real run: the verdict, its figures, the pictures behind them, and when they
are not there.
"""

from __future__ import annotations

import csv
import io
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QFileDialog, QLabel, QWidget

from app.engine.experiment import toml_file
from app.engine.results.report import load_report
from app.engine.runs.run import Run
from app.engine.runs.storage import manifest
from app.engine.text import percent_text
from app.ui.pages.results.confusion.class_table import COUNT, NAME, RECALL
from app.ui.pages.results.example_gallery import location
from app.ui.pages.results.page import ResultsPage
from app.ui.state.record import read_record
from app.ui.state.session import State
from tests.engine.training.small import overfitted_run
from tests.ui.harness import PATIENCE_MS, Harness, picture_folder, until_it_fits

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot


@pytest.fixture
def page(qtbot: QtBot, harness: Harness) -> ResultsPage:
    page = ResultsPage(harness.parts)
    qtbot.addWidget(page)
    page.resize(840, 610)
    page.show()

    return page


def show(qtbot: QtBot, harness: Harness, page: ResultsPage, run: Run) -> None:
    harness.parts.session.show(read_record(run.path))
    qtbot.waitUntil(lambda: page.stack.currentIndex() == 1 and not page.live, timeout=PATIENCE_MS)


def open_data(qtbot: QtBot, harness: Harness, run: Run) -> None:
    harness.document.replace("data", source=run.experiment().data.source)
    qtbot.waitUntil(lambda: harness.document.data_state == "ready", timeout=PATIENCE_MS)


def label(page: QWidget, name: str) -> str:
    widget = page.findChild(QLabel, name)
    assert isinstance(widget, QLabel)
    return widget.text()


def press(qtbot: QtBot, page: QWidget, name: str) -> None:
    button = page.findChild(QAbstractButton, name)
    assert isinstance(button, QAbstractButton) and button.isVisible() and button.isEnabled(), name
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


# --- nothing yet


def test_the_empty_page_says_what_will_be_here(
    qtbot: QtBot, harness: Harness, page: ResultsPage
) -> None:
    assert "Train a network" in label(page, "results.begin.text")
    assert page.ready() == (False, "Nothing has been trained yet; press Train.")
    press(qtbot, page, "results.begin")
    assert harness.pages_opened == ["training"]


def test_a_run_without_results_says_so(
    qtbot: QtBot, harness: Harness, page: ResultsPage, run: Run
) -> None:
    for name in ("results", "checkpoints"):
        shutil.rmtree(run.path / name)
    for name in ("metrics.jsonl", "manifest.json"):
        (run.path / name).unlink()
    harness.parts.session.show(read_record(run.path))
    qtbot.waitUntil(
        lambda: "no results yet" in label(page, "results.begin.text"), timeout=PATIENCE_MS
    )


# --- a finished run


def test_the_verdict_comes_first_with_intervals_and_baseline(
    qtbot: QtBot, harness: Harness, page: ResultsPage, run: Run
) -> None:
    show(qtbot, harness, page, run)
    report = load_report(run)
    assert label(page, "results.verdict") == report.verdict

    best = run.summary()["best_epoch"]
    assert label(page, "results.best").startswith(f"Best: epoch {best} of 3 (validation loss ")
    words = page.summary.intervals.accessibleDescription()
    test = report.splits["test"]

    assert (
        f"Test {percent_text(test.accuracy)}, from {percent_text(test.low)} to "
        f"{percent_text(test.high)}" in words
    )
    assert f"{100 * test.baseline:.1f} %" in words and "always" in words
    done, why_not = page.ready()
    assert not done and "other settings" in why_not, "what is open was not trained"


def test_the_test_split_is_shown_first_and_can_be_changed(
    qtbot: QtBot, harness: Harness, page: ResultsPage, run: Run
) -> None:
    show(qtbot, harness, page, run)
    splits = load_report(run).splits
    assert page.view.matrix.confusion is not None
    assert (page.view.matrix.confusion.counts == splits["test"].confusion).all()

    press(qtbot, page, "results.split.validation")
    assert (page.view.matrix.confusion.counts == splits["validation"].confusion).all()

    right = f"{percent_text(splits['validation'].accuracy)} of {splits['validation'].subject}"
    assert label(page, "results.verdict").startswith(f"On validation: it is right on {right}")
    assert percent_text(splits["validation"].accuracy) != percent_text(splits["test"].accuracy)
    press(qtbot, page, "results.split.test")
    assert label(page, "results.verdict") == load_report(run).verdict


def test_a_cell_shows_its_pictures_the_surest_first(
    qtbot: QtBot, harness: Harness, page: ResultsPage, run: Run
) -> None:
    show(qtbot, harness, page, run)
    open_data(qtbot, harness, run)
    confusion = page.view.matrix.confusion
    assert confusion is not None

    true, answer, count = confusion.mistakes()[0]
    page.view.matrix.set_current(true, answer)
    qtbot.keyClick(page.view.matrix, Qt.Key.Key_Return)
    mistakes = page.view.gallery.mistakes
    assert len(page.view.gallery.grid.rows) == len(mistakes) == count
    assert all((mistake.true, mistake.predicted) == (true, answer) for mistake in mistakes)
    assert [mistake.confidence for mistake in mistakes] == sorted(
        (mistake.confidence for mistake in mistakes), reverse=True
    )

    dataset = harness.document.dataset
    assert dataset is not None
    assert (page.view.gallery.grid.rows[0][0].picture == dataset.inputs[mistakes[0].row]).all()
    assert dataset.targets[mistakes[0].row] == true

    page.view.gallery.grid.chosen.emit(0)
    assert confusion.classes[answer] in label(page, "results.picture.answer")
    press(qtbot, page, "results.mistakes")
    assert page.view.side.title.text() == "Worst mistakes"


def test_classes_are_listed_worst_first_and_sorted_by_a_click(
    qtbot: QtBot, harness: Harness, page: ResultsPage, run: Run
) -> None:
    show(qtbot, harness, page, run)
    press(qtbot, page, "results.show.classes")
    recalls = [line.cells[RECALL] for line in page.view.classes.model_.rows]
    assert recalls == sorted(recalls)

    page.view.classes.horizontalHeader().setSortIndicator(COUNT, Qt.SortOrder.DescendingOrder)
    counts = [line.cells[COUNT] for line in page.view.classes.model_.rows]
    assert counts == sorted(counts, reverse=True)

    index = page.view.classes.model_.index(0, NAME)
    qtbot.mouseClick(
        page.view.classes.viewport(),
        Qt.MouseButton.LeftButton,
        pos=page.view.classes.visualRect(index).center(),
    )
    number = page.view.classes.model_.rows[0].key
    assert page.view.side.title.text() == f"{number} missed"
    assert all(mistake.true == number for mistake in page.view.gallery.mistakes)
    assert page.view.classes.model_.index(0, RECALL).data().endswith("%")


def test_the_slider_goes_back_in_time(
    qtbot: QtBot, harness: Harness, page: ResultsPage, run: Run
) -> None:
    show(qtbot, harness, page, run)
    assert not page.header.slider.isVisible(), "the test split is judged once"
    press(qtbot, page, "results.split.validation")
    page.header.slider.setValue(0)
    first = harness.parts.session.record.epochs[0]

    assert page.view.matrix.confusion is not None and first.confusion is not None
    assert (page.view.matrix.confusion.counts == first.confusion).all()
    assert label(page, "results.verdict").startswith("After epoch 1: ")
    assert "epoch in use" in label(page, "results.pictures.why")


# --- the last epoch in place of the best


def test_the_last_epoch_is_used_and_the_best_again(
    qtbot: QtBot, harness: Harness, page: ResultsPage, tmp_path: Path
) -> None:
    run = overfitted_run(tmp_path)
    summary = run.summary()
    best = load_report(run)
    show(qtbot, harness, page, run)
    words = label(page, "results.best")
    assert words.startswith(f"Best: epoch {summary['best_epoch']} of 8 (validation loss ")

    press(qtbot, page, "results.use_last")
    assert label(page, "results.use.state") == "Judging the last weights."
    using = "Using the last epoch (8 of 8)."
    qtbot.waitUntil(lambda: label(page, "results.best").startswith(using), timeout=PATIENCE_MS)
    last = load_report(run)
    assert label(page, "results.verdict") == last.verdict and last.weights.epoch == 8
    assert last.splits["test"].loss != best.splits["test"].loss

    press(qtbot, page, "results.split.validation")
    assert page.header.epoch is not None and page.header.epoch.epoch == 8
    assert page.view.gallery.mistakes, "it is known which pictures the last epoch got wrong"

    from app.ui.pages.tryit.page import TryItPage

    trial = TryItPage(harness.parts)
    qtbot.addWidget(trial)
    trial.show()
    qtbot.waitUntil(lambda: label(trial, "tryit.epoch") == "epoch 8, the last", timeout=PATIENCE_MS)
    assert trial.answer.why.text() == "from the last epoch"

    press(qtbot, page, "results.use_best")
    qtbot.waitUntil(lambda: label(page, "results.best") == words, timeout=PATIENCE_MS)
    assert run.summary() == summary


def test_a_last_epoch_that_cannot_be_judged_says_why(
    qtbot: QtBot, harness: Harness, page: ResultsPage, tmp_path: Path
) -> None:
    run = overfitted_run(tmp_path)
    Path(run.experiment().data.source).unlink()
    show(qtbot, harness, page, run)
    press(qtbot, page, "results.use_last")
    qtbot.waitUntil(
        lambda: "without the data of the run" in label(page, "results.use.state"),
        timeout=PATIENCE_MS,
    )

    assert label(page, "results.best").startswith("Best: epoch ")


# --- pictures that are not there


def test_other_data_are_not_shown_and_the_runs_own_can_be_opened(
    qtbot: QtBot, harness: Harness, page: ResultsPage, run: Run, tmp_path: Path
) -> None:
    harness.open(str(picture_folder(tmp_path / "others", {"a": 12, "b": 12})))
    qtbot.waitUntil(lambda: harness.document.data_state == "ready", timeout=PATIENCE_MS)
    show(qtbot, harness, page, run)
    assert "the open data are not those" in label(page, "results.pictures.why")
    assert not page.view.gallery.grid.rows

    press(qtbot, page, "results.open_data")
    qtbot.waitUntil(lambda: len(page.view.gallery.grid.rows) > 0, timeout=PATIENCE_MS)
    harness.document.undo()
    assert harness.document.experiment.data.source == str(tmp_path / "others")


def test_data_that_are_gone_leave_the_figures(
    qtbot: QtBot, harness: Harness, page: ResultsPage, run: Run
) -> None:
    experiment = run.experiment()
    gone = experiment.replace(data=experiment.data.replace(source=str(run.path / "gone")))
    manifest.write(run.path, "experiment.toml", toml_file.dumps(gone).encode())
    show(qtbot, harness, page, run)

    assert "is not there any more. The figures still hold." in label(page, "results.pictures.why")
    assert page.view.matrix.confusion is not None and page.view.matrix.confusion.counts.sum() > 100


def test_a_picture_file_is_found(tmp_path: Path) -> None:
    from app.engine.experiment.data_settings import DataSettings
    from app.engine.sources.opening import open_dataset

    folder = picture_folder(tmp_path / "mine", {"a": 8, "b": 8})
    dataset = open_dataset(DataSettings(source=str(folder)))
    names = ("a", "b")
    assert location(dataset, 0) == folder / names[int(dataset.targets[0])]

    shutil.rmtree(folder)
    assert location(dataset, 0) is None


# --- while it trains


def test_while_it_trains_the_last_epoch_is_shown_and_then_the_report(
    qtbot: QtBot, harness: Harness, page: ResultsPage, run: Run
) -> None:
    session = harness.parts.session
    heads = []
    session.events_received.connect(
        lambda _: heads.append(label(page, "results.about") if page.stack.currentIndex() else "")
    )
    training = run.experiment().training.replace(epochs=6)
    session.start(
        run.experiment().replace(name="again", training=training), harness.parts.runs_folder
    )
    qtbot.waitUntil(lambda: page.stack.currentIndex() == 1, timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: session.state is State.IDLE, timeout=PATIENCE_MS)
    assert any("running, after epoch" in head for head in heads)

    path = session.record.path
    assert path is not None
    words = load_report(
        Run(path)
    ).verdict  # read anew in the background: what was shown live stays until then
    qtbot.waitUntil(
        lambda: label(page, "results.verdict") == words and not page.live, timeout=PATIENCE_MS
    )


# --- files and sizes


def test_matrix_and_table_are_saved(
    qtbot: QtBot,
    harness: Harness,
    page: ResultsPage,
    run: Run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    show(qtbot, harness, page, run)
    names = iter(["matrix", "matrix.csv", "klassen.csv"])
    monkeypatch.setattr(
        QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / next(names)), "")
    )
    page.view.matrix_card.save_png.emit()
    page.view.matrix_card.save_csv.emit()
    page.view.side.save_csv.emit()
    assert (tmp_path / "matrix.png").read_bytes().startswith(b"\x89PNG")

    rows = list(csv.reader(io.StringIO((tmp_path / "matrix.csv").read_text(encoding="utf-8-sig"))))
    counts = np.array([[int(value) for value in row[1:]] for row in rows[1:]])
    assert (counts == load_report(run).splits["test"].confusion).all()

    table = list(
        csv.DictReader(io.StringIO((tmp_path / "klassen.csv").read_text(encoding="utf-8-sig")))
    )
    assert len(table) == 10 and sum(int(row["pictures"]) for row in table) == counts.sum()


@pytest.mark.parametrize("zoom", [1.0, 1.5, 2.0])
def test_nothing_is_cut_off_sideways(
    qtbot: QtBot, harness: Harness, page: ResultsPage, run: Run, zoom: float
) -> None:
    harness.parts.theme.set_zoom(zoom)
    page.resize(840, 610)
    show(qtbot, harness, page, run)
    qtbot.waitUntil(lambda: not page._fit.isActive())

    assert page.width() == 840, "the page would push the window wider"
    until_it_fits(qtbot, page.scroller)

    if zoom == 1:
        assert page.scroller.verticalScrollBar().maximum() == 0, (
            "all of it is in view at 1280 x 720"
        )
