"""Checks and counts that blocks with attention share."""

from __future__ import annotations

from models.layers.block import BlockError

MOST_HEADS = 64

HEADS_HELP = "How many things a token can look for at once."

CAUSAL_HELP = (
    "A token looks at itself and those before it, never ahead; so what comes next can be learned."
)

ROTARY_HELP = (
    "Queries and keys are turned by their place, so that a token sees how far away another one is."
)


def check_heads(width: int, heads: int, rotary: bool = False) -> None:
    """Raises BlockError unless the heads divide the width, into even parts for rotary positions."""
    if width % heads:
        raise BlockError(
            f"{heads} heads cannot share a width of {width} evenly.",
            f"Choose {_nearest_head_counts(width, heads)} heads, or a width that is a "
            f"multiple of {heads}.",
        )

    if rotary and width // heads % 2:
        raise BlockError(
            f"Rotary positions turn pairs of numbers, and {heads} heads of a width of {width} have "
            f"{width // heads} each.",
            "Choose heads that get an even number, or switch rotary positions off.",
        )


def attention_multiply_adds(queries: int, keys: int, width: int) -> int:
    """Returns the multiply-adds of scores and weighted sums, of all heads together."""
    return 2 * queries * keys * width


def _nearest_head_counts(width: int, heads: int) -> str:
    """Returns the two numbers of heads that divide the width and lie nearest, for a remedy."""
    divisors = sorted(
        (count for count in range(1, min(width, MOST_HEADS) + 1) if width % count == 0),
        key=lambda count: (abs(count - heads), count),
    )
    return " or ".join(str(count) for count in divisors[:2])
