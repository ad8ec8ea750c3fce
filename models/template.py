"""A template: an architecture with a few settings, which draws a graph for a problem.

This module does not import torch, and neither do the templates.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from models.shape import PLURALS, Answers, InputKind, Problem
from models.spec import Choice, Registry

if TYPE_CHECKING:
    from typing import Self

    from models.graph import Graph


NO_AMOUNTS = "A row is restored in its columns of amounts, and these rows have none."


class Template(Choice):
    """Base class of all templates.

    A setting of None follows the problem, see :meth:`resolved`.
    """

    family: ClassVar[str]
    """"CNN", "Transformer", "Dense" or "Pair"."""

    order: ClassVar[int] = 100
    """The place among the templates on screen, smallest first."""

    reads: ClassVar[tuple[InputKind, ...]] = ("image",)
    """The kinds of input that it takes."""

    gives: ClassVar[tuple[Answers, ...]] = ("values",)
    """The forms of output that it can give."""

    @classmethod
    def unfit(cls, problem: Problem) -> str:
        """Returns a sentence that says why this template does not fit the problem, or ""."""
        if problem.answers not in cls.gives:
            return f"{cls.label} {_GIVES[cls.gives[0]]}; {_ASKED[problem.answers]} asked for."

        if problem.answers != "pair" and problem.input not in cls.reads:
            known = " or ".join(PLURALS[kind] for kind in cls.reads)
            return f"{cls.label} reads {known}, not {PLURALS[problem.input]}."

        if problem.answers == "copy" and not all(problem.output_shape):
            return NO_AMOUNTS

        return ""

    @classmethod
    def gives_way(cls, problem: Problem) -> bool:
        """Returns whether the next template that fits is a better first choice for this problem."""
        del problem
        return False

    def resolved(self, problem: Problem) -> Self:
        """Returns the same template with every setting filled in for this problem."""
        missing = {
            name: value
            for name, value in self.defaults(problem).items()
            if getattr(self, name) is None
        }
        return self.replace(**missing) if missing else self

    @classmethod
    def defaults(cls, problem: Problem) -> dict[str, Any]:
        """Returns values that follow the problem, for settings that are None; none by default."""
        del problem
        return {}

    def graph(self, problem: Problem) -> Graph:
        """Draws the network for this problem; the template must be a resolved one."""
        raise NotImplementedError

    @classmethod
    def recipe(cls, problem: Problem) -> dict[str, dict[str, Any]]:
        """Returns good values for the other sections of the experiment, where none were chosen.

        By section: {"optimizer": {"kind": "adamw", "learning_rate": 0.002}, "schedule": {...},
        "loss": {...}, "training": {...}}.
        """
        raise NotImplementedError

    def recommended(self, problem: Problem) -> dict[str, dict[str, Any]]:
        """Returns the recipe for this network: that of its template."""
        return self.recipe(problem)


_GIVES = {
    "values": "answers with one list of values",
    "tokens": "answers after every token",
    "copy": "restores what it is given",
    "pair": "compares the halves of a pair",
}
"""What a template does, by the form of output that it gives."""

_ASKED = {
    "values": "one list of values is",
    "tokens": "an answer after every token is",
    "copy": "the example restored is",
    "pair": "a comparison of pairs is",
}
"""What a problem asks for, by the form of its output."""

TEMPLATES: Registry[Template] = Registry(
    "template", "models.dense", "models.cnn", "models.transformer", "models.pairs", key="template"
)

USUAL = "resnet"
"""The template where none was chosen and it fits."""


def usual_template(problem: Problem) -> type[Template]:
    """Returns the template where none was chosen: the usual one, else the first that fits.

    One that gives way is passed over, unless there is no other.
    """
    usual = TEMPLATES.get(USUAL)
    if not usual.unfit(problem):
        return usual

    fitting = [template for template in TEMPLATES.all() if not template.unfit(problem)]
    first = (template for template in fitting if not template.gives_way(problem))
    return next(first, fitting[0] if fitting else usual)
