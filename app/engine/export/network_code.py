"""A network written as plain PyTorch, with its weights in a file beside the code."""

from __future__ import annotations

from typing import TYPE_CHECKING

import safetensors.torch

from app.engine.files import write_atomically
from app.engine.runs.tensors import Tensors, cpu_copies
from models.code.writer import NetworkCode, write_network

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.export.network_source import NetworkSource


def code_of(source: NetworkSource) -> NetworkCode:
    """Returns the network as code."""
    network = source.network
    return write_network(network.graph, network.problem, source.label)


def weights_of(source: NetworkSource, code: NetworkCode) -> bytes:
    """Returns weights and buffers in the safetensors format, under the names of the code."""
    weights: Tensors = {
        code.weight_name(name): tensor for name, tensor in source.network.state_dict().items()
    }
    return safetensors.torch.save(cpu_copies(weights))


def write_code(code: NetworkCode, path: Path) -> None:
    """Writes the code. Raises UserError where the disk is full or the file may not be written."""
    write_atomically(path, code.text.encode())


def write_weights(weights: bytes, path: Path) -> None:
    """Writes the weights. Raises UserError like `write_code`."""
    write_atomically(path, weights)
