"""Loads a .pt2 that this program has just written; a foreign one is never opened so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np


def load(path: str, threads: int) -> Callable[[list[np.ndarray]], np.ndarray]:
    """Returns a function that answers raw inputs (B, ...)."""
    torch.set_num_threads(threads)
    program = torch.export.load(path).module()

    def answer(inputs: list[np.ndarray]) -> np.ndarray:
        with torch.no_grad():
            answers: np.ndarray = program(*map(torch.from_numpy, inputs)).numpy()
        return answers

    return answer
