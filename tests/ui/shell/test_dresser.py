"""Every part of the window wears the style sheet of now, and has it before it is seen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import (
    QApplication,
    QLabel,
    QMessageBox,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.ui.state.action import Action
from app.ui.style.dresser import Dresser, parts_of
from app.ui.widgets.message_box import message_box
from tests.ui.conftest import PATIENCE_MS, close
from tests.ui.window_actions import choose_little, inside

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from app.ui.shell.application import Window

SMALL = "QLabel { min-width: 50px; }"
LARGE = "QLabel { min-width: 90px; }"


class Sheet:
    """A style sheet that can be exchanged."""

    def __init__(self) -> None:
        self.text = SMALL
        self.asked = 0

    def __call__(self) -> str:
        self.asked += 1
        return self.text


def part(qtbot: QtBot, shown: bool) -> QWidget:
    widget = QWidget()
    qtbot.addWidget(widget)
    label = QLabel("a")
    label.setObjectName("beside")
    QVBoxLayout(widget).addWidget(label)
    if shown:
        widget.show()

    return widget


def least_width(widget: QWidget) -> int:
    """Returns the width that the style sheet gives to the label of a part."""
    label = widget.findChild(QLabel)
    assert label is not None
    label.ensurePolished()
    return label.minimumWidth()


def test_what_is_seen_changes_at_once_and_what_is_hidden_when_it_is_shown(qtbot: QtBot) -> None:
    sheet = Sheet()
    dresser = Dresser(sheet)
    seen = part(qtbot, shown=True)
    hidden = [part(qtbot, shown=False) for _ in range(3)]
    for widget in (seen, *hidden):
        dresser.dress(widget)

    assert [least_width(widget) for widget in (seen, *hidden)] == [50] * 4

    sheet.text = LARGE
    dresser.renew()
    assert least_width(seen) == 90
    assert [widget.styleSheet() for widget in hidden] == [SMALL] * 3

    dresser.dress(hidden[1])
    assert least_width(hidden[1]) == 90
    qtbot.wait(1)
    assert [widget.styleSheet() for widget in hidden] == [SMALL, LARGE, SMALL]
    for widget in hidden:
        widget.show()
        assert least_width(widget) == 90

    assert sheet.asked == 2


def test_what_stays_hidden_follows_when_the_sheet_has_settled(qtbot: QtBot) -> None:
    sheet = Sheet()
    dresser = Dresser(sheet)
    hidden = [part(qtbot, shown=False) for _ in range(3)]
    for widget in hidden:
        dresser.dress(widget)

    sheet.text = LARGE
    dresser.renew()
    qtbot.waitUntil(lambda: all(widget.styleSheet() == LARGE for widget in hidden))
    assert sheet.asked == 2


def test_the_parts_of_a_widget_are_the_pages_of_its_stacks_and_what_stands_beside(
    qtbot: QtBot,
) -> None:
    whole = part(qtbot, shown=False)
    layout = whole.layout()
    assert layout is not None
    outer, inner, holder = QStackedWidget(), QStackedWidget(), QWidget()
    pages = [QLabel("one"), QLabel("two"), QLabel("three")]
    QVBoxLayout(holder).addWidget(inner)
    inner.addWidget(pages[0])
    inner.addWidget(pages[1])
    outer.addWidget(pages[2])
    outer.addWidget(holder)
    layout.addWidget(outer)

    beside = whole.findChild(QLabel, "beside")
    assert set(parts_of(whole, outer, inner)) == {beside, *pages}
    assert parts_of(pages[0], outer, inner) == [pages[0]]


def test_a_part_that_is_deleted_is_forgotten(qtbot: QtBot) -> None:
    sheet = Sheet()
    dresser = Dresser(sheet)
    gone = QWidget()
    stays = part(qtbot, shown=False)
    dresser.dress(gone)
    dresser.dress_later(stays)
    gone.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)

    sheet.text = LARGE
    dresser.renew()
    qtbot.waitUntil(lambda: stays.styleSheet() == LARGE)


@pytest.mark.parametrize("shade", ["light", "dark"])
def test_every_page_wears_the_sheet_of_now_when_it_is_shown(
    open_window: Any, qtbot: QtBot, shade: str
) -> None:
    window: Window = open_window()
    for name, page in window.frame.pages.items():
        if window.theme.dark != (shade == "dark"):
            inside(window).actions.do(Action.DARK)

        window.frame.go(name)
        for part in page.dressed():
            if part.isVisible():
                assert part.styleSheet() == window.theme.style_sheet(), name
        assert any(part.isVisible() for part in page.dressed())
        inside(window).actions.do(Action.DARK)


def test_dialogs_and_the_parts_around_the_pages_wear_it(open_window: Any, qtbot: QtBot) -> None:
    window: Window = open_window()
    box = message_box(window.frame, "test.box", "A title", "A text")
    box.addButton(QMessageBox.StandardButton.Close)
    box.open()
    qtbot.waitExposed(box)
    inside(window).actions.do(Action.SHORTCUTS)
    inside(window).actions.do(Action.DARK)

    sheet = window.theme.style_sheet()
    dialogs = [
        widget
        for widget in QApplication.topLevelWidgets()
        if widget.parent() is window.frame and widget.isVisible()
    ]
    assert len(dialogs) >= 2
    frame = window.frame
    for worn in (*dialogs, frame.header, frame.rail, frame.guide, frame.bottom):
        assert worn.styleSheet() == sheet, worn.objectName()

    for dialog in dialogs:
        dialog.close()


def test_what_is_hidden_of_the_first_page_is_dressed_before_it_is_seen(
    open_window: Any, qtbot: QtBot, folders: Path
) -> None:
    first: Window = open_window()
    choose_little(qtbot, first, folders)
    first.frame.go("data")
    close(first)
    window: Window = open_window()
    page = window.frame.pages["data"]
    assert window.frame.page == "data"
    sheet = window.theme.style_sheet()
    hidden = [part for part in page.dressed() if not part.isVisible()]
    assert hidden
    qtbot.waitUntil(lambda: all(part.styleSheet() == sheet for part in hidden), timeout=PATIENCE_MS)
