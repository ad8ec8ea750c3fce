"""What options of blocks do: padding, dilation, groups, positions, masks and gates."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from models.layers.attention.cross_attention import CrossAttentionBlock
from models.layers.attention.rotary import rotate
from models.layers.attention.self_attention import SelfAttentionBlock
from models.layers.attention.transformer import Transformer
from models.layers.block import BLOCKS, Block, BlockError
from models.layers.convolution.convolution import Convolution
from models.layers.convolution.convolution_1d import Convolution1D
from models.layers.convolution.squeeze_excitation import SqueezeExcitation
from models.layers.convolution.transposed_convolution import TransposedConvolution
from models.layers.dropout.stochastic_depth import StochasticDepth
from models.layers.embedding.class_token import ClassToken
from models.layers.embedding.sinusoidal_positions import SinusoidalPositions
from models.layers.merge.multiply import Multiply
from models.layers.normalisation.rms_norm import RMSNormBlock
from models.layers.pooling.pooling import Pooling
from models.layers.pooling.select_token import SelectToken
from tests.models.networks import initialised


def test_a_filter_without_padding_reads_only_pixels_that_are_there() -> None:
    block = Convolution(channels=2, kernel_size=3, padding="none", dilation=2, bias=True)
    module = block.module((3, 9, 8))
    x = torch.randn(2, 3, 9, 8)
    expected = functional.conv2d(x, module.weight, module.bias, dilation=2)
    assert block.shape((3, 9, 8)) == (2, 5, 4)
    torch.testing.assert_close(module(x), expected)


@pytest.mark.parametrize("kernel_size", (2, 3, 4, 5))
@pytest.mark.parametrize("stride", (2, 3))
def test_a_transposed_convolution_makes_every_side_as_many_times_longer(
    kernel_size: int, stride: int
) -> None:
    block = TransposedConvolution(channels=2, kernel_size=kernel_size, stride=stride)
    if kernel_size < stride:
        with pytest.raises(BlockError, match="leave gaps"):
            block.shape((3, 5, 4))
    else:
        assert block.module((3, 5, 4))(torch.randn(1, 3, 5, 4)).shape[1:] == (
            2,
            5 * stride,
            4 * stride,
        )


def test_pooling_with_padding_ignores_what_is_beyond_the_edge() -> None:
    x = torch.randn(2, 3, 7, 6)
    block = Pooling(kernel_size=3, stride=1, padding="same")
    torch.testing.assert_close(block.module((3, 7, 6))(x), functional.max_pool2d(x, 3, 1, 1))
    even = Pooling(mode="mean", kernel_size=2, stride=2, padding="same")
    pooled = even.module((3, 7, 6))(x)
    assert pooled.shape == (2, 3, 4, 3)
    torch.testing.assert_close(pooled[:, :, 3, 0], x[:, :, 6, :2].mean(-1))


@pytest.mark.parametrize("causal", (False, True))
def test_a_token_that_looks_back_only_sees_nothing_ahead(causal: bool) -> None:
    blocks: list[Block] = [
        SelfAttentionBlock(heads=2, causal=causal, rotary=True),
        Transformer(heads=2, causal=causal, rotary=True),
        Convolution1D(channels=8, kernel_size=3, dilation=2, causal=causal),
        BLOCKS.get("depthwise-convolution-1d")(causal=causal),
    ]
    for block in blocks:
        module = initialised(block.module((9, 8))).eval()
        x = torch.randn(1, 9, 8)
        changed = x.clone()
        changed[:, 5:] = torch.randn(1, 4, 8)
        same = torch.allclose(module(x)[:, :5], module(changed)[:, :5], atol=1e-6)
        assert same == causal, block


def test_rotated_tokens_know_how_far_apart_they_are_and_not_where_they_are() -> None:
    torch.manual_seed(0)
    query = torch.randn(8).expand(1, 1, 20, 8)
    key = torch.randn(8).expand(1, 1, 20, 8)
    scores = (rotate(query) @ rotate(key).transpose(2, 3))[0, 0]

    torch.testing.assert_close(scores[2, 5], scores[12, 15])
    torch.testing.assert_close(scores[7, 7], (query[0, 0, 0] * key[0, 0, 0]).sum())
    assert (scores[2, 5] - scores[2, 6]).abs() > 1e-3
    torch.testing.assert_close(rotate(query).norm(dim=-1), query.norm(dim=-1))


def test_rotary_positions_need_pairs_of_numbers() -> None:
    assert SelfAttentionBlock(heads=3).shape((5, 9)) == (5, 9)
    with pytest.raises(BlockError, match="3 each"):
        SelfAttentionBlock(heads=3, rotary=True).shape((5, 9))


def test_cross_attention_looks_at_the_second_input_and_not_at_what_is_masked() -> None:
    torch.manual_seed(0)
    block = CrossAttentionBlock(heads=2)
    module = initialised(block.module((4, 8), (6, 3), (6,)))
    x = torch.randn(2, 4, 8)
    context = torch.randn(2, 6, 3)
    mask = torch.tensor([[1.0, 1, 1, 0, 0, 0]]).expand(2, -1)

    torch.testing.assert_close(module(x, context, mask), module(x, context[:, :3]))
    assert not torch.allclose(module(x, context), module(x, context[:, :3]))
    assert block.shape((4, 8), (6, 3)) == (4, 8)


def test_attention_to_itself_is_that_of_a_transformer_block() -> None:
    torch.manual_seed(0)
    transformer = initialised(Transformer(heads=2, rotary=True).module((5, 8)))
    attention = SelfAttentionBlock(heads=2, rotary=True).module((5, 8))
    attention.load_state_dict(transformer.attention.state_dict())
    x = torch.randn(2, 5, 8)
    torch.testing.assert_close(attention(x), transformer.attention(x))


def test_a_gate_multiplies_places_or_whole_channels() -> None:
    picture = torch.randn(2, 3, 4, 5)
    tokens = torch.randn(2, 4, 3)
    factors = torch.randn(2, 3)
    gate = Multiply().module((3, 4, 5), (3,))
    torch.testing.assert_close(gate(picture, factors), picture * factors[:, :, None, None])
    torch.testing.assert_close(gate(tokens, factors), tokens * factors[:, None])
    torch.testing.assert_close(gate(picture, picture, picture), picture**3)
    with pytest.raises(BlockError, match="cannot multiply 3 channels of 4 × 5 by 4 values"):
        Multiply().shape((3, 4, 5), (4,))


def test_squeeze_and_excitation_makes_whole_channels_weaker() -> None:
    x = torch.randn(2, 6, 4, 5)
    scaled = initialised(SqueezeExcitation(reduction=2).module((6, 4, 5)))(x) / x
    torch.testing.assert_close(scaled, scaled[:, :, :1, :1].expand_as(scaled))
    assert scaled.min() > 0 and scaled.max() < 1


def test_stochastic_depth_drops_whole_examples_in_training_only() -> None:
    torch.manual_seed(0)
    module = StochasticDepth(rate=0.25).module((3, 4))
    x = torch.ones(2_000, 3, 4)
    dropped = module.train()(x)
    kept = dropped[:, 0, 0] > 0

    assert dropped.unique().tolist() == pytest.approx([0, 1 / 0.75])
    assert (dropped.amax((1, 2)) == dropped.amin((1, 2))).all()
    assert 0.7 < kept.float().mean() < 0.8
    assert torch.equal(module.eval()(x), x)


def test_a_class_token_comes_first_and_is_taken_out_again() -> None:
    x = torch.randn(3, 4, 8)
    token = initialised(ClassToken().module((4, 8)))
    joined = token(x)
    assert torch.equal(joined[:, 1:], x)
    assert torch.equal(SelectToken().module((5, 8))(joined), token.token.expand(3, 8))
    assert torch.equal(SelectToken(which="last").module((5, 8))(joined), x[:, -1])

    mask = torch.tensor([[1.0, 1, 0, 0], [1, 1, 1, 1], [0, 0, 0, 0]])
    last = SelectToken(which="last").module((4, 8), (4,))(x, mask)
    assert torch.equal(last, torch.stack([x[0, 1], x[1, 3], x[2, 0]]))


def test_rms_norm_divides_by_the_root_mean_square() -> None:
    x = 5 + torch.randn(2, 6, 3, 4)
    normed = RMSNormBlock().module((6, 3, 4))(x)
    torch.testing.assert_close(normed, x / x.square().mean(1, keepdim=True).sqrt())


def test_sine_positions_are_not_learned_and_stay_in_a_checkpoint() -> None:
    module = initialised(SinusoidalPositions(columns=2, scale=0.5).module((6, 8)))
    assert not list(module.parameters()) and list(module.state_dict()) == ["positions"]
    added = module(torch.zeros(1, 6, 8))[0]
    assert added.abs().max() <= 0.5 and len({tuple(row) for row in added.tolist()}) == 6


@pytest.mark.parametrize(
    ("block", "shapes", "sentence"),
    (
        (Convolution(groups=3), ((4, 8, 8),), "3 groups cannot share the 4 channels"),
        (
            Convolution(kernel_size=9, padding="none"),
            ((4, 8, 8),),
            "9 × 9 pixels is larger than the picture of 8 × 8",
        ),
        (Convolution1D(kernel_size=9, padding="none"), ((8, 4),), "longer than the sequence of 8"),
        (CrossAttentionBlock(), ((4, 8), (3, 5), (4,)), "one mark for each of 3 tokens"),
        (BLOCKS.get("adaptive-pooling")(height=9), ((3, 8, 8),), "cannot be pooled to 9 × 1"),
        (BLOCKS.get("feed-forward")(), ((3, 8, 8),), "needs values or tokens"),
        (BLOCKS.get("gru")(), ((3, 8, 8),), "GRU needs tokens; it is given 3 channels"),
    ),
    ids=lambda value: getattr(value, "kind", None),
)
def test_what_does_not_fit_is_refused_in_a_sentence(
    block: Block, shapes: tuple[tuple[int, ...], ...], sentence: str
) -> None:
    with pytest.raises(BlockError) as caught:
        block.shape(*shapes)

    assert sentence in caught.value.what and caught.value.remedy.endswith(".")
