"""A person at the drawing of a network: chooses blocks, adds them, draws wires, sets values.

Mouse and keys are events of the X server. Where things lie is asked of the window; the network
itself is only ever changed by what the person does, and read to see that it was done.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QPoint, QPointF
from PySide6.QtWidgets import QApplication, QCheckBox, QComboBox

from app.ui.canvas.drops import drop_at
from app.ui.canvas.editor import Drop
from app.ui.canvas.gestures import port_at, reach_of_wire
from app.ui.pages.model.graph_edits import open_graph
from app.ui.pages.model.page import ModelPage
from models.layers.block import BLOCKS
from models.layers.own_block import read_settings
from tests.paths.x_events import CONTROL, DELETE, ENTER, ESCAPE, INSERT, SHIFT
from tests.ui.hand import Places

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from models.graph import Graph, Node
    from tests.paths.person import Person

ALONG = (0.5, 0.35, 0.65, 0.2, 0.8)
"""Shares of a part of a wire at which it is clicked, where nothing else lies there."""

RASTER = 24
"""Pixels between places at which a free one is looked for."""


class Drawer:
    """Draws on the Model page, which is in front."""

    def __init__(self, person: Person) -> None:
        self.person = person
        person.wait(lambda: _page() is not None, "the Model page")
        page = person.on_window(_page)
        assert isinstance(page, ModelPage)
        self.page = page
        self.view = page.network.view
        self.places = Places(self.view)
        self.rest()

    def graph(self) -> Graph:
        """Returns the network as it is drawn now."""
        graph = self.person.on_window(lambda: open_graph(self.page._parts.document))
        assert graph is not None
        return graph

    def rest(self) -> None:
        """Waits until everything is measured, and drawn as it is."""
        document = self.page._parts.document
        measurer = self.page._parts.network_measurer

        def done() -> bool:
            if document.data_state != "ready":
                return False

            graph = open_graph(document)
            drawn = {block.name for block in self.view.blocks if not block.source}
            same = graph is not None and drawn == {node.name for node in graph.nodes}
            return same and not measurer.busy

        self.person.wait(done, "the network as it is drawn")

    # --- blocks

    def choose(self, name: str) -> None:
        """Clicks on a block."""
        if self.person.on_window(lambda: self.view.all_chosen == (name,)):
            return

        self._see(lambda: [self.places.middle(name)])
        self.person.click_at(self._pixel(lambda: self.places.middle(name)))
        self.person.wait(lambda: self.view.all_chosen == (name,), f"'{name}' is chosen")
        self.rest()

    def choose_up_to(self, name: str) -> None:
        """Chooses all blocks from the chosen one up to this one: a click with Shift held."""
        self._see(lambda: [self.places.middle(name)])
        place = self._pixel(lambda: self.places.middle(name))
        with self.person.holding(SHIFT):
            self.person.click_at(place)

        self.person.wait(lambda: name in self.view.all_chosen, f"'{name}' is chosen too")

    def put(self, kind: str, behind: str) -> str:
        """Adds a block behind another by keys: Insert, its name, Enter. Returns its name."""
        self.choose(behind)
        before = {node.name for node in self.graph().nodes}
        self._look_for(kind)
        self.person.press(ENTER)
        return self._new(before)

    def branch(self, kind: str, behind: str) -> str:
        """Drags a block from the list to a free place beside the network; returns its name.

        It reads `behind`, if need be after its wire was led there.
        """
        before = {node.name for node in self.graph().nodes}
        self._look_for(kind)
        self._see(lambda: [self.places.port(behind)])
        row = self.person.on_window(self._row)
        place = self._pixel(lambda: self._free_place(behind))
        self.person.drag(row, place, self._tells("Reads"))
        name = self._new(before)
        self.close_list()
        self.person.press(ord("a"))  # what was dropped somewhere is arranged
        self.rest()
        if self.graph()[name].inputs != (behind,):
            self.wire(behind, name)

        return name

    def drop_on_wire(self, kind: str, source: str, target: str) -> str:
        """Drags a block from the list onto a wire; returns its name."""
        before = {node.name for node in self.graph().nodes}
        self._look_for(kind)
        self._see(lambda: [self.places.middle(source), self.places.middle(target)])
        row = self.person.on_window(self._row)
        place = self._pixel(lambda: self._on_wire(source, target))
        self.person.drag(row, place, self._tells("Between"))
        return self._new(before)

    def delete(self, name: str) -> None:
        """Chooses a block and takes it out."""
        self.close_list()
        self.choose(name)
        self.person.press(DELETE)
        self.person.wait(lambda: name not in self.view.content.blocks, f"'{name}' is gone")
        self.rest()

    def close_list(self) -> None:
        """Closes the list of blocks, if it is open; the drawing has the keyboard then."""
        if self.person.on_window(self.page.palette_card.isVisible):
            self.person.press(ESCAPE)
            self.person.wait(lambda: not self.page.palette_card.isVisible(), "a closed list")

    # --- wires

    def wire(self, source: str, target: str) -> None:
        """Draws a wire from the dot below a block to another block, which reads it then."""
        self.drag_wire(source, target)
        self.rest()
        inputs = self.graph()[target].inputs
        assert source in inputs, self._told(f"'{target}' reads {inputs}, not '{source}'")

    def drag_wire(self, source: str, target: str) -> None:
        """Drags from the dot below a block to another block."""
        self._see(lambda: [self.places.port(source), self.places.middle(target)])
        self.person.drag(
            self._pixel(lambda: self.places.port(source)),
            self._pixel(lambda: self.places.middle(target)),
            lambda: self.view.item(target)._marked,
        )

    def cut(self, source: str, target: str) -> None:
        """Clicks on a wire and takes it away."""
        self._see(lambda: [self.places.middle(source), self.places.middle(target)])
        self.person.click_at(self._pixel(lambda: self._on_wire(source, target)))
        self.person.wait(
            lambda: self.view.content.wires.lit == (source, target), "the wire is chosen"
        )
        self.person.press(DELETE)
        self.rest()
        assert source not in self.graph()[target].inputs, self._told("the wire is still there")

    # --- settings

    def set(self, name: str, setting: str, value: Any) -> None:
        """Gives a setting of a block another value, in its form beside the drawing."""
        self.close_list()
        self.choose(name)
        field = self.person.on_window(lambda: self.page.block.fields[setting])
        editor = self.person.click(f"block.{setting}")
        if isinstance(editor, QComboBox):
            self.person.type(str(field.setting.choice_text(value)), enter=True)
        elif not isinstance(editor, QCheckBox):
            self.person.press(ord("a"), CONTROL)
            self.person.type(str(value), enter=True)

        self.person.wait(lambda: self._value(name, setting) == value, f"{setting} of '{name}'")
        self.rest()

    def fill(self, name: str, node: Node) -> None:
        """Gives a block the settings of another one, where they differ."""
        wanted = read_settings(node)
        for setting in type(wanted).model_fields:
            value = getattr(wanted, setting)
            if self.person.on_window(lambda s=setting: self._value(name, s)) != value:
                self.set(name, setting, value)

    def _value(self, name: str, setting: str) -> Any:
        graph = open_graph(self.page._parts.document)
        assert graph is not None
        return getattr(read_settings(graph[name]), setting)

    def photograph(self, name: str) -> None:
        """Takes pictures of the screen: light, dark, and at 150 %."""
        theme = self.page._parts.theme
        for look, zoom, dark in (("light", 1.0, False), ("dark", 1.0, True), ("150", 1.5, False)):
            self.person.on_window(lambda zoom=zoom: theme.set_zoom(zoom))
            self.person.on_window(lambda dark=dark: theme.set_dark(dark))
            self.person.photograph(f"{name}-{look}")

        self.person.on_window(lambda: theme.set_zoom(1.0))

    # --- where things lie, on the thread of the window

    def _look_for(self, kind: str) -> None:
        """Opens the list of blocks, and types the name of a kind."""
        palette = self.page.palette_card.palette_list
        label = BLOCKS.get(kind).label
        if not self.person.on_window(self.page.palette_card.isVisible):
            if self.person.on_window(self.view.hasFocus):
                self.person.press(INSERT)
            else:
                self.person.click("model.add")
        elif not self.person.on_window(palette.field.hasFocus):
            self.person.click("palette.field")
            self.person.press(ord("a"), CONTROL)

        self.person.wait(palette.field.hasFocus, "the list of blocks")
        self.person.type(label.lower())
        self.person.wait(
            lambda: (
                palette.list.currentItem() is not None
                and palette.list.currentItem().text() == label
            ),
            f"'{label}' in the list of blocks",
        )

    def _row(self) -> QPoint:
        """Returns the middle of the current row of the list."""
        kinds = self.page.palette_card.palette_list.list
        kinds.scrollToItem(kinds.currentItem())
        return kinds.viewport().mapToGlobal(kinds.visualItemRect(kinds.currentItem()).center())

    def _new(self, before: set[str]) -> str:
        def added() -> set[str]:
            graph = open_graph(self.page._parts.document)
            assert graph is not None
            return {node.name for node in graph.nodes} - before

        self.person.wait(lambda: len(added()) == 1, "one more block")
        self.rest()
        (name,) = self.person.on_window(added)
        return str(name)

    def _pixel(self, place: Any) -> QPoint:
        """Returns the pixel of the screen of a place on the scene."""

        def pixel() -> QPoint:
            point: QPointF = place()
            return self.view.viewport().mapToGlobal(self.view.mapFromScene(point))

        found = self.person.on_window(pixel)
        hit = self.person.on_window(lambda: QApplication.widgetAt(found))
        assert hit is self.view.viewport(), f"{hit} is before the drawing"
        assert isinstance(found, QPoint)
        return found

    def _see(self, places: Any) -> None:
        """Shows the whole network where some places are out of sight."""

        def seen() -> bool:
            room = self.view.viewport().rect().adjusted(4, 4, -4, -4)
            return all(room.contains(self.view.mapFromScene(place)) for place in places())

        if not self.person.on_window(seen):
            self.person.click("model.fit")
            self.person.wait(seen, "what is drawn in sight")

    def _on_wire(self, source: str, target: str) -> QPointF:
        """Returns a place at which a click is one on this wire."""
        content = self.view.content
        reach = reach_of_wire(self.view)
        for point in _along(content.wires.lines[source, target]):
            free = content.block_at(point) is None and not self._is_port(point)
            if free and content.wires.at(point, reach) == (source, target):
                return point

        raise AssertionError(f"no place on the wire from '{source}' to '{target}' can be clicked")

    def _is_port(self, point: QPointF) -> bool:
        return bool(port_at(self.view, QPointF(self.view.mapFromScene(point))))

    def _free_place(self, behind: str) -> QPointF:
        """Returns a free place in sight where a block would read `behind`; else any free one."""
        free: list[QPointF] = []
        room = self.view.viewport().rect()
        for y, x in itertools.product(
            range(RASTER, room.height() - RASTER, RASTER),
            range(RASTER, room.width() - RASTER, RASTER),
        ):
            point = self.view.mapToScene(QPoint(x, y))
            below = QApplication.widgetAt(self.view.viewport().mapToGlobal(QPoint(x, y)))
            drop = drop_at(self.view, point, 2 * reach_of_wire(self.view))
            if drop.at is None or below is not self.view.viewport():
                continue
            if drop == Drop(behind=behind, at=drop.at):
                return point

            free.append(point)

        assert free, "there is no free place in sight"
        return free[0]

    def _tells(self, begin: str) -> Callable[[], bool]:
        """Returns whether the drawing says so what a drop would do."""
        message = self.view.message
        return lambda: message.isVisible() and message.text.text().startswith(begin)

    def _told(self, otherwise: str) -> str:
        """Returns the sentence that the drawing shows; otherwise this one."""
        message = self.view.message
        told = self.person.on_window(lambda: message.text.text() if message.isVisible() else "")
        return f"{otherwise}: {told}" if told else otherwise


def _page() -> ModelPage | None:
    """Returns the page once it is seen."""
    pages = (each for each in QApplication.allWidgets() if isinstance(each, ModelPage))
    return next((page for page in pages if page.isVisible()), None)


def _along(corners: Any) -> Iterator[QPointF]:
    """Yields places on a line, those on its longest part first."""
    parts = sorted(
        itertools.pairwise(corners),
        key=lambda part: -abs(part[0][0] - part[1][0]) - abs(part[0][1] - part[1][1]),
    )
    for ((x1, y1), (x2, y2)), share in itertools.product(parts, ALONG):
        yield QPointF(x1 + share * (x2 - x1), y1 + share * (y2 - y1))
