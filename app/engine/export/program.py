"""A trained network as one graph of PyTorch's operators, with nothing of this computer in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import fx

from app.engine.errors import UserError

if TYPE_CHECKING:
    from torch.export import ExportedProgram

    from app.engine.export.trained_network import TrainedNetwork

EXAMPLES = 2
"""The batch of the example input: 1 would become a constant."""

OF_THIS_COMPUTER = ("stack_trace", "from_node")
"""What PyTorch notes on every operator: the lines of source that made it, with their paths."""


def exported_program(trained: TrainedNetwork) -> ExportedProgram:
    """Returns the answering network as a program that takes batches of any size.

    All other sizes are those of training. Raises UserError where PyTorch cannot record it.
    """
    example = _zeros(trained)
    batch = torch.export.Dim("batch")
    try:
        program = torch.export.export(
            trained.answering, example, dynamic_shapes=(({0: batch},) * len(example),)
        )
    except Exception as error:  # PyTorch raises errors of many kinds, with pages of advice
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise UserError(
            f"PyTorch cannot record this network as a program: {reason}",
            "Choose another format.",
        ) from error

    for part in program.graph_module.modules():
        for node in part.graph.nodes if isinstance(part, fx.GraphModule) else ():
            for name in OF_THIS_COMPUTER:
                node.meta.pop(name, None)

    return program


def _zeros(trained: TrainedNetwork) -> tuple[torch.Tensor, ...]:
    """Returns an example of the raw inputs: zeros, because a file may hold it for everybody."""
    return tuple(
        torch.zeros(EXAMPLES, *raw.shape, dtype=getattr(torch, raw.dtype))
        for raw in trained.description.preparation.raw_inputs
    )
