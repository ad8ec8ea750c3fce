"""The Model page edits single blocks: settings, new ones, gaps, repairs, undo, the way back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtWidgets import QPushButton

from app.ui.pages.model.graph_edits import open_graph, set_graph
from app.ui.pages.model.page import ModelPage
from models import edits
from models.graph import Graph, Node
from models.own_network import OwnNetwork
from tests.ui.harness import PATIENCE_MS, Harness

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot


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


def first(harness: Harness, kind: str) -> str:
    return next(node.name for node in graph_of(harness).nodes if node.kind == kind)


def press(qtbot: QtBot, page: ModelPage, name: str) -> None:
    button = page.findChild(QPushButton, name)
    assert isinstance(button, QPushButton) and button.isVisible() and button.isEnabled()
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def test_a_chosen_block_shows_its_own_settings(harness: Harness, page: ModelPage) -> None:
    assert page.form.isVisible() and not page.block.isVisible()
    name = first(harness, "convolution")
    page.network.view.choose(name)
    assert page.block.isVisible() and not page.form.isVisible()
    assert {"channels", "kernel_size", "stride"} <= page.block.fields.keys()

    block = harness.parts.network_measurer.inspection
    assert block is not None
    assert f"{block[name].parameters:,} parameters" in page.block.numbers.text()
    assert "In training" in page.block.numbers.text()

    page.network.view.scene().clearSelection()
    assert page.form.isVisible() and not page.block.isVisible()


def test_a_setting_of_a_block_makes_the_network_ones_own(
    qtbot: QtBot, harness: Harness, page: ModelPage
) -> None:
    name = first(harness, "convolution")
    page.network.view.choose(name)
    before = harness.document.experiment
    field = page.block.fields["kernel_size"]
    field.editor.setFocus()
    field.edited.emit("kernel_size", 5)
    measured(qtbot, harness)
    assert field.editor.hasFocus(), "the next setting is a Tab away"

    model = harness.document.experiment.model
    assert isinstance(model, OwnNetwork)
    assert model.origin is not None and model.origin.kind == "cnn"
    assert model.blocks[name].settings["kernel_size"] == 5
    assert page.network.view.chosen == name

    page.network.view.scene().clearSelection()
    assert f"'{name}': kernel size 5 instead of" in page.own.differences.text()
    harness.document.undo()
    assert harness.document.experiment == before


def test_a_wrong_value_stays_out_and_is_told(harness: Harness, page: ModelPage) -> None:
    page.network.view.choose(first(harness, "convolution"))
    before = harness.document.experiment
    page.block.fields["channels"].edited.emit("channels", 0)
    assert harness.document.experiment == before
    assert "at least 1" in page.block.fields["channels"]._trouble.text()


def test_a_block_is_added_chosen_and_removed(
    qtbot: QtBot, harness: Harness, page: ModelPage
) -> None:
    original = harness.document.experiment
    name = first(harness, "convolution")
    page.network.view.choose(name)
    page.block.add_menu.fill()
    offered: dict[str, Any] = {
        action.objectName().rpartition(".")[2]: action.isEnabled()
        for part in page.block.add_menu.actions()
        for action in part.menu().actions()
    }
    assert offered["dropout"] and offered["convolution"]
    assert not offered["transformer"] and not offered["cross-attention"]

    page.block.add("dropout")
    measured(qtbot, harness)
    qtbot.waitUntil(lambda: page.network.view.chosen == "dropout1", timeout=PATIENCE_MS)
    assert graph_of(harness)["dropout1"].inputs == (name,)
    assert page.ready() == (True, "")

    press(qtbot, page, "block.remove")
    assert graph_of(harness) == harness.document.resolved().model.graph(harness.document.problem())
    assert not isinstance(harness.document.experiment.model, OwnNetwork)
    harness.document.undo()
    harness.document.undo()
    assert harness.document.experiment == original


def test_a_replaced_block_gives_what_the_other_gave(
    qtbot: QtBot, harness: Harness, page: ModelPage
) -> None:
    name = first(harness, "convolution")
    page.network.view.choose(name)
    page.block.replace("residual")
    measured(qtbot, harness)
    assert page.ready() == (True, "")
    assert name not in {node.name for node in graph_of(harness).nodes}
    assert graph_of(harness).nodes[0].kind == "residual"


def test_a_mistake_shows_repairs_and_one_click_mends_it(
    qtbot: QtBot, harness: Harness, page: ModelPage
) -> None:
    assert not page.network.mistake.isVisible()
    pooling = first(harness, "global-pooling")
    set_graph(harness.document, edits.remove(graph_of(harness), pooling))
    measured(qtbot, harness)
    assert page.network.mistake.isVisible()
    assert "does not fit" in page.network.mistake.sentence.text()
    assert page.ready()[0] is False

    press(qtbot, page, "model.repair.0")
    measured(qtbot, harness)
    assert not page.network.mistake.isVisible()
    assert page.ready() == (True, "")


def test_repairs_are_whole_or_not_there_however_low_the_page_is(
    qtbot: QtBot, harness: Harness, page: ModelPage
) -> None:
    name = first(harness, "convolution")
    graph = edits.insert_after(graph_of(harness), name, "convolution", {"channels": 128})[0]
    bypass = edits.insert_after(graph, graph.nodes[1].name, "add", {}, (name,))[0]
    set_graph(harness.document, bypass)
    measured(qtbot, harness)
    strip = page.network.mistake
    for zoom, height in ((1.0, 900), (1.0, 560), (1.5, 560), (1.5, 900), (1.0, 560), (1.5, 560)):
        harness.parts.theme.set_zoom(zoom)
        page.resize(1_130, height)
        for _ in range(3):  # what is laid out may ask for a layout again
            QCoreApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest)

        buttons = [button for button in strip.findChildren(QPushButton) if button.isVisible()]
        assert buttons
        for button in buttons:
            place = button.mapTo(strip, button.rect().bottomRight())
            assert strip.rect().contains(place), (zoom, height, button.text())


def test_back_to_the_template(qtbot: QtBot, harness: Harness, page: ModelPage) -> None:
    resolved = harness.document.resolved().model
    name = first(harness, "convolution")
    set_graph(harness.document, edits.set_settings(graph_of(harness), name, kernel_size=7))
    assert page.own.isVisible() and not page.gallery.cards["cnn"].isChecked()

    press(qtbot, page, "model.back")
    assert harness.document.experiment.model == resolved
    assert not page.own.isVisible() and page.form.isVisible()
    assert page.gallery.cards["cnn"].isChecked()


def test_a_network_without_a_template_has_no_way_back(harness: Harness, page: ModelPage) -> None:
    blocks = Graph((Node("pool", "global-pooling"), Node("answer", "output")))
    experiment = harness.document.experiment.replace(model=OwnNetwork(blocks=blocks))
    harness.document.set(experiment)
    assert page.own.isVisible() and not page.own.back.isVisible()
