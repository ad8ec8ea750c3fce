"""What comes out of every block, beside the drawing: examples, weights, one block large."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtWidgets import QToolButton

from app.ui.pages.model.graph_edits import open_graph, set_graph
from app.ui.pages.model.page import BESIDE, ModelPage
from app.ui.state.insight.block_outputs import FIRST, LIVE, NO_TRAINING, NOT_SOUND, OTHER
from app.ui.state.session import State
from app.ui.widgets.outputs.large_view import PictureCanvas
from app.ui.widgets.outputs.painting import grey_image, map_cells, output_image
from models import edits
from models.groups import group
from tests.ui.harness import PATIENCE_MS, Harness

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from app.engine.runs.run import Run


@pytest.fixture
def page(qtbot: QtBot, harness: Harness) -> ModelPage:
    """Returns the page on the built-in digits, a small network measured and its outputs seen."""
    model_page = ModelPage(harness.parts)
    qtbot.addWidget(model_page)
    model_page.resize(BESIDE + 100, 700)
    model_page.show()
    harness.open("sample:digits")
    qtbot.waitUntil(lambda: harness.document.data_state == "ready", timeout=PATIENCE_MS)
    harness.document.choose("model", "cnn")
    qtbot.waitUntil(lambda: not harness.parts.network_measurer.busy, timeout=PATIENCE_MS)
    press(qtbot, model_page, "model.outputs")
    seen(qtbot, model_page)
    return model_page


def press(qtbot: QtBot, page: ModelPage, name: str) -> None:
    button = page.findChild(QToolButton, name)
    assert button is not None and button.isVisible() and button.isEnabled()
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def seen(qtbot: QtBot, page: ModelPage) -> None:
    """Waits until what is chosen has come out."""
    outputs = page.beside.block_outputs

    def done() -> bool:
        return not outputs._timer.isActive() and not outputs.busy and bool(outputs.outputs)

    qtbot.waitUntil(done, timeout=PATIENCE_MS)


def test_every_block_shows_a_picture(page: ModelPage) -> None:
    view = page.network.view
    assert all(view.item(block.name).picture is not None for block in view.blocks)
    assert page.beside.outputs.note.text() == "First weights, of seed 0"
    assert "Choose a block" in page.beside.outputs.figures.text()
    assert page.beside.outputs.choice.number.value() == 1
    assert not page.beside.outputs.choice.picture.pixmap().isNull()


def test_a_chosen_block_is_shown_large_with_its_figures(qtbot: QtBot, page: ModelPage) -> None:
    page.network.view.choose("conv1")
    seen(qtbot, page)
    output = page.beside.block_outputs.outputs["conv1"]
    (maps, histogram) = page.beside.outputs.large.pictures
    assert len(maps.values) == output.shape[0] == maps.total
    assert histogram.kind == "histogram"
    assert int(histogram.values.sum()) == np.prod(output.shape)
    text = page.beside.outputs.figures.text()
    assert "standard deviation" in text and "Dead: none of" in text and "for 32 examples" in text

    page.network.view.choose("conv2")
    assert page.beside.outputs.large.pictures == (), "not those of another block"
    seen(qtbot, page)
    assert page.beside.outputs.block_title.text() == "conv2" and page.beside.outputs.large.pictures


def test_another_example_and_another_split(qtbot: QtBot, page: ModelPage) -> None:
    before = page.beside.block_outputs.outputs["input"].mean
    press(qtbot, page, "outputs.right")
    seen(qtbot, page)
    assert page.beside.block_outputs.place == 1 and page.beside.outputs.choice.number.value() == 2
    assert page.beside.block_outputs.outputs["input"].mean != before

    qtbot.mouseClick(
        page.beside.outputs.choice.splits.buttons["training"], Qt.MouseButton.LeftButton
    )
    seen(qtbot, page)
    assert (page.beside.block_outputs.split, page.beside.block_outputs.place) == ("training", 0)
    page.beside.outputs.choice.number.setValue(10_000)
    seen(qtbot, page)
    assert page.beside.block_outputs.place == page.beside.block_outputs.count - 1
    assert not page.beside.outputs.choice.after.isEnabled()


def test_the_outputs_follow_an_edit_and_a_mistake_is_said(
    qtbot: QtBot, harness: Harness, page: ModelPage
) -> None:
    graph = open_graph(harness.document)
    assert graph is not None
    set_graph(harness.document, edits.set_settings(graph, "conv1", channels=5))
    qtbot.waitUntil(
        lambda: (
            page.beside.block_outputs.outputs.get("conv1") is not None
            and page.beside.block_outputs.outputs["conv1"].shape[0] == 5
        ),
        timeout=PATIENCE_MS,
    )
    set_graph(harness.document, edits.set_settings(graph, "conv1", kernel_size=900))
    qtbot.waitUntil(lambda: page.beside.outputs.note.text() == NOT_SOUND, timeout=PATIENCE_MS)
    assert all(
        page.network.view.item(each.name).picture is None for each in page.network.view.blocks
    )
    harness.document.undo()
    seen(qtbot, page)


def test_blocks_within_a_group_can_be_chosen(
    qtbot: QtBot, harness: Harness, page: ModelPage
) -> None:
    graph = open_graph(harness.document)
    assert graph is not None
    names = [node.name for node in graph.nodes[:2]]
    changed, name = group(graph, names, "stage", [])
    set_graph(harness.document, changed)
    qtbot.waitUntil(lambda: name in page.beside.block_outputs.outputs, timeout=PATIENCE_MS)
    page.network.view.choose(name)
    seen(qtbot, page)
    inside = page.beside.outputs.inside
    assert inside.isVisible()
    assert [inside.itemText(row) for row in range(inside.count())][1:] == names
    inside.setCurrentIndex(1)
    inside.activated.emit(1)
    seen(qtbot, page)
    assert page.beside.outputs.block_title.text() == f"{name} › {names[0]}"
    assert page.beside.outputs.large.pictures


# --- weights


def test_the_weights_of_a_run_can_be_chosen_and_must_fit(
    qtbot: QtBot, harness: Harness, run: Run, page: ModelPage
) -> None:
    outputs = page.beside.block_outputs
    outputs._list_runs()
    qtbot.waitUntil(lambda: outputs.runs == [run.path], timeout=PATIENCE_MS)
    choice = page.beside.outputs.choice.weights
    assert choice.itemText(choice.count() - 1) == "Run digits cnn"
    first = outputs.outputs["conv1"].mean
    choice.activated.emit(choice.count() - 1)
    qtbot.waitUntil(lambda: "Weights of" in page.beside.outputs.note.text(), timeout=PATIENCE_MS)
    assert outputs.outputs["conv1"].mean != first

    graph = open_graph(harness.document)
    assert graph is not None
    set_graph(harness.document, edits.set_settings(graph, "conv1", channels=5))
    qtbot.waitUntil(lambda: "do not fit this network" in outputs.trouble, timeout=PATIENCE_MS)
    assert "conv1" in page.beside.outputs.note.text() and outputs.outputs == {}


def test_a_training_is_watched_while_it_is_seen_and_costs_nothing_else(
    qtbot: QtBot, harness: Harness, page: ModelPage, tmp_path: Path
) -> None:
    session = harness.parts.session
    outputs = page.beside.block_outputs
    outputs.choose_weights(LIVE)
    qtbot.waitUntil(lambda: outputs.trouble == NO_TRAINING, timeout=PATIENCE_MS)
    assert session._control.outputs is None

    harness.document.replace("training", epochs=10_000, device="cpu", threads=1)
    session.start(harness.document.experiment, tmp_path)
    qtbot.waitUntil(
        lambda: outputs.words.startswith("Weights of the training, after step"),
        timeout=PATIENCE_MS,
    )
    assert page.network.view.item("conv1").picture is not None

    session.set_calm(True)
    assert session._control.outputs is None
    session.set_calm(False)
    assert session._control.outputs is not None

    page.hide()
    assert session._control.outputs is None and outputs.outputs == {}
    page.show()
    qtbot.waitUntil(lambda: bool(outputs.outputs), timeout=PATIENCE_MS)

    graph = open_graph(harness.document)
    assert graph is not None
    set_graph(harness.document, edits.set_settings(graph, "conv1", channels=5))
    qtbot.waitUntil(lambda: outputs.trouble == OTHER, timeout=PATIENCE_MS)
    harness.document.undo()
    qtbot.waitUntil(lambda: bool(outputs.outputs), timeout=PATIENCE_MS)

    session.stop_at_once()
    qtbot.waitUntil(lambda: session.state is State.IDLE, timeout=PATIENCE_MS)
    assert outputs.outputs, "what was seen last stays"
    assert "after step" in outputs.words


def test_one_card_at_a_time_stands_beside_the_drawing(qtbot: QtBot, page: ModelPage) -> None:
    assert page.beside.outputs.isVisible()
    press(qtbot, page, "model.code")
    assert page.beside.code.isVisible() and not page.beside.outputs.isVisible()
    assert page.network.view.item("conv1").picture is None
    press(qtbot, page, "model.table")
    assert page.beside.table.isVisible() and not page.beside.code.isVisible()
    press(qtbot, page, "model.table")
    assert not page.beside.table.isVisible() and page.form.isVisible()


def test_first_weights_are_the_choice_at_first(page: ModelPage) -> None:
    assert page.beside.block_outputs.weights == FIRST
    assert page.beside.outputs.choice.weights.currentText() == "First weights"


# --- pictures


def test_grey_tones_go_from_the_least_to_the_greatest_number() -> None:
    image = grey_image(np.array([[-1.0, 0.0], [1.0, np.nan]]), -1.0, 1.0)
    tones = [[image.pixelColor(x, y).red() for x in range(2)] for y in range(2)]
    assert tones == [[0, 128], [255, 0]]
    assert grey_image(np.full((2, 2), 3.0), 3.0, 3.0).pixelColor(0, 0).red() == 0


def test_maps_share_the_room_of_their_picture(page: ModelPage) -> None:
    picture = page.beside.block_outputs.outputs["conv1"].small
    assert picture is not None
    size = QSize(180, 48)
    theme = page._parts.theme
    image = output_image(picture, size, theme, 2.0)
    assert (image.width(), image.height()) == (2 * size.width(), 2 * size.height())
    box = QRectF(0, 0, size.width(), size.height())
    cells = map_cells(box, picture, theme)
    assert len(cells) == len(picture.values)
    assert all(box.adjusted(-0.01, -0.01, 0.01, 0.01).contains(cell) for cell in cells)
    assert not any(a.intersects(b) for i, a in enumerate(cells) for b in cells[:i])


def test_a_map_and_a_bar_say_what_they_are(qtbot: QtBot, page: ModelPage) -> None:
    theme = page._parts.theme
    maps = page.beside.block_outputs.outputs["conv1"].small
    bars = page.beside.block_outputs.outputs["answer"].small
    assert maps is not None and bars is not None
    canvas = PictureCanvas(theme, maps)
    qtbot.addWidget(canvas)
    canvas.resize(300, 300)
    canvas.show_picture(maps)
    second = canvas.cells()[1].center()
    assert canvas.words_at(second.x(), second.y()) == f"Channel 2 of {maps.total}"
    canvas.show_picture(replace(bars, values=np.arange(10, dtype=np.float32)))
    fourth = canvas.cells()[3].center()
    assert canvas.words_at(fourth.x(), fourth.y()) == "Value 4: 3"
