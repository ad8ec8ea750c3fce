"""What the Results page shows of every view of results, on made-up answers to tiny data."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtWidgets import QAbstractButton, QLabel, QSlider

from app.engine.learning.tasks import TASKS
from app.engine.results.reports import report_for
from app.engine.text import number_text
from app.ui.pages.results.selection import ViewContent
from app.ui.pages.results.views import ResultsView, view_for
from tests.engine import tiny
from tests.ui.harness import PATIENCE_MS, Harness

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytestqt.qtbot import QtBot

    from app.engine.data.dataset import Dataset
    from app.engine.learning.task import Task

VIEWS = {
    "classes": ("classification", "text"),
    "yes-no": ("binary-classification", "row"),
    "tags": ("multi-label", "row"),
    "shares": ("soft-labels", "row"),
    "amounts": ("regression", "row"),
    "matching": ("matching", "image+text"),
    "space": ("metric-learning", "image"),
    "language": ("language-modelling", "text"),
    "restored": ("reconstruction", "image"),
}


def answers(task: Task, dataset: Dataset, rows: np.ndarray) -> np.ndarray:
    """What a network that has learned something might say."""
    generator = np.random.default_rng(1)
    targets = dataset.targets[rows]
    if task.view in ("classes", "yes-no"):
        sure = generator.uniform(0.2, 1, (len(rows), len(dataset.description.classes)))
        sure[np.arange(len(rows)), targets] += 0.3
        return np.asarray(sure / sure.sum(axis=1, keepdims=True), np.float32)

    if task.view == "shares":
        return np.asarray(0.6 * targets + 0.4 / targets.shape[1], np.float32)
    if task.view == "tags":
        return np.clip(0.6 * targets + generator.uniform(0, 0.7, targets.shape), 0, 1).astype(
            np.float32
        )
    if task.view == "amounts":
        return np.asarray(targets + generator.normal(size=targets.shape) / 2, np.float32)
    if task.view == "space":
        return _long(np.eye(3)[targets] + generator.normal(size=(len(rows), 3)) / 5)

    if task.view == "matching":
        first = generator.normal(size=(len(rows), 4))
        return _long(np.stack([first, first + generator.normal(size=first.shape) / 2], axis=1))

    if task.view == "language":
        tokens = np.maximum((dataset.targets[rows] >= 0).sum(axis=1), 1)
        return np.stack(
            [tokens * generator.uniform(1, 3, len(rows)), tokens, tokens], axis=1
        ).astype(np.float32)

    return generator.uniform(0.1, 0.9, (len(rows), 2)).astype(np.float32)


def _long(points: np.ndarray) -> np.ndarray:
    return np.asarray(points / np.linalg.norm(points, axis=-1, keepdims=True), np.float32)


def content_of(name: str, **more: object) -> ViewContent:
    kind, sort = VIEWS[name]
    task = TASKS[kind]
    dataset = tiny.dataset(kind, sort)
    rows = dataset.indices["test"]
    report = report_for(task.view).of(
        "test",
        dataset.description,
        task,
        rows,
        dataset.targets[rows],
        answers(task, dataset, rows),
        0.5,
    )

    return ViewContent(
        **(
            {
                "report": report,
                "description": dataset.description,
                "dataset": dataset,
                "live": False,
            }
            | more
        )
    )  # type: ignore[arg-type]


@pytest.fixture
def show(qtbot: QtBot, harness: Harness) -> Iterator[object]:
    """show(name) -> the view, with made-up answers in it."""

    def show_view(name: str, **more: object) -> ResultsView:
        view = view_for(name)(harness.parts)
        qtbot.addWidget(view)
        view.resize(820, 420)
        view.show()
        view.show_results(content_of(name, **more))
        view.arrange(True)

        return view

    yield show_view


def text(view: ResultsView, name: str) -> str:
    widget = view.findChild(QLabel, name)
    assert isinstance(widget, QLabel), name
    return widget.text()


def press(qtbot: QtBot, view: ResultsView, name: str) -> None:
    widget = view.findChild(QAbstractButton, name)
    assert isinstance(widget, QAbstractButton) and widget.isEnabled(), name
    qtbot.mouseClick(widget, Qt.MouseButton.LeftButton)


@pytest.mark.parametrize("name", [name for name in VIEWS if name != "restored"])
@pytest.mark.parametrize("dark", [False, True])
def test_every_view_shows_its_report_with_and_without_the_data(
    show, harness: Harness, name: str, dark: bool
) -> None:  # type: ignore[no-untyped-def]
    harness.parts.theme.set_dark(dark)
    view = show(name)
    assert view.grab().width() == view.width()
    assert view.guide() and all(card.title and card.text for card in view.guide())

    view.show_results(content_of(name, dataset=None, missing="The data are not open.", offer=True))
    view.grab()
    requests: list[bool] = []
    view.data_wanted.connect(lambda: requests.append(True))

    offers = [
        one for one in view.findChildren(QAbstractButton, "results.open_data") if not one.isHidden()
    ]
    if name != "amounts":  # there the table says it all until a line is clicked
        assert offers
        offers[0].click()
        assert requests


@pytest.mark.parametrize("name", list(VIEWS))
def test_every_control_says_what_it_is(show, name: str) -> None:  # type: ignore[no-untyped-def]
    view = show(name, dataset=None, missing="-")
    for control in [*view.findChildren(QAbstractButton), *view.findChildren(QSlider)]:
        if control.objectName().startswith("results."):
            assert control.accessibleName() or control.text(), control.objectName()
            assert control.toolTip(), control.objectName()


# --- classes of what are no pictures


def test_texts_behind_a_mistake_are_read(show) -> None:  # type: ignore[no-untyped-def]
    view = show("classes")
    view.side.show_side("pictures")
    report = view.content.report
    assert len(view.gallery.mistakes) == report.count - report.correct

    true, answer = np.argwhere(report.confusion > 0)[0]
    view.gallery.show_cell(int(true), int(answer))
    example = view.gallery.grid.rows[0][0]
    assert example.kind == "text" and example.text
    assert view.side.sides.buttons["pictures"].text() == "Texts"


# --- yes or no


def test_a_moved_threshold_moves_figures_matrix_and_examples(qtbot: QtBot, show) -> None:
    view = show("yes-no")
    report = view.content.report
    assert (view.matrix.confusion.counts == report.confusion).all()

    for at in (0.0, 0.37, 0.8, 1.0):
        view.panel.set_threshold(at)
        expected = report.at(at)
        counts = view.matrix.confusion.counts
        assert counts.tolist() == [
            [expected.true_no, expected.false_yes],
            [expected.false_no, expected.true_yes],
        ]

        assert view.panel.roc.point == (expected.false_alarms or 0.0, expected.recall or 0.0)
        assert f"{expected.true_yes} of {expected.true_yes + expected.false_no} found" in text(
            view, "results.threshold.counts"
        )
        assert len(view.gallery.mistakes) == expected.false_yes + expected.false_no

    press(qtbot, view, "results.threshold.reset")
    assert (view.matrix.confusion.counts == report.confusion).all()


def test_a_click_on_the_curve_takes_its_threshold(show) -> None:  # type: ignore[no-untyped-def]
    view = show("yes-no")
    view.panel.roc.restyle()
    corner = view.panel.roc.box.sceneBoundingRect()
    nothing = view.panel.roc.threshold_at(QPointF(corner.left() + 1, corner.bottom() - 1))
    everything = view.panel.roc.threshold_at(QPointF(corner.right() - 1, corner.top() + 1))

    assert nothing == 1.0 and everything == pytest.approx(
        float(view.content.report.predictions[:, 1].min())
    )


def test_without_the_examples_there_are_no_curves(show) -> None:  # type: ignore[no-untyped-def]
    from app.engine.results.reports.yes_no import YesNoReport

    report = YesNoReport.of_confusion(
        "validation", np.array([[3, 1], [1, 4]]), ("no", "yes"), 1, {}, None
    )
    view = show("yes-no", report=report)
    assert view.side.sides.value == "classes"
    assert (view.matrix.confusion.counts == [[3, 1], [1, 4]]).all()


# --- tags


def test_a_tag_shows_where_it_goes_wrong(qtbot: QtBot, show) -> None:
    view = show("tags")
    report = view.content.report
    assert [
        line.cells[0] for line in sorted(view.table.model_.rows, key=lambda line: line.key)
    ] == list("abc")
    assert len(view.gallery.grid.rows) == len(report.wrong())

    for tag in range(3):
        view.table.picked.emit(tag)
        for name, has, gets in (
            ("missed", True, False),
            ("added", False, True),
            ("right", True, True),
        ):
            press(qtbot, view, f"results.tag.{name}")
            assert len(view.gallery.grid.rows) == len(report.examples_of(tag, has, gets))

    press(qtbot, view, "results.mistakes")
    assert view.side.title.text() == "Worst examples"
    rows = list(csv.DictReader(io.StringIO(view.table.csv().decode("utf-8-sig"))))
    assert [row["tag"] for row in rows] and "average precision" in rows[0]


# --- amounts


def test_worst_rows_first_and_a_click_shows_one(qtbot: QtBot, show) -> None:
    view = show("amounts")
    report = view.content.report
    off = [abs(line.cells[3]) for line in view.table.model_.rows]
    assert off == sorted(off, reverse=True) and len(off) == report.count

    place = view.table.model_.rows[0].key
    index = view.table.model_.index(0, 0)
    qtbot.mouseClick(
        view.table.viewport(), Qt.MouseButton.LeftButton, pos=view.table.visualRect(index).center()
    )
    assert view.scatter.chosen == place and view.example.example.cells
    assert " cm" in view.answer.text()

    view.scatter.picked.emit(3)
    assert view.table.model_.rows[view.table.currentIndex().row()].key == 3


def test_each_of_several_amounts_in_its_own_unit(show) -> None:  # type: ignore[no-untyped-def]
    view = show("amounts")
    assert view.chooser.isVisible() and view.chooser.count() == 2

    report = view.content.report
    for target, unit in ((0, "cm"), (1, "")):
        view.chooser.setCurrentIndex(target)
        np.testing.assert_allclose(view.scatter.x, report.true(target))
        np.testing.assert_allclose(view.scatter.y, report.predicted(target))
        assert view.histogram.counts.sum() == report.count
        assert ("(cm)" in view.scatter.x_title) == bool(unit)
        assert 0.0 in view.histogram.edges


# --- matching


def test_a_cell_shows_both_halves_and_the_nearest(qtbot: QtBot, show) -> None:
    view = show("matching")
    report = view.content.report
    dataset = view.content.dataset
    np.testing.assert_allclose(
        view.matrix.values, report.predictions[:, 0] @ report.predictions[:, 1].T, atol=1e-6
    )
    view.matrix.setFocus()
    qtbot.keyClick(view.matrix, Qt.Key.Key_Home)
    view.matrix.picked.emit(2, 5)
    assert view.side.title.text() == "Not a pair"
    assert (view.halves[0].example.picture == dataset.inputs[report.rows[2]]).all()
    assert view.halves[1].example.kind == "text"

    best = report.nearest(int(report.rows[2]), 1)[0]
    assert view.grid.rows[0][1].startswith(number_text(best.similarity))
    press(qtbot, view, "results.way.back")
    assert view.grid.rows[0][0].kind == "image"
    assert "among five" in text(view, "results.partners.words")


def test_the_matrix_is_walked_with_the_keyboard(qtbot: QtBot, show) -> None:
    view = show("matching")
    view.matrix.go(0, 0)

    for key in (Qt.Key.Key_Down, Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Return):
        qtbot.keyClick(view.matrix, key)

    assert view.matrix.current == (1, 2) and view._cell == (1, 2)
    assert "similarity" in text(view, "results.cell")
    assert view.matrix.won == sum(
        int(np.argmax(row) == number) for number, row in enumerate(view.matrix.values)
    )


# --- space


def test_neighbours_of_a_point(show) -> None:  # type: ignore[no-untyped-def]
    view = show("space")
    report = view.content.report
    assert len(view.plot.x) == report.count

    view.plot.picked.emit(4)
    near = report.nearest(int(report.rows[4]), 12)
    assert view._near == [neighbour.row for neighbour in near] and view.plot.chosen == 4

    view.grid.chosen.emit(0)
    assert view._row == near[0].row
    assert sum(neighbour.same for neighbour in report.nearest(near[0].row, 12)) == int(
        text(view, "results.neighbours.answer").split(": ")[1].split()[0]
    )


def test_groups_are_shown_in_the_background(qtbot: QtBot, show) -> None:
    view = show("space")
    before = view.plot.x.copy()
    press(qtbot, view, "results.unfold")
    qtbot.waitUntil(view.groups.isEnabled, timeout=PATIENCE_MS)

    assert not np.allclose(before, view.plot.x)
    view.groups.setChecked(False)
    np.testing.assert_allclose(view.plot.x, before)


# --- language


def test_hard_and_easy_passages_are_read(qtbot: QtBot, show) -> None:
    view = show("language")
    hard = [line.cells[1] for line in view.table.model_.rows]
    assert hard == sorted(hard, reverse=True)

    press(qtbot, view, "results.show.easiest")
    easy = [line.cells[1] for line in view.table.model_.rows]
    assert easy == sorted(easy) and view.text.toPlainText()


# --- restored


def test_restored_examples_wait_for_the_weights(show) -> None:  # type: ignore[no-untyped-def]
    view = show("restored", live=True)
    assert "once training has ended" in text(view, "results.pictures.why")
    view.show_results(content_of("restored", past=True))
    assert "weights are gone" in text(view, "results.pictures.why")
    assert view.histogram.counts.sum() == view.content.report.count
