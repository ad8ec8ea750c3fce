"""Networks of one's own in the gallery, and why data begin with the template that they do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton

from app.engine.experiment.own_network_library import read_networks
from app.ui.pages.model.gallery.card import EMPTY, KEPT
from app.ui.pages.model.graph_edits import open_graph, set_graph
from app.ui.pages.model.page import ModelPage
from models import edits
from models.own_network import OwnNetwork
from tests.ui.harness import PATIENCE_MS, Harness

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot


@pytest.fixture
def page(qtbot: QtBot, harness: Harness) -> ModelPage:
    model_page = ModelPage(harness.parts)
    qtbot.addWidget(model_page)
    model_page.resize(1_000, 700)
    model_page.show()
    harness.open("sample:digits")
    qtbot.waitUntil(lambda: harness.document.data_state == "ready", timeout=PATIENCE_MS)
    return model_page


def measured(qtbot: QtBot, harness: Harness) -> None:
    qtbot.waitUntil(lambda: not harness.parts.network_measurer.busy, timeout=PATIENCE_MS)


def keep(qtbot: QtBot, harness: Harness, page: ModelPage, name: str, channels: int) -> None:
    """Changes the small CNN, and keeps it under a name."""
    harness.document.choose("model", "cnn")
    measured(qtbot, harness)
    graph = open_graph(harness.document)
    assert graph is not None
    set_graph(harness.document, edits.set_settings(graph, "conv1", channels=channels))
    measured(qtbot, harness)
    page.own.name.setText(name)
    button = page.findChild(QPushButton, "model.keep")
    assert button is not None and button.isVisible()
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def test_data_begin_with_a_template_and_its_reason(
    qtbot: QtBot, harness: Harness, page: ModelPage
) -> None:
    measured(qtbot, harness)
    assert page.start.isVisible()
    assert page.start.text().startswith("A good start for such data is ResNet: filters find")
    harness.document.choose("model", "cnn")
    measured(qtbot, harness)
    assert not page.start.isVisible()


def test_a_network_that_is_kept_stands_in_the_gallery(
    qtbot: QtBot, harness: Harness, page: ModelPage
) -> None:
    keep(qtbot, harness, page, "my eyes", 5)
    card_kind = f"{KEPT}my eyes"
    qtbot.waitUntil(lambda: card_kind in page.gallery.cards, timeout=PATIENCE_MS)
    card = page.gallery.cards[card_kind]
    assert card.isVisible() and card.isChecked(), "it is the one that is open"
    assert card.accessibleName() == "Your network my eyes"
    assert card.accessibleDescription().endswith("blocks, changed from Small CNN.")
    assert page.own.name.text() == ""

    harness.document.choose("model", "resnet")
    measured(qtbot, harness)
    assert not card.isChecked()
    qtbot.mouseClick(card, Qt.MouseButton.LeftButton)
    model = harness.document.experiment.model
    assert isinstance(model, OwnNetwork) and model.blocks["conv1"].settings["channels"] == 5
    harness.document.undo()
    assert not isinstance(harness.document.experiment.model, OwnNetwork)


def test_the_same_name_replaces_and_delete_takes_it_out(
    qtbot: QtBot, harness: Harness, page: ModelPage
) -> None:
    keep(qtbot, harness, page, "mine", 5)
    qtbot.waitUntil(lambda: "mine" in page.kept.library.networks, timeout=PATIENCE_MS)
    page.own.name.setText("mine")
    button = page.findChild(QPushButton, "model.keep")
    assert button is not None and button.text() == "Replace the one of that name"
    keep(qtbot, harness, page, "mine", 7)
    qtbot.waitUntil(
        lambda: page.kept.library.networks["mine"].blocks["conv1"].settings["channels"] == 7,
        timeout=PATIENCE_MS,
    )
    kind = f"{KEPT}mine"
    page.gallery.cards[kind].setFocus()
    qtbot.keyClick(page.gallery.cards[kind], Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: kind not in page.gallery.cards, timeout=PATIENCE_MS)
    assert read_networks().networks == {}
    assert isinstance(harness.document.experiment.model, OwnNetwork), "what is open stays"


def test_a_name_that_cannot_be_is_refused_in_a_sentence(
    qtbot: QtBot, harness: Harness, page: ModelPage
) -> None:
    keep(qtbot, harness, page, "../up", 5)
    assert "A name holds letters" in page.own.trouble.text() and page.own.trouble.isVisible()
    page.own.name.setText("up")
    assert not page.own.trouble.isVisible()


def test_one_begins_with_an_empty_network(qtbot: QtBot, harness: Harness, page: ModelPage) -> None:
    measured(qtbot, harness)
    before = harness.document.experiment
    card = page.gallery.cards[EMPTY]
    assert card.accessibleName() == "Template Empty"
    qtbot.mouseClick(card, Qt.MouseButton.LeftButton)
    measured(qtbot, harness)
    model = harness.document.experiment.model
    assert isinstance(model, OwnNetwork)
    assert [node.kind for node in model.blocks.nodes] == ["flatten", "output"]
    assert page.ready() == (True, "") and card.isChecked()

    page.network.view.setFocus()
    qtbot.keyClick(page.network.view, Qt.Key.Key_Insert)
    palette = page.palette_card.palette_list
    qtbot.keyClicks(palette.field, "convolution")
    qtbot.keyClick(palette.field, Qt.Key.Key_Return)
    measured(qtbot, harness)
    graph = open_graph(harness.document)
    assert graph is not None
    assert [node.kind for node in graph.nodes] == ["convolution", "flatten", "output"]
    assert "channels" not in graph.nodes[0].settings, "the usual number, not one as the picture"
    assert page.ready() == (True, "") and not card.isChecked()

    harness.document.undo()
    harness.document.undo()
    assert harness.document.experiment == before
