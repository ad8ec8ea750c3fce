"""What stands in the cells of the table of blocks, and the graph that a typed cell makes.

No Qt here.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.engine.errors import with_remedy
from app.engine.experiment.block_lines import settings_text
from app.ui.pages.model.drawing.block_views import unchanged
from models import edits
from models.graph import Graph, GraphError, Node
from models.shape import words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.ui.state.network_measurer import Measured
    from models.graph import BlockDefinition, Kind

HEADS = ("Name", "Kind", "Settings", "Gives", "Parameters", "Reads")
NAME, KIND, SETTINGS, GIVES, PARAMETERS, READS = range(6)

EDITABLE = (NAME, KIND, SETTINGS, READS)

BARE = re.compile(r"=\s*(?!true\b|false\b|nan\b|inf\b)([A-Za-z][\w-]*)")
"""A word behind an equals sign that stands in no quotes."""


@dataclass(frozen=True)
class BlockRow:
    """One block as the table shows it. parameters: None while they are not known.

    trouble: why the block cannot be built and what to change, in one line; "" where it can.
    """

    node: Node
    label: str
    reads: str
    settings: str
    gives: str = ""
    parameters: int | None = None
    trouble: str = ""

    def text(self, column: int) -> str:
        """Returns what stands in a cell."""
        if column == PARAMETERS:
            return f"{self.parameters:,}" if self.parameters else ""

        cells = {
            NAME: self.node.name,
            KIND: self.label,
            SETTINGS: self.settings,
            GIVES: self.trouble or self.gives,
            READS: self.reads,
        }
        return cells[column]

    def spoken(self, column: int) -> str:
        """Returns a cell for screen readers: what it is of, what it is, and its text."""
        text = self.text(column)
        if column == PARAMETERS and self.parameters is not None:
            text = f"{self.parameters:,}"

        what = "cannot be built" if column == GIVES and self.trouble else HEADS[column].lower()
        return f"{self.node.name}, {what}: {text or 'none'}"


def rows_of(graph: Graph, measured: Measured | None) -> tuple[BlockRow, ...]:
    """Returns a row for each block, in order; numbers where all up to it is as it was measured."""
    from models.typed_edits import kind_label  # noqa: PLC0415 - it loads torch

    reports = measured.measurement.by_name if measured and measured.measurement else {}
    known = unchanged(graph, measured) if measured is not None else set()
    rows = []
    for node in graph.nodes:
        reads = ", ".join(node.inputs)
        settings = settings_text(node.settings)
        label = kind_label(node)
        numbers = reports.get(node.name) if node.name in known else None
        if numbers is None:
            rows.append(BlockRow(node, label, reads, settings))
            continue

        error = numbers.error
        trouble = with_remedy(error.what, error.remedy) if error is not None else ""
        gives = words(numbers.shape) if numbers.shape is not None else "not reached"
        parameters = numbers.parameters if numbers.shape is not None else None
        rows.append(BlockRow(node, label, reads, settings, gives, parameters, trouble))

    return tuple(rows)


def kinds(own: Mapping[str, BlockDefinition]) -> list[tuple[str, Kind]]:
    """Returns every kind with its label, in alphabetical order; own: those of the network."""
    from models.new_block import kinds_by_family, usable  # noqa: PLC0415 - it loads torch

    found: list[tuple[str, Kind]] = [
        (block.label, block.kind) for blocks in kinds_by_family().values() for block in blocks
    ]
    found += [(block.label, definition) for definition, block in usable(own.values())]
    return sorted(found, key=lambda each: each[0].casefold())


def with_text(graph: Graph, name: str, column: int, text: str) -> Graph:
    """Returns the graph with another text in a cell of a block; see EDITABLE, but not its kind.

    Raises GraphError with a sentence where that is not possible.
    """
    from models.typed_edits import with_settings  # noqa: PLC0415 - it loads torch

    text = text.strip()
    if column == NAME:
        return graph if text == name else edits.rename(graph, name, text)
    if column == READS:
        sources = [source.strip() for source in text.split(",") if source.strip()]
        if not sources:
            raise GraphError(name, "It reads nothing.", "Name the block that it reads, or 'input'.")
        return edits.set_inputs(graph, name, *sources)

    return with_settings(graph, name, read_settings_line(name, text))


def read_settings_line(name: str, text: str) -> dict[str, Any]:
    """Returns the settings that a line says: "channels = 64, padding = same".

    Words need no quotes. Raises GraphError where it is no such line.
    """
    line = " ".join(text.split())
    for tried in (line, BARE.sub(r'= "\1"', line)):
        try:
            return dict(tomllib.loads(f"x = {{ {tried} }}")["x"])
        except (tomllib.TOMLDecodeError, RecursionError):
            continue

    raise GraphError(
        name,
        f"'{text}' is no list of settings.",
        "Write them as in: channels = 64, kernel_size = 3.",
    )
