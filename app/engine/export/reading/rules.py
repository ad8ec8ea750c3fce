"""Which block each operator of a foreign network becomes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch

from app.engine.export.reading.operators import (
    EMBEDDING,
    EPSILON,
    BlockOf,
    NoBlock,
    Operator,
    pair,
)
from app.engine.export.reading.sequences import adaptive_pooling_1d, convolution_1d, pooling_1d

if TYPE_CHECKING:
    from collections.abc import Callable


def block_of(operator: Operator) -> BlockOf:
    """Returns the block of an operator. Raises NoBlock."""
    rule = RULES.get(operator.op)
    if rule is None:
        raise NoBlock("")

    return rule(operator)


def _convolution(operator: Operator) -> BlockOf:
    weight = operator.weights["weight"]
    if weight.ndim == 3:
        return convolution_1d(operator)
    if weight.ndim != 4:
        raise NoBlock(f"over {weight.ndim - 2} dimensions")

    settings = operator.settings
    size = pair(weight.shape[2:])
    stride, dilation = (pair(settings.get(name, 1)) for name in ("stride", "dilation"))
    padding = pair(settings.get("padding", 0))
    reach = dilation * (size - 1) + 1
    if padding and (reach % 2 == 0 or padding != reach // 2):
        raise NoBlock(f"with {padding} zeros around, for filters of {size}")

    bias = operator.weights.get("bias")
    return BlockOf(
        "convolution",
        {
            "channels": weight.shape[0],
            "kernel_size": size,
            "stride": stride,
            "dilation": dilation,
            "groups": int(settings.get("groups", 1)),
            "padding": "same" if padding else "none",
            "bias": bias is not None,
        },
        {"weight": weight} | ({"bias": bias} if bias is not None else {}),
    )


def _linear(operator: Operator) -> BlockOf:
    weight = operator.weights["weight"]
    if weight.ndim != 2:
        raise NoBlock(f"with weights of {weight.ndim} dimensions")

    bias = operator.weights.get("bias", torch.zeros(weight.shape[0]))
    return BlockOf("linear", {"outputs": weight.shape[0]}, {"weight": weight, "bias": bias})


def _batch_norm(operator: Operator) -> BlockOf:
    if len(operator.shape) == 3:
        raise NoBlock("over signals")

    weights = operator.weights
    mean = weights["mean"]
    # The block adds its own number to the variance: what the file adds more is put into it.
    variance = weights["variance"] + (operator.settings.get("epsilon", EPSILON) - EPSILON)
    return BlockOf(
        "batch-norm",
        {"activation": "none"},
        {
            "0.weight": weights.get("weight", torch.ones_like(mean)),
            "0.bias": weights.get("bias", torch.zeros_like(mean)),
            "0.running_mean": mean,
            "0.running_var": variance,
            "0.num_batches_tracked": torch.tensor(0),
        },
    )


def _layer_norm(operator: Operator) -> BlockOf:
    if not math.isclose(operator.settings.get("epsilon", EPSILON), EPSILON, rel_tol=1e-3):
        raise NoBlock(f"that adds {operator.settings['epsilon']:g} to the variance")

    if len(operator.shape) == 4:
        raise NoBlock("along the rows of a picture")

    weight = operator.weights["weight"]
    bias = operator.weights.get("bias", torch.zeros_like(weight))
    return BlockOf("layer-norm", {}, {"weight": weight, "bias": bias})


def _activation(operator: Operator) -> BlockOf:
    name = operator.op
    slope = float(operator.settings.get("alpha", 0.1 if name == "leaky-relu" else 1.0))
    if name == "leaky-relu" and not math.isclose(slope, 0.1, rel_tol=1e-6):
        raise NoBlock(f"with a slope of {slope:g}")
    if name == "elu" and slope != 1.0:
        raise NoBlock(f"with alpha {slope:g}")
    if name == "gelu" and operator.settings.get("approximate", "none") != "none":
        raise NoBlock("in its approximation")

    return BlockOf("activation", {"function": name}, turned=None, gives=None)


def _pooling(operator: Operator) -> BlockOf:
    settings = operator.settings
    if len(operator.before) == 3:
        return pooling_1d(operator)

    size = pair(settings["kernel_size"])
    stride = pair(settings.get("stride") or size)
    if pair(settings.get("padding", 0)) or settings.get("ceil_mode"):
        raise NoBlock("with padding")
    if pair(settings.get("dilation", 1)) != 1:
        raise NoBlock("with places that lie apart")

    mode = "max" if operator.op == "max-pooling" else "mean"
    return BlockOf("pooling", {"mode": mode, "kernel_size": size, "stride": stride})


def _adaptive_pooling(operator: Operator) -> BlockOf:
    if len(operator.before) == 3:
        return adaptive_pooling_1d(operator)

    height, width = operator.settings["size"]
    mode = "max" if operator.op == "adaptive-max-pooling" else "mean"
    return BlockOf("adaptive-pooling", {"mode": mode, "height": int(height), "width": int(width)})


def _global_pooling(operator: Operator) -> BlockOf:
    return BlockOf(
        "global-pooling",
        {"mode": operator.settings["mode"]},
        turned=bool(operator.settings.get("turned")),
    )


def _dropout(operator: Operator) -> BlockOf:
    rate = float(operator.settings.get("rate", 0.5))
    return BlockOf("dropout", {"rate": rate}, turned=None, gives=None)


def _plain(kind: str, minds: bool = True) -> Callable[[Operator], BlockOf]:
    turned = False if minds else None
    return lambda _: BlockOf(kind, turned=turned, gives=turned)


def _concatenate(operator: Operator) -> BlockOf:
    dim = operator.settings.get("dim", 1)
    rank = len(operator.shape)
    if rank == 3 and dim in (1, 2):
        return BlockOf("concatenate", turned=dim == 1, gives=dim == 1)
    if dim != 1:
        raise NoBlock(f"along dimension {dim}")

    return BlockOf("concatenate")


def _flatten_to_tokens(_: Operator) -> BlockOf:
    return BlockOf("flatten-to-tokens", gives=True)


def _with_weights(kind: str) -> Callable[[Operator], BlockOf]:
    """Returns the rule of operators that have the settings and weights of a block already."""
    return lambda operator: BlockOf(kind, operator.settings, operator.weights)


def _positions(operator: Operator) -> BlockOf:
    weight = operator.weights["positions"]
    sides = operator.shape[1:]
    if len(sides) != 2 or tuple(weight.shape[-2:]) != sides or weight.shape[:-2].numel() != 1:
        raise NoBlock("with weights that are no positions")

    positions = weight.reshape(1, *weight.shape[-2:])
    return BlockOf("position-embedding", {"columns": 1}, {"positions": positions})


def _embedding(operator: Operator) -> BlockOf:
    weight = operator.weights["weight"]
    settings = {
        "vocabulary": weight.shape[0],
        "width": weight.shape[1],
        "padding": not bool(weight[0].any()),
    }
    return BlockOf("token-embedding", settings, {"weight": weight})


def _class_token(operator: Operator) -> BlockOf:
    return BlockOf("class-token", {}, operator.weights)


FUNCTIONS = (
    "relu",
    "leaky-relu",
    "elu",
    "gelu",
    "silu",
    "mish",
    "hardswish",
    "softplus",
    "tanh",
    "sigmoid",
)

RULES: dict[str, Callable[[Operator], BlockOf]] = {
    "convolution": _convolution,
    "linear": _linear,
    "batch-norm": _batch_norm,
    "layer-norm": _layer_norm,
    "max-pooling": _pooling,
    "mean-pooling": _pooling,
    "adaptive-max-pooling": _adaptive_pooling,
    "adaptive-mean-pooling": _adaptive_pooling,
    "global-pooling": _global_pooling,
    "flatten": _plain("flatten"),
    "flatten-to-tokens": _flatten_to_tokens,
    "add": _plain("add", minds=False),
    "multiply": _plain("multiply", minds=False),
    "concatenate": _concatenate,
    "self-attention": _with_weights("self-attention"),
    "positions": _positions,
    EMBEDDING: _embedding,
    "select-token": _with_weights("select-token"),
    "class-token": _class_token,
    "dropout": _dropout,
    **dict.fromkeys(FUNCTIONS, _activation),
}
"""By operator: what makes its block. "identity" passes on what it reads."""
