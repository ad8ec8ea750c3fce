"""The network is drawn by hand: wires, blocks from the list, moves, notes, copies, keys.

Each gesture is one step of undo, and after it the file says the same as the window.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QSpinBox

from app import cli
from app.engine.experiment import toml_file
from app.ui.pages.model.graph_edits import open_graph, set_graph
from app.ui.pages.model.page import ModelPage
from models.graph import Graph, Node
from models.own_network import OwnNetwork
from models.start_network import empty_graph
from tests.ui.hand import Hand
from tests.ui.harness import PATIENCE_MS, Harness

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytestqt.qtbot import QtBot

CTRL = Qt.KeyboardModifier.ControlModifier

NETWORK = Graph(
    (
        Node("conv1", "convolution", {"channels": 8}),
        Node("conv2", "convolution", {"channels": 8}),
        Node("norm", "batch-norm"),
        Node("sum", "add", {}, ("norm", "conv1")),
        Node("pool", "global-pooling"),
        Node("answer", "output", {"outputs": 10}),
    )
)


@pytest.fixture
def page(qtbot: QtBot, harness: Harness) -> Iterator[ModelPage]:
    """Returns the page on the built-in digits with NETWORK, measured and whole in sight."""
    model_page = ModelPage(harness.parts)
    qtbot.addWidget(model_page)
    model_page.resize(1_100, 800)
    model_page.show()
    harness.open("sample:digits")
    qtbot.waitUntil(lambda: harness.document.data_state == "ready", timeout=PATIENCE_MS)
    set_graph(harness.document, NETWORK)
    measured(qtbot, harness)
    yield model_page
    QGuiApplication.clipboard().clear()


@pytest.fixture
def hand(qtbot: QtBot, page: ModelPage) -> Hand:
    page.network.view.zoom_to_fit()
    return Hand(qtbot, page.network.view)


def measured(qtbot: QtBot, harness: Harness) -> None:
    qtbot.waitUntil(lambda: not harness.parts.network_measurer.busy, timeout=PATIENCE_MS)


def inputs(harness: Harness) -> dict[str, tuple[str, ...]]:
    """Returns what each block reads, as the window and the file of the document agree."""
    document = harness.document
    graph = open_graph(document)
    assert graph is not None
    read = toml_file.parse(toml_file.dumps(document.experiment).encode(), Path("x.toml"))
    assert read.replace(name=document.experiment.name) == document.experiment
    assert isinstance(read.model, OwnNetwork) and read.model.blocks == graph
    return {node.name: node.inputs for node in graph.nodes}


def one_step(harness: Harness, before: object) -> None:
    """Undoes and redoes what was done last."""
    document = harness.document
    after = document.experiment
    assert after != before
    document.undo()
    assert document.experiment == before
    document.redo()
    assert document.experiment == after


# --- wires


def test_a_wire_is_drawn_from_block_to_block(harness: Harness, hand: Hand) -> None:
    before = harness.document.experiment
    hand.drag(hand.port("input"), hand.middle("sum"))
    assert inputs(harness)["sum"] == ("norm", "conv1", "input")
    assert ("input", "sum") in hand.view.content.wires.lines
    one_step(harness, before)


def test_a_wire_drawn_backwards_is_one_sentence_there(harness: Harness, hand: Hand) -> None:
    before = harness.document.experiment
    hand.drag(hand.port("norm"), hand.middle("conv1"))
    message = hand.view.message
    assert message.isVisible()
    assert message.text.text() == (
        "A wire cannot run backwards: what 'conv1' gives goes into 'norm'."
    )
    place = hand.view.mapFromScene(hand.middle("conv1"))
    assert (message.pos() - place).manhattanLength() < 60
    assert harness.document.experiment == before
    assert not hand.view.item("conv1")._marked


def test_the_end_of_a_wire_is_led_to_another_block_or_to_nowhere(
    harness: Harness, hand: Hand
) -> None:
    hand.drag(hand.end("conv1", "conv2"), hand.middle("norm"))
    assert "'conv2' reads nothing else." in hand.view.message.text.text()
    before = harness.document.experiment
    hand.drag(hand.end("conv1", "sum"), hand.beside())
    assert inputs(harness)["sum"] == ("norm",)
    one_step(harness, before)


def test_a_chosen_wire_is_deleted(harness: Harness, hand: Hand) -> None:
    hand.click(hand.on_wire("conv1", "sum"))
    assert hand.view.content.wires.lit == ("conv1", "sum")
    hand.key(Qt.Key.Key_Delete)
    assert inputs(harness)["sum"] == ("norm",)


def test_a_pooling_reads_its_mask_second_whichever_wire_was_drawn_first(
    qtbot: QtBot, harness: Harness, hand: Hand
) -> None:
    harness.open("sample:glosses")
    qtbot.waitUntil(lambda: harness.document.data_state == "ready", timeout=PATIENCE_MS)
    set_graph(harness.document, empty_graph(harness.document.problem()))
    measured(qtbot, harness)
    hand.view.zoom_to_fit()
    assert hand.view.editor is not None
    assert hand.view.editor.remove_wire(("embedding", "pool")) == ""
    assert inputs(harness)["pool"] == ("mask",)
    hand.drag(hand.port("embedding"), hand.middle("pool"))
    assert inputs(harness)["pool"] == ("embedding", "mask")


def test_escape_gives_a_wire_up(harness: Harness, hand: Hand) -> None:
    before = harness.document.experiment
    hand.press(hand.port("input"))
    hand.move(hand.port("input"), hand.middle("sum"))
    assert hand.view.item("sum")._marked
    hand.key(Qt.Key.Key_Escape)
    hand.release(hand.middle("sum"))
    assert harness.document.experiment == before
    assert not hand.view.item("sum")._marked


# --- blocks from the list


def test_a_block_falls_on_a_wire(harness: Harness, hand: Hand) -> None:
    before = harness.document.experiment
    hand.drop("dropout", hand.on_wire("conv1", "sum"))
    assert inputs(harness)["sum"] == ("norm", "dropout1")
    assert inputs(harness)["dropout1"] == ("conv1",)
    assert hand.view.all_chosen == ("dropout1",)
    one_step(harness, before)


def test_a_block_falls_on_another_and_keeps_its_settings(
    qtbot: QtBot, harness: Harness, page: ModelPage, hand: Hand
) -> None:
    hand.drop("residual", hand.middle("conv2"))
    graph = open_graph(harness.document)
    assert graph is not None
    new = graph.nodes[1]
    assert new.kind == "residual" and new.settings["channels"] == 8
    assert inputs(harness)["norm"] == (new.name,)
    measured(qtbot, harness)
    assert page.ready() == (True, "")


def test_a_block_falls_beside_and_stays_where_it_fell(harness: Harness, hand: Hand) -> None:
    place = hand.beside()
    hand.drop("dropout", place)
    (name,) = hand.view.all_chosen
    assert not any(name in reads for reads in inputs(harness).values())
    item = hand.view.item(name)
    assert abs(item.rect.center().x() - place.x()) <= 1 and abs(item.y() - place.y()) <= 1


def test_the_list_says_what_each_block_does_and_puts_one_behind_the_chosen(
    qtbot: QtBot, harness: Harness, page: ModelPage, hand: Hand
) -> None:
    hand.view.choose("conv1")
    hand.key(Qt.Key.Key_Insert)
    palette = page.palette_card.palette_list
    assert palette.isVisible() and not page._settings.isVisible()
    assert len(palette.shown) > 30
    palette.field.setText("random share to zero")
    assert "dropout" in palette.shown and "convolution" not in palette.shown
    palette.field.setText("batch norm")
    assert palette.shown == ["batch-norm"]
    qtbot.keyClick(palette.field, Qt.Key.Key_Return)
    assert inputs(harness)["norm1"] == ("conv1",)
    assert hand.view.chosen == "norm1"
    assert palette.field.selectedText() == "batch norm", "what is typed next looks for another"
    palette.field.setText("convolution")
    assert palette.shown[0] != "convolution", "others speak of it too"
    qtbot.keyClick(palette.field, Qt.Key.Key_Return)
    assert inputs(harness)["conv3"] == ("norm1",), "the one that is called so comes first"
    qtbot.keyClick(palette, Qt.Key.Key_Escape)
    assert not palette.isVisible() and page._settings.isVisible()


def test_escape_closes_the_list_from_the_drawing_too(
    qtbot: QtBot, page: ModelPage, hand: Hand
) -> None:
    hand.view.choose("conv1")
    hand.key(Qt.Key.Key_Insert)
    hand.view.setFocus()
    hand.press(hand.port("norm"))
    hand.move(hand.port("norm"), hand.beside())
    hand.key(Qt.Key.Key_Escape)
    assert page.palette_card.isVisible(), "it gives up the wire first"
    hand.release(hand.beside())
    hand.key(Qt.Key.Key_Escape)
    assert not page.palette_card.isVisible() and page._settings.isVisible()


# --- moves, notes


def test_a_block_is_moved_by_hand_and_nothing_is_trained_anew(
    qtbot: QtBot, harness: Harness, hand: Hand
) -> None:
    before = harness.document.experiment
    start = hand.middle("norm")
    with qtbot.assertNotEmitted(harness.parts.network_measurer.changed):
        hand.drag(start, start + QPointF(90, 6))

    assert list(harness.document.experiment.drawing.positions) == ["norm"]
    assert harness.document.experiment.model == before.model
    one_step(harness, before)
    inputs(harness)
    hand.key(Qt.Key.Key_A)
    assert harness.document.experiment.drawing.positions == {}


def test_several_are_moved_together_and_aligned(harness: Harness, hand: Hand) -> None:
    hand.view.choose("conv2", "norm", "pool")
    start = hand.middle("norm")
    hand.drag(start, start + QPointF(70, 3))
    positions = harness.document.experiment.drawing.positions
    assert set(positions) == {"conv2", "norm", "pool"}
    hand.view.commands.do("row")
    moved = harness.document.experiment.drawing.positions
    assert len({y for _, y in moved.values()}) == 1
    hand.view.commands.do("even")
    xs = sorted(x for x, _ in harness.document.experiment.drawing.positions.values())
    assert xs[1] - xs[0] == pytest.approx(xs[2] - xs[1], abs=1)
    hand.view.commands.do("column")
    assert len({x for x, _ in harness.document.experiment.drawing.positions.values()}) == 1


def test_a_band_chooses_what_it_touches(hand: Hand) -> None:
    view = hand.view
    top = view.item("conv2").rect
    bottom = view.item("norm").rect
    left = QPointF(view.mapToScene(QPoint(3, 0)).x(), top.center().y())
    hand.drag(left, QPointF(bottom.center().x(), bottom.center().y()))
    assert view.all_chosen == ("conv2", "norm")
    hand.click(hand.beside())
    assert view.all_chosen == ()


def test_a_note_is_written_moved_changed_and_deleted(
    qtbot: QtBot, harness: Harness, hand: Hand
) -> None:
    before = harness.document.experiment
    hand.key(Qt.Key.Key_N)
    assert hand.view.note.isVisible()
    qtbot.keyClicks(hand.view.note, "Why two?")
    qtbot.keyClick(hand.view.note, Qt.Key.Key_Return, CTRL)
    assert [note.text for note in harness.document.experiment.drawing.notes] == ["Why two?"]
    one_step(harness, before)

    note = hand.view.content.notes[0]
    place = note.rect.center()
    hand.drag(place, place + QPointF(20, 30))
    assert hand.view.chosen_notes == (0,)
    hand.double_click(hand.view.content.notes[0].rect.center())
    assert hand.view.note.toPlainText() == "Why two?"
    qtbot.keyClicks(hand.view.note, "Because.")
    qtbot.keyClick(hand.view.note, Qt.Key.Key_Return, CTRL)
    assert harness.document.experiment.drawing.notes[0].text == "Because."
    hand.click(hand.view.content.notes[0].rect.center())
    hand.key(Qt.Key.Key_Delete)
    assert harness.document.experiment.drawing.notes == ()
    assert set(inputs(harness)) == {node.name for node in NETWORK.nodes}


# --- copies, groups, repeats


def test_blocks_are_copied_as_text_and_pasted_here_and_elsewhere(
    qtbot: QtBot, harness: Harness, hand: Hand
) -> None:
    hand.view.choose("conv2", "norm")
    hand.key(Qt.Key.Key_C, CTRL)
    text = QGuiApplication.clipboard().text()
    assert 'name = "conv2", kind = "convolution"' in text
    before = harness.document.experiment
    hand.view.choose("sum")
    hand.key(Qt.Key.Key_V, CTRL)
    assert inputs(harness)["conv3"] == ("sum",) and inputs(harness)["pool"] == ("norm2",)
    assert hand.view.all_chosen == ("conv3", "norm2")
    one_step(harness, before)

    hand.view.choose("conv3", "norm2")
    hand.key(Qt.Key.Key_X, CTRL)
    assert "conv3" not in inputs(harness)


def test_pasted_text_that_is_no_graph_is_one_sentence(harness: Harness, hand: Hand) -> None:
    QGuiApplication.clipboard().setText("a letter to a friend")
    before = harness.document.experiment
    hand.key(Qt.Key.Key_V, CTRL)
    assert hand.view.message.text.text() == "The text that was copied holds no blocks of a network."
    assert harness.document.experiment == before


def test_blocks_are_repeated_and_duplicated(
    qtbot: QtBot, harness: Harness, page: ModelPage, hand: Hand
) -> None:
    hand.view.choose("conv2", "norm", "sum")
    hand.key(Qt.Key.Key_R)
    times = page.findChild(QSpinBox, "repeat.times")
    assert isinstance(times, QSpinBox) and times.isVisible()
    before = harness.document.experiment
    times.setValue(4)
    page.repeat.asked.emit(times.value())
    assert inputs(harness)["pool"] == ("sum4",)
    one_step(harness, before)
    measured(qtbot, harness)
    assert page.ready() == (True, "")

    hand.view.setFocus()
    hand.view.choose("norm")
    hand.key(Qt.Key.Key_D)
    assert inputs(harness)["norm5"] == ("norm",)


def test_half_a_loop_is_told_where_it_was_asked(
    harness: Harness, page: ModelPage, hand: Hand
) -> None:
    hand.view.choose("conv1", "conv2")
    before = harness.document.experiment
    page.repeat.asked.emit(3)
    assert "only the last part can be read" in page.repeat.trouble.text()
    assert harness.document.experiment == before


def test_a_group_is_made_and_comes_apart_with_a_key(
    qtbot: QtBot, harness: Harness, page: ModelPage, hand: Hand
) -> None:
    hand.view.choose("conv2", "norm", "sum")
    hand.key(Qt.Key.Key_G)
    page.group.keep.setChecked(False)
    page.group.name.setText("stage")
    page.group.save()
    measured(qtbot, harness)
    assert hand.view.chosen == "stage1" and hand.view.commands.can("apart")
    hand.view.setFocus()
    hand.key(Qt.Key.Key_U)
    assert inputs(harness)["pool"] == ("sum",)


# --- keys


def test_arrows_go_along_wires_and_delete_closes_the_gap(harness: Harness, hand: Hand) -> None:
    hand.view.choose("conv1")
    hand.key(Qt.Key.Key_Down)
    assert hand.view.chosen == "conv2"
    hand.key(Qt.Key.Key_Up)
    hand.key(Qt.Key.Key_Up)
    assert hand.view.chosen == "input"
    hand.key(Qt.Key.Key_Delete)
    assert len(inputs(harness)) == 6
    hand.view.choose("norm")
    before = harness.document.experiment
    hand.key(Qt.Key.Key_Delete)
    assert inputs(harness)["sum"] == ("conv2", "conv1")
    one_step(harness, before)


def test_enter_and_a_double_click_lead_to_the_settings_and_escape_back(
    qtbot: QtBot, page: ModelPage, hand: Hand
) -> None:
    hand.view.choose("conv1")
    hand.key(Qt.Key.Key_Insert)
    assert page.palette_card.isVisible()
    hand.view.setFocus()
    with hand.qtbot.waitSignal(hand.view.block_opened) as opened:
        hand.key(Qt.Key.Key_Return)

    assert opened.args == ["conv1"]
    assert page.block.isVisible() and not page.palette_card.isVisible()
    assert page.block.isAncestorOf(page.focusWidget())
    qtbot.keyClick(page.focusWidget(), Qt.Key.Key_Escape)
    assert hand.view.hasFocus()
    hand.double_click(hand.middle("pool"))
    assert hand.view.chosen == "pool" and page.block.isVisible()


def test_a_block_is_found(qtbot: QtBot, hand: Hand) -> None:
    hand.key(Qt.Key.Key_F, CTRL)
    find = hand.view.find_bar
    assert find.isVisible()
    qtbot.keyClicks(find.field, "conv")
    assert hand.view.chosen == "conv1" and find.count.text() == "1 of 2"
    qtbot.keyClick(find.field, Qt.Key.Key_Return)
    assert hand.view.chosen == "conv2"
    find.field.setText("zebra")
    assert find.count.text() == "none"
    qtbot.keyClick(find, Qt.Key.Key_Escape)
    assert not find.isVisible()


# --- what is shown


def test_a_change_is_drawn_at_once_without_numbers_that_are_not_known(
    qtbot: QtBot, harness: Harness, hand: Hand
) -> None:
    hand.view.choose("norm")
    hand.key(Qt.Key.Key_Delete)
    views = {block.name: block for block in hand.view.blocks}
    assert "norm" not in views
    assert views["sum"].pending and views["answer"].pending
    assert not views["conv2"].pending and views["conv2"].parameters > 0
    assert all(block.share == 0 for block in hand.view.blocks)
    measured(qtbot, harness)
    assert not any(block.pending for block in hand.view.blocks)
    assert hand.view.item("answer").view.share > 0


def test_another_template_forgets_where_blocks_were_put(harness: Harness, page: ModelPage) -> None:
    harness.document.replace(
        "", drawing=harness.document.experiment.drawing.moved({"conv1": (9, 9)})
    )
    page.gallery.chosen.emit("cnn")
    assert harness.document.experiment.drawing.positions == {}


def test_the_command_line_sees_what_was_drawn(
    harness: Harness, hand: Hand, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gestures = (
        lambda: hand.drag(hand.port("input"), hand.middle("sum")),
        lambda: hand.drop("dropout", hand.on_wire("conv1", "conv2")),
        lambda: hand.drag(hand.middle("norm"), hand.middle("norm") + QPointF(60, 9)),
        lambda: hand.view.commands.do("duplicate"),
        lambda: (hand.view.choose("conv2"), hand.key(Qt.Key.Key_Delete)),
    )
    path = tmp_path / "drawn.toml"
    for gesture in gestures:
        gesture()
        harness.document.save(path)
        capsys.readouterr()
        code = cli.main(["graph", str(path), "--json"])
        told = json.loads(capsys.readouterr().out)
        blocks = {block["name"]: tuple(block["inputs"]) for block in told["blocks"]}
        assert blocks == inputs(harness)
        assert (code == 0) == (told.get("mistake") is None)
