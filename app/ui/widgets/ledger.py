"""The memory ledger as the window shows it: its rows, what they add up to, and how the device's memory is divided.

Values only, no widgets. Bytes throughout; None is unknown, and unknown never becomes zero.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.ui.amounts import bytes_text, times_text

Rows = Mapping[str, int | None]

NAMES = {
    "weights": "weights", "gradients": "gradients", "first_moment": "first moment", "second_moment": "second moment",
    "other_state": "other state", "activations": "activations", "batch": "batch", "data": "data",
    "workspace": "workspace",
}
OF_THE_WEIGHTS = ("weights", "gradients", "first_moment", "second_moment")
"""Rows of the weights' size: n floats each."""
MEANING = {
    "weights": "The numbers that are learned.",
    "gradients": "For each weight the direction in which the loss falls.",
    "first_moment": "For each weight the running average of its gradient: its momentum.",
    "second_moment": "For each weight the running average of its squared gradient: how large it has been lately.",
    "other_state": "What else stays: step counters of the optimizer, running averages of batch norm.",
    "activations": "What the blocks computed for a batch, kept for the gradients. Grows with the batch size.",
    "batch": "The batch at hand, as the network sees it.",
    "data": "The examples, decoded once and kept ready.",
    "workspace": "Room for computing, and what is left between the pieces.",
}
COLOURS = {"batch": "memory.data"}


@dataclass(frozen=True)
class Part:
    """One segment of a bar: a colour's role, its name, its bytes and a sentence that explains it."""

    key: str
    name: str
    bytes: int
    role: str
    meaning: str = ""


def role_of(key: str) -> str:
    return COLOURS.get(key, f"memory.{key}")


def total_of(rows: Rows) -> int | None:
    """What it takes at its height: the row "peak", else the sum of what is known; None where nothing is."""
    peak = rows.get("peak")
    if peak is not None:
        return peak
    known = [rows.get(key) for key in NAMES]
    return sum(value for value in known if value is not None) if any(value is not None for value in known) else None


def with_workspace(rows: Rows) -> dict[str, int | None]:
    """The rows, with what the peak holds beyond them as the workspace."""
    complete = {key: rows.get(key) for key in NAMES if key in rows}
    peak = rows.get("peak")
    if peak is not None and complete.get("workspace") is None:
        rest = peak - sum(value for value in complete.values() if value is not None)
        if rest > 0:
            complete["workspace"] = rest
    return complete


def parts_of(rows: Rows) -> list[Part]:
    """The segments of a bar, in the order of the ledger; empty rows are left out."""
    return [
        Part(key, NAMES[key], value, role_of(key), MEANING[key])
        for key, value in with_workspace(rows).items()
        if value
    ]


def sum_in_words(rows: Rows, parameters: int | None) -> str:
    """"4n = 4 × 160,874 floats = 2.6 MB", from the rows that there are; "" while the weights are unknown."""
    weights = rows.get("weights")
    if not weights:
        return ""
    total = sum(rows.get(key) or 0 for key in OF_THE_WEIGHTS)
    times = times_text(total / weights)
    count = parameters or weights // 4
    return f"{times}n = {times} × {count:,} floats = {bytes_text(total)}"


def difference_in_words(predicted: int | None, measured: int | None) -> str:
    """How far the measure is from the prediction: "+2 %", "exact", or a dash."""
    if predicted is None or measured is None:
        return "–"
    if predicted == measured:
        return "exact"
    if not predicted:
        return f"+{bytes_text(measured)}"
    share = 100 * (measured - predicted) / predicted
    return f"{share:+.1f} %" if abs(share) < 10 else f"{share:+.0f} %"


# --- the device

Readings = Mapping[str, float | None]


def device_parts(rows: Rows, device: Readings) -> list[Part]:
    """How the device's memory is divided, so that the parts add up to its total; [] where the total is unknown.

    On a GPU: in use by the model (allocated), kept by PyTorch (reserved - allocated), other programs and the driver
    (used - reserved), free. On the CPU the process stands for PyTorch.
    """
    total, free = _whole(device.get("total")), _whole(device.get("free"))
    if total is None or free is None:
        return []
    used = max(0, total - free)
    gpu = device.get("reserved") is not None
    ours = _whole(device.get("reserved")) if gpu else _whole(device.get("process"))
    model = _whole(device.get("allocated"))
    if model is None:
        model = sum(value for key, value in rows.items() if value is not None and key != "peak")
    ours = min(used, ours if ours is not None else model)
    model = min(model, ours)
    kept = ("kept", "kept by PyTorch", "Free for the next batch; given back when the training ends.") if gpu else (
        "kept", "rest of this program", "The window, the libraries, and what Python keeps for reuse."
    )
    others = "Other programs, and on a GPU its driver, which takes a fixed amount for each program."
    return [
        Part("model", "in use by the model", model, "accent", "Weights, gradients, optimizer, activations and data."),
        Part(kept[0], kept[1], ours - model, "training_raw", kept[2]),
        Part("other", "other programs and the driver" if gpu else "other programs", used - ours, "line", others),
        Part("free", "free", free, "track", "Nobody uses it."),
    ]


def _whole(value: float | None) -> int | None:
    return None if value is None else int(value)


READINGS = {
    "utilisation": ("utilisation", lambda value: f"{value:.0f} %"),
    "temperature": ("temperature", lambda value: f"{value:.0f} °C"),
    "power": ("power", lambda value: f"{value:.0f} W"),
}


def readings_in_words(device: Readings, reasons: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """(name, value or a dash, why it is unknown) of what the device tells beside its memory."""
    lines = []
    for key, (name, words) in READINGS.items():
        value = device.get(key)
        if value is not None or key in reasons or key in device:
            known = value is not None
            lines.append((name, words(value) if known else "–", "" if known else reasons.get(key, "")))
    return lines
