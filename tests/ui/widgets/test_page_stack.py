"""A stack makes the pages that are to be made later when somebody asks for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtWidgets import QLabel, QPushButton, QWidget

from app.ui.widgets.page_stack import PageStack

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot


class Stack(PageStack):
    """Has a label, and a button that is made later."""

    def __init__(self) -> None:
        self.dressed: list[QWidget] = []
        super().__init__(self.dressed.append)
        self.label = QLabel("first")
        self.add(self.label)
        self.add_later(QPushButton, lambda: QPushButton("second"))


@pytest.fixture
def stack(qtbot: QtBot) -> Stack:
    stack = Stack()
    qtbot.addWidget(stack)
    stack.show()
    return stack


def test_a_page_is_made_when_it_is_shown(stack: Stack) -> None:
    assert stack.made == [stack.label] and not stack.findChildren(QPushButton)

    stack.show_page(1)
    (button,) = stack.findChildren(QPushButton)
    assert stack.made == [stack.label, button] and stack.dressed == [button]
    assert button.isVisible() and not stack.label.isVisible()

    stack.show_page(0)
    stack.show_page(1)
    assert stack.findChildren(QPushButton) == [button] and stack.dressed == [button]


def test_a_page_that_is_asked_for_stays_hidden(stack: Stack) -> None:
    button = stack.page(QPushButton)
    assert stack.page(QPushButton) is button and not button.isVisible()
    assert stack.isAncestorOf(button) and stack.label.isVisible()

    stack.show_page(1)
    assert button.isVisible()


def test_another_page_is_a_mistake(stack: Stack) -> None:
    with pytest.raises(KeyError):
        stack.page(Stack)
