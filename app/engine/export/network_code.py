"""A network written as plain PyTorch, with its weights in a file beside the code."""

from __future__ import annotations

from typing import TYPE_CHECKING

import safetensors.torch

from app.engine.data.kinds.image.preparation import ImagePreparation
from app.engine.files import write_atomically
from app.engine.runs.tensors import Tensors, separate
from models.code.calls import literal
from models.code.writer import NetworkCode, write_network

if TYPE_CHECKING:
    from pathlib import Path

    from torch import nn

    from app.engine.data.dataset import Description
    from app.engine.export.network_source import NetworkSource


LOGIT_A_CLASS = ("classification", "soft-labels", "multi-label")
"""The tasks whose networks give a logit for each class."""

MOST_CLASSES = 100
"""So many classes are listed in the code."""


def code_of(source: NetworkSource) -> NetworkCode:
    """Returns the network as code."""
    network = source.network
    facts = notes(source.task, source.description)
    return write_network(network.graph, network.problem, source.label, facts)


def notes(task: str, description: Description | None) -> tuple[str, ...]:
    """Returns what one must know to use the code: how pictures are scaled, what outputs mean.

    task: the kind of the task. description: of the data; None where there are none.
    """
    if description is None:
        return ()

    found = []
    preparation = description.preparation
    if isinstance(preparation, ImagePreparation):
        mean, std = (_numbers(values) for values in (preparation.mean, preparation.std))
        found.append(
            f"Inputs: pixels of a picture are scaled to 0 to 1, then (pixel - {mean}) / {std}."
        )

    if task in LOGIT_A_CLASS:
        known = description.classes[:MOST_CLASSES]
        names = ", ".join(f"{place} {literal(name)}" for place, name in enumerate(known))
        more = ", ..." if len(description.classes) > MOST_CLASSES else ""
        found.append(f"Outputs: a logit for each class: {names}{more}.")

    return tuple(found)


def _numbers(values: tuple[float, ...]) -> str:
    """Returns a number, or those of several channels in brackets."""
    texts = [f"{value:.6g}" for value in values]
    return texts[0] if len(texts) == 1 else f"({', '.join(texts)})"


def named_weights(network: nn.Module, code: NetworkCode) -> Tensors:
    """Returns weights and buffers of a network under the names of its code."""
    tensors = network.state_dict()
    return {code.weight_name(name): tensor for name, tensor in tensors.items()}


def weights_of(source: NetworkSource, code: NetworkCode) -> bytes:
    """Returns them in the safetensors format."""
    return safetensors.torch.save(separate(named_weights(source.network, code)))


def write_code(code: NetworkCode, path: Path) -> None:
    """Writes the code. Raises UserError where the disk is full or the file may not be written."""
    write_atomically(path, code.text.encode())


def write_weights(weights: bytes, path: Path) -> None:
    """Writes the weights. Raises UserError like `write_code`."""
    write_atomically(path, weights)
