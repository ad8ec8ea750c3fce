"""Finds the block of a network that cannot be converted to ONNX."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from app.engine.export.program import EXAMPLES
from app.engine.export.to_onnx.converted import converted
from models.network import fake_inputs, place_blocks

if TYPE_CHECKING:
    from models.network import Network, PlacedBlock


def refused_block(network: Network) -> PlacedBlock | None:
    """Returns the first block that cannot be converted by itself, None where each of them can.

    Every different block is converted alone, about a second each: this is asked only after the
    whole network was refused.
    """
    inputs = _inputs_of_blocks(network)
    tried: set[tuple[str, tuple[tuple[int, ...], ...]]] = set()
    for placed in place_blocks(network.graph, network.problem):
        form = (placed.settings, placed.inputs)
        if form not in tried and not _converts(network, placed, inputs):
            return placed

        tried.add(form)

    return None


def _inputs_of_blocks(network: Network) -> dict[str, tuple[torch.Tensor, ...]]:
    """Returns what each block is given, of a batch of zeros."""
    inputs: dict[str, tuple[torch.Tensor, ...]] = {}

    def keep(name: str) -> torch.utils.hooks.RemovableHandle:
        return network.blocks[name].register_forward_pre_hook(
            lambda _, given: inputs.__setitem__(name, given)
        )

    handles = [keep(node.name) for node in network.graph.nodes]
    try:
        batch = fake_inputs(network.problem, EXAMPLES)
        with torch.no_grad():
            network(batch if len(batch) > 1 else batch[0])
    finally:
        for handle in handles:
            handle.remove()

    return inputs


def _converts(
    network: Network,
    placed: PlacedBlock,
    inputs: dict[str, tuple[torch.Tensor, ...]],
) -> bool:
    given = inputs[placed.node.name]
    # AUTO: a block that reads both halves of pairs in one batch has twice as many examples.
    shapes = (({0: torch.export.Dim.AUTO},) * len(given),)
    try:
        converted(Alone(network.blocks[placed.node.name]), given, shapes)
    except Exception:  # whatever it is, this block cannot be converted
        return False

    return True


class Alone(torch.nn.Module):
    """One block under a forward that takes its inputs by place."""

    def __init__(self, block: torch.nn.Module) -> None:
        super().__init__()
        self.block = block
        self.eval()

    def forward(self, *inputs: torch.Tensor) -> torch.Tensor:
        output: torch.Tensor = self.block(*inputs)
        return output
