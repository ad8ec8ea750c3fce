"""What the variants of a race take of memory together, against what is free."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.engine.errors import UserError
from app.engine.race.variants import Variant, peak_of_race
from app.engine.text import bytes_text
from app.ui.state.device_memory import read_device
from app.ui.state.network_measurer import measure
from models.graph import GraphError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.engine.planning.memory_estimate import Budget
    from app.engine.runs.control import Control


@dataclass(frozen=True)
class MemoryNeeds:
    """The memory that a race needs.

    bytes: of all variants together at most, None where unknown. floats: numbers in memory for each
    weight, of each variant. device: None where it could not be read. trouble: why one of them
    cannot be trained.
    """

    bytes: int | None
    floats: tuple[float | None, ...]
    device: Budget | None
    trouble: str = ""

    @property
    def too_much(self) -> bool:
        """Whether it is more than the device has, whatever else runs on it."""
        total = self.device.total if self.device is not None else None
        return self.bytes is not None and total is not None and self.bytes > total

    @property
    def words(self) -> tuple[str, str]:
        """A sentence, and its role in the theme."""
        if self.trouble:
            return self.trouble, "problem"
        if self.bytes is None:
            return "", "secondary"

        need = bytes_text(self.bytes)
        if self.device is None or self.device.free is None or self.device.total is None:
            return f"Memory: all are kept at once, {need} together.", "secondary"

        where = "memory" if self.device.on_cpu else f"the memory of {self.device.label}"
        if self.too_much:
            return (
                f"Memory: together they need {need}, more than the {bytes_text(self.device.total)} "
                "there are. Take fewer variants, a smaller batch or a smaller network."
            ), "problem"
        if self.bytes > self.device.free:
            return (
                f"Memory: together they need {need}, but only {bytes_text(self.device.free)} of "
                f"{where} are free. Close other programs, or take fewer variants."
            ), "problem"

        return (
            f"Memory: all are kept at once, {need} together; {bytes_text(self.device.free)} are "
            "free.",
            "secondary",
        )


def find_memory_needs(
    variants: Sequence[Variant], data_bytes: int, control: Control
) -> MemoryNeeds:
    """Returns what these variants need; called on the background thread, for it loads the engine.

    data_bytes: of the examples, which all of them share.
    """
    predicted = []
    floats = []
    for variant in variants:
        control.check()
        measured = measure(variant.resolved, variant.problem, data_bytes, control)
        if isinstance(measured, GraphError) or measured.inspection.error is not None:
            error = measured if isinstance(measured, GraphError) else measured.inspection.error
            assert error is not None
            return MemoryNeeds(
                None,
                (None,) * len(variants),
                None,
                f"{variant.name}: {error.message}",
            )

        optimizer = variant.resolved.optimizer
        predicted.append(measured.predicted)
        floats.append(
            optimizer.floats_per_parameter(measured.floats, measured.inspection.parameters)
        )

    device: Budget | None = None
    try:
        device = read_device(variants[0].resolved.training.device)
    except UserError as error:
        return MemoryNeeds(None, tuple(floats), None, error.message)

    return MemoryNeeds(
        peak_of_race(predicted, data_bytes if device.on_cpu else 0), tuple(floats), device
    )
