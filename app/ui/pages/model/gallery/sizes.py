"""How large every template would be with its defaults, and an empty network."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from app.ui.pages.model.gallery.card import EMPTY
from models.graph import GraphError
from models.start_network import empty_graph, why_not_empty
from models.template import TEMPLATES

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.ui.state.background import Background
    from models.graph import Graph
    from models.shape import Problem
    from models.template import Template

    Drawn = tuple[str, Callable[[], Graph]]


class TemplateSizes:
    """Counts the parameters of each card's network with its defaults, in the background.

    Each is a job of its own: the network that is chosen meanwhile need not wait for all.
    """

    def __init__(self, background: Background, done: Callable[[dict[str, int]], None]) -> None:
        """done: told the parameters by kind; what does not fit, or cannot be built, is left out."""
        self._background = background
        self._done = done

    def measure(self, problem: Problem) -> None:
        """Begins to count for this problem; what is counted for another one is dropped."""
        drawn: list[Drawn] = [
            (template.kind, partial(_graph_of, template, problem))
            for template in TEMPLATES.all()
            if not template.unfit(problem)
        ]
        if not why_not_empty(problem):
            drawn.append((EMPTY, partial(empty_graph, problem)))

        self._next(problem, drawn, {})

    def _next(self, problem: Problem, left: list[Drawn], sizes: dict[str, int]) -> None:
        if not left:
            self._done(sizes)
            return

        (kind, draw), *others = left

        def then(size: int | None) -> None:
            found = sizes if size is None else {**sizes, kind: size}
            self._next(problem, others, found)

        self._background.run(
            lambda _control: _parameters(draw, problem),
            then,
            lambda _failure: then(None),
            key="gallery",
        )


def _graph_of(template: type[Template], problem: Problem) -> Graph:
    """Draws the network of a template with its defaults. Raises GraphError."""
    return template().resolved(problem).graph(problem)


def _parameters(draw: Callable[[], Graph], problem: Problem) -> int | None:
    """Returns the parameters of a network, None where it cannot be built."""
    from app.engine.memory.inspection import inspect  # noqa: PLC0415 - it loads torch

    try:
        inspection = inspect(draw(), problem)
    except GraphError:
        return None

    return inspection.parameters if inspection.error is None else None
