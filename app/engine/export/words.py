"""The proof of an export in sentences. No torch here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.engine.learning.metrics import METRICS
from app.engine.text import bytes_text, count_text, number_text, percent_text, times_text

if TYPE_CHECKING:
    from app.engine.export.proof import Proof


def proof_lines(proof: Proof, out: str) -> list[str]:
    """Returns what a proof found, a sentence each. out: what the file is called."""
    return [
        f"{out}: {bytes_text(proof.size)}.",
        f"{changed_text(proof)} Largest difference {number_text(proof.max_difference)}.",
        *filter(None, (figure_text(proof), training_text(proof), speed_text(proof))),
        *proof.left_out,
    ]


def changed_text(proof: Proof) -> str:
    """Returns how many answers changed: "4 of 5,700 test answers changed."."""
    changed = f"{proof.changed:,}" if proof.changed else "None"
    return f"{changed} of {count_text(proof.examples, f'{proof.split} answer')} changed."


def figure_text(proof: Proof) -> str:
    """Returns the headline metric of both; "" where it is not defined."""
    if proof.value is None or proof.run_value is None:
        return ""

    metric = METRICS[proof.figure]
    value, run_value = (
        percent_text(each) if metric.shown == "percent" else number_text(each)
        for each in (proof.value, proof.run_value)
    )
    label = metric.label[:1].upper() + metric.label[1:]
    return f"{label} {value}; of the network here {run_value}."


def training_text(proof: Proof) -> str:
    """Returns how far it trains as the run did; "" of a format that does not train."""
    if not proof.steps:
        return ""

    if proof.steps_same == proof.steps:
        text = (
            f"The losses of the first steps, {proof.steps:,} in all, are those of the run, bit for "
            "bit."
        )
    else:
        text = (
            f"{proof.steps_same:,} of the first {proof.steps:,} losses are those of the run; the "
            f"largest difference is {number_text(proof.loss_difference)}."
        )
    if proof.weights_same is None:
        return text

    weights = "are the same too" if proof.weights_same else "are others"
    return f"{text} The final weights {weights}."


def speed_text(proof: Proof) -> str:
    """Returns what an example costs by batch size; "" where it was not measured."""
    texts = []
    for batch, milliseconds in proof.milliseconds.items():
        own = proof.own_milliseconds.get(batch)
        faster = f", {times_text(own / milliseconds)} the speed of PyTorch" if own else ""
        at_once = "one at a time" if batch == "1" else f"{batch} at a time"
        texts.append(f"{number_text(milliseconds)} ms {at_once}{faster}")

    return f"An example takes {'; '.join(texts)}." if texts else ""
