"""Pages are found: to add one is to add its folder."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QLabel, QMenu, QWidget

import app.ui.pages
from app.ui.pages import find_pages
from tests.ui.window_actions import click, find

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytestqt.qtbot import QtBot

    from tests.ui.conftest import OpenWindow

DUMMY = """
from PySide6.QtWidgets import QLabel, QVBoxLayout
from app.ui.pages.parts import GuideCard, Page, PageInfo

class DummyPage(Page):
    def __init__(self, parts):
        super().__init__()
        QVBoxLayout(self).addWidget(QLabel("the dummy page"))

    def guide(self):
        return [GuideCard("Dummy", "A page of a test.")]

    def ready(self):
        return False, "It is only a test."

PAGE = PageInfo("dummy", "Dummy", order=45, make=DummyPage)
"""


@pytest.fixture
def dummy_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Adds a folder among the pages, between Training and Results, with a page of its own."""
    folder = tmp_path / "pages"
    (folder / "dummy").mkdir(parents=True)
    (folder / "dummy" / "__init__.py").write_text(DUMMY, encoding="utf-8")
    monkeypatch.setattr(app.ui.pages, "__path__", [*app.ui.pages.__path__, str(folder)])
    yield

    sys.modules.pop("app.ui.pages.dummy", None)
    if hasattr(app.ui.pages, "dummy"):
        del app.ui.pages.dummy


def test_the_pages_are_these_in_this_order() -> None:
    assert [page.name for page in find_pages()] == [
        "data",
        "model",
        "learning",
        "training",
        "results",
        "tryit",
        "runs",
        "search",
        "welcome",
    ]


def test_every_folder_declares_the_page_of_its_name() -> None:
    for page in find_pages():
        folder = Path(app.ui.pages.__path__[0]) / page.name
        assert (folder / "__init__.py").is_file() and page.title


def test_a_page_is_added_by_its_folder(
    qtbot: QtBot, dummy_page: None, open_window: OpenWindow
) -> None:
    window = open_window()
    steps = window.frame.rail.steps
    assert list(steps) == [page.name for page in find_pages()]
    assert list(steps)[3:6] == ["training", "dummy", "results"]

    click(qtbot, window, "rail.dummy")
    page = window.frame.pages["dummy"]
    assert window.frame.page == "dummy" and page.isVisible()
    assert page.objectName() == "page.dummy"
    assert page.findChild(QLabel).text() == "the dummy page"
    qtbot.waitUntil(lambda: find(window, "guide").findChild(QWidget) is not None)
    qtbot.waitUntil(lambda: steps["dummy"].toolTip() == "Dummy: It is only a test.")


def test_a_page_that_was_added_is_in_the_menu_with_a_key(
    qtbot: QtBot, dummy_page: None, open_window: OpenWindow
) -> None:
    window = open_window()
    menu = window.frame.header.brand.menu()
    assert isinstance(menu, QMenu)

    go_to = next(action.menu() for action in menu.actions() if action.text() == "Go to")
    entries = {action.text(): action.shortcut().toString() for action in go_to.actions()}
    assert entries == {
        "Data": "Ctrl+1",
        "Model": "Ctrl+2",
        "Learning": "Ctrl+3",
        "Training": "Ctrl+4",
        "Dummy": "Ctrl+5",
        "Results": "Ctrl+6",
        "Try it": "Ctrl+7",
        "Runs": "Ctrl+8",
        "Search": "Ctrl+9",
    }

    window.frame.findChild(QAction, "action.go.dummy").trigger()
    assert window.frame.page == "dummy"
