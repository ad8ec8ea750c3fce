"""The network as code beside its drawing: it follows the settings and the chosen block."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QToolButton

from app.ui.pages.model.page import BESIDE, ModelPage
from tests.ui.harness import PATIENCE_MS, Harness

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot


@pytest.fixture
def page(qtbot: QtBot, harness: Harness) -> ModelPage:
    """Returns the page on the built-in digits, with a small network measured."""
    model_page = ModelPage(harness.parts)
    qtbot.addWidget(model_page)
    model_page.resize(BESIDE + 100, 700)
    model_page.show()
    harness.open("sample:digits")
    qtbot.waitUntil(lambda: harness.document.data_state == "ready", timeout=PATIENCE_MS)
    harness.document.choose("model", "cnn")
    qtbot.waitUntil(lambda: not harness.parts.network_measurer.busy, timeout=PATIENCE_MS)
    return model_page


def press(qtbot: QtBot, page: ModelPage, name: str) -> None:
    button = page.findChild(QToolButton, name)
    assert button is not None and button.isVisible() and button.isEnabled()
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def shown(page: ModelPage) -> str:
    return page.beside.code.text.toPlainText()


def marked(page: ModelPage) -> list[str]:
    return [
        selection.cursor.block().text().strip()
        for selection in page.beside.code.text.extraSelections()
    ]


def test_code_is_shown_marked_renewed_and_copied(
    qtbot: QtBot, harness: Harness, page: ModelPage
) -> None:
    assert not page.beside.code.isVisible() and shown(page) == ""
    press(qtbot, page, "model.code")
    qtbot.waitUntil(lambda: "class Network(nn.Module):" in shown(page), timeout=PATIENCE_MS)
    assert page.beside.code.text.isReadOnly() and marked(page) == []
    assert 'Outputs: a logit for each class: 0 "0"' in shown(page)

    page.network.view.choose("conv2")
    constructor, call = marked(page)
    assert constructor.startswith("self.conv2 = nn.Conv2d(16, 32, 3")
    assert call.startswith("x = self.conv2(x)")

    harness.document.replace("model", width=8)
    qtbot.waitUntil(lambda: "self.conv2 = nn.Conv2d(8, 16, 3" in shown(page), timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: marked(page)[0].startswith("self.conv2 = nn.Conv2d(8, 16, 3"))

    press(qtbot, page, "model.copy_code")
    assert QApplication.clipboard().text() == shown(page)

    page.network.view.scene().clearSelection()
    assert marked(page) == []


def test_where_it_is_narrow_the_code_takes_the_room_of_the_settings(
    qtbot: QtBot, page: ModelPage
) -> None:
    press(qtbot, page, "model.code")
    assert page.form.isVisible() and page.beside.code.isVisible()
    page.resize(BESIDE - 100, 700)
    assert not page.form.isVisible() and page.beside.code.isVisible()
    press(qtbot, page, "model.code")
    assert page.form.isVisible() and not page.beside.code.isVisible()
