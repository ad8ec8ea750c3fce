"""The methods compute what their papers say, as another implementation of them does."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import nn

from app.engine.explain.blocks import last_map
from app.engine.explain.example import Example
from app.engine.explain.method import methods
from app.engine.explain.methods.attention_rollout import AttentionRollout
from app.engine.explain.methods.occlusion import window
from app.engine.explain.parts import RowParts
from tests.engine.explain import networks

attr = pytest.importorskip("captum.attr")

CLOSE = 1e-5


def example_of(task: str, sort: str, template: str) -> Example:
    combination = networks.combination(task, sort, template)
    return Example.of(networks.predictor(combination), networks.stored(combination))


def differentiable(example: Example) -> nn.Module:
    """Returns the network as other programs ask it: gradients flow from its outputs."""
    return example.network


def scaled(values: np.ndarray) -> float:
    return float(np.abs(values).max()) or 1.0


@pytest.mark.parametrize("template", ["cnn", "resnet"])
def test_grad_cam_is_that_of_captum(template: str) -> None:
    example = example_of("classification", "image", template)
    block = last_map(example, 0)
    assert block is not None
    layer = example.network.blocks[block.node.name]
    picture = example.inputs[0].clone().requires_grad_()
    theirs = attr.LayerGradCam(differentiable(example), layer).attribute(
        picture, target=example.index, relu_attributions=True
    )
    theirs = attr.LayerAttribution.interpolate(
        theirs, example.half(0).shape[1:], interpolate_mode="bilinear"
    )

    ours = methods()["grad-cam"].relevance(example, 0)
    expected = theirs[0, 0].detach().numpy()
    assert scaled(expected) > 0
    assert np.abs(ours - expected).max() <= CLOSE * scaled(expected)


@pytest.mark.parametrize(("sort", "template"), [("image", "cnn"), ("signal", "cnn-1d")])
def test_occlusion_is_that_of_captum(sort: str, template: str) -> None:
    example = example_of("classification", sort, template)
    channels, *sides = example.half(0).shape
    lengths, strides = window(tuple(sides))
    theirs = attr.Occlusion(differentiable(example)).attribute(
        example.inputs[0],
        sliding_window_shapes=(channels, *lengths),
        strides=(channels, *strides),
        baselines=0,
        target=example.index,
    )

    ours = methods()["occlusion"].relevance(example, 0)
    expected = theirs[0, 0].detach().numpy()
    assert np.abs(ours - expected).max() <= CLOSE * max(1.0, scaled(expected))


@pytest.mark.parametrize("template", ["text-encoder", "text-cnn"])
def test_integrated_gradients_are_those_of_captum(template: str) -> None:
    example = example_of("classification", "text", template)
    embedding = next(
        module for module in example.network.blocks.values() if isinstance(module, nn.Embedding)
    )
    tokens = example.inputs[0]
    theirs = attr.LayerIntegratedGradients(differentiable(example), embedding).attribute(
        tokens, torch.zeros_like(tokens), target=example.index, n_steps=50
    )

    ours = methods()["integrated-gradients"].relevance(example, 0)
    expected = theirs[0].sum(1).detach().numpy()
    assert np.abs(ours - expected).max() <= CLOSE * max(1.0, scaled(expected))


def test_what_tokens_get_adds_up_to_the_difference_of_the_answers() -> None:
    example = example_of("classification", "text", "text-cnn")
    relevance = methods()["integrated-gradients"].relevance(example, 0)
    embedding = next(
        module for module in example.network.blocks.values() if isinstance(module, nn.Embedding)
    )

    handle = embedding.register_forward_hook(lambda *_: torch.zeros(1, 12, embedding.embedding_dim))
    with torch.no_grad():
        nothing = float(example.support(*example.inputs))
    handle.remove()
    with torch.no_grad():
        whole = float(example.support(*example.inputs))

    assert relevance.sum() == pytest.approx(whole - nothing, abs=1e-3 * abs(whole - nothing) + 1e-4)


def test_leaving_out_columns_is_captums_ablation() -> None:
    example = example_of("classification", "row", "mlp")
    parts = RowParts(example, 0)
    typical = parts.without(torch.ones(1, parts.count, dtype=torch.bool))
    theirs = attr.FeatureAblation(differentiable(example)).attribute(
        example.inputs[0], baselines=typical, target=example.index
    )

    ours = methods()["column-ablation"].relevance(example, 0)
    assert np.abs(ours - theirs[0].detach().numpy()).max() <= CLOSE


def test_rollout_is_the_sum_over_paths_computed_by_hand() -> None:
    """Every block's attention is computed here again from its own linear layer."""
    example = example_of("classification", "image", "vit")
    network = example.network
    names = [node.name for node in network.graph.nodes if node.kind == "transformer"]
    assert names

    inputs: dict[str, torch.Tensor] = {}
    handles = [
        network.blocks[name].register_forward_pre_hook(
            lambda _, given, name=name: inputs.__setitem__(name, given[0].detach())
        )
        for name in names
    ]
    with torch.no_grad():
        example.support(*example.inputs)
    for handle in handles:
        handle.remove()

    def score(probe: torch.Tensor, block: str) -> torch.Tensor:
        """Returns the support where a block's attention weights are moved by a probe."""
        module = network.blocks[block]

        def forward(x: torch.Tensor, mask: object = None) -> torch.Tensor:
            attention = module.attention
            count, width = x.shape[1:]
            stacked = attention.query_key_value(module.norm1(x)).view(
                1, count, 3, attention.heads, width // attention.heads
            )
            query, key, value = stacked.permute(2, 0, 3, 1, 4)
            weights = (query @ key.mT / math.sqrt(width // attention.heads)).softmax(-1) + probe
            x = x + attention.output((weights @ value).transpose(1, 2).reshape(1, count, width))
            branch = nn.functional.gelu(module.expand(module.norm2(x)))
            return x + module.contract(branch)

        handle = module.register_forward_hook(lambda _, given, __: forward(*given))
        try:
            return example.support(*example.inputs)
        finally:
            handle.remove()

    rollout = None
    for name in names:
        module = network.blocks[name]
        x = inputs[name]
        count, width = x.shape[1:]
        heads = module.attention.heads
        with torch.no_grad():
            stacked = module.attention.query_key_value(module.norm1(x))
            query, key, _ = stacked.view(1, count, 3, heads, width // heads).permute(2, 0, 3, 1, 4)
            weights = (query @ key.mT / math.sqrt(width // heads)).softmax(-1)

        probe = torch.zeros_like(weights).requires_grad_()
        gradient = torch.autograd.grad(score(probe, name).sum(), probe)[0]
        block = (weights * gradient).clamp(min=0)[0].mean(0)
        rollout = torch.eye(count) if rollout is None else rollout
        rollout = rollout + block @ rollout

    assert rollout is not None
    seen = (rollout - torch.eye(len(rollout))).mean(0)
    side = math.isqrt(len(seen))
    expected = nn.functional.interpolate(
        seen.view(1, 1, side, side), size=example.half(0).shape[1:], mode="bilinear"
    )[0, 0].numpy()
    ours = AttentionRollout().relevance(example, 0)
    assert np.abs(ours - expected).max() <= CLOSE * scaled(expected)
