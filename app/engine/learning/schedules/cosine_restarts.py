"""Cosine falls with restarts (SGDR): Loshchilov & Hutter 2017 (arXiv:1608.03983)."""

from __future__ import annotations

import math
from typing import ClassVar

from app.engine.learning.schedule import SCHEDULES
from app.engine.learning.schedules.warm_up import WarmedUp, floor_setting
from models.spec import setting


@SCHEDULES.register
class CosineRestarts(WarmedUp):
    """Several halves of a cosine, each from the peak."""

    kind: ClassVar[str] = "cosine-restarts"
    label: ClassVar[str] = "Cosine with restarts"
    summary: ClassVar[str] = (
        "Several falls, back to the peak between them. For runs that may be ended at any valley."
    )
    explanation: ClassVar[str] = (
        "Each fall lets the weights settle; the jump back to the peak shakes them loose, and "
        "the next fall may end in a better place. The validation loss rises at each restart; "
        "that does no harm."
    )
    order: ClassVar[int] = 40
    rises_again: ClassVar[bool] = True

    cycles: int = setting(
        3,
        label="Falls",
        ge=1,
        le=50,
        help="How many times the learning rate falls; one fewer restarts.",
    )
    longer: float = setting(
        2.0,
        label="Each longer by",
        unit="times",
        ge=1.0,
        le=4.0,
        step=0.5,
        help="How much longer each fall is than the one before; 1 makes them alike.",
    )
    floor: float = floor_setting(0.0, "Where each fall ends, as a share of the peak.")

    def after_warm_up(self, done: float) -> float:
        lengths = [self.longer**cycle for cycle in range(self.cycles)]
        left = done * sum(lengths)
        for length in lengths[:-1]:
            if left < length:
                break
            left -= length
        else:
            length = lengths[-1]

        fallen = min(1.0, left / length)
        return self.floor + (1 - self.floor) * 0.5 * (1 + math.cos(math.pi * fallen))

    def fall_code(self) -> tuple[str, tuple[str, ...]]:
        lengths = [self.longer**cycle for cycle in range(self.cycles)]
        cosine = "0.5 * (1 + math.cos(math.pi * fallen))"
        return (
            f"{self.cycles} halves of a cosine, each from the peak",
            (
                f"lengths = {lengths}",
                "left = done * sum(lengths)",
                "for length in lengths[:-1]:",
                "    if left < length:",
                "        break",
                "    left -= length",
                "else:",
                "    length = lengths[-1]",
                "",
                "fallen = min(1.0, left / length)",
                f"return {self.floor!r} + (1 - {self.floor!r}) * {cosine}",
            ),
        )
