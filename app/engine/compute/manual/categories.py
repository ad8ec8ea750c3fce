"""The categorical embedding of a table row without autograd.

Which rows of the tables a batch looks up depends on the data alone. It is worked out once for all
batches that were prepared together, and once for examples that are judged again and again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import torch
from torch.utils.weak import WeakIdKeyDictionary

from app.engine.compute.manual.layer import ManualLayer

if TYPE_CHECKING:
    from collections.abc import MutableMapping

    from torch import nn

    from models.layers.embedding.categorical_embedding import CategoricalEmbeddingModule


_embedding_backward = torch.ops.aten.embedding_dense_backward.default
"""It has no name in torch itself."""


class _Batch(NamedTuple):
    """A batch as the embedding needs it.

    numbers: (B, N), its amounts. indices: a row of each table, (B,) int64 each. places: where the
    gradients of its vectors are added, (B * widths,) int64; None where that was not worked out.
    """

    numbers: torch.Tensor
    indices: tuple[torch.Tensor, ...]
    places: torch.Tensor | None


class ManualCategories(ManualLayer):
    """The categorical embedding of a table row, which is the first layer of a network."""

    def __init__(self, module: CategoricalEmbeddingModule) -> None:
        self._count = module.count
        self._weights: list[nn.Parameter] = list(module.lookup.parameters())
        self._tables = [weight.detach() for weight in self._weights]
        self._limits = torch.tensor(module.lookup.categories)
        self._widths = [weight.shape[1] for weight in self._weights]

        # The gradients of all tables are one tensor, which a backward pass fills anew.
        sizes = [weight.numel() for weight in self._weights]
        self._all_gradients = torch.zeros(sum(sizes))
        self._gradients = [
            part.view(weight.shape)
            for part, weight in zip(
                torch.split(self._all_gradients, sizes), self._weights, strict=True
            )
        ]
        self.learned = tuple(zip(self._weights, self._gradients, strict=True))
        # Of each number of the vectors: its table, and where its first and its next row are.
        begins = [sum(sizes[:place]) for place in range(len(sizes))]
        columns = [
            (k, begins[k] + j, width) for k, width in enumerate(self._widths) for j in range(width)
        ]
        self._columns = torch.tensor(columns).t().contiguous().unbind()

        self._prepared: torch.Tensor | None = None
        self._batches: list[_Batch] = []
        self._numbers_of_batch = 1
        """Rows that were prepared together, as batches, and how many numbers each of these has."""

        self._judged: MutableMapping[torch.Tensor, tuple[torch.Tensor, ...]] = WeakIdKeyDictionary()
        self._batch: _Batch | None = None

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        self._batch = batch = self._batch_of(values)
        return self._joined(batch.numbers, batch.indices)

    def evaluate(self, values: torch.Tensor) -> torch.Tensor:
        indices = self._judged.get(values)
        if indices is None:
            indices = self._judged[values] = _by_table(self._look_up(values))

        return self._joined(values[:, : -self._count], indices)

    def backward(self, gradient: torch.Tensor) -> torch.Tensor:
        batch = self._batch
        assert batch is not None
        self._batch = None
        width = sum(self._widths)
        vectors = gradient.narrow(1, gradient.shape[1] - width, width)
        if batch.places is not None:
            # In the order of the examples, as the kernel for one table adds them.
            self._all_gradients.zero_()
            self._all_gradients.scatter_add_(0, batch.places, vectors.reshape(-1))
            return gradient

        parts = torch.split(vectors, self._widths, 1)
        for own, part, index in zip(self._gradients, parts, batch.indices, strict=True):
            own.copy_(_embedding_backward(part, index, len(own), -1, False))

        return gradient

    def _joined(self, numbers: torch.Tensor, indices: tuple[torch.Tensor, ...]) -> torch.Tensor:
        vectors = map(torch.embedding, self._tables, indices)
        return torch.cat([numbers, *vectors], 1)

    # --- what is looked up

    def _batch_of(self, values: torch.Tensor) -> _Batch:
        """Returns a batch; those that were prepared together are views of one tensor."""
        prepared = values._base  # noqa: SLF001 - what a view is of has no public name
        if prepared is not None and prepared is not self._prepared:
            self._prepared = prepared
            self._numbers_of_batch = values.numel()
            is_of_rows = prepared.is_contiguous() and prepared.shape[1:] == values.shape[1:]
            self._batches = self._divided(prepared, len(values)) if is_of_rows else []

        if prepared is not None and values.is_contiguous():
            place, rest = divmod(int(values.storage_offset()), self._numbers_of_batch)
            if not rest and place < len(self._batches):
                batch = self._batches[place]
                if batch.numbers.shape[0] == values.shape[0]:
                    return batch

        # One alone, or the last one, which may be larger than the others.
        return _Batch(values[:, : -self._count], _by_table(self._look_up(values)), None)

    def _divided(self, values: torch.Tensor, size: int) -> list[_Batch]:
        """Returns the batches of rows, of so many each; the last one may be smaller."""
        found = self._look_up(values)
        tables, begins, widths = self._columns
        places = found.index_select(1, tables) * widths + begins
        indices = [torch.split(index, size) for index in _by_table(found)]
        return list(
            map(
                _Batch,
                torch.split(values[:, : -self._count], size),
                zip(*indices, strict=True),
                torch.split(places.flatten(), size * sum(self._widths)),
            )
        )

    def _look_up(self, values: torch.Tensor) -> torch.Tensor:
        """Returns the rows of the tables: (B, K) int64, 0 for what lies outside of a table."""
        numbers = values[:, -self._count :].round().long()
        known = (numbers >= 0) & (numbers < self._limits)
        return numbers * known


def _by_table(found: torch.Tensor) -> tuple[torch.Tensor, ...]:
    """Returns the columns of a tensor, (B,) each, their numbers one behind the other."""
    return found.t().contiguous().unbind()
