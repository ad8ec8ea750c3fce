"""The memory ledger is as exact for a graph of one's own as for templates, with every kind."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest

from app.engine.learning.optimizer import OPTIMIZERS
from models.graph import Graph, Node
from models.shape import Input, InputKind, Problem
from models.template import Template
from tests.ledgers import Ledgers, ledgers

PICTURE = Problem("image", (3, 24, 20), 5, 200)
TEXT = Problem.of((Input("text", (24,), vocabulary=60),), 5, 200)
LONG_TEXT = Problem.of((Input("text", (211,), vocabulary=60),), 5, 200)
SIGNAL = Problem.of((Input("signal", (2, 64)),), 5, 200)


def convolution(name: str, *inputs: str, **settings: Any) -> Node:
    return Node(name, "convolution", {"channels": 8, **settings}, inputs)


PICTURES = (
    convolution("stem", padding="none", kernel_size=5),
    Node("bent", "activation", {"function": "silu"}),
    convolution("grouped", groups=4, dilation=2),
    Node("norm", "rms-norm"),
    Node("depthwise", "depthwise-convolution", {"multiplier": 2, "stride": 2}),
    Node("squeezed", "squeeze-excitation"),
    Node("up", "transposed-convolution", {"channels": 8}),
    Node("dropped", "stochastic-depth", {"rate": 0.3}),
    Node("gate", "multiply", {}, ("dropped", "norm")),
    Node("pooled", "pooling", {"kernel_size": 3, "stride": 1, "padding": "same"}),
    Node("means", "pooling", {"mode": "mean", "kernel_size": 2, "stride": 1, "padding": "same"}),
    Node("small", "adaptive-pooling", {"height": 6, "width": 4}),
    Node("smaller", "adaptive-pooling", {"mode": "max", "height": 3, "width": 4}),
    Node("flat", "flatten"),
    Node("z", "output", {"outputs": 5}),
)

TEXTS = (
    Node("tokens", "token-embedding", {"vocabulary": 60, "width": 32}),
    Node("placed", "sinusoidal-positions"),
    Node("mask", "padding-mask", {}, ("input",)),
    Node("wide", "feed-forward", {"dropout": 0.1, "activation": "silu"}, ("placed",)),
    Node("looking", "self-attention", {"rotary": True}, ("wide", "mask")),
    Node("crossing", "cross-attention", {}, ("looking", "placed", "mask")),
    Node("thinking", "transformer", {"rotary": True, "causal": True}),
    Node("filters", "depthwise-convolution-1d", {"causal": True}),
    Node("classed", "class-token"),
    Node("first", "select-token"),
    Node("z", "output", {"outputs": 5}),
)

SIGNALS = (
    Node("tokens", "transpose"),
    Node("filters", "convolution-1d", {"channels": 12, "groups": 2, "dilation": 2, "stride": 2}),
    Node("up", "transposed-convolution-1d", {"channels": 12}),
    Node("pooled", "pooling-1d", {"kernel_size": 3, "stride": 2}),
    Node("short", "adaptive-pooling-1d", {"length": 10}),
    Node("last", "select-token", {"which": "last"}),
    Node("z", "output", {"outputs": 5}),
)

GATED = (
    Node("tokens", "token-embedding", {"vocabulary": 60, "width": 16}),
    Node("mask", "padding-mask", {}, ("input",)),
    Node("gru", "gru", {"width": 24, "layers": 2, "bidirectional": True}, ("tokens", "mask")),
    Node("again", "gru", {"width": 24, "output": "last"}),
    Node("z", "output", {"outputs": 5}),
)

REMEMBERING = (
    Node("tokens", "token-embedding", {"vocabulary": 60, "width": 16}),
    Node("lstm", "lstm", {"width": 24, "bidirectional": True}),
    Node("again", "lstm", {"width": 24, "output": "last"}),
    Node("z", "output", {"outputs": 5}),
)

GRAPHS: dict[str, tuple[tuple[Node, ...], Problem]] = {
    "pictures": (PICTURES, PICTURE),
    "texts": (TEXTS, TEXT),
    "signals": (SIGNALS, SIGNAL),
    "gru": (GATED, TEXT),
    "lstm": (REMEMBERING, TEXT),
    "a long text": (GATED, LONG_TEXT),
}

NAMES = [
    pytest.param(name, marks=pytest.mark.long if name == "a long text" else ()) for name in GRAPHS
]


class Drawn(Template):
    """A template that draws one of the graphs."""

    kind: ClassVar[str] = "drawn"
    label: ClassVar[str] = "Drawn"
    summary: ClassVar[str] = "A graph."
    reads: ClassVar[tuple[InputKind, ...]] = ("image", "text", "signal")

    name: str = ""

    def graph(self, problem: Problem) -> Graph:
        nodes, drawn_for = GRAPHS[self.name]
        assert problem == drawn_for
        return Graph(nodes)

    @classmethod
    def recipe(cls, problem: Problem) -> dict[str, dict[str, Any]]:
        del problem
        return {}


def compared(name: str, **settings: Any) -> Ledgers:
    task_and_problem = "classification", GRAPHS[name][1]
    return ledgers(Drawn(name=name), OPTIMIZERS.get("adamw")(), task_and_problem, **settings)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("settings", ({}, {"recompute": True}), ids=str)
def test_rows_are_exact_and_activations_near(name: str, settings: dict[str, Any]) -> None:
    comparison = compared(name, batch=4, **settings)
    assert not comparison.inexact
    for row in ("activations", "peak"):
        predicted, measured = comparison.predicted[row], comparison.measured[row]
        assert abs(comparison.off(row)) < 0.05, (row, predicted, measured)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("precision", ("bfloat16", "float16"))
def test_in_two_byte_types_too(name: str, precision: str) -> None:
    comparison = compared(name, batch=4, precision=precision)
    for row in ("activations", "peak"):
        predicted, measured = comparison.predicted[row], comparison.measured[row]
        assert abs(comparison.off(row)) < 0.05, (row, predicted, measured)
