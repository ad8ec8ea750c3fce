"""Answers with the functions of a script that reproduces a run, and the weights beside it."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from safetensors.torch import load_file

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np


def load(path: str, threads: int) -> Callable[[list[np.ndarray]], np.ndarray]:
    """Returns a function that answers examples (B, ...) as they stand in the script's data."""
    torch.set_num_threads(threads)
    script = runpy.run_path(path)
    network = script["Network"]()
    network.load_state_dict(load_file(Path(path).with_suffix(".safetensors")))
    # Whether weights need gradients decides which kernel torch takes, also without gradients.
    network.eval().requires_grad_(False)
    # One for each half of pairs, in their order.
    prepares = [function for name, function in script.items() if name.startswith("prepare")]

    def answer(inputs: list[np.ndarray]) -> np.ndarray:
        with torch.no_grad():
            prepared = [
                prepare(torch.from_numpy(array))
                for prepare, array in zip(prepares, inputs, strict=True)
            ]
            answers: np.ndarray = script["answers"](network(*prepared)).numpy()
        return answers

    return answer
