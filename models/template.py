"""A template: a ready architecture with a few settings, which draws a graph for a problem.

No torch here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from models.shape import PLURALS, Answers, InputKind, Problem
from models.spec import Choice, Registry

if TYPE_CHECKING:
    from models.graph import Graph


class Template(Choice):
    """Base of all templates. A setting of None follows the problem: see :meth:`resolved`."""

    family: ClassVar[str]
    """"CNN", "Transformer", "Dense" or "Pair"."""

    order: ClassVar[int] = 100
    reads: ClassVar[tuple[InputKind, ...]] = ("image",)
    """What it can look at."""

    gives: ClassVar[tuple[Answers, ...]] = ("values",)
    """The forms of answer that it can give."""

    @classmethod
    def unfit(cls, problem: Problem) -> str:
        """Why this template cannot serve the problem, in a sentence; "" when it can."""
        if problem.answers not in cls.gives:
            return f"{cls.label} {_GIVES[cls.gives[0]]}; {_ASKED[problem.answers]} asked for."

        if problem.answers != "pair" and problem.input not in cls.reads:
            known = " or ".join(PLURALS[kind] for kind in cls.reads)
            return f"{cls.label} reads {known}, not {PLURALS[problem.input]}."

        if problem.answers == "copy" and not all(problem.answer):
            return "A row is restored in its columns of amounts, and these rows have none."

        return ""

    def resolved(self, problem: Problem) -> Template:
        """The same template with every setting filled in for this problem."""
        missing = {k: v for k, v in self.defaults(problem).items() if getattr(self, k) is None}
        return self.replace(**missing) if missing else self

    @classmethod
    def defaults(cls, problem: Problem) -> dict[str, Any]:
        """Values that follow the problem, for the settings that are None."""
        raise NotImplementedError

    def graph(self, problem: Problem) -> Graph:
        """The network for this problem. Call it on a resolved template."""
        raise NotImplementedError

    @classmethod
    def recipe(cls, problem: Problem) -> dict[str, dict[str, Any]]:
        """Good values for the rest of the experiment, by section: {"optimizer": {"kind": "adamw",
        "learning_rate": 0.002}, "schedule": {...}, "loss": {...}, "training": {...}}. They fill
        in what the person left open.
        """
        raise NotImplementedError


_GIVES = {
    "values": "answers with one list of values",
    "tokens": "answers after every token",
    "copy": "restores what it is given",
    "pair": "compares the halves of a pair",
}
_ASKED = {
    "values": "one list of values is",
    "tokens": "an answer after every token is",
    "copy": "the example restored is",
    "pair": "a comparison of pairs is",
}

TEMPLATES: Registry[Template] = Registry(
    "template", "models.dense", "models.cnn", "models.transformer", "models.pairs", key="template"
)
