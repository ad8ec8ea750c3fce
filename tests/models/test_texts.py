"""Texts of every length: padding must not matter, and causal attention must not see ahead."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch

from models.layers.attention.attention import Attention
from models.layers.pooling.global_pooling import GlobalPooling
from models.shape import Input
from models.template import TEMPLATES
from tests.models.networks import examples, network_of, problem_of

if TYPE_CHECKING:
    from models.network import Network

READERS = ("text-cnn", "text-encoder")


def of_length(kind: str, length: int, vocabulary: int = 400) -> Network:
    return network_of(
        TEMPLATES.get(kind)(), problem_of(Input("text", (length,), vocabulary=vocabulary))
    ).eval()


@pytest.mark.parametrize("kind", READERS)
@pytest.mark.parametrize("vocabulary", (257, 400))
def test_padding_changes_no_answer(kind: str, vocabulary: int) -> None:
    short = of_length(kind, 9, vocabulary)
    long = of_length(kind, 24, vocabulary)

    state = long.state_dict()
    if kind == "text-encoder":
        state["blocks.positions.positions"] = state["blocks.positions.positions"][:, :9]

    short.load_state_dict(state)
    text = examples(Input("text", (9,), vocabulary=vocabulary), 4)
    text[1, 2:] = 0
    text[2, 1:] = 0
    padded = torch.nn.functional.pad(text, (0, 15))
    torch.testing.assert_close(long(padded), short(text), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("kind", (*READERS, "gpt"))
def test_an_empty_text_gets_an_answer_and_no_wild_gradient(kind: str) -> None:
    example = Input("text", (6,), vocabulary=300)
    network = network_of(
        TEMPLATES.get(kind)(), problem_of(example, "tokens" if kind == "gpt" else "values")
    ).train()
    answers = network(torch.zeros(2, 6, dtype=torch.int64))
    assert torch.isfinite(answers).all()

    answers.square().sum().backward()
    assert all(torch.isfinite(parameter.grad).all() for parameter in network.parameters())


@pytest.mark.parametrize("kind", READERS)
def test_the_order_of_words_matters_to_both_readers(kind: str) -> None:
    network = of_length(kind, 6)
    text = torch.tensor([[5, 6, 7, 8, 9, 10]])
    assert not torch.allclose(network(text), network(text.flip(1)), rtol=1e-4, atol=0)


@pytest.mark.parametrize(
    ("examples", "context", "vocabulary", "batch", "epochs"),
    (
        (3_239, 256, 4_096, 8, 4),
        (2_000, 256, 4_096, 8, 5),
        (60, 256, 257, 8, 15),
        (33, 24, 257, 64, 30),
        (13_000, 256, 257, 8, 2),
        (200_000, 256, 4_096, 8, 1),
    ),
    ids=("the book", "2 MB", "20 kB", "1 kB", "the book in bytes", "200 MB"),
)
def test_a_short_text_is_read_more_often_than_a_long_one(
    examples: int, context: int, vocabulary: int, batch: int, epochs: int
) -> None:
    problem = problem_of(
        Input("text", (context,), vocabulary=vocabulary), "tokens", examples=examples
    )
    training = TEMPLATES.get("gpt").recipe(problem)["training"]
    assert (training["batch_size"], training["epochs"]) == (batch, epochs)


@pytest.mark.parametrize("filter_size", (1, 4))
def test_gpt_sees_nothing_ahead(filter_size: int) -> None:
    example = Input("text", (16,), vocabulary=50)
    network = network_of(
        TEMPLATES.get("gpt")(filter_size=filter_size), problem_of(example, "tokens")
    ).eval()
    text = examples(example, 3)

    before = network(text)
    for position in (1, 7, 15):
        changed = text.clone()
        changed[:, position] = 1 + text[:, position] % 49
        after = network(changed)
        torch.testing.assert_close(after[:, :position], before[:, :position], rtol=1e-5, atol=1e-6)

        assert not torch.allclose(after[:, position], before[:, position], rtol=1e-4, atol=0)

    padded = text.clone()
    padded[:, 9:] = 0
    torch.testing.assert_close(network(padded)[:, :9], before[:, :9], rtol=1e-5, atol=1e-6)


def test_attention_with_marks_is_attention_without_the_others() -> None:
    torch.manual_seed(0)
    attention = Attention(16, 2)
    x = torch.randn(2, 7, 16)
    mask = torch.tensor([[1.0, 1, 0, 1, 0, 0, 1]]).expand(2, -1)
    unmasked = x[:, [0, 1, 3, 6]]
    torch.testing.assert_close(
        attention(x, mask)[:, [0, 1, 3, 6]], attention(unmasked), rtol=1e-5, atol=1e-6
    )
    torch.testing.assert_close(attention(x, torch.ones(2, 7)), attention(x), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("precision", (torch.float32, torch.bfloat16))
def test_attention_looks_back_only_with_and_without_marks(precision: torch.dtype) -> None:
    torch.manual_seed(0)
    attention = Attention(16, 2, causal=True).to(precision)
    x = torch.randn(2, 7, 16).to(precision)
    torch.testing.assert_close(attention(x, torch.ones(2, 7)), attention(x), rtol=2e-2, atol=2e-2)
    none = attention(x, torch.zeros(2, 7))

    assert torch.isfinite(none).all()


def test_pooling_with_marks_counts_the_marked() -> None:
    x = torch.tensor([[[1.0, -5.0], [3.0, -2.0], [9.0, 9.0]], [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]])
    mask = torch.tensor([[1.0, 1.0, 0.0], [0.0, 0.0, 0.0]])

    expected = {"max": [[3.0, -2.0], [0.0, 0.0]], "mean": [[2.0, -3.5], [0.0, 0.0]]}
    for mode, rows in expected.items():
        assert GlobalPooling(mode=mode).module((3, 2), (3,))(x, mask).tolist() == rows
