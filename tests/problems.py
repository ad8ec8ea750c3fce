"""A small problem of every kind, for tests that go over templates, losses and optimizers."""

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
    """Returns (kind of task, problem) for every kind of input with every form of output."""
    problems = [("classification", Problem.of((source,), 5, examples)) for source in INPUTS]
    problems.append(
        ("language-modelling", Problem.of((TEXT,), TEXT.vocabulary, examples, "tokens"))
    )
    problems += [
        ("reconstruction", Problem.of((source,), 1, examples, "copy"))
        for source in (IMAGE, ROW, SIGNAL)
    ]
    pairs = ((IMAGE, TEXT), (IMAGE, IMAGE), (TEXT, TEXT), (ROW, SIGNAL))
    problems += [("matching", Problem.of(pair, 8, examples, "pair")) for pair in pairs]

    return problems


def fitting(kind: type[Template]) -> list[tuple[str, Problem]]:
    """Returns the problems that the template can serve."""
    return [(task, problem) for task, problem in problems() if not kind.unfit(problem)]
