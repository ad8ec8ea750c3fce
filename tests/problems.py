"""A problem of every sort, with a task that asks it, small: for tests that go over templates,
losses and optimizers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.shape import Input, Problem

if TYPE_CHECKING:
    from models.template import Template

IMAGE = Input("image", (1, 12, 12))
ROW = Input("row", (6,), categories=(4, 3))
TEXT = Input("text", (12,), vocabulary=40)
SIGNAL = Input("signal", (2, 32))
INPUTS = (IMAGE, ROW, TEXT, SIGNAL)


def problems(examples: int = 1_000) -> list[tuple[str, Problem]]:
    """(kind of task, problem), every sort of input with every form of answer."""
    found = [("classification", Problem.of((one,), 5, examples)) for one in INPUTS]
    found.append(("language-modelling", Problem.of((TEXT,), TEXT.vocabulary, examples, "tokens")))
    found += [
        ("reconstruction", Problem.of((one,), 1, examples, "copy")) for one in (IMAGE, ROW, SIGNAL)
    ]
    pairs = ((IMAGE, TEXT), (IMAGE, IMAGE), (TEXT, TEXT), (ROW, SIGNAL))
    found += [("matching", Problem.of(pair, 8, examples, "pair")) for pair in pairs]

    return found


def fitting(kind: type[Template]) -> list[tuple[str, Problem]]:
    """Those that the template can serve."""
    return [(task, of) for task, of in problems() if not kind.unfit(of)]
