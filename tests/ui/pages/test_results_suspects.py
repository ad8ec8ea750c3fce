"""The suspects of a run in the window: chosen, relabelled, left out, undone, trained with again."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent, QMouseEvent
from PySide6.QtWidgets import QAbstractButton, QApplication

from app.engine.experiment.revision import read_revision
from app.engine.runs.margins.margin_files import read_sums
from app.engine.runs.run import Run
from app.engine.runs.weights_in_use import WeightsInUse
from app.engine.suspects.effect import Effect
from app.engine.suspects.revision_files import revisions_of
from app.ui.pages.results.page import ResultsPage
from app.ui.pages.results.panels.suspects import SuspectsPanel
from app.ui.pages.results.suspects.dragged import EXAMPLES, dragged_examples
from app.ui.pages.results.suspects.revision_card import effect_words
from app.ui.state.record import read_record
from tests.ui.harness import PATIENCE_MS, Harness
from tests.ui.pages.test_members_card import settle

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from app.ui.pages.results.suspects.label_targets import LabelTargets


@pytest.fixture
def page(qtbot: QtBot, harness: Harness) -> ResultsPage:
    page = ResultsPage(harness.parts)
    qtbot.addWidget(page)
    page.resize(1100, 700)
    page.show()
    return page


def open_panel(qtbot: QtBot, harness: Harness, page: ResultsPage, run: Run) -> SuspectsPanel:
    """Shows the suspects of a run whose data are open."""
    harness.document.set(run.experiment())
    qtbot.waitUntil(lambda: harness.document.data_state == "ready", timeout=PATIENCE_MS)
    harness.parts.session.show(read_record(run.path))
    button = page.panels.choice.buttons["suspects"]
    qtbot.waitUntil(lambda: button.isVisible() and button.isEnabled(), timeout=PATIENCE_MS)
    page.panels.choose("suspects")
    panel = page.panels.panel
    assert isinstance(panel, SuspectsPanel)
    qtbot.waitUntil(lambda: len(panel.grid.rows) > 0, timeout=PATIENCE_MS)
    return panel


LEFT = Qt.MouseButton.LeftButton
NONE = Qt.KeyboardModifier.NoModifier
COPY = Qt.DropAction.CopyAction


def label_place(targets: LabelTargets, number: int) -> QPoint:
    return targets.visualItemRect(targets.item(number)).center()


def drop(targets: LabelTargets, point: QPoint, data: QMimeData) -> bool:
    """Drags something in and lets it fall; returns whether it was taken."""
    viewport = targets.viewport()
    enter = QDragEnterEvent(point, COPY, data, LEFT, NONE)
    QApplication.sendEvent(viewport, enter)
    if not enter.isAccepted():
        return False

    move = QDragMoveEvent(point, COPY, data, LEFT, NONE)
    QApplication.sendEvent(viewport, move)
    fall = QDropEvent(QPointF(point), COPY, data, LEFT, NONE)
    QApplication.sendEvent(viewport, fall)
    assert targets.under_drag == -1
    return move.isAccepted() and fall.isAccepted()


def saved(qtbot: QtBot, run: Run, count: int) -> None:
    """Waits until the newest file beside the run holds so many changes."""

    def holds() -> bool:
        files = revisions_of(run.path)
        return bool(files) and len(read_revision(files[-1]).changes) == count

    qtbot.waitUntil(holds, timeout=PATIENCE_MS)


def test_suspects_are_changed_many_at_once_undone_and_saved_beside_the_run(
    qtbot: QtBot, harness: Harness, page: ResultsPage, run: Run
) -> None:
    panel = open_panel(qtbot, harness, page, run)
    sums = read_sums(run.path)
    assert sums is not None and len(panel.grid.rows) == len(sums.rows)
    dataset = harness.document.dataset
    assert dataset is not None

    panel.grid.choose([0])
    assert panel.detail.answer.text().startswith("Labelled <b>")
    panel.grid.choose([0, 1, 2])
    assert panel.detail.title.text() == "3 pictures"
    panel.grid.setFocus()
    qtbot.keyClick(panel.grid, Qt.Key.Key_3)
    rows = panel.draft.rows_of(dataset)
    assert len(rows) == 3
    assert {change.label for change in panel.draft.revision.changes} == {"2"}, "the third class"
    saved(qtbot, run, 3)

    panel.grid.choose([4, 5])
    qtbot.keyClick(panel.grid, Qt.Key.Key_X)
    qtbot.keyClick(panel.grid, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert panel.draft.revision.summary() == "3 relabelled"
    qtbot.keyClick(panel.grid, Qt.Key.Key_Y, Qt.KeyboardModifier.ControlModifier)
    assert panel.draft.revision.summary() == "3 relabelled, 2 excluded"
    panel.grid.choose([6])
    panel.detail.buttons["confirm"].click()
    saved(qtbot, run, 6)
    assert "3 relabelled, 2 excluded, 1 confirmed" in panel.revision.words.text()

    panel.which.buttons["changed"].click()
    assert len(panel.grid.rows) == 6
    panel.grid.choose([0])
    panel.detail.buttons["forget"].click()
    assert len(panel.grid.rows) == 5
    saved(qtbot, run, 5)


def pull(qtbot: QtBot, panel: SuspectsPanel, start: QPoint, way: QPoint, steps: int) -> None:
    """Presses the mouse in the list, moves it, and lets go.

    Without a screen a drag ends where it begins, so one step is enough for it.
    """
    viewport = panel.grid.viewport()
    qtbot.mousePress(viewport, LEFT, NONE, start)
    for step in range(1, steps + 1):
        at = QPointF(start + way * (step / steps))
        move = QMouseEvent(QEvent.Type.MouseMove, at, viewport.mapToGlobal(at), LEFT, LEFT, NONE)
        QApplication.sendEvent(viewport, move)

    qtbot.mouseRelease(viewport, LEFT, NONE, start + way)


def test_a_picture_is_pulled_and_a_frame_is_drawn_from_beside_it(
    qtbot: QtBot, harness: Harness, page: ResultsPage, run: Run
) -> None:
    panel = open_panel(qtbot, harness, page, run)
    grid = panel.grid
    cell = grid.visualRect(grid.model().index(1, 0))
    on_picture = cell.topLeft() + QPoint(cell.width() // 2, grid.tile.height() // 2)
    below = QPoint(cell.center().x(), cell.bottom() - 2)
    left = QPoint(-cell.width(), 0)
    grid.choose([1, 2])
    pull(qtbot, panel, on_picture, left, 1)
    assert grid.numbers == [1, 2], "what is chosen is dragged"
    pull(qtbot, panel, below, left, 5)
    assert grid.numbers == [0, 1], "the caption begins a frame"
    alone, both = (grid.dragged_picture(numbers) for numbers in ([0], [0, 1]))
    assert both.width() > alone.width(), "their number stands beside the picture"


def test_examples_that_are_dropped_on_a_label_get_it_and_that_is_undone_at_once(
    qtbot: QtBot, harness: Harness, page: ResultsPage, run: Run
) -> None:
    panel = open_panel(qtbot, harness, page, run)
    targets, dataset = panel.detail.targets, harness.document.dataset
    assert dataset is not None and not targets.isEnabled(), "nothing is chosen"
    panel.grid.choose([0, 1, 2])
    rows = panel._rows([0, 1, 2])
    other = QMimeData()
    other.setData(EXAMPLES, b"another window")
    assert not drop(targets, label_place(targets, 4), other)
    assert not drop(targets, label_place(targets, 0) - QPoint(500, 0), dragged_examples())
    assert not panel.draft.revision.changes

    assert drop(targets, label_place(targets, 4), dragged_examples())
    assert panel.draft.rows_of(dataset) == sorted(rows)
    assert {panel._suspects.label(row) for row in rows} != {"4"}  # type: ignore[union-attr]
    assert {change.label for change in panel.draft.revision.changes} <= {"4", None}
    assert panel.grid.numbers == [0, 1, 2], "they stay chosen"
    saved(qtbot, run, 3)
    qtbot.keyClick(panel.grid, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert not panel.draft.revision.changes
    saved(qtbot, run, 0)


def test_a_label_is_given_by_a_click_and_by_keys_and_the_own_one_is_confirmed(
    qtbot: QtBot, harness: Harness, page: ResultsPage, run: Run
) -> None:
    panel = open_panel(qtbot, harness, page, run)
    targets, suspects = panel.detail.targets, panel._suspects
    assert suspects is not None
    panel.grid.choose([0])
    panel.grid.setFocus()
    own = suspects.dataset.description.classes.index(suspects.label(panel._rows([0])[0]))
    other = (own + 1) % 10
    qtbot.mouseClick(targets.viewport(), LEFT, NONE, label_place(targets, other))
    assert panel.draft.revision.summary() == "1 relabelled"
    assert page.focusWidget() is panel.grid, "which has the keys"
    targets.setFocus()
    targets.setCurrentRow(own)
    qtbot.keyClick(targets, Qt.Key.Key_Return)
    assert panel.draft.revision.summary() == "1 confirmed", "it is the label that it has"

    panel.arrange(wide=False)
    assert panel.list_card.isAncestorOf(targets), "where a drag from the list reaches them"
    panel.arrange(wide=True)
    assert panel.detail.isAncestorOf(targets)


def test_training_again_takes_the_changes_and_their_file_is_not_written_again(
    qtbot: QtBot, harness: Harness, page: ResultsPage, run: Run
) -> None:
    panel = open_panel(qtbot, harness, page, run)
    assert not panel.revision.train.isEnabled()
    panel.grid.choose([0, 1, 2])
    panel.detail.buttons["exclude"].click()
    session = harness.parts.session
    with qtbot.waitSignal(session.finished, timeout=PATIENCE_MS):
        panel.revision.train.click()

    assert harness.pages_opened[-1] == "training"
    (path,) = revisions_of(run.path)
    assert session.record.path is not None
    revised = Run(session.record.path)
    assert revised.experiment().data.revision == str(path)
    assert revised.experiment().training == run.experiment().training, "the same seed, too"
    before, after = read_sums(run.path), read_sums(revised.path)
    assert before is not None and after is not None
    assert len(before.rows) - len(after.rows) == 3
    content = path.read_bytes()

    qtbot.waitUntil(lambda: harness.document.data_state == "ready", timeout=PATIENCE_MS)
    panel = open_panel(qtbot, harness, page, run)
    qtbot.waitUntil(lambda: bool(panel.draft.revision.changes), timeout=PATIENCE_MS)
    panel.grid.choose([7])
    panel.detail.buttons["exclude"].click()
    qtbot.waitUntil(lambda: len(revisions_of(run.path)) == 2, timeout=PATIENCE_MS)
    assert path.read_bytes() == content
    saved(qtbot, run, 4)


def test_without_the_data_it_says_so_and_offers_them(
    qtbot: QtBot, harness: Harness, page: ResultsPage, run: Run
) -> None:
    harness.parts.session.show(read_record(run.path))
    button = page.panels.choice.buttons["suspects"]
    qtbot.waitUntil(lambda: button.isVisible() and button.isEnabled(), timeout=PATIENCE_MS)
    page.panels.choose("suspects")
    panel = page.panels.panel
    assert isinstance(panel, SuspectsPanel) and panel.notice.isVisible()
    assert "cannot be shown" in panel.notice.text.text()
    panel.notice.offer.click()
    qtbot.waitUntil(lambda: len(panel.grid.rows) > 0, timeout=PATIENCE_MS)


def test_a_mistake_in_the_figures_is_relabelled_from_there(
    qtbot: QtBot, harness: Harness, page: ResultsPage, run: Run
) -> None:
    panel = open_panel(qtbot, harness, page, run)
    page.panels.choose("figures")
    assert page.panels.panel is None
    gallery = page.view.side.gallery  # type: ignore[union-attr]
    assert len(gallery.grid.rows)
    gallery.grid.chosen.emit(0)
    exclude = page.findChild(QAbstractButton, "results.example.exclude")
    assert exclude is not None and exclude.isVisible()
    exclude.click()
    assert panel.draft.revision.summary() == "1 excluded"


def test_copies_are_looked_for_on_request(
    qtbot: QtBot, harness: Harness, page: ResultsPage, run: Run
) -> None:
    panel = open_panel(qtbot, harness, page, run)
    panel.look.click()
    qtbot.waitUntil(
        lambda: panel._suspects is not None and panel._suspects.neighbours is not None,
        timeout=PATIENCE_MS,
    )
    panel.which.buttons["copies"].click()
    suspects = panel._suspects
    assert suspects is not None and len(panel.grid.rows) == int(suspects.stands_out.sum())


def test_the_effect_is_said_with_its_interval(run: Run) -> None:
    effect = Effect(run.path, 0.9, 0.925, 400, 2, False, (-0.01, 0.06))
    words = effect_words(effect)
    assert "went from 90 %" in words and "to 92.5 %: +2.5 points" in words
    assert "95 % interval −1 to +6, so it may be chance." in words
    assert words.endswith("2 test examples with a changed label are left out.")
    shown = effect_words(Effect(run.path, 2.0, 1.5, 400, 0, True, (-0.7, -0.3)))
    assert "−0.5, 95 % interval −0.7 to −0.3." in shown and "chance" not in shown


def test_a_search_that_ends_after_the_data_are_closed_shows_nothing(
    qtbot: QtBot, harness: Harness, page: ResultsPage, run: Run
) -> None:
    panel = open_panel(qtbot, harness, page, run)
    content = panel.content
    goes_on = threading.Event()
    harness.parts.measuring.run(lambda _: goes_on.wait(), lambda _: None)  # a busy worker
    try:
        panel.show_content(replace(content, weights=WeightsInUse("last")))
        panel.show_content(replace(content, dataset=None, missing="The data are closed."))
    finally:
        goes_on.set()

    settle(qtbot, harness)
    assert panel.notice.isVisible() and len(panel.grid.rows) == 0
