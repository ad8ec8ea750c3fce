"""Loads weights into the written code of their network, with what stands around it.

Beside the file that is named stand network.py, and prepare.pt2 and answers.pt2, which this program
has just written; foreign ones are never opened so.
"""

from __future__ import annotations

import json
import runpy
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from safetensors.torch import load_file

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np


def load(path: str, threads: int) -> Callable[[list[np.ndarray]], np.ndarray]:
    """Returns a function that answers raw inputs (B, ...)."""
    torch.set_num_threads(threads)
    folder = Path(path).parent
    weights = json.loads(Path(path).read_text(encoding="ascii"))["weights"]

    network = runpy.run_path(str(folder / "network.py"))["Network"]()
    network.load_state_dict(load_file(weights))
    network.eval()
    prepare = torch.export.load(folder / "prepare.pt2").module()
    to_answers = torch.export.load(folder / "answers.pt2").module()

    def answer(inputs: list[np.ndarray]) -> np.ndarray:
        with torch.no_grad():
            prepared = prepare(*map(torch.from_numpy, inputs))
            halves = prepared if isinstance(prepared, tuple) else (prepared,)
            answers: np.ndarray = to_answers(network(*halves)).numpy()
        return answers

    return answer
