"""What came out of a block, in words: its figures, its dead units, and what a picture shows."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from app.engine.text import count_text, number_text, percent_text
from models.shape import words

if TYPE_CHECKING:
    from app.engine.compute.outputs.values import BlockOutput, Picture

UNITS = {"channels": "channel", "signals": "channel", "values": "value"}
"""What a unit is called, by the subject of the small picture; of tokens it is a feature."""


def figure_lines(output: BlockOutput) -> list[str]:
    """Returns what is known of an output, a sentence each."""
    lines = [f"Gives {words(output.shape)}."]
    zeros = f"; {percent_text(output.zeros)} are exactly 0" if output.zeros else ""
    if math.isfinite(output.mean):
        lines.append(
            f"Mean {number_text(output.mean)}, standard deviation "
            f"{number_text(output.deviation)}, from {number_text(output.lowest)} to "
            f"{number_text(output.highest)}{zeros}."
        )
    if output.not_numbers:
        verb = "is" if output.not_numbers == 1 else "are"
        lines.append(f"{count_text(output.not_numbers, 'value')} {verb} no number.")

    return [*lines, dead_line(output)]


def unit_noun(output: BlockOutput) -> str:
    """Returns what a unit of an output is called: "channel", "feature" or "value"."""
    subject = output.small.subject if output.small is not None else "values"
    return UNITS.get(subject, "feature")


def dead_line(output: BlockOutput) -> str:
    """Returns how many units are dead, and over how many examples that was counted."""
    units = count_text(output.units, unit_noun(output))
    over = "for this example" if output.examples == 1 else f"for {output.examples} examples"
    if not output.dead:
        return f"Dead: none of {units}, {over}."

    verb = "is" if output.dead == 1 else "are"
    return f"Dead: {output.dead:,} of {units} {verb} 0 everywhere, {over}."


def caption(picture: Picture) -> str:
    """Returns what a large picture shows, in a line."""
    shown = len(picture.values)
    if picture.subject == "attention":
        heads = count_text(picture.total, "head")
        return f"Attention, {heads}: what a token (row) takes over of each token (column)"
    if picture.subject == "channels":
        if shown < picture.total:
            return f"The first {shown:,} of {picture.total:,} channels"
        return count_text(picture.total, "channel")
    if picture.subject == "norms":
        return f"Length of {count_text(picture.total, 'token')}, from the first on"
    if picture.subject == "features":
        return "Features (rows) of the tokens, from the first token on"
    if picture.subject == "signals":
        return "Channels (rows), from the beginning to the end"
    if picture.kind == "bars":
        return f"{count_text(picture.total, 'value')}, from the first on"

    return "How often which value comes out"


def scale(picture: Picture) -> str:
    """Returns what the ends of a picture's scale are; "" where none of it is a number."""
    if not math.isfinite(picture.low):
        return ""

    low, high = number_text(picture.low), number_text(picture.high)
    if picture.kind in ("maps", "matrix"):
        return f"black {low}, white {high}"
    if picture.kind == "histogram":
        return f"from {low} on the left to {high} on the right"

    return f"from {low} to {high}"


def spoken(title: str, output: BlockOutput) -> str:
    """Returns an output in a sentence, for screen readers."""
    return " ".join([f"{title}.", *figure_lines(output)])
