"""What every kind of block promises, tested on every kind there is."""

from __future__ import annotations

import math
import pkgutil

import pytest
import torch

import models.layers
from models.layers.attention.attention import SelfAttention
from models.layers.block import BLOCKS, Block, BlockError
from models.layers.convolution.convolution import Convolution
from models.layers.embedding.patch_embedding import PatchEmbedding
from models.layers.embedding.position_embedding import PositionEmbedding, sinusoidal_positions
from models.layers.merge.add import Add
from models.layers.merge.concatenate import Concatenate
from models.layers.normalisation.batch_norm import BatchNorm
from models.layers.pooling.global_pooling import GlobalPooling
from models.layers.pooling.pooling import Pooling
from models.spec import settings


def test_blocks_are_found_in_the_folder_of_every_family() -> None:
    families = {item.name for item in pkgutil.iter_modules(models.layers.__path__) if item.ispkg}
    assert {kind.__module__.split(".")[2] for kind in BLOCKS.all()} == families


@pytest.mark.parametrize("kind", BLOCKS.all(), ids=lambda kind: kind.kind)
def test_a_block_speaks_for_itself_and_comes_back_from_plain_data(kind: type[Block]) -> None:
    block = kind()
    assert block.title() and block.summary.endswith(".") and "\n" not in block.summary
    assert len(settings(kind)) == len(kind.model_fields)
    assert BLOCKS.read(BLOCKS.write(block)) == block


@pytest.mark.parametrize("size", range(1, 9))
@pytest.mark.parametrize("stride", (1, 2, 4))
@pytest.mark.parametrize("sides", ((8, 8), (9, 14), (7, 5)))
def test_a_convolution_strides_over_all_of_the_picture(
    size: int, stride: int, sides: tuple[int, int]
) -> None:
    block = Convolution(channels=3, kernel_size=size, stride=stride)
    output = block.module((2, *sides))(torch.randn(1, 2, *sides))
    assert (
        output.shape[1:]
        == block.shape((2, *sides))
        == (3, *(math.ceil(side / stride) for side in sides))
    )


def test_patches_hold_the_pixels_of_their_square_row_by_row() -> None:
    block = PatchEmbedding(patch_size=2, width=8)
    module = block.module((1, 4, 6))
    torch.nn.init.ones_(module.project.weight)
    torch.nn.init.zeros_(module.project.bias)
    picture = torch.arange(24.0).reshape(1, 1, 4, 6)
    sums = [float(picture[0, 0, y : y + 2, x : x + 2].sum()) for y in (0, 2) for x in (0, 2, 4)]

    assert module(picture)[0, :, 0].tolist() == sums


def test_positions_begin_as_sines_in_which_neighbours_are_alike() -> None:
    assert PositionEmbedding(columns=4).shape((12, 16)) == (12, 16)
    grid = sinusoidal_positions(6, 6, 32).reshape(6, 6, 32)
    near = (grid[2, 2] - grid[2, 3]).norm()
    far = (grid[2, 2] - grid[5, 5]).norm()

    assert near < far
    with pytest.raises(BlockError, match="rows of 5"):
        PositionEmbedding(columns=5).shape((12, 16))


def test_attention_is_that_of_the_paper() -> None:
    torch.manual_seed(0)
    attention = SelfAttention(8, 2)
    x = torch.randn(3, 5, 8)
    query, key, value = attention.query_key_value(x).chunk(3, -1)

    heads = []
    for part in (slice(0, 4), slice(4, 8)):
        scores = query[..., part] @ key[..., part].transpose(1, 2) / 2.0
        heads.append(scores.softmax(-1) @ value[..., part])

    torch.testing.assert_close(
        attention(x), attention.output(torch.cat(heads, -1)), rtol=1e-5, atol=1e-5
    )


def test_attention_in_bfloat16_is_near_that_in_float32() -> None:
    torch.manual_seed(0)
    attention = SelfAttention(16, 2)

    x = torch.randn(2, 7, 16)
    with torch.autocast("cpu", torch.bfloat16):
        half = attention(x)

    torch.testing.assert_close(half.float(), attention(x), rtol=0.05, atol=0.05)


def test_batch_norm_takes_a_single_value_and_leaves_its_averages_alone() -> None:
    norm = BatchNorm(4).train()
    norm(torch.randn(8, 4, 3, 3))
    before = norm.running_mean.clone()
    norm(torch.randn(1, 4, 1, 1)).sum().backward()

    assert torch.equal(norm.running_mean, before)
    norm(torch.randn(2, 4, 1, 1))
    assert not torch.equal(norm.running_mean, before)


def test_joining_refuses_what_does_not_fit() -> None:
    assert Add().shape((8, 4, 4), (8, 4, 4)) == (8, 4, 4)
    assert Concatenate().shape((8, 4, 4), (3, 4, 4)) == (11, 4, 4)
    assert Concatenate().shape((6, 4), (6, 5)) == (6, 9)

    joined = Concatenate().module((6, 4), (6, 5))(torch.zeros(2, 6, 4), torch.ones(2, 6, 5))
    assert joined.shape == (2, 6, 9)

    for block, shapes in ((Add(), ((8, 4, 4), (4, 4, 4))), (Concatenate(), ((8, 4, 4), (8, 2, 2)))):
        with pytest.raises(BlockError):
            block.shape(*shapes)


def test_pooling_needs_places() -> None:
    assert Pooling(kernel_size=2).shape((8, 5, 7)) == (8, 2, 3)
    with pytest.raises(BlockError, match="only 1 × 1 are left"):
        Pooling(kernel_size=2).shape((8, 1, 1))

    with pytest.raises(BlockError):
        GlobalPooling().shape((8,))
