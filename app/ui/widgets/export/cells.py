"""What a proof shows in its row: a figure, below it what it is compared with, and its tip."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.engine.export.words import (
    changed_text,
    changed_too_much,
    figure_label,
    figure_text,
    mark_text,
    size_words,
    speed_words,
)
from app.engine.learning.metrics import metric_text
from app.engine.text import UNKNOWN, bytes_text, number_text

if TYPE_CHECKING:
    from app.engine.export.proof import Proof
    from app.ui.state.exports.run_exports import RunExports

BATCHES = ("1", "64")
"""The sizes of batches whose times are shown, as keys of Proof.milliseconds."""

HEADS = ("Size", "Answers changed", "", "1 at a time", "64 at a time")
"""What stands above the cells; the third is the name of the figure."""


@dataclass(frozen=True)
class CellText:
    """One cell. below: a second, quiet line. mark: why it stands out as a warning, if it does."""

    text: str = ""
    below: str = ""
    tip: str = ""
    mark: str = ""


MARK = "more than stated"

NOTHING = (CellText(),) * len(HEADS)


def heads(proof: Proof | None) -> tuple[str, ...]:
    """Returns what stands above the cells of a run's proofs."""
    figure = figure_label(proof) if proof is not None else ""
    return tuple(head or figure for head in HEADS)


def cells(proof: Proof, unit: str) -> tuple[CellText, ...]:
    """Returns the cells of a proof. unit: of the amounts that the network answers with."""
    times = [_time(proof, batch) for batch in BATCHES]
    return (_size(proof), _changed(proof), _figure(proof, unit), *times)


def _size(proof: Proof) -> CellText:
    tip = f"The weights alone take {bytes_text(proof.weight_bytes)} in float32."
    return CellText(bytes_text(proof.size), size_words(proof) or "as the weights", tip)


def _changed(proof: Proof) -> CellText:
    changed = f"{proof.changed:,}" if proof.changed else "None"
    difference = f"Largest difference of two numbers: {number_text(proof.max_difference)}."
    text = f"{changed} of {proof.examples:,}"
    below = f"difference {number_text(proof.max_difference, 2)}"
    tip = f"{changed_text(proof)} {difference}"
    if changed_too_much(proof):
        return CellText(text, below, f"{tip} {mark_text(proof)}", MARK)

    return CellText(text, below, tip)


def _figure(proof: Proof, unit: str) -> CellText:
    if proof.value is None or proof.run_value is None:
        return CellText(UNKNOWN, "", "It is not defined on these examples.")

    value = metric_text(proof.figure, proof.value, unit)
    own = metric_text(proof.figure, proof.run_value, unit)
    tip = f"{figure_text(proof, unit)} {mark_text(proof)}".strip()
    mark = MARK if proof.is_marked and not changed_too_much(proof) else ""
    return CellText(value, f"here {own}", tip, mark)


def _time(proof: Proof, batch: str) -> CellText:
    milliseconds = proof.milliseconds.get(batch)
    own = proof.own_milliseconds.get(batch)
    if milliseconds is None:
        return CellText(UNKNOWN, "", "It was not measured.")

    words = speed_words(proof, batch)
    below = words or ("as in PyTorch" if own else "")
    tip = f"On one thread an example takes {number_text(milliseconds)} ms in batches of {batch}"
    if own:
        tip = f"{tip}; in PyTorch here {number_text(own)} ms"

    return CellText(f"{number_text(milliseconds, 2)} ms", below, f"{tip}.")


def weights_text(proof: Proof) -> str:
    """Returns which weights were exported: "best epoch (3)"."""
    return _name(proof.use, proof.epoch)


def outdated_text(proof: Proof, run: RunExports) -> str:
    """Returns why a file is not what is used now; "" where it is."""
    if proof.is_of(run.in_use):
        return ""

    used = _name(run.in_use.use, run.in_use.epoch)
    which = f": those of the {used}" if used != weights_text(proof) else ""
    return f"Other weights are in use now{which}."


def _name(use: str, epoch: int) -> str:
    return f"{'best' if use == 'best' else 'last'} epoch ({epoch})"
