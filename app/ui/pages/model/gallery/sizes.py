"""How large every template would be with its defaults."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.graph import GraphError
from models.template import TEMPLATES

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.ui.state.background import Background
    from models.shape import Problem
    from models.template import Template


class TemplateSizes:
    """Counts the parameters of each template with its defaults, in the background.

    Each template is a job of its own: the network that is chosen meanwhile need not wait for all.
    """

    def __init__(self, background: Background, done: Callable[[dict[str, int]], None]) -> None:
        """done: told the parameters by kind; what does not fit, or cannot be built, is left out."""
        self._background = background
        self._done = done

    def measure(self, problem: Problem) -> None:
        """Begins to count for this problem; what is counted for another one is dropped."""
        fitting = [template for template in TEMPLATES.all() if not template.unfit(problem)]
        self._next(problem, fitting, {})

    def _next(self, problem: Problem, left: list[type[Template]], sizes: dict[str, int]) -> None:
        if not left:
            self._done(sizes)
            return

        template, *others = left

        def then(size: int | None) -> None:
            found = sizes if size is None else {**sizes, template.kind: size}
            self._next(problem, others, found)

        self._background.run(
            lambda _control: parameters_of_default(template, problem),
            then,
            lambda _failure: then(None),
            key="gallery",
        )


def parameters_of_default(template: type[Template], problem: Problem) -> int | None:
    """Returns the parameters of a template with its defaults, None where it cannot be built."""
    from app.engine.memory.inspection import inspect  # noqa: PLC0415 - it loads torch

    try:
        inspection = inspect(template().resolved(problem).graph(problem), problem)
    except GraphError:
        return None

    return inspection.parameters if inspection.error is None else None
