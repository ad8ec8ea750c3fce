"""Runs PyTorch's converter to ONNX, with what it is to know and without what it says."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    import onnx
    from torch.export import ExportedProgram

OPSET = 20
"""The version of ONNX's operators: what PyTorch writes by default, and runtimes of 2024 read."""


def converted(
    network: torch.nn.Module | ExportedProgram, example: tuple[torch.Tensor, ...], shapes: Any
) -> onnx.ModelProto:
    """Returns a network as an ONNX model. Raises whatever the converter raises.

    example, shapes: its inputs, and which of their sizes change, as torch.export takes them; () and
    None for a program, which has both.
    """
    with warnings.catch_warnings():
        # They concern those who write exporters; the proof finds what is wrong.
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            network,
            example,
            dynamo=True,
            opset_version=OPSET,
            dynamic_shapes=shapes,
            optimize=True,
            verbose=False,
        )

    assert program is not None
    return program.model_proto
