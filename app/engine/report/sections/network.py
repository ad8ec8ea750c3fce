"""The network as it was trained: drawn, and block by block as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from app.engine.data.nouns import noun
from app.engine.errors import UserError
from app.engine.report.markup import NOTHING, Html, figure, joined, paragraph, table, tag
from app.engine.report.network_drawing import DrawnBlock, network_svg
from app.engine.report.section import Section
from app.engine.text import count_text, list_text, short_text
from models.graph import INPUT, OTHER, GraphError
from models.shape import words

if TYPE_CHECKING:
    from app.engine.memory.inspection import Inspection
    from app.engine.report.content import ReportContent, ReportedRun
    from models.graph import Graph
    from models.shape import Problem

MOST_DRAWN = 300
"""Blocks; of a larger network there is the table alone."""


class Network(Section):
    """Each different network once, with the names of the runs that train it."""

    name: ClassVar[str] = "network"
    title: ClassVar[str] = "Network"
    order: ClassVar[int] = 40

    def html(self, content: ReportContent) -> Html:
        drawn: list[tuple[Graph, Problem, list[ReportedRun]]] = []
        for run in content.runs:
            if run.network is None:
                continue

            graph, problem = run.network
            same = next((each for each in drawn if each[:2] == (graph, problem)), None)
            if same is not None:
                same[2].append(run)
            else:
                drawn.append((graph, problem, [run]))

        return joined(_one(*each, many=len(drawn) > 1) for each in drawn)


def _one(graph: Graph, problem: Problem, runs: list[ReportedRun], many: bool) -> Html:
    """Returns one network. many: there are others in the report."""
    from app.engine.memory.inspection import inspect  # noqa: PLC0415 - torch takes seconds to load

    title = f"Network of {list_text([run.label for run in runs], 6)}" if many else ""
    try:
        inspection = inspect(graph, problem)
    except (GraphError, UserError):
        return NOTHING

    totals = (
        f"{count_text(len(graph.nodes), 'block')}, "
        f"{count_text(inspection.parameters, 'parameter')}, "
        f"{short_text(inspection.multiply_adds)} multiply-adds for each example."
    )
    parts: list[Html] = [paragraph(totals)]
    if len(graph.nodes) <= MOST_DRAWN:
        drawing = network_svg(_blocks(problem, inspection), f"The network: {totals}")
        parts.append(figure(drawing, "Each block with the shape of its output and its parameters."))
    else:
        parts.append(paragraph(f"It has too many blocks to draw, more than {MOST_DRAWN}."))

    parts.append(_table(inspection, open_=len(graph.nodes) > MOST_DRAWN))
    if not title:
        return joined(parts)

    return tag("details", joined((tag("summary", title), *parts)))


def _blocks(problem: Problem, inspection: Inspection) -> list[DrawnBlock]:
    sources = [
        DrawnBlock(name, noun(part.kind, 1).capitalize(), words(part.shape))
        for name, part in zip((INPUT, OTHER), problem.inputs, strict=False)
    ]
    return sources + [
        DrawnBlock(
            block.name,
            block.title,
            words(block.shape) if block.shape is not None else "",
            block.inputs,
            f"{block.parameters:,}" if block.parameters else "",
        )
        for block in inspection.blocks
    ]


def _table(inspection: Inspection, open_: bool) -> Html:
    rows = [
        (
            block.name,
            block.title,
            ", ".join(block.inputs),
            words(block.shape) if block.shape is not None else "",
            f"{block.parameters:,}",
            short_text(block.multiply_adds),
        )
        for block in inspection.blocks
    ]
    columns = ("Block", "what it is", "reads", "shape of its output", "parameters", "multiply-adds")
    blocks = table("The blocks in order", columns, rows, (0, 1, 2, 3))
    summary = tag("summary", "The blocks as a table")
    return tag("details", joined((summary, blocks)), open="open" if open_ else None)


SECTION = Network()
