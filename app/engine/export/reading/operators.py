"""The operators of a foreign network in one form, whatever the file, and which block each is."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from collections.abc import Callable

SCALING = "a constant"
"""An operator that adds a constant, or multiplies by it."""

EPSILON = 1e-5
"""What norms here add to the variance."""


@dataclass(frozen=True)
class Operator:
    """One operator of a network.

    op: a key of RULES, or what the file calls it where there is none. inputs: the names of the
    values that it reads, without weights. output: of the value that it gives. name: what a block
    of it may be called. weights: by role. settings: by the names of torch.
    """

    op: str
    inputs: tuple[str, ...]
    output: str
    name: str
    weights: dict[str, torch.Tensor] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class BlockOf:
    """The block that an operator becomes. weights: by their names in its module."""

    kind: str
    settings: dict[str, Any] = field(default_factory=dict)
    weights: dict[str, torch.Tensor] = field(default_factory=dict)


class NoBlock(Exception):
    """No block does what an operator does; the message says what it does, a clause."""


def block_of(operator: Operator) -> BlockOf:
    """Returns the block of an operator. Raises NoBlock."""
    rule = RULES.get(operator.op)
    if rule is None:
        raise NoBlock("")

    return rule(operator)


def _pair(value: Any) -> int:
    """Returns the one number of a size that is the same along both sides. Raises NoBlock."""
    values = list(value) if isinstance(value, (list, tuple)) else [value]
    if len(set(values)) > 1:
        raise NoBlock("with other sizes along one side than along the other")

    return int(values[0])


def _convolution(operator: Operator) -> BlockOf:
    weight = operator.weights["weight"]
    if weight.ndim != 4:
        raise NoBlock(f"over {weight.ndim - 2} dimensions")

    settings = operator.settings
    size = _pair(weight.shape[2:])
    stride, dilation = (_pair(settings.get(name, 1)) for name in ("stride", "dilation"))
    padding = _pair(settings.get("padding", 0))
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

    return BlockOf("activation", {"function": name})


def _pooling(operator: Operator) -> BlockOf:
    settings = operator.settings
    size = _pair(settings["kernel_size"])
    stride = _pair(settings.get("stride") or size)
    if _pair(settings.get("padding", 0)) or settings.get("ceil_mode"):
        raise NoBlock("with padding")
    if _pair(settings.get("dilation", 1)) != 1:
        raise NoBlock("with places that lie apart")

    mode = "max" if operator.op == "max-pooling" else "mean"
    return BlockOf("pooling", {"mode": mode, "kernel_size": size, "stride": stride})


def _adaptive_pooling(operator: Operator) -> BlockOf:
    height, width = operator.settings["size"]
    mode = "max" if operator.op == "adaptive-max-pooling" else "mean"
    return BlockOf("adaptive-pooling", {"mode": mode, "height": int(height), "width": int(width)})


def _global_pooling(operator: Operator) -> BlockOf:
    return BlockOf("global-pooling", {"mode": operator.settings["mode"]})


def _dropout(operator: Operator) -> BlockOf:
    return BlockOf("dropout", {"rate": float(operator.settings.get("rate", 0.5))})


def _plain(kind: str) -> Callable[[Operator], BlockOf]:
    return lambda _: BlockOf(kind)


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
    "add": _plain("add"),
    "multiply": _plain("multiply"),
    "concatenate": _plain("concatenate"),
    "dropout": _dropout,
    **dict.fromkeys(FUNCTIONS, _activation),
}
"""By operator: what makes its block. "identity" passes on what it reads."""
