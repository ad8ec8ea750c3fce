"""How large every template would be with its defaults."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.graph import GraphError
from models.template import TEMPLATES

if TYPE_CHECKING:
    from app.engine.runs.control import Control
    from models.shape import Problem


def parameters_of_defaults(problem: Problem, control: Control) -> dict[str, int]:
    """Returns the parameters of each template with its defaults; on the background thread.

    What does not fit this problem, or cannot be built, is left out.
    """
    from app.engine.memory.inspection import inspect  # noqa: PLC0415 - it loads torch

    sizes = {}
    for template in TEMPLATES.all():
        control.check()
        if template.unfit(problem):
            continue

        try:
            inspection = inspect(template().resolved(problem).graph(problem), problem)
        except GraphError:
            continue

        if inspection.error is None:
            sizes[template.kind] = inspection.parameters

    return sizes
