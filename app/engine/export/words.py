"""The proof of an export in sentences. No torch here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.engine.data.dataset import Description
from app.engine.errors import UserError
from app.engine.export.formats import all_formats
from app.engine.learning.metrics import METRICS, metric_text, shared_unit
from app.engine.text import bytes_text, count_text, number_text, percent_text

if TYPE_CHECKING:
    from app.engine.export.proof import Proof
    from app.engine.runs.run import Run

AS_MUCH = 1.05
"""Sizes and times that differ by less are called the same."""


def proof_lines(proof: Proof, out: str, unit: str = "") -> list[str]:
    """Returns what a proof found, a sentence each. out: what the file is called. unit: of amounts.

    The first line is the whole in short.
    """
    return [
        summary_text(proof, unit),
        f"{out}: {bytes_text(proof.size)}.",
        f"{changed_text(proof)} Largest difference {number_text(proof.max_difference)}.",
        *filter(None, (figure_text(proof, unit), speed_text(proof))),
        *remarks(proof),
        *proof.left_out,
    ]


def summary_text(proof: Proof, unit: str = "") -> str:
    """Returns the proof in a sentence. unit: of amounts.

    "ONNX: 4 of 5,700 test answers changed, accuracy 0.2 points lower, 3.9 times smaller than the
    weights in float32, 2.1 times faster than PyTorch."
    """
    size = size_words(proof)
    speed = speed_words(proof, "1")
    parts = (
        _changed(proof),
        _figure_change(proof, unit),
        f"{size} than the weights in float32" if size else "as large as the weights in float32",
        f"{speed} than PyTorch" if speed else "",
    )
    return f"{format_label(proof.format)}: {', '.join(filter(None, parts))}."


def unit_of(run: Run) -> str:
    """Returns the unit that all amounts of a run's data share; "" without one, or where unknown."""
    try:
        return shared_unit(Description.from_plain(run.dataset()))
    except (KeyError, TypeError, UserError, ValueError):
        return ""


def format_label(kind: str) -> str:
    """Returns what a format is called; of one that is not known here its kind."""
    known = all_formats().get(kind)
    return known.label if known is not None else kind


def figure_label(proof: Proof) -> str:
    """Returns what the figure of a proof is called, with a capital letter."""
    label = METRICS[proof.figure].label if proof.figure in METRICS else proof.figure
    return label[:1].upper() + label[1:]


def changed_text(proof: Proof) -> str:
    """Returns how many answers changed: "4 of 5,700 test answers changed."."""
    text = _changed(proof)
    return f"{text[:1].upper()}{text[1:]}."


def remarks(proof: Proof) -> tuple[str, ...]:
    """Returns the sentences that stand beside the figures of a proof."""
    return tuple(filter(None, (training_text(proof), mark_text(proof))))


def mark_text(proof: Proof) -> str:
    """Returns why a proof is marked; "" where it is not."""
    if not proof.is_marked:
        return ""
    if proof.trains_otherwise:
        return "It trains otherwise than the run did: compare before you use this file."
    if not changed_too_much(proof):
        return "It differs by more than this format states: compare before you use this file."
    if not proof.allowed:
        return "No answer should have changed: compare before you use this file."

    return (
        f"More than {percent_text(proof.allowed)} of the answers changed, which is the most that "
        "this format states: compare before you use this file."
    )


def changed_too_much(proof: Proof) -> bool:
    """Returns whether more answers changed than the format states."""
    return proof.changed > proof.allowed * proof.examples


def figure_text(proof: Proof, unit: str = "") -> str:
    """Returns the headline metric of both; "" where it is not defined."""
    if proof.value is None or proof.run_value is None:
        return ""

    value, own = (metric_text(proof.figure, each, unit) for each in (proof.value, proof.run_value))
    return f"{figure_label(proof)} {value}; of the network here {own}."


def training_text(proof: Proof) -> str:
    """Returns how far it trains as the run did; "" of a format that does not train."""
    if not proof.steps:
        return ""

    if proof.loss_tolerance is not None:
        return tolerance_text(proof.steps, proof.loss_difference, proof.loss_tolerance)
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


def tolerance_text(steps: int, difference: float, tolerance: float) -> str:
    """Returns how far the first losses are from those of a run on another device."""
    return (
        f"The first {count_text(steps, 'loss', 'losses')} differ from those of the run by at most "
        f"{number_text(difference)}. Tolerance {number_text(tolerance)}: twice what other thread "
        "counts, precisions and random numbers did to them on the CPU."
    )


def speed_text(proof: Proof) -> str:
    """Returns what an example costs by batch size; "" where it was not measured."""
    texts = []
    for batch, milliseconds in proof.milliseconds.items():
        speed = speed_words(proof, batch)
        faster = f", {speed} than PyTorch" if speed else ""
        at_once = "one at a time" if batch == "1" else f"{batch} at a time"
        texts.append(f"{number_text(milliseconds)} ms {at_once}{faster}")

    return f"On one thread an example takes {'; '.join(texts)}." if texts else ""


def size_words(proof: Proof) -> str:
    """Returns how a file compares with the weights in float32: "3.9 times smaller".

    "" where it is as large.
    """
    return _ratio_words(proof.weight_bytes, proof.size, "smaller", "larger")


def speed_words(proof: Proof, batch: str) -> str:
    """Returns how a file compares with PyTorch here: "2.1 times faster".

    "" where it takes as long, or was not measured. batch: the size of the batch.
    """
    own = proof.own_milliseconds.get(batch, 0.0)
    return _ratio_words(own, proof.milliseconds.get(batch, 0.0), "faster", "slower")


def _ratio_words(before: float, now: float, less: str, more: str) -> str:
    """Returns how many times less or more it is now; "" where it is as much, or not known."""
    if before <= 0 or now <= 0 or max(before, now) < AS_MUCH * min(before, now):
        return ""

    if now < before:
        return f"{number_text(before / now, 2)} times {less}"

    return f"{number_text(now / before, 2)} times {more}"


def _changed(proof: Proof) -> str:
    changed = f"{proof.changed:,}" if proof.changed else "none"
    return f"{changed} of {count_text(proof.examples, f'{proof.split} answer')} changed"


def _figure_change(proof: Proof, unit: str) -> str:
    """Returns how the figure changed: "accuracy 0.2 points lower"; "" where it did not."""
    metric = METRICS.get(proof.figure)
    value = proof.value
    own = proof.run_value
    if metric is None or value is None or own is None or value == own:
        return ""

    if metric.shown == "percent":
        points = 100 * abs(value - own)
        text = number_text(round(points, 1)) if points >= 0.05 else "less than 0.1"
        way = "higher" if value > own else "lower"
        return f"{metric.label} {text} {'point' if text == '1' else 'points'} {way}"

    texts = [metric_text(proof.figure, each, unit) for each in (value, own)]
    return f"{metric.label} {texts[0]} instead of {texts[1]}" if texts[0] != texts[1] else ""
