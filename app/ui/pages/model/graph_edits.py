"""The network of the document as a graph that can be edited; every edit is one step of undo."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.engine.errors import UserError
from models.graph import Graph, GraphError
from models.graph_differences import graph_differences
from models.graph_file import MOST_BLOCKS
from models.own_blocks import definitions_in
from models.own_network import OwnNetwork

if TYPE_CHECKING:
    from app.engine.experiment.drawing import Drawing
    from app.ui.state.document import Document
    from models.graph import BlockDefinition
    from models.template import Template


def open_graph(document: Document) -> Graph | None:
    """Returns the graph of the document; None where its settings or data allow none."""
    try:
        return document.resolved().model.graph(document.problem())
    except (UserError, GraphError):
        return None


def set_graph(document: Document, graph: Graph, drawing: Drawing | None = None) -> None:
    """Takes a changed graph: a network of one's own, or the template again where it is as drawn.

    drawing: how it is drawn now, None where nothing was moved; blocks that are gone have no place.
    Raises GraphError for a graph that is too large or has two own kinds of one name.
    """
    model = document.experiment.model
    before = open_graph(document)
    drawing = document.experiment.drawing if drawing is None else drawing
    drawing = drawing.of(before, graph) if before is not None else drawing
    origin = model.origin if isinstance(model, OwnNetwork) else _drawn_by(document)
    if origin is not None and _drawing(document, origin) == graph:
        document.set(document.experiment.replace(model=origin, drawing=drawing))
        return

    own_blocks = model.own_blocks if isinstance(model, OwnNetwork) else None
    definitions_in(graph, own_blocks)
    if len(graph.nodes) > MOST_BLOCKS:
        raise GraphError(
            graph.nodes[-1].name,
            f"The network would have {len(graph.nodes):,} blocks; {MOST_BLOCKS:,} are the most.",
        )

    own = OwnNetwork(blocks=graph, own_blocks=own_blocks, origin=origin)
    document.set(document.experiment.replace(model=own, drawing=drawing))


def own_blocks(document: Document) -> dict[str, BlockDefinition]:
    """Returns the kinds of blocks that the network of the document brings itself, by name."""
    model = document.experiment.model
    return dict(model.own_blocks or {}) if isinstance(model, OwnNetwork) else {}


def back_to_template(document: Document) -> None:
    """Takes the template again that the network was drawn by before it was changed."""
    model = document.experiment.model
    if isinstance(model, OwnNetwork) and model.origin is not None:
        document.set(document.experiment.replace(model=model.origin))


def changes_since_template(document: Document) -> list[str]:
    """Returns in sentences what the network has otherwise than the template that drew it."""
    model = document.experiment.model
    if not isinstance(model, OwnNetwork) or model.origin is None:
        return []

    drawn = _drawing(document, model.origin)
    return graph_differences(drawn, model.blocks) if drawn is not None else []


def _drawn_by(document: Document) -> Template | None:
    """Returns the template that draws the network now, with all settings; None for none."""
    try:
        return document.resolved().model
    except UserError:
        return None


def _drawing(document: Document, template: Template) -> Graph | None:
    try:
        problem = document.problem()
        return template.resolved(problem).graph(problem)
    except (UserError, GraphError):
        return None
