"""Explains each row of the memory ledger in the words of the optimizer that is at work."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.engine.learning.optimizer import Optimizer

SORTS = (((3, 4), True), ((3, 4), False), ((2, 3, 4, 5), False), ((5,), False))
"""A weight of each sort: its shape, and whether it is a matrix between hidden layers."""

SORTS_WORDS: dict[tuple[bool, ...], str] = {
    (True, False, False, False): " of hidden matrices",
    (False, True, True, True): " of all other weights",
    (True, True, True, False): " of matrices and filters",
    (False, False, False, True): " of biases and norms",
}
"""Which of SORTS have a tensor, where not all do, in words."""

WEIGHTS = "The numbers that are learned, one float32 each."
GRADIENTS = "One for each weight, from the backward pass: how the loss changes with the weight."
BUFFERS = "running averages of batch norm, where the network has it"


def row_explanations(optimizer: Optimizer | None) -> dict[str, str]:
    """Returns a sentence for each row that depends on the optimizer; {} while it is not known."""
    if optimizer is None:
        return {}

    sentences = {"weights": WEIGHTS, "gradients": GRADIENTS}
    state = _state_by_row(optimizer)
    for row in ("first_moment", "second_moment"):
        sentences[row] = _sentence(
            optimizer, [_words(optimizer, name, state[row][name]) for name in state[row]], row
        )

    others = [_words(optimizer, name, state["other_state"][name]) for name in state["other_state"]]
    counters = [
        f"{optimizer.state_descriptions.get(name, name)} ({name})" for name in state["counters"]
    ]
    words = others + ([f"{' and '.join(counters)}, one number a tensor"] if counters else [])
    own = (
        f"{optimizer.label}: {', '.join(words)}"
        if words
        else f"{optimizer.label} keeps nothing else"
    )

    sentences["other_state"] = f"{own}; {BUFFERS}."
    return sentences


def keeps_full_state(optimizer: Optimizer | None) -> bool:
    """Returns whether the row other_state holds a whole float for each weight.

    It does with AMSGrad, for example; then it is one more n.
    """
    return optimizer is not None and "other_state" in optimizer.full_state


def _state_by_row(optimizer: Optimizer) -> dict[str, dict[str, tuple[bool, ...]]]:
    """Returns the sorts of weights that have a tensor, by row (or "counters") and its name."""
    from app.engine.learning.optimizer import STATE_ROWS  # noqa: PLC0415 - loads pydantic

    each = [optimizer.state_shapes(shape, matrix) for shape, matrix in SORTS]
    found: dict[str, dict[str, tuple[bool, ...]]] = {row: {} for row in (*STATE_ROWS, "counters")}
    for name in dict.fromkeys(name for kept in each for name in kept):
        found[optimizer.state_names.get(name, "counters")][name] = tuple(
            name in kept for kept in each
        )

    return found


def _words(optimizer: Optimizer, name: str, sorts: tuple[bool, ...]) -> str:
    return f"{optimizer.state_descriptions.get(name, name)} ({name}){SORTS_WORDS.get(sorts, '')}"


def _sentence(optimizer: Optimizer, words: list[str], row: str) -> str:
    if not words:
        return f"{optimizer.label} keeps none."

    each = ", one float32 for each weight" if row in optimizer.full_state else ""
    return f"{optimizer.label}'s {' and '.join(words)}{each}."
