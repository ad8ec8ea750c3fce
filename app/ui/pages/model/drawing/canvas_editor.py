"""Gestures on the drawn network as changes of the document: each is one step of undo.

Every edit is a function of the graph, as the command line would make it; see `models.edits`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import ValidationError
from PySide6.QtCore import QObject, Signal

from app.engine.errors import UserError
from app.engine.experiment import toml_file
from app.engine.experiment.block_text import read_text, text_of
from app.ui.pages.model.drawing.fitting import Fitting
from app.ui.pages.model.graph_edits import open_graph, own_blocks, set_graph
from models import edits
from models.edits import several, wires
from models.graph import INPUT, OTHER, Graph, GraphError
from models.groups import take_apart
from models.own_blocks import stands_beside

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from app.engine.experiment.drawing import Drawing
    from app.ui.canvas.editor import Drop
    from app.ui.pages.model.block_library import BlockLibrary
    from app.ui.state.document import Document
    from app.ui.state.network_measurer import NetworkMeasurer
    from models.graph import BlockDefinition, Kind

    Point = tuple[float, float]
    Wire = tuple[str, str]

Edited = tuple[Graph, tuple[str, ...]]
"""A changed graph, and the blocks that are new in it."""


class CanvasEditor(QObject):
    """Changes the network of the document as `app.ui.canvas.editor.Editor` asks it.

    placed(names): new blocks were put into the network. Each call returns in a sentence why nothing
    was changed, "" where it was done.
    """

    placed = Signal(tuple)

    def __init__(
        self,
        document: Document,
        measurer: NetworkMeasurer,
        library: BlockLibrary,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._document = document
        self._measurer = measurer
        self._library = library

    # --- wires

    def draw_wire(self, source: str, target: str) -> str:
        """Lets a block read another one; where it can read no more, instead of the last."""
        return self._edit(
            lambda graph: (
                self._ordered(
                    wires.connect(graph, source, target, self._most(graph, target)), target
                ),
                (),
            )
        )

    def move_wire(self, wire: Wire, source: str, target: str) -> str:
        """Lets a wire run between other blocks, of which one is as before."""

        def change(graph: Graph) -> Edited:
            if target != wire[1]:
                most = self._most(graph, target)
                moved = wires.move_end(graph, wire[0], wire[1], target, most)
                return self._ordered(moved, target), ()

            return wires.move_start(graph, wire[0], wire[1], source), ()

        return self._edit(change)

    def remove_wire(self, wire: Wire) -> str:
        """Takes a wire away."""
        return self._edit(lambda graph: (wires.disconnect(graph, *wire), ()))

    # --- blocks

    def insert(self, kind: str, drop: Drop) -> str:
        """Puts a new block of a kind somewhere, with settings that fit there if any do."""
        chosen = self._kind(kind)

        def change(graph: Graph) -> Edited:
            if drop.instead:
                return self._replaced(graph, drop.instead, chosen)
            if drop.wire is not None:
                source, target = drop.wire
                values, also = self._fitting.behind(chosen, source) or ({}, ())
                changed, name = wires.insert_on(graph, source, target, chosen, values, also)
                return changed, (name,)

            behind = drop.behind or self._place_for(graph, chosen)
            values, also = self._fitting.behind(chosen, behind) or ({}, ())
            if drop.at is not None:
                changed, name = wires.add_branch(graph, behind, chosen, values)
            else:
                changed, name = edits.insert_after(graph, behind, chosen, values, also)

            return changed, (name,)

        def draw(drawing: Drawing, names: tuple[str, ...]) -> Drawing:
            return drawing.moved(dict.fromkeys(names, drop.at)) if drop.at else drawing

        return self._edit(change, draw)

    def delete(self, names: Sequence[str], notes: Sequence[int]) -> str:
        """Takes blocks and notes out, and closes the gaps, with equal shapes where there are."""

        def change(graph: Graph) -> Edited:
            return several.remove_all(graph, names, self._fitting.shapes(graph)), ()

        def draw(drawing: Drawing, _names: tuple[str, ...]) -> Drawing:
            return drawing.without_notes(notes) if notes else drawing

        return self._edit(change, draw) if names else self._draw(lambda each: draw(each, ()))

    def duplicate(self, names: Sequence[str]) -> str:
        """Puts copies of blocks behind them."""
        return self._edit(lambda graph: several.duplicate(graph, names))

    def repeat(self, names: Sequence[str], times: int) -> str:
        """Lets blocks stand so many times in a row."""
        return self._edit(lambda graph: several.repeat(graph, names, times))

    def take_apart(self, name: str) -> str:
        """Puts the blocks in the place of a group that it is made of."""
        return self._edit(lambda graph: take_apart(graph, name))

    # --- as text

    def copy(self, names: Sequence[str]) -> str:
        """Returns blocks as text; "" where there are none."""
        graph = open_graph(self._document)
        try:
            return text_of(several.copy_blocks(graph, names)) if graph is not None else ""
        except GraphError:
            return ""

    def paste(self, text: str, behind: str) -> str:
        """Puts the blocks of a text behind one of the network; "" for the place before the end."""
        try:
            fragment = read_text(text)
        except UserError as error:
            return error.what

        def change(graph: Graph) -> Edited:
            known = {INPUT, *(node.name for node in graph.nodes)}
            place = behind if behind in known else _before_end(graph)
            return several.paste(graph, fragment, place)

        return self._edit(change)

    # --- the drawing

    def move(self, blocks: Mapping[str, Point], notes: Mapping[int, Point]) -> str:
        """Puts blocks and notes somewhere, in pixels at 100 %."""

        def draw(drawing: Drawing) -> Drawing:
            changed = drawing.moved(blocks) if blocks else drawing
            for number, at in notes.items():
                changed = changed.with_changed_note(number, at=at)

            return changed

        return self._draw(draw)

    def arrange(self, names: Sequence[str]) -> str:
        """Lets blocks stand where they are arranged; of none that was moved, all."""
        moved = [name for name in names if name in self._document.experiment.drawing.positions]
        return self._draw(lambda drawing: drawing.arranged(moved))

    def add_note(self, text: str, at: Point) -> str:
        """Puts a note somewhere, in pixels at 100 %."""
        return self._draw(lambda drawing: drawing.with_note(text, at))

    def change_note(self, number: int, text: str) -> str:
        """Gives a note another text; one without text goes."""
        if not text:
            return self._draw(lambda drawing: drawing.without_notes((number,)))

        return self._draw(lambda drawing: drawing.with_changed_note(number, text=text))

    # --- how it is taken

    def _edit(
        self,
        change: Callable[[Graph], Edited],
        draw: Callable[[Drawing, tuple[str, ...]], Drawing] | None = None,
    ) -> str:
        """Takes a changed graph as one step. draw: what becomes of the drawing, with new names."""
        graph = open_graph(self._document)
        if graph is None:
            return "There is no network to change."

        try:
            changed, names = change(graph)
            drawing = self._document.experiment.drawing
            set_graph(self._document, changed, draw(drawing, names) if draw else None)
        except GraphError as error:
            return error.message
        except ValidationError as error:
            return " ".join(toml_file.sentences(error))

        if names:
            self.placed.emit(names)

        return ""

    def _draw(self, change: Callable[[Drawing], Drawing]) -> str:
        return self._document.replace("", drawing=change(self._document.experiment.drawing))

    @property
    def _fitting(self) -> Fitting:
        return Fitting(self._measurer.measured)

    def _kind(self, kind: str) -> Kind:
        """Returns the person's own kind of this name, else the name, which is one of the program's.

        The network's own come before those of the library.
        """
        own = self.own_kinds()
        return own.get(kind, kind)

    def own_kinds(self) -> dict[str, BlockDefinition]:
        """Returns the kinds of the network, and those of the library that are not called alike."""
        known = own_blocks(self._document)
        kept = self._library.blocks.items()
        return known | {kind: each for kind, each in kept if stands_beside(each, known)}

    def _place_for(self, graph: Graph, kind: Kind) -> str:
        """Returns the lowest block above the last one behind which a kind fits; else that block."""
        fitting = self._fitting
        way = [*edits.ancestors(graph, graph.nodes[-1].name), INPUT]
        fits = (name for name in way if fitting.behind(kind, name) is not None)
        return next(fits, _before_end(graph))

    def _most(self, graph: Graph, target: str) -> int:
        """Returns how many blocks a block can read."""
        from models.new_block import most_inputs  # noqa: PLC0415 - it loads torch

        if target in (INPUT, OTHER):
            return 0

        node = graph[target]
        return most_inputs(node.definition or node.kind)

    def _ordered(self, graph: Graph, target: str) -> Graph:
        """Returns the graph in which a block reads what it reads in an order that it can take."""
        node = graph[target]
        order = self._fitting.in_order(node.definition or node.kind, node.settings, node.inputs)
        return graph if order == node.inputs else edits.set_inputs(graph, target, *order)

    def _replaced(self, graph: Graph, name: str, kind: Kind) -> Edited:
        """Returns the graph with another kind of block, which keeps the settings that it has."""
        new_name = edits.free_name(graph, kind)
        values = self._fitting.instead(kind, name) or {}
        return edits.replace_kind(graph, name, kind, **values), (new_name,)


def _before_end(graph: Graph) -> str:
    """Returns the block that the last one reads: what comes behind it leaves the answer last."""
    return graph.nodes[-1].inputs[0]
