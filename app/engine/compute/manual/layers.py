"""Layers of small networks with their backward passes written out.

Each calls the kernels that autograd calls, on operands in the same layout, so that outputs and
gradients have the same bits. What is saved is the work of modules and of autograd itself, which
takes several times as long as the kernels of a small layer.

As in autograd, a layer keeps what its backward pass needs and lets go of it there. `forward` and
`backward` are called without gradients being recorded, in turn.
"""

# ruff: noqa: ARG001 - each maker of a layer is given what one of them needs
from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

import torch
from torch import nn
from torch.nn import functional

from models.layers.embedding.categorical_embedding import CategoricalEmbeddingModule
from models.layers.heads.output import OutputModule
from models.layers.linear.ensemble_layers import EnsembleLayersModule, EnsembleLinear
from models.layers.linear.members import mean_of_members

if TYPE_CHECKING:
    from collections.abc import Callable

_threshold_backward = torch.ops.aten.threshold_backward.default
_gelu_backward = torch.ops.aten.gelu_backward.default
_embedding_backward = torch.ops.aten.embedding_dense_backward.default
"""Kernels that have no name in torch itself."""


class ManualLayer(ABC):
    """A layer: (B, D) -> (B, D')."""

    learns: bool = False
    """Whether it has weights."""

    @abstractmethod
    def forward(self, values: torch.Tensor) -> torch.Tensor:
        """Returns the output of a batch in training, and keeps what `backward` needs."""

    def evaluate(self, values: torch.Tensor) -> torch.Tensor:
        """Returns the output of a batch outside of training; nothing is kept."""
        return self.forward(values)

    @abstractmethod
    def backward(self, gradient: torch.Tensor) -> torch.Tensor:
        """Returns the gradient of the input, and leaves those of the weights with them.

        gradient: that of the output; it may be overwritten.
        """


class ManualLinear(ManualLayer):
    """A linear layer."""

    learns = True

    def __init__(self, module: nn.Linear, passes_on: bool) -> None:
        """passes_on: whether a layer before it learns, so that it needs the input's gradient."""
        self._weight = module.weight
        self._bias = module.bias
        self._passes_on = passes_on
        # Views of the same memory, which never moves: weights are changed in place.
        self._matrix = module.weight.detach()
        self._transposed = self._matrix.t()
        self._offset = module.bias.detach()
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
        self._weight.grad = torch.mm(gradient.t(), values)
        self._bias.grad = torch.sum(gradient, 0)

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
        self._kept = 1 - rate
        self._noise: torch.Tensor | None = None

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        noise = torch.empty_like(values).bernoulli_(self._kept).div_(self._kept)
        self._noise = noise
        return values * noise

    def evaluate(self, values: torch.Tensor) -> torch.Tensor:
        return values

    def backward(self, gradient: torch.Tensor) -> torch.Tensor:
        noise = self._noise
        assert noise is not None
        self._noise = None
        return gradient.mul_(noise)


class ManualCategories(ManualLayer):
    """The categorical embedding of a table row, which is the first layer of a network."""

    learns = True

    def __init__(self, module: CategoricalEmbeddingModule) -> None:
        self._count = module.count
        self._weights: list[nn.Parameter] = list(module.lookup.parameters())
        self._tables = [weight.detach() for weight in self._weights]
        self._sizes = torch.tensor(module.lookup.categories)
        self._indices: list[torch.Tensor] = []
        self._prepared: torch.Tensor | None = None
        self._found: list[torch.Tensor] = []

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        self._indices = self._indices_of(values)
        return self._joined(values, self._indices)

    def evaluate(self, values: torch.Tensor) -> torch.Tensor:
        return self._joined(values, self._look_up(values))

    def _indices_of(self, values: torch.Tensor) -> list[torch.Tensor]:
        """Returns the rows of the tables for a batch, (B,) int64 each.

        Batches that were prepared together are views of one tensor, and are looked up together.
        """
        prepared = values._base  # noqa: SLF001 - what a view is of has no public name
        if prepared is None or not _are_rows(values, prepared):
            return self._look_up(values)
        if prepared is not self._prepared:
            self._prepared = prepared
            self._found = self._look_up(prepared)

        count, width = values.shape
        first = values.storage_offset() // width
        return [found.narrow(0, first, count) for found in self._found]

    def _look_up(self, values: torch.Tensor) -> list[torch.Tensor]:
        """Returns the rows of the tables: (B,) int64 for each, 0 for what lies outside of it."""
        numbers = values[:, -self._count :].round().long()
        known = (numbers >= 0) & (numbers < self._sizes)
        return list((numbers * known).t().contiguous().unbind())

    def _joined(self, values: torch.Tensor, indices: list[torch.Tensor]) -> torch.Tensor:
        vectors = [
            torch.embedding(table, index)
            for table, index in zip(self._tables, indices, strict=True)
        ]
        return torch.cat([values[:, : -self._count], *vectors], 1)

    def backward(self, gradient: torch.Tensor) -> torch.Tensor:
        indices = self._indices
        self._indices = []
        end = gradient.shape[1]
        for weight, index in zip(reversed(self._weights), reversed(indices), strict=True):
            rows, width = weight.shape
            part = gradient.narrow(1, end - width, width)
            weight.grad = _embedding_backward(part, index, rows, -1, False)
            end -= width

        return gradient


class ManualEnsemble(ManualLayer):
    """Members that learn together: (B, D) -> (members * B, D')."""

    learns = True

    def __init__(self, module: EnsembleLayersModule, passes_on: bool) -> None:
        """passes_on: see ManualLinear."""
        layers = [layer for layer in module.layers if isinstance(layer, EnsembleLinear)]
        self._members = module.members
        self._mean = module.mean
        self._weights: list[nn.Parameter] = [layer.weight for layer in layers]
        self._offsets: list[nn.Parameter] = [layer.offsets for layer in layers]
        self._matrices = [layer.weight.detach() for layer in layers]
        self._begins = [layer.offsets.detach()[:, None] for layer in layers]
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
            self._offsets[place].grad = torch.sum(gradient, 1)
            self._weights[place].grad = torch.bmm(values.transpose(1, 2), gradient)
            if place or self._passes_on:
                gradient = torch.bmm(gradient, self._matrices[place].transpose(1, 2))

        return torch.sum(gradient, 0) if self._passes_on else gradient


def _are_rows(values: torch.Tensor, whole: torch.Tensor) -> bool:
    """Returns whether a view holds whole rows of a tensor, one behind the other."""
    return whole.is_contiguous() and values.is_contiguous() and whole.shape[1:] == values.shape[1:]


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
