"""The network as a table: typed into, walked through, the same as the drawing and the file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QLineEdit, QTableView, QToolButton

from app.engine.experiment import toml_file
from app.ui.pages.model.graph_edits import open_graph
from app.ui.pages.model.page import BESIDE, ModelPage
from app.ui.pages.model.table.cells import (
    GIVES,
    KIND,
    NAME,
    PARAMETERS,
    READS,
    SETTINGS,
    read_settings_line,
    with_text,
)
from models.graph import Graph, GraphError, Node
from models.typed_edits import with_kind
from tests.ui.harness import PATIENCE_MS, Harness

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

PLAIN = Graph(
    (
        Node("conv1", "convolution", {"channels": 8, "kernel_size": 5}),
        Node("bend", "activation", {"function": "gelu"}),
        Node("pool", "global-pooling"),
        Node("answer", "output", {"outputs": 10}),
    )
)


@pytest.fixture
def page(qtbot: QtBot, harness: Harness) -> ModelPage:
    """Returns the page on the built-in digits with the table beside a small network."""
    model_page = ModelPage(harness.parts)
    qtbot.addWidget(model_page)
    model_page.resize(BESIDE + 100, 700)
    model_page.show()
    harness.open("sample:digits")
    qtbot.waitUntil(lambda: harness.document.data_state == "ready", timeout=PATIENCE_MS)
    harness.document.choose("model", "cnn")
    measured(qtbot, harness)
    button = model_page.findChild(QToolButton, "model.table")
    assert button is not None
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    return model_page


def measured(qtbot: QtBot, harness: Harness) -> None:
    qtbot.waitUntil(lambda: not harness.parts.network_measurer.busy, timeout=PATIENCE_MS)


def graph_of(harness: Harness) -> Graph:
    graph = open_graph(harness.document)
    assert graph is not None
    return graph


def type_into(qtbot: QtBot, page: ModelPage, name: str, column: int, text: str) -> None:
    """Goes to a cell, presses Enter, types, and presses Enter."""
    table = page.beside.table.table
    table.setFocus()
    table.setCurrentIndex(
        page.beside.table.model.index(page.beside.table.model.row_of(name), column)
    )
    qtbot.keyClick(table, Qt.Key.Key_Return)
    editor = table.viewport().findChild(QLineEdit)
    assert editor is not None
    editor.selectAll()
    qtbot.keyClick(editor, Qt.Key.Key_Delete)
    qtbot.keyClicks(editor, text)
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    editing = QTableView.State.EditingState
    qtbot.waitUntil(lambda: table.state() is not editing, timeout=PATIENCE_MS)


def test_every_block_is_a_row_with_its_numbers(harness: Harness, page: ModelPage) -> None:
    model = page.beside.table.model
    graph = graph_of(harness)
    assert [row.node for row in model.rows] == list(graph.nodes)
    inspection = harness.parts.network_measurer.inspection
    assert inspection is not None
    row = model.row_of("conv1")
    assert model.index(row, PARAMETERS).data() == f"{inspection['conv1'].parameters:,}"
    assert model.index(row, READS).data() == "input"
    assert "channels = " in model.index(row, SETTINGS).data()
    assert "×" in model.index(row, GIVES).data()
    spoken = model.index(row, KIND).data(Qt.ItemDataRole.AccessibleTextRole)
    assert spoken == "conv1, kind: Convolution"
    assert page.beside.table.table.accessibleName() == "Blocks of the network"


def test_what_is_typed_is_one_step_of_undo_in_the_one_graph(
    qtbot: QtBot, harness: Harness, page: ModelPage
) -> None:
    before = harness.document.experiment
    type_into(qtbot, page, "conv1", SETTINGS, "channels = 5, kernel_size = 3")
    assert graph_of(harness)["conv1"].settings == {"channels": 5, "kernel_size": 3}
    measured(qtbot, harness)
    drawn = next(block for block in page.network.view.blocks if block.name == "conv1")
    assert drawn.shape.startswith("5")
    assert (
        page.beside.table.model.rows[page.beside.table.model.row_of("conv1")].gives == drawn.shape
    )

    read = toml_file.from_plain(toml_file.to_plain(harness.document.experiment))
    assert read.model == harness.document.experiment.model
    harness.document.undo()
    assert harness.document.experiment == before


def test_a_name_changes_wherever_it_is_read(
    qtbot: QtBot, harness: Harness, page: ModelPage
) -> None:
    type_into(qtbot, page, "conv1", NAME, "eyes")
    graph = graph_of(harness)
    assert graph.nodes[0].name == "eyes" and "eyes" in graph.nodes[1].inputs
    measured(qtbot, harness)
    assert page.beside.table.table.currentIndex().row() == 0


@pytest.mark.parametrize(
    ("column", "text", "sentence"),
    (
        (NAME, "two words", "A name holds letters"),
        (NAME, "conv2", "Two blocks are called 'conv2'"),
        (READS, "nobody", "It reads 'nobody'"),
        (READS, "", "It reads nothing"),
        (SETTINGS, "channels = -4", "must be"),
        (SETTINGS, "chanels = 4", "Did you mean 'channels'?"),
        (SETTINGS, "channels of 4", "is no list of settings"),
    ),
)
def test_what_cannot_be_is_refused_in_a_sentence_and_nothing_changes(
    qtbot: QtBot, harness: Harness, page: ModelPage, column: int, text: str, sentence: str
) -> None:
    before = harness.document.experiment
    type_into(qtbot, page, "conv1", column, text)
    assert harness.document.experiment is before
    assert (
        page.beside.table.note.text().startswith("Not changed: ")
        and sentence in page.beside.table.note.text()
    )


def test_a_mistake_stands_in_the_row_of_its_block(
    qtbot: QtBot, harness: Harness, page: ModelPage
) -> None:
    type_into(qtbot, page, "answer", SETTINGS, "outputs = 3")
    measured(qtbot, harness)
    row = page.beside.table.model.row_of("answer")
    error = harness.parts.network_measurer.inspection
    assert error is not None and error.error is not None
    assert page.beside.table.model.index(row, GIVES).data() == error.error.message
    assert error.error.message in page.beside.table.note.text()
    spoken = page.beside.table.model.index(row, GIVES).data(Qt.ItemDataRole.AccessibleTextRole)
    assert spoken == f"answer, cannot be built: {error.error.message}"


def test_a_kind_is_chosen_from_a_list_and_keeps_what_it_can(
    qtbot: QtBot, harness: Harness, page: ModelPage
) -> None:
    table = page.beside.table.table
    model = page.beside.table.model
    index = model.index(model.row_of("conv1"), KIND)
    table.setCurrentIndex(index)
    qtbot.keyClick(table, Qt.Key.Key_F2)
    editor = table.viewport().findChild(QComboBox)
    assert editor is not None and editor.currentText() == "Convolution"
    editor.hidePopup()
    row = editor.findText("Depthwise convolution")
    editor.setCurrentIndex(row)
    editor.activated.emit(row)
    node = graph_of(harness)["conv1"]
    assert node.kind == "depthwise-convolution" and "kernel_size" in node.settings


def test_keys_walk_take_out_and_choose_in_the_drawing(
    qtbot: QtBot, harness: Harness, page: ModelPage
) -> None:
    table = page.beside.table.table
    table.setFocus()
    table.setCurrentIndex(page.beside.table.model.index(0, NAME))
    qtbot.keyClick(table, Qt.Key.Key_Down)
    second = graph_of(harness).nodes[1].name
    assert page.network.view.chosen == second and page.block.isHidden() is False
    qtbot.keyClick(table, Qt.Key.Key_Delete)
    assert second not in [node.name for node in graph_of(harness).nodes]
    measured(qtbot, harness)
    assert table.currentIndex().row() == 1

    first = graph_of(harness).nodes[0].name
    page.network.view.choose(first)
    assert table.currentIndex().row() == 0
    qtbot.keyClick(table, Qt.Key.Key_Insert)
    assert page.block.add_menu.isVisible()
    page.block.add_menu.close()


def test_typing_what_stands_there_changes_nothing(
    qtbot: QtBot, harness: Harness, page: ModelPage
) -> None:
    before = harness.document.experiment
    row = page.beside.table.model.rows[0]
    type_into(qtbot, page, row.node.name, SETTINGS, row.settings)
    assert harness.document.experiment is before


# --- without a window


def test_words_in_a_line_of_settings_need_no_quotes() -> None:
    line = 'function = leaky-relu, on = true, share = 0.5, sides = [1, 2], name = "a b"'
    assert read_settings_line("bend", line) == {
        "function": "leaky-relu",
        "on": True,
        "share": 0.5,
        "sides": [1, 2],
        "name": "a b",
    }
    assert read_settings_line("bend", "  ") == {}
    with pytest.raises(GraphError, match="is no list of settings"):
        read_settings_line("bend", "x = {")


def test_settings_that_are_left_out_are_the_usual_ones() -> None:
    changed = with_text(PLAIN, "conv1", SETTINGS, "channels = 16")
    assert changed["conv1"].settings == {"channels": 16}
    assert with_text(PLAIN, "conv1", SETTINGS, "")["conv1"].settings == {}


def test_a_kind_takes_over_only_settings_that_it_has() -> None:
    changed = with_kind(PLAIN, "conv1", "transposed-convolution")
    assert changed["conv1"].kind == "transposed-convolution"
    assert changed["conv1"].settings["channels"] == 8
    assert with_kind(PLAIN, "bend", "dropout")["bend"].settings == {}
