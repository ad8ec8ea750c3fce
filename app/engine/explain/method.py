"""The base class of methods that explain an answer. A method is a file in `methods`."""

from __future__ import annotations

import functools
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

from app.engine.errors import UserError
from app.engine.walk import modules_with

if TYPE_CHECKING:
    import numpy as np

    from app.engine.explain.example import Example
    from models.shape import InputKind


class Method(ABC):
    """One way to say which parts of an example an answer rests on: an object without state."""

    kind: ClassVar[str]
    label: ClassVar[str]
    summary: ClassVar[str]
    """What it shows, in a sentence."""

    caution: ClassVar[str]
    """What one may not conclude from it, in a sentence."""

    reads: ClassVar[tuple[InputKind, ...]]
    order: ClassVar[int] = 100
    """The first that suits an example is the usual one."""

    def unfit(self, example: Example, half: int) -> str:
        """Returns why it cannot explain this half of an example, in a sentence; "" if it can."""
        if example.half(half).kind in self.reads:
            return ""

        return f"{self.label} does not read such examples."

    @abstractmethod
    def relevance(self, example: Example, half: int) -> np.ndarray:
        """Returns how much each part of a half speaks for the answer, float32.

        (H, W) of a picture, (L,) of a signal or of a text's tokens, (F,) of a row's features.
        """


@functools.cache
def methods() -> dict[str, Method]:
    """Returns one of every method by its kind, the usual ones first."""
    from app.engine.explain import methods as package  # noqa: PLC0415 - it imports this module

    found: list[Method] = [
        module.METHOD for module in modules_with("METHOD", package.__path__, package.__name__)
    ]
    return {method.kind: method for method in sorted(found, key=lambda method: method.order)}


def fitting(example: Example, half: int = 0) -> list[Method]:
    """Returns the methods that can explain an example, the usual one first."""
    return [method for method in methods().values() if not method.unfit(example, half)]


def choose(example: Example, half: int = 0, kind: str | None = None) -> Method:
    """Returns the method of this kind, or the usual one for the example.

    Raises UserError where it is unknown or does not fit, or where none does.
    """
    if kind is None:
        if found := fitting(example, half):
            return found[0]

        raise UserError(
            "No method can say what this network's answer rests on.",
            "Pictures, rows, texts and signals have one; look at the network's blocks.",
        )

    if kind not in methods():
        raise UserError(
            f"There is no method called '{kind}'.", f"Choose one of: {', '.join(methods())}."
        )

    method = methods()[kind]
    if reason := method.unfit(example, half):
        names = ", ".join(f"'{other.kind}'" for other in fitting(example, half))
        raise UserError(reason, f"Choose {names}." if names else "No other method fits either.")

    return method
