"""How the work on many examples is divided over the processes that train a run together."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    import torch


class Division:
    """Says which batches of an evaluation this process judges: all, where it is alone."""

    def own(self, batches: int) -> range:
        """Returns the numbers of the batches, of so many, that are judged here."""
        return range(batches)

    def checked(self, check: Callable[[], None]) -> Callable[[], None]:
        """Returns what is called before each batch that is judged here.

        check: the caller's own, which may raise, or wait while a run is paused.
        """
        return check

    def gathered(
        self, totals: list[torch.Tensor], predictions: list[torch.Tensor]
    ) -> tuple[list[torch.Tensor], list[torch.Tensor]]:
        """Returns what all batches gave, in their order, from what those judged here gave.

        Both are empty in a process that hands its own on to another. totals: (2,) each.
        """
        return totals, predictions


WHOLE = Division()


def shares(examples: int, processes: int) -> list[slice]:
    """Returns the examples of a batch that each process takes: whole numbers, as even as possible.

    Nobody takes a single one of several, since normalising over a batch needs two; so the last
    processes take none where there are too few.
    """
    taking = max(1, min(processes, examples // 2))
    bounds = [number * examples // taking for number in range(taking + 1)]
    parts = [slice(first, last) for first, last in itertools.pairwise(bounds)]
    return parts + [slice(examples, examples)] * (processes - taking)
