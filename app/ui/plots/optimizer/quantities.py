"""The quantities that an optimizer holds of a weight: names, signs, colours and marks."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Quantity:
    """A quantity as every plot shows it.

    key: one of optimizer_figures.QUANTITIES, or "ratio". sign: as in a formula. form: of its marks.
    dash: of its lines, lengths in widths of the line. tip: a sentence.
    """

    key: str
    name: str
    sign: str
    role: str
    form: str
    dash: tuple[float, ...]
    tip: str

    @property
    def short_name(self) -> str:
        """What a narrow legend calls it: its sign, or its name where that says more."""
        return self.name if self.key in ("gradient", "weight") else self.sign


ALL = (
    Quantity(
        "gradient",
        "gradient",
        "g",
        "memory.gradients",
        "t",
        (6, 3),
        "Which way is uphill for this batch, as the optimizer gets it (after clipping).",
    ),
    Quantity(
        "first_moment",
        "first moment",
        "m",
        "memory.first_moment",
        "o",
        (),
        "The running average of the gradient: the direction that lasts.",
    ),
    Quantity(
        "second_moment_root",
        "root of second moment",
        "√v",
        "memory.second_moment",
        "d",
        (2, 2),
        "The root of the running average of the squared gradient: how large gradients usually are.",
    ),
    Quantity(
        "step",
        "step",
        "step",
        "text",
        "s",
        (9, 3, 2, 3),
        "How far a weight really moves in one step, without its decay.",
    ),
    Quantity("weight", "weight", "w", "memory.weights", "|", (12, 4), "The weights themselves."),
    Quantity(
        "ratio",
        "step ÷ weight",
        "step ÷ w",
        "text",
        "s",
        (9, 3, 2, 3),
        "A step as a share of the weight; about 1/1,000 is usual.",
    ),
)
BY_KEY = {quantity.key: quantity for quantity in ALL}
HELD = tuple(quantity for quantity in ALL if quantity.key != "ratio")
