"""A mistake in the drawing: nothing that was measured before it stays in sight."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import safetensors.torch
import torch
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QTableView, QToolButton, QWidget

from app.engine.text import bytes_text, short_text
from app.ui.pages.learning.page import LearningPage
from app.ui.pages.learning.start_note import StartNote
from app.ui.pages.model.graph_edits import open_graph, set_graph
from app.ui.pages.model.network_card import HELD
from app.ui.pages.model.page import ModelPage
from app.ui.pages.model.table.cells import GIVES, PARAMETERS
from models import edits
from tests.ui.harness import PATIENCE_MS, Harness
from tests.ui.shown_texts import _own_texts, guessed
from tests.ui.window_actions import inside

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from app.ui.shell.application import Window
    from app.ui.state.document import Document
    from app.ui.state.network_measurer import NetworkMeasurer
    from tests.ui.conftest import OpenWindow


def texts_in_sight(root: QWidget) -> str:
    """Returns all that can be read in a window now, with tips and what screen readers say."""
    found: list[str] = []
    for widget in root.findChildren(QWidget):
        if widget.isVisible():
            found += [guessed(widget.toolTip()), widget.accessibleName()]
            found += [widget.accessibleDescription(), *(text for _, text in _own_texts(widget))]

    return "\n".join(found)


def press(qtbot: QtBot, root: QWidget, name: str) -> None:
    button = root.findChild(QToolButton, name)
    assert button is not None and button.isVisible() and button.isEnabled()
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def measured(qtbot: QtBot, measurer: NetworkMeasurer) -> None:
    qtbot.waitUntil(lambda: not measurer.busy, timeout=PATIENCE_MS)


def break_first_block(document: Document) -> None:
    """Gives the first convolution a kernel that is larger than the picture."""
    graph = open_graph(document)
    assert graph is not None
    set_graph(document, edits.set_settings(graph, "conv1", kernel_size=900))


def figures_of(measurer: NetworkMeasurer) -> list[str]:
    """Returns what is measured of the network now, as it is written."""
    measured = measurer.measured
    assert measured is not None and measured.predicted
    inspection, predicted = measured.inspection, measured.predicted
    blocks = [block.parameters for block in inspection.blocks if block.parameters > 1_000]
    return [
        f"{inspection.parameters:,}",
        short_text(inspection.multiply_adds),
        bytes_text(sum(predicted.get(row, 0) for row in HELD)),
        bytes_text(predicted["activations"]),
        *(f"{parameters:,}" for parameters in blocks),
    ]


@pytest.fixture
def window(qtbot: QtBot, open_window: OpenWindow) -> Window:
    """Returns a window on the built-in digits with a small network, which was measured."""
    window = open_window("sample:digits")
    document = inside(window).document
    qtbot.waitUntil(lambda: document.data_state == "ready", timeout=PATIENCE_MS)
    document.choose("model", "cnn")
    document.replace("model", width=12)  # else its figures are those that the gallery has
    measured(qtbot, inside(window).network_measurer)
    return window


@pytest.mark.parametrize("beside", ["", "model.outputs", "model.table"])
def test_no_figure_of_before_stays_in_sight(qtbot: QtBot, window: Window, beside: str) -> None:
    measurer = inside(window).network_measurer
    window.frame.go("model")
    if beside:
        press(qtbot, window.frame, beside)
    figures = figures_of(measurer)
    before = texts_in_sight(window.frame)
    assert [figure for figure in figures if figure not in before] == []

    break_first_block(inside(window).document)
    measured(qtbot, measurer)
    after = texts_in_sight(window.frame)
    assert [figure for figure in figures if figure in after] == []
    assert "memory needed" in before and "memory needed" not in after

    window.frame.go("learning")
    qtbot.waitUntil(lambda: "This network cannot be built" in texts_in_sight(window.frame))
    learning = texts_in_sight(window.frame)
    assert [figure for figure in figures if figure in learning] == []
    inside(window).document.undo()
    measured(qtbot, measurer)
    assert figures[0] in texts_in_sight(window.frame)


@pytest.fixture
def page(qtbot: QtBot, harness: Harness) -> ModelPage:
    model_page = ModelPage(harness.parts)
    qtbot.addWidget(model_page)
    model_page.resize(1_500, 700)
    model_page.show()
    harness.open("sample:digits")
    qtbot.waitUntil(lambda: harness.document.data_state == "ready", timeout=PATIENCE_MS)
    harness.document.choose("model", "cnn")
    measured(qtbot, harness.parts.network_measurer)
    return model_page


def test_a_row_behind_a_change_has_no_numbers_until_they_are_measured(
    qtbot: QtBot, harness: Harness, page: ModelPage
) -> None:
    press(qtbot, page, "model.table")
    model = page.beside.table.model

    def numbers(name: str) -> tuple[str, str]:
        row = model.row_of(name)
        return model.index(row, GIVES).data(), model.index(row, PARAMETERS).data()

    before = numbers("conv2")
    assert all(before)
    graph = open_graph(harness.document)
    assert graph is not None
    set_graph(harness.document, edits.set_settings(graph, "conv1", channels=5))
    assert not any(numbers("conv2"))
    measured(qtbot, harness.parts.network_measurer)
    assert all(numbers("conv2")) and numbers("conv2") != before
    assert isinstance(page.beside.table.table, QTableView)


def test_code_of_before_a_mistake_is_called_so(
    qtbot: QtBot, harness: Harness, page: ModelPage
) -> None:
    code = page.beside.code
    press(qtbot, page, "model.code")
    qtbot.waitUntil(lambda: "class Network" in code.text.toPlainText(), timeout=PATIENCE_MS)
    assert "before its mistake" not in texts_in_sight(page)
    break_first_block(harness.document)
    measured(qtbot, harness.parts.network_measurer)
    assert "class Network" in code.text.toPlainText()
    assert "before its mistake" in texts_in_sight(page)
    harness.document.undo()
    measured(qtbot, harness.parts.network_measurer)
    assert "before its mistake" not in texts_in_sight(page)


def test_outputs_go_where_there_is_no_network_at_all(
    qtbot: QtBot, harness: Harness, page: ModelPage
) -> None:
    outputs = page.beside.block_outputs
    press(qtbot, page, "model.outputs")
    qtbot.waitUntil(lambda: bool(outputs.outputs), timeout=PATIENCE_MS)
    harness.document.choose("loss", "binary-cross-entropy")
    measured(qtbot, harness.parts.network_measurer)
    qtbot.waitUntil(lambda: not outputs.outputs, timeout=PATIENCE_MS)
    assert "does not fit the task" in page.beside.outputs.note.text()


def test_what_fits_of_other_weights_is_not_said_of_a_network_that_cannot_be(
    qtbot: QtBot, harness: Harness, page: ModelPage, tmp_path: Path
) -> None:
    learning = LearningPage(harness.parts)
    qtbot.addWidget(learning)
    learning.show()
    note = learning.findChild(StartNote)
    assert note is not None
    path = tmp_path / "weights.safetensors"
    path.write_bytes(safetensors.torch.save({"conv1.weight": torch.zeros(3)}))
    harness.document.replace("training", start_from=str(path))
    qtbot.waitUntil(note.isVisible, timeout=PATIENCE_MS)
    break_first_block(harness.document)
    measured(qtbot, harness.parts.network_measurer)
    assert note.isHidden()
    harness.document.undo()
    qtbot.waitUntil(note.isVisible, timeout=PATIENCE_MS)
    assert page.ready()[0]
