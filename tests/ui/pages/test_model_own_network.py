"""The Model page on a network of one's own: lists of sizes, what is not known, whose recipe."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtWidgets import QLineEdit

from app.ui.pages.model.graph_edits import open_graph, set_graph
from app.ui.pages.model.page import ModelPage
from models import edits
from models.graph import Graph, Node
from models.own_network import OwnNetwork
from tests.ui.harness import PATIENCE_MS, Harness

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

BLOCKS = Graph(
    (
        Node("conv1", "convolution", {"channels": 8}),
        Node("again", "reshape", {"target_shape": [16, 4, 8]}),
        Node("conv2", "convolution", {"channels": 8}),
        Node("pool", "global-pooling"),
        Node("answer", "output", {"outputs": 10}),
    )
)


@pytest.fixture
def page(qtbot: QtBot, harness: Harness) -> ModelPage:
    """Returns the page on the built-in digits, with the blocks above measured."""
    model_page = ModelPage(harness.parts)
    qtbot.addWidget(model_page)
    model_page.resize(840, 610)
    model_page.show()
    harness.open("sample:digits")
    qtbot.waitUntil(lambda: harness.document.data_state == "ready", timeout=PATIENCE_MS)
    set_graph(harness.document, BLOCKS)
    measured(qtbot, harness)
    return model_page


def measured(qtbot: QtBot, harness: Harness) -> None:
    qtbot.waitUntil(lambda: not harness.parts.network_measurer.busy, timeout=PATIENCE_MS)


def graph_of(harness: Harness) -> Graph:
    graph = open_graph(harness.document)
    assert graph is not None
    return graph


def test_a_list_of_sizes_is_edited_as_a_line(harness: Harness, page: ModelPage) -> None:
    page.network.view.choose("again")
    field = page.block.fields["target_shape"]
    line = field.editor
    assert isinstance(line, QLineEdit) and line.text() == "16; 4; 8"

    line.setText("8 × −1, 8")
    line.editingFinished.emit()
    assert graph_of(harness)["again"].settings["target_shape"] == [8, -1, 8]
    before = harness.document.experiment
    for text, sentence in {
        "eight": "whole numbers",
        "": "whole numbers",
        "8; -3": "at least -1",
    }.items():
        line.setText(text)
        line.editingFinished.emit()
        assert sentence in field._trouble.text()
        assert harness.document.experiment == before


def test_what_a_position_sees_behind_a_reshape_is_not_claimed(page: ModelPage) -> None:
    page.network.view.choose("conv1")
    assert "Each position sees 3 × 3 pixels." in page.block.numbers.text()
    for name in ("again", "conv2"):
        page.network.view.choose(name)
        assert "Gives" in page.block.numbers.text()
        assert "sees" not in page.block.numbers.text()


def test_it_says_whose_recipe_it_takes(harness: Harness, page: ModelPage) -> None:
    like = harness.document.resolved().model
    assert page.own.isVisible()
    assert "are those of ResNet." in page.own.recipe.text(), like
    blocks = (
        Node("patches", "patch-embedding"),
        Node("block1", "transformer"),
        Node("pool", "global-pooling", {"mode": "mean"}),
        Node("answer", "output", {"outputs": 10}),
    )
    model = OwnNetwork(blocks=Graph(blocks))
    harness.document.set(harness.document.experiment.replace(model=model))
    assert "are those of Vision transformer." in page.own.recipe.text()


def test_the_guide_claims_no_number_of_a_network_that_cannot_be(
    qtbot: QtBot, harness: Harness, page: ModelPage
) -> None:
    def fits() -> str:
        return next(card.text for card in page.guide() if card.title == "Fits your data")

    assert "parameters" in fits() and "cannot" not in fits()
    set_graph(harness.document, edits.remove(graph_of(harness), "pool"))
    measured(qtbot, harness)
    assert "is known as soon as it can be built" in fits()
