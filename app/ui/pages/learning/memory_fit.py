"""Whether the predicted memory fits what is free on the device."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.engine.text import UNKNOWN, bytes_text, percent_text
from app.ui.widgets.memory.ledger import Part, total_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.engine.planning.memory_estimate import Budget


def needed(predicted: Mapping[str, int], device: Budget, data_open: bool) -> int | None:
    """Returns the bytes that a training takes beyond what is in use now.

    On the CPU the open data are in use already.
    """
    total = total_of(predicted)
    if total is None:
        return None

    return (
        total - predicted.get("dataset", predicted.get("data", 0))
        if device.on_cpu and data_open
        else total
    )


def parts(need: int, device: Budget) -> list[Part]:
    """Returns the device's memory with this training in it; [] where it is unknown."""
    if device.total is None or device.free is None:
        return []

    return [
        Part(
            "other", "in use now", device.total - device.free, "line", "By this and other programs."
        ),
        Part("model", "this training", need, "accent", "As predicted for these settings."),
        Part("free", "left free", max(0, device.free - need), "track", "For everything else."),
    ]


def verdict(need: int, device: Budget) -> tuple[str, str]:
    """Returns whether it fits as a sentence and its role, and if not, where to find what would."""
    fit = device.verdict(need)
    if device.free is None:
        return f"{device.label}: free memory {UNKNOWN}. {device.reason}".strip(), "secondary"

    share = need / device.free if device.free else float("inf")
    free = f"{bytes_text(device.free)} free on {device.label}"
    if fit == "fits":
        return f"It fits: {percent_text(share)} of the {free}.", "secondary"

    remedy = " 'What would fit?' shows ways to need less."
    if fit == "barely":
        return f"It fits, but barely: {bytes_text(need)} of the {free}.{remedy}", "warning"

    return f"It does not fit: {bytes_text(need)} are needed, {free}.{remedy}", "problem"
