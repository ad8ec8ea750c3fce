"""Blocks and templates that restore an example, and what is hidden in it."""

from __future__ import annotations

import pytest
import torch

from models.layers.block import BlockError
from models.layers.convolution.convolution_1d import Convolution1D
from models.layers.convolution.upsample_1d import Upsample1D
from models.layers.embedding.categorical_embedding import CategoricalEmbedding, embedding_width
from models.layers.embedding.column_tokens import ColumnTokens
from models.layers.masking.mask_token import MaskToken
from models.layers.masking.patch_mask import PatchMask
from models.layers.pooling.pooling_1d import Pooling1D
from models.layers.shape.reshape import Reshape
from models.layers.shape.unpatchify import Unpatchify
from models.layers.shape.unpatchify_1d import Unpatchify1D
from models.shape import Input
from models.sizes import hidden_patch
from models.template import TEMPLATES
from tests.models.networks import examples, initialised, network_of, problem_of


@pytest.mark.parametrize("shape", ((1, 4, 6), (3, 7, 5), (2, 8, 8)), ids=str)
def test_a_picture_comes_back_from_its_patches(shape: tuple[int, ...]) -> None:
    """The picture is cut as `patch-embedding` cuts it: padded on all sides alike."""
    size = 3
    block = Unpatchify(patch_size=size, height=shape[1], width=shape[2])
    down = -shape[1] % size
    right = -shape[2] % size
    picture = torch.randn(2, *shape)
    padded = torch.nn.functional.pad(
        picture, (right // 2, right - right // 2, down // 2, down - down // 2)
    )
    patches = torch.nn.functional.unfold(padded, size, stride=size).transpose(1, 2)
    tokens = tuple(patches.shape[1:])
    assert block.shape(tokens) == shape
    assert torch.equal(block.module(tokens)(patches), picture)

    with pytest.raises(BlockError, match=str(tokens[0])):
        block.shape((tokens[0] + 1, tokens[1]))


def test_a_signal_comes_back_from_its_stretches() -> None:
    signal = torch.randn(3, 2, 10)
    stretches = (
        torch.nn.functional.pad(signal, (0, 2)).reshape(3, 2, 3, 4).transpose(1, 2).reshape(3, 3, 8)
    )
    assert torch.equal(Unpatchify1D(patch_size=4, length=10).module((3, 8))(stretches), signal)


def test_a_patch_of_zeros_is_hidden_and_any_other_number_shows_it() -> None:
    picture = torch.randn(2, 3, 7, 9)
    module = PatchMask(patch_size=4).module((3, 7, 9))
    assert module(picture).tolist() == [[1.0] * 6] * 2

    # Columns are padded by one on the left, so that columns 3 to 6 are the second patch of a row.
    picture[0, :, :4, 3:7] = 0
    mask = module(picture)
    assert mask.tolist() == [[1.0, 0.0, 1.0, 1.0, 1.0, 1.0], [1.0] * 6]

    picture[:] = 0
    picture[0, 2, 6, 8] = 1e-20
    assert module(picture).tolist() == [[0.0] * 5 + [1.0], [0.0] * 6]

    signal = torch.zeros(1, 2, 10)
    signal[0, 1, 9] = -1
    assert PatchMask(patch_size=4).module((2, 10))(signal).tolist() == [[0.0, 0.0, 1.0]]


def test_the_mask_token_stands_where_something_is_hidden() -> None:
    module = initialised(MaskToken().module((3, 4), (3,)))
    x = torch.randn(1, 3, 4)
    out = module(x, torch.tensor([[1.0, 0.0, 1.0]]))
    assert torch.equal(out[0, 0], x[0, 0]) and torch.equal(out[0, 1], module.token)


@pytest.mark.parametrize(
    "example",
    (Input("image", (3, 28, 28)), Input("signal", (2, 100))),
    ids=lambda example: example.kind,
)
def test_what_stands_in_a_hidden_patch_does_not_reach_the_answer(example: Input) -> None:
    """The numbers of hidden patches are changed behind the mask, and the output stays the same."""
    network = network_of(TEMPLATES.get("masked-autoencoder")(), problem_of(example, "copy")).eval()
    size = hidden_patch(example.shape)
    x = examples(example, 2)

    x[..., :size, : 2 * size] = 0
    if example.kind == "signal":
        x[..., : 2 * size] = 0

    marks = network.blocks["visible"](x)
    assert marks.sum(1).tolist() == [marks.shape[1] - 2] * 2
    answer = network(x)
    patches = network.blocks["patches"]

    def disturbed(module: object, inputs: object, tokens: torch.Tensor) -> torch.Tensor:
        return tokens + 10 * (1 - marks[:, :, None]) * torch.randn_like(tokens)

    handle = patches.register_forward_hook(disturbed)
    torch.testing.assert_close(network(x), answer, rtol=1e-4, atol=1e-5)
    handle.remove()
    x[..., -1, -1] += 1
    assert not torch.allclose(network(x), answer, rtol=1e-3, atol=1e-4)


def test_an_example_that_is_hidden_altogether_is_guessed_without_nan() -> None:
    example = Input("image", (1, 8, 8))
    network = network_of(TEMPLATES.get("masked-autoencoder")(), problem_of(example, "copy"))
    answer = network(torch.zeros(2, 1, 8, 8))
    answer.square().sum().backward()

    assert torch.isfinite(answer).all()
    assert all(
        torch.isfinite(parameter.grad).all()
        for parameter in network.parameters()
        if parameter.grad is not None
    )


@pytest.mark.parametrize(
    "shape", ((1, 28, 28), (3, 32, 32), (3, 224, 224), (1, 4, 4), (1, 1), (3, 100), (1, 16_000))
)
def test_a_patch_to_hide_leaves_several_to_see(shape: tuple[int, ...]) -> None:
    size = hidden_patch(shape)
    count = 1
    for side in shape[1:]:
        count *= -(-side // size)

    assert min(4, shape[-1]) <= count <= 256 and size & (size - 1) == 0


@pytest.mark.parametrize(
    "kind", ("conv-autoencoder", "masked-autoencoder", "mlp", "ft-transformer")
)
def test_it_learns_to_restore_a_handful(kind: str) -> None:
    torch.manual_seed(0)
    template = TEMPLATES.get(kind)
    example = (
        Input("row", (6,))
        if "row" in template.reads and kind != "conv-autoencoder"
        else Input("image", (1, 8, 8))
    )

    whole = torch.randn(8, *example.shape)
    network = network_of(template(), problem_of(example, "copy")).train()
    optimizer = torch.optim.AdamW(network.parameters(), lr=3e-3)

    losses = []
    for _ in range(60):
        optimizer.zero_grad()
        loss = (network(whole) - whole).square().mean()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())

    assert losses[-1] < 0.5 * losses[0] and losses[-1] < 0.6


def test_columns_pass_amounts_on_and_look_categories_up() -> None:
    block = CategoricalEmbedding(categories=[3, 40])
    wide = embedding_width(3) + embedding_width(40)
    assert block.shape((4,)) == (2 + wide,)

    module = initialised(block.module((4,)))
    rows = torch.tensor([[0.5, -1.0, 2.0, 39.0], [0.5, -1.0, 0.0, 0.0]])
    out = module(rows)
    assert torch.equal(out[:, :2], rows[:, :2])
    assert torch.equal(out[0, 2 : 2 + embedding_width(3)], module.lookup.tables[0].weight[2])

    odd = torch.tensor([[0.5, -1.0, 3.0, -7.0]])  # no such values: as if never seen
    assert torch.equal(module(odd), out[1:])

    with pytest.raises(BlockError, match="3 categories"):
        CategoricalEmbedding(categories=[2, 2, 2]).shape((2,))


def test_feature_tokens_are_those_of_the_paper() -> None:
    module = initialised(ColumnTokens(width=8, categories=[5]).module((3,)))
    row = torch.tensor([[2.0, -3.0, 4.0]])

    out = module(row)[0]
    for column, amount in enumerate((2.0, -3.0)):
        torch.testing.assert_close(
            out[column], amount * module.directions[column] + module.begins[column]
        )

    torch.testing.assert_close(out[2], module.lookup.tables[0].weight[4] + module.begins[2])
    assert float(module.begins.detach().abs().max()) <= 8**-0.5


def test_a_sequence_may_be_shorter_than_the_filter() -> None:
    for count in (1, 2, 5, 8):
        for size in (1, 2, 4, 9):
            for stride in (1, 2, 3):
                block = Convolution1D(channels=3, kernel_size=size, stride=stride)
                out = initialised(block.module((count, 2)))(torch.randn(1, count, 2))
                assert out.shape[1:] == block.shape((count, 2)) == (-(-count // stride), 3)

    assert Pooling1D(kernel_size=2).module((3, 1))(
        torch.tensor([[[1.0], [2.0], [5.0]]])
    ).flatten().tolist() == [2, 5]
    assert Upsample1D(length=7, channels=2).module((3, 4))(torch.randn(1, 3, 4)).shape == (
        1,
        7,
        2,
    )

    with pytest.raises(BlockError, match="8 places do not become 7"):
        Upsample1D(length=7).shape((8, 4))


def test_a_filter_may_look_back_only() -> None:
    block = Convolution1D(channels=3, kernel_size=3, causal=True)
    module = initialised(block.module((6, 2)))
    x = torch.randn(1, 6, 2)
    changed = x.clone()
    changed[:, 4] += 1
    before = module(x)
    after = module(changed)

    assert torch.equal(before[:, :4], after[:, :4]) and not torch.equal(before[:, 4], after[:, 4])
    with pytest.raises(BlockError, match="cannot skip places"):
        Convolution1D(causal=True, stride=2).shape((6, 2))


def test_reshape_keeps_the_numbers() -> None:
    assert Reshape(target_shape=[2, -1]).shape((12,)) == (2, 6)
    assert Reshape().shape((3, 4)) == (12,)

    for to in ([5, -1], [-1, -1], [2, 2], [0, -1]):
        with pytest.raises(BlockError, match="12"):
            Reshape(target_shape=to).shape((12,))


def test_patches_lie_on_what_is_hidden() -> None:
    for sides in ((28, 28), (32, 48), (60, 60), (100, 100), (224, 224)):
        assert all(side % hidden_patch((3, *sides)) == 0 for side in sides)
