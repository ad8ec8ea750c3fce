"""The list of runs under a real mouse: what a click ticks, what it moves, and what it paints."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtWidgets import QLineEdit, QMenu, QToolButton

from app.ui.pages.runs.model import LOSS, NOTE, RUN
from app.ui.pages.runs.page import RunsPage
from tests.ui.harness import PATIENCE_MS, Harness
from tests.ui.trained_runs import trained_run

if TYPE_CHECKING:
    from pathlib import Path

    from PySide6.QtCore import QRect
    from pytestqt.qtbot import QtBot

    from app.ui.pages.runs.table import RunsTable

MANY = 14


@pytest.fixture
def page(
    qtbot: QtBot, harness: Harness, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> RunsPage:
    """Returns the page with more runs than are seen at a time, in a window with the focus."""
    for number in range(MANY):
        day = f"2026-11-{20 - number:02}"
        trained_run(tmp_path_factory, tmp_path / "runs", f"run {number}", day, epochs=1, seed=5)

    page = RunsPage(harness.parts)
    qtbot.addWidget(page)
    page.resize(840, 610)
    page.show()
    qtbot.waitUntil(lambda: len(page.table.runs.entries) == MANY, timeout=PATIENCE_MS)
    page.activateWindow()
    page.table.setFocus()
    qtbot.waitUntil(page.table.hasFocus)

    return page


def rectangle(table: RunsTable, row: int, column: int = RUN) -> QRect:
    return table.visualRect(table.runs.index(row, column))


def tick_at(qtbot: QtBot, table: RunsTable, y: int) -> None:
    point = QPoint(rectangle(table, 0).left() + 14, y)
    qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=point)


def ticked(page: RunsPage) -> list[str]:
    return [entry.name for entry in page.table.chosen()]


def colours(table: RunsTable, box: QRect) -> Counter[str]:
    """Returns how many pixels of each colour are in a part of the list."""
    picture = table.viewport().grab(box).toImage()
    return Counter(
        picture.pixelColor(x, y).name()
        for x in range(picture.width())
        for y in range(picture.height())
    )


def is_painted_over(page: RunsPage, row: int) -> bool:
    """Returns whether more than the box and the bar of a row have the colour of the accent."""
    seen = colours(page.table, rectangle(page.table, row))
    accent = page._parts.theme.color("accent").name()
    text = page._parts.theme.color("text").name()
    return seen[accent] > 0.1 * seen.total() or seen[text] < 20


@pytest.mark.parametrize("dark", [False, True])
def test_a_ticked_row_keeps_its_words(qtbot: QtBot, page: RunsPage, dark: bool) -> None:
    page._parts.theme.set_dark(dark)
    tick_at(qtbot, page.table, rectangle(page.table, 1).center().y())
    assert ticked(page) == ["run 0", "run 1"]
    assert not is_painted_over(page, 0) and not is_painted_over(page, 1)


def test_the_row_that_is_chosen_after_a_deletion_keeps_its_words(
    qtbot: QtBot, page: RunsPage
) -> None:
    tick_at(qtbot, page.table, rectangle(page.table, 1).center().y())
    qtbot.keyClick(page.table, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: len(page.table.runs.entries) == MANY - 2, timeout=PATIENCE_MS)
    assert ticked(page) == ["run 2"] and not is_painted_over(page, 0)


def test_choice_mouse_and_focus_look_different(qtbot: QtBot, page: RunsPage) -> None:
    """The focus is on the first row, which is chosen; the mouse is on the third."""
    table = page.table
    theme = page._parts.theme
    qtbot.mouseMove(table.viewport(), rectangle(table, 2).center())

    def ground(row: int) -> str:
        return colours(table, rectangle(table, row, NOTE)).most_common(1)[0][0]

    grounds = [ground(row) for row in (0, 1, 2)]
    assert grounds == [theme.color(role).name() for role in ("accent_tint", "surface", "hover")]

    focus = theme.color("focus").name()
    for column in (RUN, LOSS, NOTE):
        assert colours(table, rectangle(table, 0, column))[focus] > 2 * 48
        assert colours(table, rectangle(table, 1, column))[focus] == 0

    qtbot.mouseMove(table.viewport(), rectangle(table, 0).center())
    assert ground(0) == theme.color("accent_hover_tint").name()


def test_a_tick_moves_no_row(qtbot: QtBot, page: RunsPage) -> None:
    """Two clicks at one place tick and untick one run, at the end of the list too."""
    table = page.table
    page.table.verticalScrollBar().setValue(table.verticalScrollBar().maximum())
    row = MANY - 2
    place = rectangle(table, row)
    for wanted in (["run 0", f"run {row}"], ["run 0"]):
        tick_at(qtbot, table, place.center().y())
        assert ticked(page) == wanted
        qtbot.wait(1)  # lets the layout follow
        assert rectangle(table, row) == place

    tick_at(qtbot, table, place.center().y())
    qtbot.wait(1)
    corner = table.mapTo(page, QPoint(0, 0))
    qtbot.keyClick(table, Qt.Key.Key_Delete)
    assert page.message.isVisible()
    assert table.mapTo(page, QPoint(0, 0)) == corner
    qtbot.waitUntil(lambda: len(table.runs.entries) == MANY - 2, timeout=PATIENCE_MS)
    assert table.mapTo(page, QPoint(0, 0)) == corner


def test_f2_renames_the_row_with_the_focus(qtbot: QtBot, page: RunsPage) -> None:
    qtbot.mouseClick(
        page.table.viewport(),
        Qt.MouseButton.LeftButton,
        pos=rectangle(page.table, 2, LOSS).center(),
    )
    qtbot.keyClick(page.table, Qt.Key.Key_F2)
    editor = page.table.viewport().findChild(QLineEdit)
    assert editor is not None and editor.text() == "run 2"


def test_without_a_tick_the_list_stays_as_high(qtbot: QtBot, page: RunsPage) -> None:
    height = page.table.height()
    tick_at(qtbot, page.table, rectangle(page.table, 0).center().y())
    qtbot.wait(1)
    assert ticked(page) == [] and page.table.height() == height


def test_words_come_before_their_key_in_the_menu(qtbot: QtBot, page: RunsPage) -> None:
    """The button beside them runs from right to left, and hands that on to its menu."""
    more = page.findChild(QToolButton, "runs.more")
    assert more is not None
    menu = more.menu()
    assert isinstance(menu, QMenu)
    directions: list[Qt.LayoutDirection] = []

    def look() -> None:
        directions.append(menu.layoutDirection())
        menu.close()

    menu.aboutToShow.connect(lambda: QTimer.singleShot(0, menu, look))
    more.showMenu()
    assert directions == [Qt.LayoutDirection.LeftToRight]
