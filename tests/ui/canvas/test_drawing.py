"""What is drawn: boxes of tensors, places by hand, pictures on blocks, wires near a point."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPixmap

from app.engine.experiment.drawing import Drawing, Note
from app.ui.canvas.block_view import BlockView
from app.ui.canvas.items import BlockItem
from app.ui.canvas.look import Look
from app.ui.canvas.notes import PADDING, WRAP
from app.ui.canvas.surface import BRANCHED
from app.ui.canvas.tensor_box import HEIGHT, WIDTH, Largest, tensor_box
from app.ui.canvas.view import NetworkView
from app.ui.canvas.wires import WiresItem
from app.ui.style.theme import Theme
from models.arrangement import Sizes, arrange

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

FORMS = [(3, 32, 32), (16, 32, 32), (32, 16, 16), (64, 8, 8), (64,), (10,)]


def view_of(*forms: tuple[int, ...]) -> list[BlockView]:
    views = [BlockView("input", "Picture", "3 channels", source=True, form=forms[0])]
    for number, form in enumerate(forms[1:]):
        views.append(
            BlockView(f"n{number}", f"Block {number}", str(form), (views[-1].name,), form=form)
        )

    return views


@pytest.fixture
def view(qtbot: QtBot) -> NetworkView:
    network_view = NetworkView(Theme())
    qtbot.addWidget(network_view)
    network_view.resize(600, 500)
    network_view.show()
    network_view.show_blocks(view_of(*FORMS))
    return network_view


def test_boxes_shrink_as_pictures_do_and_deepen_with_channels() -> None:
    largest = Largest.of(FORMS)
    boxes = [tensor_box(form, largest) for form in FORMS]
    sides = [box.size.width() for box in boxes[:4] if box is not None]
    assert sides[0] == sides[1] > sides[2] > sides[3]
    planes = [len(box.planes) for box in boxes[:4] if box is not None]
    assert planes == sorted(planes) and planes[-1] == 5
    values = [box.size.height() for box in boxes[4:] if box is not None]
    assert values[0] > values[1]
    assert tensor_box((1, 28, 28), largest) is not None
    assert len(tensor_box((1, 28, 28), largest).planes) == 1
    assert tensor_box((), largest) is None


@pytest.mark.parametrize("form", [(1, 1, 1), (2048, 1, 1), (3, 4, 4000), (5, 2), (4096, 512), (1,)])
def test_every_box_has_room(form: tuple[int, ...]) -> None:
    box = tensor_box(form, Largest.of([form]))
    assert box is not None
    for plane in box.planes:
        assert plane.left() >= 0 and plane.top() >= 0
        assert plane.right() <= WIDTH and plane.bottom() <= HEIGHT
        assert plane.width() > 0 and plane.height() > 0


def test_a_picture_stands_on_its_block_and_makes_room(qtbot: QtBot, view: NetworkView) -> None:
    item = view.item("n1")
    below = view.item("n2").y()
    before = item.height
    image = QImage(8, 4, QImage.Format.Format_RGB32)
    image.fill(QColor("#ff0000"))
    item.set_picture(image)
    qtbot.waitUntil(lambda: view.item("n2").y() > below)
    assert item.height > before
    room = item.picture_room
    at = view.mapFromScene(item.pos() + room.topLeft() + QPointF(4, 4))
    qtbot.waitUntil(lambda: view.grab().toImage().pixelColor(at) == QColor("#ff0000"))

    view.show_blocks(view_of(*FORMS, (3,)))
    assert view.item("n1") is item and item.height > before
    item.set_picture(None)
    qtbot.waitUntil(lambda: view.item("n2").y() == below)


def test_blocks_stand_where_they_were_put_and_their_wires_follow() -> None:
    inputs = {"input": [], "a": ["input"], "b": ["a"], "c": ["b"]}
    heights = dict.fromkeys(inputs, 46.0)
    there = arrange(inputs, heights, Sizes(), {"b": (400.0, 20.0), "gone": (1.0, 1.0)})
    assert (there.boxes["b"].middle, there.boxes["b"].y) == (400.0, 20.0)
    assert there.boxes["c"] == arrange(inputs, heights, Sizes()).boxes["c"]
    start, *_, end = there.lines["b", "c"]
    assert start == (400.0, there.boxes["b"].bottom)
    assert end == (there.boxes["c"].middle, there.boxes["c"].y)
    up = there.lines["a", "b"]
    assert up[0] == (there.boxes["a"].middle, there.boxes["a"].bottom) and up[-1] == (400.0, 20.0)
    assert len(up) == 6


def test_only_what_changed_is_made_anew(view: NetworkView) -> None:
    items = dict(view.content.blocks)
    changed = view_of(*FORMS, (5,))
    view.show_blocks(changed)
    assert all(view.item(name) is item for name, item in items.items())
    view.show_blocks(changed[:3])
    assert list(view.content.blocks) == ["input", "n0", "n1"]
    assert len(view.content.items()) == 4  # and the wires


def test_what_is_taken_back_need_not_be_painted_again(
    qtbot: QtBot, view: NetworkView, monkeypatch: pytest.MonkeyPatch
) -> None:
    def sharp() -> bool:
        view.viewport().repaint()
        return not view.look.postponed

    qtbot.waitUntil(sharp)
    painted = []
    paint = BlockItem._painted

    def counted(item: BlockItem, zoom: float, ratio: float) -> QPixmap:
        painted.append(item.view.name)
        return paint(item, zoom, ratio)

    monkeypatch.setattr(BlockItem, "_painted", counted)
    before = view.blocks
    changed = [replace(block, parameters=7) for block in before[2:4]]
    view.show_blocks([*before[:2], *changed, *before[4:]])
    view.viewport().repaint()
    assert painted == [block.name for block in changed]
    view.show_blocks(before)
    view.viewport().repaint()
    assert len(painted) == 2
    view.theme.set_dark(True)
    view.viewport().repaint()
    view.theme.set_dark(False)
    assert set(painted) == set(view.content.blocks), "other colours are other cards"


def test_boxes_keep_their_size_while_shapes_are_not_known(view: NetworkView) -> None:
    largest = view.look.largest
    waiting = [replace(block, form=(), pending=True) for block in view.blocks[3:]]
    view.show_blocks([*view.blocks[:3], *waiting])
    assert view.look.largest is largest
    view.show_blocks(view.blocks[:3])
    assert view.look.largest != largest


def test_branches_are_narrow_where_there_is_little_room(qtbot: QtBot, view: NetworkView) -> None:
    first, second, *rest = view_of(*FORMS)
    bypass = replace(rest[0], inputs=(second.name, first.name))
    view.show_blocks([first, second, bypass, *rest[1:]])
    view.resize(300, 400)
    bar = view.horizontalScrollBar()
    qtbot.waitUntil(lambda: view.item("n1").width < 300 and bar.maximum() == bar.minimum())
    view.resize(900, 400)
    qtbot.waitUntil(lambda: view.item("n1").width == BRANCHED)


def test_places_grow_with_the_zoom_of_the_window(view: NetworkView) -> None:
    view.show_blocks(view.blocks, Drawing(positions={"n1": (300, 40)}))
    item = view.item("n1")
    assert view.content.place_of(item) == pytest.approx((300, 40))
    view.theme.set_zoom(1.5)
    assert item.y() == pytest.approx(60)
    assert view.content.place_of(item) == pytest.approx((300, 40))
    view.theme.set_zoom(1.0)


def test_the_nearest_wire_is_found() -> None:
    item = WiresItem(Look(Theme()))
    item.set_lines(
        {("a", "b"): ((0.0, 0.0), (0.0, 50.0)), ("a", "c"): ((0.0, 0.0), (40.0, 0.0))},
        Look(Theme()),
    )
    assert item.at(QPointF(2, 30), 6) == ("a", "b")
    assert item.at(QPointF(30, 3), 6) == ("a", "c")
    assert item.at(QPointF(30, 30), 6) is None
    assert item.end_at(QPointF(38, 2), 6) == ("a", "c")


def test_the_mini_map_is_there_for_a_large_network_only(qtbot: QtBot, view: NetworkView) -> None:
    assert not view.mini_map.isVisible()
    view.show_blocks(view_of(*FORMS * 8))
    assert view.mini_map.isVisible()
    middle = view.mini_map.rect().center()
    qtbot.mouseClick(view.mini_map, Qt.MouseButton.LeftButton, pos=middle)
    assert view.verticalScrollBar().value() > 0
    view.commands.do("map")
    assert not view.mini_map.isVisible()


@pytest.mark.parametrize("text", ["Try this one without a bypass.", "one\ntwo\nthree", "w" * 90])
def test_a_note_is_as_high_as_its_text(view: NetworkView, text: str) -> None:
    view.show_blocks(view.blocks, Drawing(notes=(Note(text=text, at=(230, 0)),)))
    note = view.content.notes[0]
    shown = QRectF(0.5, 0.5, note.rect.width() - 1, note.rect.height() - 1)
    inside = shown.adjusted(PADDING, PADDING, -PADDING, -PADDING)
    needed = view.look.small_metrics.boundingRect(inside, WRAP, text)
    assert needed.height() <= inside.height() + 1


def test_a_sentence_on_the_drawing_is_whole_in_every_size(qtbot: QtBot, theme: Theme) -> None:
    view = NetworkView(theme)
    qtbot.addWidget(view)
    view.resize(600, 400)
    view.show()
    view.show_blocks(view_of(*FORMS))
    view.tell("A wire cannot run backwards: what 'conv1' gives goes into 'conv2'.")
    text = view.message.text

    def is_whole() -> bool:
        return text.height() >= text.heightForWidth(text.width()) > 0 and view.rect().contains(
            view.message.geometry()
        )

    qtbot.waitUntil(is_whole)
    for zoom in (1.5, 2.0, 1.0):
        theme.set_zoom(zoom)
        qtbot.waitUntil(is_whole)
    view.resize(300, 200)
    qtbot.waitUntil(is_whole)


def test_a_frame_paints_fewer_pictures_of_cards_where_the_rest_is_dear(theme: Theme) -> None:
    look = Look(theme)

    def pictures(rest: float) -> int:
        """Returns how many pictures of 0.4 ms a frame paints that follows one with this rest."""
        look.begin_frame(1.0)
        look._rest = rest
        painted = 0
        while look.has_time():
            look._painting += 0.0004
            painted += 1

        assert look.postponed
        return painted

    assert pictures(0.0) == pictures(0.005) == 10
    assert pictures(0.0105) == 4
    assert pictures(0.030) == 3


def test_a_frame_tells_pictures_of_cards_from_the_rest(theme: Theme) -> None:
    look = Look(theme)
    look.begin_frame(1.0)
    with look.painting():
        _work(0.02)
    _work(0.005)
    look.end_frame()
    assert 0.004 < look._rest < 0.015 and look._painting > 0.019


def _work(seconds: float) -> None:
    """Takes so much processor time of this thread."""
    until = time.thread_time() + seconds
    while time.thread_time() < until:
        pass
