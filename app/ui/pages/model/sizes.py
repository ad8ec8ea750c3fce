"""How large every template would be with its defaults; work for the background thread."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.graph import GraphError
from models.template import TEMPLATES

if TYPE_CHECKING:
    from app.engine.runs.control import Control
    from models.shape import Problem


def parameters_of_defaults(problem: Problem, control: Control) -> dict[str, int]:
    """Parameters of each template's default for this problem; what does not fit, or cannot be
    built, is left out.
    """
    from app.engine.memory.inspection import inspect

    sizes = {}
    for template in TEMPLATES.all():
        control.check()
        if template.unfit(problem):
            continue

        try:
            found = inspect(template().resolved(problem).graph(problem), problem)
        except GraphError:
            continue

        if found.error is None:
            sizes[template.kind] = found.parameters

    return sizes
