"""Recurrent blocks: padding is never read, and both directions end where they should."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from models.layers.recurrent.gru import GRU
from models.layers.recurrent.lstm import LSTM
from models.network import initialise

KINDS = pytest.mark.parametrize("kind", (GRU, LSTM), ids=lambda kind: kind.kind)


def built(block: GRU | LSTM, *shapes: tuple[int, ...]) -> nn.Module:
    module = block.module(*shapes)
    initialise(module, torch.Generator().manual_seed(0))
    return module


@KINDS
@pytest.mark.parametrize("output", ("tokens", "last"))
@pytest.mark.parametrize("bidirectional", (False, True))
def test_padding_changes_nothing(kind: type[GRU | LSTM], output: str, bidirectional: bool) -> None:
    block = kind(width=5, layers=2, bidirectional=bidirectional, output=output)
    module = built(block, (7, 3), (7,))
    torch.manual_seed(0)
    x = torch.randn(2, 7, 3)
    mask = torch.tensor([[1.0] * 4 + [0.0] * 3, [1.0] * 7])

    padded = module(x, mask)
    short = module(x[:1, :4])[0]
    whole = module(x[1:])[0]
    if output == "last":
        torch.testing.assert_close(padded, torch.stack([short, whole]))
    else:
        torch.testing.assert_close(padded[0, :4], short)
        torch.testing.assert_close(padded[1], whole)
        assert not padded[0, 4:].any()


@KINDS
def test_it_computes_what_torch_computes(kind: type[GRU | LSTM]) -> None:
    block = kind(width=6, layers=2, bidirectional=True)
    module = built(block, (5, 4))
    reference_kind = nn.GRU if kind is GRU else nn.LSTM
    reference = reference_kind(4, 6, num_layers=2, bidirectional=True, batch_first=True)
    for layer in range(2):
        for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"):
            for direction, suffix in ((module.ahead, ""), (module.back, "_reverse")):
                value = getattr(direction[layer], f"{name}_l0")
                getattr(reference, f"{name}_l{layer}{suffix}").data.copy_(value)

    x = torch.randn(3, 5, 4)
    torch.testing.assert_close(module(x), reference(x)[0])

    end = built(block.replace(output="last"), (5, 4))
    state = reference(x)[1] if kind is GRU else reference(x)[1][0]
    torch.testing.assert_close(end(x), torch.cat([state[-2], state[-1]], 1))


@KINDS
def test_a_text_of_padding_alone_has_an_answer(kind: type[GRU | LSTM]) -> None:
    for output in ("tokens", "last"):
        module = built(kind(width=4, bidirectional=True, output=output), (3, 2), (3,))
        assert torch.isfinite(module(torch.randn(2, 3, 2), torch.zeros(2, 3))).all()


def test_an_lstm_begins_by_remembering() -> None:
    module = built(LSTM(width=4), (3, 2))
    assert module.ahead[0].bias_ih_l0.tolist() == [0.0] * 4 + [1.0] * 4 + [0.0] * 8
    assert not module.ahead[0].bias_hh_l0.any()
