"""Layers of small networks with their backward passes written out.

Each calls the kernels that autograd calls, on operands in the same layout, so that outputs and
gradients have the same bits. What is saved is the work of modules and of autograd itself, which
takes several times as long as the kernels of a small layer.

As in autograd, a layer keeps what its backward pass needs and lets go of it there. `forward` and
`backward` are called without gradients being recorded, in turn.
"""

# ruff: noqa: ARG001 - each maker of a layer is given what one of them needs
from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import torch
from torch import nn
from torch.nn import functional

from app.engine.compute.manual.categories import ManualCategories
from app.engine.compute.manual.layer import ManualLayer
from models.layers.embedding.categorical_embedding import CategoricalEmbeddingModule
from models.layers.heads.output import OutputModule
from models.layers.linear.ensemble_layers import EnsembleLayersModule, EnsembleLinear
from models.layers.linear.members import mean_of_members

if TYPE_CHECKING:
    from collections.abc import Callable

_threshold_backward = torch.ops.aten.threshold_backward.default
_gelu_backward = torch.ops.aten.gelu_backward.default
"""Kernels that have no name in torch itself."""


class ManualLinear(ManualLayer):
    """A linear layer."""

    def __init__(self, module: nn.Linear, passes_on: bool) -> None:
        """passes_on: whether a layer before it learns, so that it needs the input's gradient."""
        self._passes_on = passes_on
        # Views of the same memory, which never moves: weights are changed in place.
        self._matrix = module.weight.detach()
        self._transposed = self._matrix.t()
        self._offset = module.bias.detach()
        self._of_matrix = torch.empty_like(self._matrix)
        self._of_offset = torch.empty_like(self._offset)
        self.learned = ((module.weight, self._of_matrix), (module.bias, self._of_offset))
        self._input: torch.Tensor | None = None

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        self._input = values
        return torch.addmm(self._offset, values, self._transposed)

    def evaluate(self, values: torch.Tensor) -> torch.Tensor:
        return torch.addmm(self._offset, values, self._transposed)

    def backward(self, gradient: torch.Tensor) -> torch.Tensor:
        values = self._input
        assert values is not None
        self._input = None
        torch.mm(gradient.t(), values, out=self._of_matrix)
        torch.sum(gradient, 0, out=self._of_offset)

        return torch.mm(gradient, self._matrix) if self._passes_on else gradient


class ManualReLU(ManualLayer):
    """ReLU, in place: what comes before it does not need its output."""

    def __init__(self) -> None:
        self._result: torch.Tensor | None = None

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        self._result = torch.relu_(values)
        return self._result

    def evaluate(self, values: torch.Tensor) -> torch.Tensor:
        return torch.relu_(values)

    def backward(self, gradient: torch.Tensor) -> torch.Tensor:
        result = self._result
        self._result = None
        passed: torch.Tensor = _threshold_backward(gradient, result, 0)
        return passed


class ManualGELU(ManualLayer):
    """GELU, exact."""

    def __init__(self) -> None:
        self._input: torch.Tensor | None = None

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        self._input = values
        return functional.gelu(values)

    def evaluate(self, values: torch.Tensor) -> torch.Tensor:
        return functional.gelu(values)

    def backward(self, gradient: torch.Tensor) -> torch.Tensor:
        values = self._input
        self._input = None
        passed: torch.Tensor = _gelu_backward(gradient, values)
        return passed


class ManualDropout(ManualLayer):
    """Dropout, which draws from torch's default generator as its module does."""

    def __init__(self, rate: float) -> None:
        self._rate_kept = 1 - rate
        # Tensors, for a kernel takes them faster than numbers of Python.
        self._limit = torch.tensor(self._rate_kept, dtype=torch.float64)
        self._kept = torch.tensor(self._rate_kept)
        self._noise: torch.Tensor | None = None

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        if bernoulli_is_uniform():
            drawn = torch.empty_like(values, dtype=torch.float64).uniform_()
            noise = drawn.lt_(self._limit).float()
        else:
            noise = torch.empty_like(values).bernoulli_(self._rate_kept)

        self._noise = noise.div_(self._kept)
        return values * noise

    def evaluate(self, values: torch.Tensor) -> torch.Tensor:
        return values

    def backward(self, gradient: torch.Tensor) -> torch.Tensor:
        noise = self._noise
        assert noise is not None
        self._noise = None
        return gradient.mul_(noise)


class ManualEnsemble(ManualLayer):
    """Members that learn together: (B, D) -> (members * B, D')."""

    def __init__(self, module: EnsembleLayersModule, passes_on: bool) -> None:
        """passes_on: see ManualLinear."""
        layers = [layer for layer in module.layers if isinstance(layer, EnsembleLinear)]
        self._members = module.members
        self._mean = module.mean
        self._matrices = [layer.weight.detach() for layer in layers]
        self._begins = [layer.offsets.detach()[:, None] for layer in layers]
        self._of_matrices = [torch.empty_like(matrix) for matrix in self._matrices]
        self._of_offsets = [torch.empty_like(layer.offsets) for layer in layers]
        matrices = zip((layer.weight for layer in layers), self._of_matrices, strict=True)
        offsets = zip((layer.offsets for layer in layers), self._of_offsets, strict=True)
        self.learned = (*matrices, *offsets)
        rate = module.dropout.p if isinstance(module.dropout, nn.Dropout) else 0.0
        self._dropouts = [ManualDropout(rate) for _ in layers[1:]] if rate else []
        self._relus = [ManualReLU() for _ in layers[1:]]
        self._passes_on = passes_on
        self._inputs: list[torch.Tensor] = []

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        self._inputs = []
        values = values.expand(self._members, *values.shape)
        last = len(self._relus)
        for place, (matrix, begin) in enumerate(zip(self._matrices, self._begins, strict=True)):
            self._inputs.append(values)
            values = torch.baddbmm(begin, values, matrix)
            if place < last:
                values = self._relus[place].forward(values)
                if self._dropouts:
                    values = self._dropouts[place].forward(values)

        return values.flatten(0, 1)

    def evaluate(self, values: torch.Tensor) -> torch.Tensor:
        values = values.expand(self._members, *values.shape)
        last = len(self._relus)
        for place, (matrix, begin) in enumerate(zip(self._matrices, self._begins, strict=True)):
            values = torch.baddbmm(begin, values, matrix)
            if place < last:
                values = torch.relu_(values)

        return mean_of_members(values, self._mean)

    def backward(self, gradient: torch.Tensor) -> torch.Tensor:
        gradient = gradient.view(self._members, -1, gradient.shape[1])
        for place in reversed(range(len(self._matrices))):
            if place < len(self._relus):
                if self._dropouts:
                    gradient = self._dropouts[place].backward(gradient)
                gradient = self._relus[place].backward(gradient)

            values = self._inputs.pop()
            torch.sum(gradient, 1, out=self._of_offsets[place])
            torch.bmm(values.transpose(1, 2), gradient, out=self._of_matrices[place])
            if place or self._passes_on:
                gradient = torch.bmm(gradient, self._matrices[place].transpose(1, 2))

        return torch.sum(gradient, 0) if self._passes_on else gradient


@cache
def bernoulli_is_uniform() -> bool:
    """Returns whether torch's `bernoulli_` here compares a uniform float64 with the rate.

    Its loop does so in three times the time that `uniform_` and a comparison take. Where it draws
    in another way, it is to be called itself.
    """
    one, other = (torch.Generator().manual_seed(1) for _ in range(2))
    kept = torch.empty(4096).bernoulli_(0.7, generator=one)
    drawn = torch.empty(4096, dtype=torch.float64).uniform_(generator=other)
    same_numbers = torch.equal(kept, (drawn < 0.7).float())
    return same_numbers and torch.equal(one.get_state(), other.get_state())


def _linear(module: nn.Module, passes_on: bool) -> ManualLayer | None:
    assert isinstance(module, nn.Linear)
    # A column of one number has two layouts at once, of which autograd takes the other.
    if module.bias is None or module.in_features < 2:
        return None

    return ManualLinear(module, passes_on)


def _gelu(module: nn.Module, passes_on: bool) -> ManualLayer | None:
    return ManualGELU() if getattr(module, "approximate", "") == "none" else None


def _relu(module: nn.Module, passes_on: bool) -> ManualLayer | None:
    return ManualReLU()


def _dropout(module: nn.Module, passes_on: bool) -> ManualLayer | None:
    assert isinstance(module, nn.Dropout)
    return ManualDropout(module.p) if 0 < module.p < 1 else None


def _ensemble(module: nn.Module, passes_on: bool) -> ManualLayer | None:
    assert isinstance(module, EnsembleLayersModule)
    return ManualEnsemble(module, passes_on)


def _categories(module: nn.Module, passes_on: bool) -> ManualLayer | None:
    assert isinstance(module, CategoricalEmbeddingModule)
    return None if passes_on else ManualCategories(module)


KINDS: dict[type[nn.Module], Callable[[nn.Module, bool], ManualLayer | None]] = {
    nn.Linear: _linear,
    OutputModule: _linear,
    nn.ReLU: _relu,
    nn.GELU: _gelu,
    nn.Dropout: _dropout,
    CategoricalEmbeddingModule: _categories,
    EnsembleLayersModule: _ensemble,
}
"""Modules that are written out, and what makes their layer: None where it is not the usual one."""
