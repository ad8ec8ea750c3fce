"""Loads an ONNX file with ONNX Runtime on the CPU."""

from __future__ import annotations

from typing import TYPE_CHECKING

import onnxruntime

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np


def load(path: str, threads: int) -> Callable[[list[np.ndarray]], np.ndarray]:
    """Returns a function that answers inputs (B, ...) in the order of the file."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    names = [each.name for each in session.get_inputs()]

    def answer(inputs: list[np.ndarray]) -> np.ndarray:
        answers: np.ndarray = session.run(None, dict(zip(names, inputs, strict=True)))[0]
        return answers

    return answer
