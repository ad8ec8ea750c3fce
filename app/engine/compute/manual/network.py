"""A small network for table rows as a chain of layers with written-out backward passes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import nn

from app.engine.compute.manual.categories import ManualCategories
from app.engine.compute.manual.layers import KINDS, ManualReLU
from app.engine.learning.loss import mean_of_members, targets_of_members
from models.graph import INPUT
from models.network import Network

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.engine.compute.manual.layer import ManualLayer
    from app.engine.data.preparation import Batch
    from app.engine.learning.loss import LossFunction

MOST_PARAMETERS = 300_000
"""Of larger networks the kernels take so long that nothing is gained."""


class ManualNetwork:
    """A network that reads single rows (B, F), without modules and without autograd.

    Loss and gradients have the bits that the network itself gives. It computes with the weights of
    the network, which must stay where they are in memory.
    """

    def __init__(self, layers: list[ManualLayer]) -> None:
        self._forward = [layer.forward for layer in layers]
        self._evaluate = [layer.evaluate for layer in layers]
        # Below the first layer that learns there is nothing to do.
        first = next(index for index, layer in enumerate(layers) if layer.learned)
        self._backward = [layer.backward for layer in reversed(layers[first:])]
        self._learned = [pair for layer in layers for pair in layer.learned]
        self._without_history = torch.inference_mode()  # to make one takes longer than to enter it

    @classmethod
    def of(cls, network: nn.Module) -> ManualNetwork | None:
        """Returns a network in this form; None for one that has other layers, or is no chain."""
        if not isinstance(network, Network) or network.recompute:
            return None

        inputs = network.problem.inputs
        weights = list(network.parameters())
        if (
            len(inputs) != 1
            or inputs[0].kind != "row"
            or sum(weight.numel() for weight in weights) > MOST_PARAMETERS
            or not all(_is_plain(weight) for weight in weights)
        ):
            return None

        layers = _layers(network)
        return cls(layers) if layers else None

    def gradients(
        self,
        values: Batch,
        targets: torch.Tensor,
        loss_function: LossFunction,
        kept: list[tuple[torch.Tensor, torch.Tensor]] | None = None,
    ) -> torch.Tensor:
        """Returns the loss of a batch, a scalar; leaves the gradients with the weights.

        kept: the outputs and targets are added to it.
        """
        assert isinstance(values, torch.Tensor)
        weight, gradient = self._learned[0]
        if weight.grad is not gradient:  # autograd has left its own, or somebody has let go of all
            for weight, gradient in self._learned:
                weight.grad = gradient

        with self._without_history:  # each call then takes a tenth less
            for forward in self._forward:
                values = forward(values)

            if kept is not None:
                kept.append((mean_of_members(values, targets), targets))

            targets = targets_of_members(targets, values)
            loss, gradient = loss_function.with_gradient(values, targets)
            del values
            for backward in self._backward:
                gradient = backward(gradient)

        return loss

    def outputs(self, values: Batch) -> torch.Tensor:
        """Returns the outputs outside of training: (B, F) -> (B, outputs)."""
        assert isinstance(values, torch.Tensor)
        for evaluate in self._evaluate:
            values = evaluate(values)

        return values


def _is_plain(weight: nn.Parameter) -> bool:
    return weight.requires_grad and weight.dtype is torch.float32 and weight.device.type == "cpu"


def _layers(network: Network) -> list[ManualLayer]:
    """Returns the layers of a chain in order; none where it cannot be written out."""
    before = INPUT
    layers: list[ManualLayer] = []
    for node in network.graph.nodes:
        if node.inputs != (before,):
            return []

        before = node.name
        for module in _modules(network.blocks[node.name]):
            if type(module) not in KINDS:
                return []

            learns_before = any(layer.learned for layer in layers)
            layer = KINDS[type(module)](module, learns_before)
            if layer is None or not _may_stand(layer, is_first=not layers):
                return []

            layers.append(layer)

    return layers if any(layer.learned for layer in layers) else []


def _may_stand(layer: ManualLayer, is_first: bool) -> bool:
    """Returns whether a layer may be there: ReLU overwrites its input, categories are first."""
    return not (isinstance(layer, ManualReLU) if is_first else isinstance(layer, ManualCategories))


def _modules(module: nn.Module) -> Iterator[nn.Module]:
    """Yields the modules of a block in the order of their work, without identities."""
    if type(module) is nn.Sequential:
        for child in module:
            yield from _modules(child)
    elif type(module) is not nn.Identity:
        yield module
