"""With which settings a new block fits somewhere in the network as it was measured."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from models.graph import INPUT, OTHER

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.engine.memory.graph_measurement import BlockNumbers
    from app.ui.state.network_measurer import Measured
    from models.graph import Graph, Kind
    from models.shape import Shape

Found = tuple[dict[str, Any], tuple[str, ...]]
"""Settings of a block, and what it reads besides."""

Names = tuple[str, ...]

MOST_ORDERED = 3
"""Inputs of a block in which each has a meaning of its own; a sum of more reads them alike."""


class Fitting:
    """Answers for one measurement; where nothing is known, nothing fits."""

    def __init__(self, measured: Measured | None) -> None:
        self._measured = measured

    def numbers(self, name: str) -> BlockNumbers | None:
        """Returns what is known of a block."""
        measurement = self._measured.measurement if self._measured is not None else None
        return measurement.by_name.get(name) if measurement is not None else None

    def shape(self, name: str) -> Shape | None:
        """Returns the shape that a block gives, or that of the example; None where unknown."""
        if self._measured is None:
            return None

        for source, part in zip((INPUT, OTHER), self._measured.problem.inputs, strict=False):
            if name == source:
                return part.shape

        numbers = self.numbers(name)
        return numbers.shape if numbers is not None else None

    def shapes(self, graph: Graph) -> dict[str, Shape]:
        """Returns the shapes that are known of the blocks of a graph, and of the example."""
        names = (INPUT, OTHER, *(node.name for node in graph.nodes))
        return {name: shape for name in names if (shape := self.shape(name)) is not None}

    def behind(self, kind: Kind, name: str) -> Found | None:
        """Returns what a new block behind another one is set to; None where it cannot stand there.

        A sum reads also what the other block reads, as a bypass. Behind the example itself a block
        keeps its usual settings where it can: one filter for a grey picture would see little.
        """
        from models.new_block import (  # noqa: PLC0415 - it loads torch
            fitting_settings,
            least_inputs,
            output_shape,
        )

        shape = self.shape(name)
        if shape is None:
            return None

        also: tuple[str, ...] = ()
        if least_inputs(kind) > 1:
            numbers = self.numbers(name)
            if numbers is None:
                return None
            also = numbers.node.inputs[:1]

        shapes = [shape, *(self.shape(other) for other in also)]
        known = tuple(each for each in shapes if each is not None)
        if len(known) < len(shapes):
            return None

        first = output_shape(kind, {}, known) if name in (INPUT, OTHER) else None
        values = fitting_settings(kind, known, first or shape)
        return None if values is None else (values, also)

    def in_order(self, kind: Kind, values: dict[str, Any], sources: Sequence[str]) -> Names:
        """Returns what a block reads in the first order in which it can; else as it is.

        A pooling with a mask reads the tokens first, whichever wire was drawn first.
        """
        from models.new_block import output_shape  # noqa: PLC0415 - it loads torch

        shapes = {name: self.shape(name) for name in sources}
        if not 2 <= len(sources) <= MOST_ORDERED or None in shapes.values():
            return tuple(sources)

        for order in itertools.permutations(sources):
            inputs = tuple(shape for name in order if (shape := shapes[name]) is not None)
            if output_shape(kind, values, inputs) is not None:
                return order

        return tuple(sources)

    def instead(self, kind: Kind, name: str) -> dict[str, Any] | None:
        """Returns settings for another kind of block in the place of one; None where none fit.

        What was set and the other kind has too is kept.
        """
        from models.new_block import settings_instead  # noqa: PLC0415 - it loads torch

        numbers = self.numbers(name)
        if numbers is None:
            return None

        known = tuple(shape for shape in numbers.inputs if shape is not None)
        if len(known) < len(numbers.inputs):
            return None

        return settings_instead(kind, numbers.node.settings, known, numbers.shape or known[0])
