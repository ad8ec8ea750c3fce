"""Several blocks of the drawing become one of one's own, are used again, and come apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QPushButton

from app.engine import folders
from app.engine.experiment.own_block_library import read_library
from app.ui.pages.model.graph_edits import open_graph, own_blocks
from app.ui.pages.model.page import ModelPage
from models.own_network import OwnNetwork
from tests.ui.harness import PATIENCE_MS, Harness

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from models.graph import Graph


@pytest.fixture
def page(qtbot: QtBot, harness: Harness) -> ModelPage:
    """Returns the page on the built-in digits, with a small network measured."""
    model_page = ModelPage(harness.parts)
    qtbot.addWidget(model_page)
    model_page.resize(840, 610)
    model_page.show()
    harness.open("sample:digits")
    qtbot.waitUntil(lambda: harness.document.data_state == "ready", timeout=PATIENCE_MS)
    harness.document.choose("model", "cnn")
    measured(qtbot, harness)

    return model_page


def measured(qtbot: QtBot, harness: Harness) -> None:
    qtbot.waitUntil(lambda: not harness.parts.network_measurer.busy, timeout=PATIENCE_MS)


def graph_of(harness: Harness) -> Graph:
    graph = open_graph(harness.document)
    assert graph is not None
    return graph


def first_blocks(harness: Harness) -> tuple[str, str, str]:
    first, second, third, *_ = [node.name for node in graph_of(harness).nodes]
    return first, second, third


def press(qtbot: QtBot, page: ModelPage, name: str) -> None:
    button = page.findChild(QPushButton, name)
    assert isinstance(button, QPushButton) and button.isVisible() and button.isEnabled()
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def save(qtbot: QtBot, page: ModelPage, harness: Harness, kind: str) -> str:
    """Saves the first three blocks as one; returns its name."""
    page.network.view.choose(*first_blocks(harness))
    page.group.name.setText(kind)
    press(qtbot, page, "group.save")
    measured(qtbot, harness)
    return graph_of(harness).nodes[0].name


def test_shift_and_ctrl_choose_several(qtbot: QtBot, harness: Harness, page: ModelPage) -> None:
    view = page.network.view
    first, second, third = first_blocks(harness)
    view.choose(first)
    view.setFocus()
    shift = Qt.KeyboardModifier.ShiftModifier
    qtbot.keyClick(view, Qt.Key.Key_Down, shift)
    qtbot.keyClick(view, Qt.Key.Key_Down, shift)
    assert view.all_chosen == (first, second, third)
    qtbot.keyClick(view, Qt.Key.Key_Up, shift)
    assert view.all_chosen == (first, second)
    assert page.group.isVisible() and not page.block.isVisible() and not page.form.isVisible()

    def click(name: str, modifier: Qt.KeyboardModifier) -> None:
        view.show_block(name)
        place = view.mapFromScene(view.item(name).sceneBoundingRect().topLeft())
        corner = place + QPoint(20, 10)
        qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, modifier, corner)

    click(third, Qt.KeyboardModifier.ControlModifier)
    assert view.all_chosen == (first, second, third)
    click(second, Qt.KeyboardModifier.NoModifier)
    assert view.all_chosen == (second,) and page.block.isVisible()
    click(third, shift)
    assert view.all_chosen == (second, third)


def test_several_blocks_become_one_and_come_apart(
    qtbot: QtBot, harness: Harness, page: ModelPage
) -> None:
    before = graph_of(harness)
    inspection = harness.parts.network_measurer.inspection
    assert inspection is not None
    parameters = inspection.parameters
    page.network.view.choose(*first_blocks(harness))
    assert page.group.boxes["channels"].isChecked()
    assert not page.group.boxes["kernel_size"].isChecked()
    page.group.boxes["kernel_size"].setChecked(True)
    name = save(qtbot, page, harness, "my-stage")

    assert name == "my_stage1"
    assert list(own_blocks(harness.document)) == ["my-stage"]
    assert page.ready() == (True, "")
    inspection = harness.parts.network_measurer.inspection
    assert inspection is not None and inspection.parameters == parameters
    qtbot.waitUntil(lambda: page.network.view.chosen == name, timeout=PATIENCE_MS)
    assert page.block.fields.keys() == {"channels", "kernel_size"}
    page.block.fields["channels"].edited.emit("channels", 24)
    measured(qtbot, harness)
    assert graph_of(harness)[name].settings["channels"] == 24
    assert page.ready() == (True, "")

    harness.document.undo()
    measured(qtbot, harness)
    press(qtbot, page, "block.apart")
    measured(qtbot, harness)
    assert [node.name for node in graph_of(harness).nodes] == [node.name for node in before.nodes]
    assert page.ready() == (True, "")


def test_it_stands_in_the_menu_of_other_networks(
    qtbot: QtBot, harness: Harness, page: ModelPage
) -> None:
    save(qtbot, page, harness, "stage")
    qtbot.waitUntil(lambda: "stage" in page.library.blocks, timeout=PATIENCE_MS)
    assert read_library().blocks == own_blocks(harness.document)

    harness.document.choose("model", "resnet")
    measured(qtbot, harness)
    assert own_blocks(harness.document) == {}
    page.network.view.choose(graph_of(harness).nodes[0].name)
    page.block.add_menu.fill()
    own = page.block.add_menu.actions()[0].menu()
    assert [action.text() for action in own.actions()] == ["Stage"]
    own.actions()[0].trigger()
    measured(qtbot, harness)

    qtbot.waitUntil(lambda: page.network.view.chosen == "stage1", timeout=PATIENCE_MS)
    model = harness.document.experiment.model
    assert isinstance(model, OwnNetwork) and model.own_blocks is not None
    assert page.ready() == (True, "")


def test_what_cannot_be_one_block_is_told(qtbot: QtBot, harness: Harness, page: ModelPage) -> None:
    first, _, third = first_blocks(harness)
    page.network.view.choose(first, third)
    assert "leave" in page.group.trouble.text()
    assert not page.group.name.isVisible()

    page.network.view.choose(*first_blocks(harness))
    assert page.group.name.isVisible() and not page.group.trouble.isVisible()
    before = harness.document.experiment
    for name, sentence in {
        "": "Give the block a name.",
        "two words": "Call it 'two-words'.",
        "convolution": "Another block of your own is called 'convolution' here.",
    }.items():
        page.group.name.setText(name)
        press(qtbot, page, "group.save")
        assert sentence in page.group.trouble.text()

    assert harness.document.experiment == before


def test_a_file_that_cannot_be_used_is_told_in_the_menu(
    qtbot: QtBot, harness: Harness, page: ModelPage
) -> None:
    folder = folders.own_blocks()
    folder.mkdir(parents=True)
    (folder / "broken.toml").write_text("x = [", encoding="utf-8")
    (folder / "odd.toml").write_text(
        '[own_blocks.odd]\nblocks = [{ name = "a", kind = "none" }]', encoding="utf-8"
    )
    page.library.load()
    qtbot.waitUntil(lambda: bool(page.library.problems), timeout=PATIENCE_MS)
    page.network.view.choose(first_blocks(harness)[0])
    page.block.add_menu.fill()
    own = page.block.add_menu.actions()[0].menu()
    told = [action.text() for action in own.actions()]
    assert len(told) == 2
    assert told[0].startswith("'broken.toml' is not valid TOML.")
    assert told[1].startswith("'odd': In it, block 'a': There is no block called 'none'.")
    assert not any(action.isEnabled() for action in own.actions())
