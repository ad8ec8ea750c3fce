"""The memory ledger as the window shows it, in values only.

These are its rows, what they add up to, and how the device's memory is divided. Bytes throughout;
None is unknown, and unknown never becomes zero.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.engine.memory.row_names import MEANING, NAMES
from app.engine.text import (
    UNKNOWN,
    amount_text,
    bytes_text,
    difference_text,
    percent_text,
    times_text,
)
from app.ui.widgets.memory.row_explanations import keeps_full_state

if TYPE_CHECKING:
    from app.engine.learning.optimizer import Optimizer

FLOAT = 4
"""Bytes of a float32, in which weights, gradients and moments are kept."""

Rows = Mapping[str, int | None]

OF_THE_WEIGHTS = ("weights", "gradients", "first_moment", "second_moment")
"""Rows of the weights' size: n floats each."""

OF_THE_DATA = ("batch", "dataset")
"""Rows that older runs have as one, "data"."""


@dataclass(frozen=True)
class Part:
    """One segment of a bar: its colour role, its name, its bytes, and a sentence about it."""

    key: str
    name: str
    bytes: int
    role: str
    meaning: str = ""


def role_of(key: str) -> str:
    """Returns the colour role of a row."""
    return f"memory.{key}"


def rows_of(rows: Rows) -> dict[str, int | None]:
    """Returns the rows in the order of the ledger, each purpose once.

    "data" is left out where its two parts are known.
    """
    apart = any(rows.get(key) is not None for key in OF_THE_DATA)
    return {key: rows.get(key) for key in NAMES if key in rows and not (apart and key == "data")}


def total_of(rows: Rows) -> int | None:
    """Returns what is taken at the fullest moment: "peak", else the sum of what is known.

    None where nothing is known.
    """
    peak = rows.get("peak")
    if peak is not None:
        return peak

    known = [value for value in rows_of(rows).values() if value is not None]
    return sum(known) if known else None


def with_workspace(rows: Rows) -> dict[str, int | None]:
    """Returns the rows, with what the peak holds beyond them as the workspace."""
    complete = rows_of(rows)
    peak = rows.get("peak")
    if peak is not None and complete.get("workspace") is None:
        rest = peak - sum(value for value in complete.values() if value is not None)
        if rest > 0:
            complete["workspace"] = rest

    return complete


def overlap(rows: Rows) -> int:
    """Returns by how much the rows add up to more than there is at any moment.

    Gradients arrive while activations leave.
    """
    peak = rows.get("peak")
    known = sum(value for value in rows_of(rows).values() if value is not None)
    return max(0, known - peak) if peak is not None else 0


def parts_of(rows: Rows) -> list[Part]:
    """Returns the segments of a bar in the order of the ledger, without empty rows."""
    return [
        Part(key, NAMES[key], value, role_of(key), MEANING[key])
        for key, value in with_workspace(rows).items()
        if value
    ]


def multiples(rows: Rows, optimizer: Optimizer | None = None) -> dict[str, float]:
    """Returns how many times n there are up to and with each row of the weights' size.

    {"weights": 1.0, "gradients": 2.0, ...}; empty rows are left out. The other state is one more n
    where the optimizer keeps it in full.
    """
    weights = rows.get("weights")
    found = {}

    total = 0.0
    for key in OF_THE_WEIGHTS if weights else ():
        if size := rows.get(key):
            total += size / (weights or 1)
            found[key] = total

    if found and keeps_full_state(optimizer) and rows.get("other_state"):
        found["other_state"] = total + 1

    return found


def sum_in_words(rows: Rows, parameters: int | None, optimizer: Optimizer | None = None) -> str:
    """Returns "4n = 4 × 160,874 floats = 2.5 MiB" from the rows that there are.

    "" while the weights are unknown.
    """
    weights = rows.get("weights")
    found = multiples(rows, optimizer)
    if not weights or not found:
        return ""

    most = max(found.values())
    times = times_text(most)
    count = parameters or weights // FLOAT

    return f"{times}n = {times} × {count:,} floats = {bytes_text(round(most * weights))}"


def difference_in_words(predicted: int | None, measured: int | None) -> str:
    """Returns how far the measure is from the prediction: "+2 %", "exact", or a dash."""
    if predicted is None or measured is None:
        return UNKNOWN
    if predicted == measured:
        return "exact"
    if not predicted:
        return f"+{bytes_text(measured)}"

    return difference_text((measured - predicted) / predicted)


# --- the device

Readings = Mapping[str, float | None]


def device_parts(rows: Rows, device: Readings) -> list[Part]:
    """Returns how the device's memory is divided; the parts add up to its total.

    [] where the total is unknown. On a GPU: in use by the model (allocated), kept by PyTorch
    (reserved - allocated), other programs and the driver (used - reserved), free. On the CPU the
    process stands for PyTorch.
    """
    total = _whole(device.get("total"))
    free = _whole(device.get("free"))
    if total is None or free is None:
        return []

    used = max(0, total - free)
    gpu = device.get("reserved") is not None
    ours = _whole(device.get("reserved")) if gpu else _whole(device.get("process"))

    model = _whole(device.get("allocated"))
    if model is None:
        model = total_of(rows) or 0

    ours = min(used, ours if ours is not None else model)
    model = min(model, ours)
    kept = (
        ("kept", "kept by PyTorch", "Free for the next batch; given back when the training ends.")
        if gpu
        else (
            "kept",
            "rest of this program",
            "The window, the libraries, and what Python keeps for reuse.",
        )
    )

    others = "Other programs, and on a GPU its driver, which takes a fixed amount for each program."
    return [
        Part(
            "model",
            "in use by the model",
            model,
            "accent",
            "Weights, gradients, optimizer, activations and data.",
        ),
        Part(kept[0], kept[1], ours - model, "training_raw", kept[2]),
        Part(
            "other",
            "other programs and the driver" if gpu else "other programs",
            used - ours,
            "line",
            others,
        ),
        Part("free", "free", free, "track", "Not in use."),
    ]


def _whole(value: float | None) -> int | None:
    return None if value is None else int(value)


READINGS: dict[str, Callable[[float], str]] = {
    "utilisation": lambda value: percent_text(value / 100),
    "temperature": lambda value: amount_text(value, "°C"),
    "power": lambda value: amount_text(value, "W"),
}
"""What a device tells beside its memory, in words."""


def readings_in_words(device: Readings, reasons: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """Returns (name, value or a dash, why it is unknown) of the other readings of a device."""
    lines = []
    for key, words in READINGS.items():
        value = device.get(key)
        if value is not None or key in reasons or key in device:
            known = value is not None
            lines.append(
                (
                    key,
                    words(value) if value is not None else UNKNOWN,
                    "" if known else reasons.get(key, ""),
                )
            )

    return lines
