"""Integrated gradients: what each token adds to the answer on the way from nothing to the text."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np
import torch
from typing_extensions import override

from app.engine.explain.blocks import blocks_of_half
from app.engine.explain.method import Method

if TYPE_CHECKING:
    from app.engine.explain.example import Example
    from models.shape import InputKind

STEPS = 50
CHUNK = 10
"""So many steps go through the network at once."""

EMBEDDING = "token-embedding"


class IntegratedGradients(Method):
    """Sundararajan et al. 2017 (arXiv:1703.01365), equation 1, on the embeddings of tokens.

    The way leads from the embedding of padding to that of the text; the integral is taken by
    Gauss-Legendre quadrature. What the tokens get adds up to the difference of the two answers.
    """

    kind: ClassVar[str] = "integrated-gradients"
    label: ClassVar[str] = "Integrated gradients"
    summary: ClassVar[str] = "Strong tokens added most to the answer; negative ones took from it."
    caution: ClassVar[str] = (
        "A token is judged within its text: the same word may count otherwise in another one."
    )
    reads: ClassVar[tuple[InputKind, ...]] = ("text",)
    order: ClassVar[int] = 10

    @override
    def unfit(self, example: Example, half: int) -> str:
        if reason := super().unfit(example, half):
            return reason
        if _embedding(example, half) is None:
            return "This network has no single token embedding, so there is nothing to integrate."

        return ""

    @override
    def relevance(self, example: Example, half: int) -> np.ndarray:
        name = _embedding(example, half)
        assert name is not None
        embedding = example.network.blocks[name]
        tokens = example.inputs[half]
        with torch.no_grad():
            there, nothing = embedding(tokens), embedding(torch.zeros_like(tokens))

        nodes, weights = np.polynomial.legendre.leggauss(STEPS)
        places = torch.from_numpy((nodes + 1) / 2).to(there.dtype)
        total = torch.zeros_like(there[0])
        shares = torch.from_numpy(weights / 2).to(there.dtype)
        for first in range(0, STEPS, CHUNK):
            chunk, chunk_weights = places[first : first + CHUNK], shares[first : first + CHUNK]
            between = nothing + chunk[:, None, None] * (there - nothing)
            gradient = _gradient(example, half, name, between)
            total += torch.einsum("s,snd->nd", chunk_weights, gradient)

        relevance: np.ndarray = (total * (there - nothing)[0]).sum(1).numpy()
        return relevance


def _embedding(example: Example, half: int) -> str | None:
    """Returns the one block that looks this half's tokens up, None where there are more or none."""
    names = [
        block.node.name for block in blocks_of_half(example, half) if block.node.kind == EMBEDDING
    ]
    return names[0] if len(names) == 1 else None


def _gradient(example: Example, half: int, name: str, embedded: torch.Tensor) -> torch.Tensor:
    """Returns (S, N, D) the gradient of the support at these embeddings, in place of its own."""
    embedded = embedded.detach().requires_grad_()

    def replaced(
        _: torch.nn.Module, __: tuple[torch.Tensor, ...], output: torch.Tensor
    ) -> torch.Tensor:
        if len(output) == len(embedded):
            return embedded

        rows = example.rows_of(half, len(embedded))
        return torch.cat([output[: rows.start], embedded, output[rows.stop :]])

    inputs = [given.expand(len(embedded), *given.shape[1:]) for given in example.inputs]
    handle = example.network.blocks[name].register_forward_hook(replaced)
    try:
        with torch.enable_grad():
            support = example.support(*inputs)
            return torch.autograd.grad(support.sum(), embedded)[0]
    finally:
        handle.remove()


METHOD = IntegratedGradients()
