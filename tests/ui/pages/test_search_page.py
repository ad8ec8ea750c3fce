"""The Search page: what came of a search, what is marked in it, and what is taken from it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton

from app.engine.search.search_folder import SearchFolder, default_searches
from app.ui.pages.search.page import SearchPage
from tests.engine.search.folders import begun, note_trials, penguins
from tests.ui.harness import PATIENCE_MS

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytestqt.qtbot import QtBot

    from tests.ui.harness import Harness

TRIED = ("model.width=4..64", "optimizer.kind=adamw,sgd")
VALUES: list[tuple[dict[str, Any], float | None]] = [
    ({"optimizer.kind": "adamw", "model.width": 4}, 0.5),
    ({"optimizer.kind": "sgd", "model.width": 64}, 0.75),
    ({"optimizer.kind": "adamw", "model.width": 16}, 0.875),
    ({"optimizer.kind": "sgd", "model.width": 8}, None),
]


@pytest.fixture
def folder() -> SearchFolder:
    """Returns a search of five trials of which four were made; one of them failed."""
    made = begun(
        default_searches() / "2026-11-30 birds", penguins(), *TRIED, strategy="random", trials=5
    )
    note_trials(made, VALUES)
    return made


@pytest.fixture
def page(harness: Harness, qtbot: QtBot) -> Callable[[], SearchPage]:
    """Returns what opens the page, with penguins in the document."""

    def open_page() -> SearchPage:
        harness.parts.network_measurer.close()
        harness.open("sample:penguins")
        qtbot.waitUntil(lambda: harness.document.data_state == "ready", timeout=PATIENCE_MS)
        harness.document.choose("model", "mlp")
        shown = SearchPage(harness.parts)
        qtbot.addWidget(shown)
        shown.resize(900, 640)
        with qtbot.waitSignal(harness.parts.searches.changed, timeout=PATIENCE_MS):
            shown.show()

        return shown

    return open_page


def rows(page: SearchPage) -> list[list[str]]:
    """Returns the texts of the rows of the table that are seen."""
    table = page.results.table
    return [
        [table.item(row, column).text() for column in range(table.columnCount())]
        for row in range(table.rowCount())
        if not table.isRowHidden(row)
    ]


def button(page: SearchPage, name: str) -> QPushButton:
    found = page.findChild(QPushButton, name)
    assert found is not None
    return found


def test_without_a_search_it_says_what_one_is(harness: Harness, qtbot: QtBot) -> None:
    page = SearchPage(harness.parts)
    qtbot.addWidget(page)
    page.show()
    first = button(page, "search.first")
    assert first.isVisible()
    first.click()
    assert first.text() == "Choose data" and harness.pages_opened == ["data"]


def test_the_table_sorts_by_what_its_cells_are(
    folder: SearchFolder, page: Callable[[], SearchPage]
) -> None:
    shown = page()
    assert "4 of 5 runs · interrupted · 1 failed" in shown.state.text()
    assert "accuracy on validation; the test examples never choose" in shown.judged.text()
    assert [row[0] for row in rows(shown)] == ["1", "2", "3", "4"]
    assert rows(shown)[2] == ["3", "87.5 %", "AdamW", "16", "2", "in full"]
    table = shown.results.table
    table.sortItems(1, Qt.SortOrder.DescendingOrder)
    assert [row[0] for row in rows(shown)] == ["3", "2", "1", "4"]
    table.sortItems(3, Qt.SortOrder.AscendingOrder)  # not by their letters
    assert [row[3] for row in rows(shown)] == ["4", "8", "16", "64"]
    assert folder.path.exists()


def test_a_drag_along_an_axis_marks_the_runs_that_pass(
    folder: SearchFolder, page: Callable[[], SearchPage], qtbot: QtBot
) -> None:
    shown = page()
    plot = shown.results.parallel
    qtbot.waitUntil(lambda: plot.box.width() > 100)
    assert [axis.title for axis in plot.axes] == ["Optimizer", "Width", "accuracy"]
    assert len(plot.places) == 3  # the failed one has no figure
    figure = len(plot.axes) - 1
    drag(plot, plot._at(figure, 0.6), plot._at(figure, 1.0))
    assert [row[0] for row in rows(shown)] == ["2", "3"]
    assert np.flatnonzero(plot.inside).tolist() == [1, 2]
    drag(plot, plot._at(0, 0.0), plot._at(0, 0.2))
    assert [row[0] for row in rows(shown)] == ["3"]
    QTest.keyClick(plot, Qt.Key.Key_Escape)
    assert len(rows(shown)) == 4 and folder.path.exists()


def drag(plot: Any, begin: QPointF, end: QPointF) -> None:
    view = plot.viewport()
    QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=begin.toPoint())
    QTest.mouseMove(view, end.toPoint())
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=end.toPoint())


def test_the_settings_of_a_run_are_taken_as_one_step_of_undo(
    folder: SearchFolder, harness: Harness, page: Callable[[], SearchPage]
) -> None:
    shown = page()
    document = harness.document
    before = document.experiment
    assert shown.results.table.number == 3  # the best one is chosen
    button(shown, "search.take").click()
    taken: Any = document.experiment
    assert taken.model.width == 16 and taken.optimizer.kind == "adamw"
    words = shown.message.text.text()
    assert words.startswith("Taken from run 3: optimizer AdamW, width 16.")
    assert "differs from the one that was searched" in words
    document.undo()
    assert document.experiment == before
    shown.results.table.choose(4)
    assert not button(shown, "search.take").isEnabled()  # it has no figure
    assert folder.path.exists()


def test_what_mattered_is_not_told_from_few_runs(
    folder: SearchFolder, page: Callable[[], SearchPage], harness: Harness, qtbot: QtBot
) -> None:
    shown = page()
    assert "With 3 of the 10 runs that it takes" in shown.results.importance.caution.text()
    told = {"trials": 12, "shares": {"model.width": 0.75, "optimizer.kind": 0.25}}
    (folder.path / "importance.json").write_text(json.dumps(told), encoding="utf-8")
    with qtbot.waitSignal(harness.parts.searches.changed, timeout=PATIENCE_MS):
        harness.parts.searches.look()

    caution = shown.results.importance.caution.text()
    assert "12 runs" in caution and "a rough guess" in caution
    texts = [percent.text() for _, _, percent in shown.results.importance._rows]
    assert texts == ["75 %", "25 %"]


def test_a_damaged_search_says_so(folder: SearchFolder, page: Callable[[], SearchPage]) -> None:
    (folder.path / "search.json").write_text("{", encoding="utf-8")
    shown = page()
    assert "it is damaged" in shown.state.text()
    assert not button(shown, "search.take").isEnabled()


def test_a_search_goes_to_the_trash_and_back(
    folder: SearchFolder, harness: Harness, page: Callable[[], SearchPage], qtbot: QtBot
) -> None:
    shown = page()
    searches = harness.parts.searches
    shown.head.requested.emit("remove")
    qtbot.waitUntil(lambda: not searches.searches, timeout=PATIENCE_MS)
    assert not folder.path.exists() and shown.message.undo.isVisibleTo(shown)
    shown.message.undo.click()
    qtbot.waitUntil(lambda: len(searches.searches) == 1, timeout=PATIENCE_MS)
    assert folder.path.exists() and len(rows(shown)) == 4


def test_a_run_whose_folder_was_moved_is_a_sentence(
    folder: SearchFolder, page: Callable[[], SearchPage], qtbot: QtBot
) -> None:
    shown = page()
    assert not (folder.runs / "trial 003").exists()
    shown.open_chosen()
    qtbot.waitUntil(lambda: "trial 003" in shown.message.text.text(), timeout=PATIENCE_MS)
