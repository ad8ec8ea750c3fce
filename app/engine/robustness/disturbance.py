"""The base class of disturbances: a way in which examples get worse. One is a file."""

from __future__ import annotations

import functools
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

from app.engine.walk import modules_with

if TYPE_CHECKING:
    import numpy as np

    from app.engine.data.preparation import Preparation
    from models.shape import InputKind


class Disturbance(ABC):
    """One way in which examples get worse, by levels: an object without state."""

    kind: ClassVar[str]
    label: ClassVar[str]
    reads: ClassVar[tuple[InputKind, ...]]
    unit: ClassVar[str]
    """What a level is counted in, as it stands behind a number."""

    levels: ClassVar[tuple[float, ...]]
    """Without `neutral`."""

    neutral: ClassVar[float] = 0.0
    """The level of the examples as they are."""

    order: ClassVar[int] = 100

    def unfit(self, preparation: Preparation) -> str:  # noqa: ARG002 - some ask it
        """Returns why it means nothing for these examples, though it reads their kind; else ""."""
        return ""

    @abstractmethod
    def apply(
        self,
        examples: np.ndarray,
        preparation: Preparation,
        level: float,
        generator: np.random.Generator,
    ) -> np.ndarray:
        """Returns examples (B, ...), as a Dataset stores them, disturbed: a new array.

        level: one of `levels`.
        """


@functools.cache
def disturbances() -> tuple[Disturbance, ...]:
    """Returns one of each, in the order in which they are shown."""
    from app.engine.robustness import disturbances as package  # noqa: PLC0415 - it imports this one

    modules = modules_with("DISTURBANCE", package.__path__, package.__name__)
    return tuple(sorted((module.DISTURBANCE for module in modules), key=lambda found: found.order))
