"""The drawn network: the arrangement of blocks, their labels, and moving through them."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QCoreApplication, QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent

from app.ui.canvas.items import BlockView
from app.ui.canvas.view import NetworkView
from app.ui.style.theme import Theme
from models.arrangement import Arrangement, Box, Sizes, arrange

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication
    from pytestqt.qtbot import QtBot

CHAIN = {"input": [], "a": ["input"], "b": ["a"], "c": ["b"]}
BYPASS = {"input": [], "a": ["input"], "b": ["a"], "add": ["b", "input"]}
TOWERS = {
    "input": [],
    "a1": ["input"],
    "a2": ["a1"],
    "a3": ["a2"],
    "b1": ["input"],
    "b2": ["b1"],
    "join": ["a3", "b2"],
    "answer": ["join"],
}


def arrangement_of(inputs: dict[str, list[str]]) -> Arrangement:
    return arrange(inputs, dict.fromkeys(inputs, 46.0), Sizes())


def long_network(blocks: int) -> dict[str, list[str]]:
    """Returns a chain in which every fourth block also reads the one four above it."""
    names = ["input", *(f"n{number}" for number in range(blocks))]
    inputs: dict[str, list[str]] = {"input": []}
    for index in range(1, len(names)):
        inputs[names[index]] = [names[index - 1]] + ([names[index - 4]] if index % 4 == 0 else [])

    return inputs


def tooltip(qtbot: QtBot, view: NetworkView, name: str) -> str:
    """Returns what is said of a block while the mouse is over it."""
    item = view.item(name)
    view.show_block(name)
    qtbot.mouseMove(view.viewport(), view.mapFromScene(item.rect.center()))
    qtbot.waitUntil(lambda: bool(item.toolTip()))
    return item.toolTip()


def overlap(first: Box, second: Box) -> bool:
    return (
        first.x < second.x + second.width
        and second.x < first.x + first.width
        and first.y < second.bottom
        and second.y < first.bottom
    )


@pytest.mark.parametrize("inputs", [CHAIN, BYPASS, TOWERS, long_network(60)])
def test_no_block_covers_another_and_each_stands_below_what_it_reads(
    inputs: dict[str, list[str]],
) -> None:
    boxes = arrangement_of(inputs).boxes
    assert not any(
        overlap(first, second) for first, second in itertools.combinations(boxes.values(), 2)
    )

    for name, sources in inputs.items():
        for source in sources:
            assert boxes[source].bottom < boxes[name].y


@pytest.mark.parametrize("inputs", [CHAIN, BYPASS, TOWERS, long_network(24)])
def test_lines_join_their_blocks_and_cross_no_other(inputs: dict[str, list[str]]) -> None:
    arrangement = arrangement_of(inputs)
    assert set(arrangement.lines) == {
        (source, name) for name, sources in inputs.items() for source in sources
    }

    for (source, target), corners in arrangement.lines.items():
        first = arrangement.boxes[source]
        last = arrangement.boxes[target]
        assert on_edge(corners[0], first) and on_edge(corners[-1], last)

        for start, end in itertools.pairwise(corners):
            assert start[0] == end[0] or start[1] == end[1]
            for name, box in arrangement.boxes.items():
                if name not in (source, target):
                    assert not through(start, end, box), (source, target, name)


def on_edge(point: tuple[float, float], box: Box) -> bool:
    x, y = point
    return (x == box.middle and y in (box.y, box.bottom)) or (
        x == box.x + box.width and box.y < y < box.bottom
    )


def through(start: tuple[float, float], end: tuple[float, float], box: Box) -> bool:
    """Returns whether a level or upright line runs through the inside of a box."""
    left, right = sorted((start[0], end[0]))
    top, bottom = sorted((start[1], end[1]))
    return left < box.x + box.width and right > box.x and top < box.bottom and bottom > box.y


def test_a_chain_is_one_straight_column() -> None:
    arrangement = arrangement_of(CHAIN)
    assert {box.middle for box in arrangement.boxes.values()} == {0.0}
    assert all(len(corners) == 2 for corners in arrangement.lines.values())


def test_bypasses_over_the_same_rows_get_columns_of_their_own() -> None:
    nested = {"input": [], "a": ["input"], "b": ["a"], "c": ["b", "input"], "d": ["c", "input"]}
    lines = arrangement_of(nested).lines
    columns = {corners[1][0] for edge, corners in lines.items() if len(corners) > 2}
    assert len(columns) == 2


def blocks(count: int = 6, broken: int = -1) -> list[BlockView]:
    views = [BlockView("input", "Picture", "1 channel of 28 × 28", source=True)]
    for number in range(count):
        wrong = number == broken
        views.append(
            BlockView(
                f"n{number}",
                f"Residual block · {16 * (number + 1)}",
                "" if wrong else "16 channels of 14 × 14",
                (views[-1].name,),
                "Adds its input.",
                1000 * number,
                0.1 * number,
                2_000_000,
                12_544,
                1_048_576,
                "It cannot be halved again." if wrong else "",
                "Take fewer blocks." if wrong else "",
                reached=not (0 <= broken <= number),
            )
        )

    return views


@pytest.fixture
def view(qtbot: QtBot) -> NetworkView:
    network_view = NetworkView(Theme())
    qtbot.addWidget(network_view)
    network_view.resize(460, 300)
    network_view.show()
    network_view.show_blocks(blocks())

    return network_view


def test_the_keyboard_walks_from_block_to_block(qtbot: QtBot, view: NetworkView) -> None:
    selected: list[str] = []
    view.block_chosen.connect(selected.append)

    for key in (Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Up, Qt.Key.Key_End, Qt.Key.Key_Home):
        qtbot.keyClick(view, key)

    assert selected == ["input", "n0", "input", "n5", "input"]
    assert "Selected: Picture: 1 channel of 28 × 28." in view.accessibleDescription()


def test_walking_brings_the_block_into_sight(qtbot: QtBot, view: NetworkView) -> None:
    qtbot.keyClick(view, Qt.Key.Key_End)
    shown = view.mapToScene(view.viewport().rect()).boundingRect()
    assert shown.contains(view.item("n5").sceneBoundingRect().center())


def test_a_click_selects_and_the_choice_survives_a_new_drawing(
    qtbot: QtBot, view: NetworkView
) -> None:
    centre = view.mapFromScene(view.item("n1").sceneBoundingRect().center())
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=centre)
    assert view.chosen == "n1"
    view.show_blocks(blocks(4))

    assert view.chosen == "n1" and view.item("n1").isSelected()


def test_the_wheel_with_control_zooms_and_without_scrolls(
    qapp: QApplication, view: NetworkView
) -> None:
    def turn(modifier: Qt.KeyboardModifier, by: int) -> None:
        centre = QPointF(view.viewport().rect().center())
        event = QWheelEvent(
            centre,
            view.viewport().mapToGlobal(centre),
            QPoint(),
            QPoint(0, by),
            Qt.MouseButton.NoButton,
            modifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )

        qapp.sendEvent(view.viewport(), event)

    turn(Qt.KeyboardModifier.ControlModifier, 120)
    assert view.zoom > 1.1
    larger = view.zoom
    turn(Qt.KeyboardModifier.NoModifier, -120)

    assert view.zoom == larger
    assert view.verticalScrollBar().value() > 0


def test_all_of_a_long_network_fits_and_goes_back_to_actual_size(
    qtbot: QtBot, view: NetworkView
) -> None:
    view.show_blocks(blocks(12))
    qtbot.keyClick(view, "f")
    assert view.zoom < 1
    assert (
        view.mapFromScene(view.sceneRect()).boundingRect().height() <= view.viewport().height() + 2
    )

    qtbot.keyClick(view, "0")
    assert view.zoom == 1


def test_a_block_that_cannot_be_says_so_and_grows(qtbot: QtBot, view: NetworkView) -> None:
    view.show_blocks(blocks(broken=2))
    fault = view.item("n2")
    later = view.item("n3")
    assert fault.height > later.height
    assert "It cannot be halved again. Take fewer blocks." in tooltip(qtbot, view, "n2")
    assert later.view.words().endswith("not reached")

    fault_box = fault.sceneBoundingRect()
    later_box = later.sceneBoundingRect()
    assert fault_box.bottom() <= later_box.top() + 4


def test_the_tooltip_tells_what_a_block_costs(qtbot: QtBot, view: NetworkView) -> None:
    tip = tooltip(qtbot, view, "n3")
    assert "3,000 parameters (30 %)" in tip
    assert "2 M multiply-adds" in tip
    assert "12.2 KiB of activations" in tip
    assert "1 MiB in training" in tip


def test_blocks_become_as_wide_as_the_view_allows(qtbot: QtBot, view: NetworkView) -> None:
    wide = view.item("n0").boundingRect().width()
    view.resize(260, 300)
    qtbot.waitUntil(lambda: view.item("n0").boundingRect().width() < wide)
    assert view.horizontalScrollBar().minimum() >= view.horizontalScrollBar().maximum()


@pytest.mark.parametrize("zoom", [1.0, 1.5])
@pytest.mark.parametrize("branched", [False, True])
def test_what_fits_beside_a_scroll_bar_needs_none_below(
    qtbot: QtBot, theme: Theme, zoom: float, branched: bool
) -> None:
    theme.set_zoom(zoom)
    view = NetworkView(theme)
    qtbot.addWidget(view)
    view.show()
    shown = blocks(12)
    if branched:
        shown.append(BlockView("sum", "Add", "8 values", ("n11", "n3")))

    for width in (360, 400, 402, 405, 410, 433, 500):
        view.resize(round(width * zoom), 300)
        view.show_blocks(shown)
        QCoreApplication.processEvents()
        bar = view.horizontalScrollBar()
        assert view.verticalScrollBar().isVisible()
        assert bar.minimum() == bar.maximum() and not bar.isVisible(), width


def test_the_drawing_follows_the_theme(qtbot: QtBot) -> None:
    theme = Theme()
    view = NetworkView(theme)
    qtbot.addWidget(view)
    view.resize(400, 300)
    view.show()
    view.show_blocks(blocks(2))
    light = view.grab().toImage().pixelColor(200, 20)
    theme.set_dark(True)
    dark = view.grab().toImage().pixelColor(200, 20)
    theme.set_dark(False)
    assert light.lightness() > 200 > 60 > dark.lightness()


def test_a_branched_network_is_drawn_whole(qtbot: QtBot, view: NetworkView) -> None:
    views = {
        name: BlockView(name, name, "8 values", tuple(sources)) for name, sources in TOWERS.items()
    }
    view.show_blocks(list(views.values()))
    view.zoom_to_fit()

    def is_whole() -> bool:
        shown = view.mapToScene(view.viewport().rect()).boundingRect().adjusted(-2, -2, 2, 2)
        return all(shown.contains(view.item(name).sceneBoundingRect()) for name in TOWERS)

    qtbot.waitUntil(is_whole)  # the scroll bars go when events are processed
