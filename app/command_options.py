"""Options of commands with numbers, each with its limits."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import click

from app.engine.experiment.limits import LARGEST_SEED

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_TOKENS = 1_000_000
"""Far more than the pages of a book have."""

MOST_TEMPERATURE = 100.0
"""At this temperature all tokens are about equally likely already."""


def _finite(_: click.Context, __: click.Parameter, value: float) -> float:
    """Refuses what a range lets pass, being neither below nor above. Raises BadParameter."""
    if math.isnan(value):
        raise click.BadParameter("nan is not a number.")

    return value


WRITING = (
    click.option(
        "--tokens",
        type=click.IntRange(1, MOST_TOKENS),
        default=200,
        show_default=True,
        help="How far to go on.",
    ),
    click.option(
        "--temperature",
        type=click.FloatRange(0.0, MOST_TEMPERATURE),
        callback=_finite,
        default=0.8,
        show_default=True,
        help="0 always takes the likeliest token, 1 follows the network's own probabilities.",
    ),
    click.option(
        "--seed",
        type=click.IntRange(0, LARGEST_SEED),
        default=0,
        show_default=True,
        help="The same number writes the same text.",
    ),
)
"""How a language model goes on with a text."""


def writing_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Gives a command the options of a text to be written, as a decorator."""
    for option in reversed(WRITING):
        command = option(command)

    return command
