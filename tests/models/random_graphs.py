"""Random sound graphs, built from the registry of blocks; the same number gives the same graph."""

from __future__ import annotations

import math
import random
from typing import Any

from models.graph import INPUT, Graph, Node
from models.layers.block import BLOCKS, Block, BlockError
from models.layers.linear.members import MembersBlock
from models.shape import Input, Problem, Shape
from models.spec import Setting, settings

INPUTS = (
    Input("image", (3, 13, 10)),
    Input("image", (1, 8, 8)),
    Input("text", (12,), vocabulary=50),
    Input("row", (6,), categories=(3, 4)),
    Input("signal", (2, 37)),
)
OUTPUTS = 5
MOST_NUMBERS = 8_192
"""Larger outputs of blocks are not taken: the tests build all of them."""

MOST_WEIGHTS = 200_000
TRIES = 400


def random_graph(seed: int, blocks: int = 12) -> tuple[Graph, Problem]:
    """Returns a graph of about so many blocks, with the problem that it is sound for."""
    rng = random.Random(seed)
    example = rng.choice(INPUTS)
    shapes: dict[str, Shape] = {INPUT: example.shape}
    answers = {INPUT: 1}
    nodes: list[Node] = []
    kinds = [kind for kind in BLOCKS.all() if kind.kind not in _APART]

    for _ in range(TRIES):
        if len(nodes) >= blocks:
            break

        kind = rng.choice(kinds)
        if kind.kind in _FLAT and rng.random() < 0.8:
            continue

        names = _inputs(rng, kind, list(shapes))
        values = _values(rng, kind, example)
        if example.kind == "text" and INPUT in names and kind.kind not in _TEXT:
            continue
        if kind.kind in _TEXT and (example.kind != "text" or names != (INPUT,)):
            continue
        if kind.kind in _ROWS and (example.kind != "row" or names != (INPUT,)):
            continue

        block: Block = BLOCKS.read({"kind": kind.kind, **values})
        try:
            shape = block.shape(*(shapes[name] for name in names))
        except BlockError:
            continue

        times = {answers[name] for name in names}
        if len(times) > 1:  # members and a bypass around them
            continue

        inputs = [shapes[name] for name in names]
        if math.prod(shape) > MOST_NUMBERS or not shape or _weights(block, inputs) > MOST_WEIGHTS:
            continue

        name = f"{kind.kind.replace('-', '_')}{len(nodes)}"
        nodes.append(Node(name, kind.kind, values, names))
        shapes[name] = shape
        answers[name] = times.pop() * (block.members if isinstance(block, MembersBlock) else 1)

    last = nodes[-1].name if nodes else INPUT
    if example.kind == "text" and last == INPUT:
        nodes.append(Node("embedding", "token-embedding", {"vocabulary": 50, "width": 8}))
        last = "embedding"

    nodes += [
        Node("flat", "reshape", {"target_shape": [-1]}, (last,)),
        Node("answer", "output", {"outputs": OUTPUTS}),
    ]
    return Graph(tuple(nodes)), Problem.of((example,), OUTPUTS, 1_000)


_TEXT = {"token-embedding", "padding-mask"}
"""Kinds that read token numbers, and only these."""

_ROWS = {"categorical-embedding", "column-tokens", "periodic-columns"}
"""Kinds that read a table row; with other inputs their category numbers are nonsense."""

_FLAT = {"reshape", "output", "member-layers"}
"""Kinds after which little else fits, so that they come last as a rule."""

_APART = {"concatenate-in-batch", "contrastive-output", "ensemble-layers"}
"""Kinds that change how many examples there are: a network begins or ends with them."""


def _inputs(rng: random.Random, kind: type[Block], names: list[str]) -> tuple[str, ...]:
    """Chooses what a block reads: late blocks more often, so that the graph grows deep."""
    least, most = kind.arity
    count = rng.randint(least, min(most, least + 1))
    recent = names[-3:]
    return tuple(rng.choice(recent if rng.random() < 0.8 else names) for _ in range(count))


def _values(rng: random.Random, kind: type[Block], example: Input) -> dict[str, Any]:
    """Chooses settings within their limits, small ones."""
    values: dict[str, Any] = {}
    for item in settings(kind):
        if item.name == "categories":
            values[item.name] = list(example.categories)
        elif item.name == "vocabulary":
            values[item.name] = example.vocabulary or 50
        elif rng.random() < 0.7:
            chosen = _value(rng, item)
            if chosen is not None:
                values[item.name] = chosen

    return values


def _value(rng: random.Random, item: Setting) -> Any:
    """Returns a value of a setting, None to leave it out."""
    if item.choices:
        return rng.choice(item.choices)[0]
    if item.type == "switch":
        return rng.random() < 0.5
    if item.type == "integer":
        least = int(item.minimum or 0)
        most = int(min(item.maximum or 32, 32))
        return rng.choice([number for number in _SIZES if least <= number <= most] or [None])
    if item.type == "number":
        low = max(item.minimum or 0.0, 0.0)
        high = min(item.maximum or 1.0, 1.0)
        return round(rng.uniform(low, high) * 0.8 + 0.1 * (high - low), 3)

    return None


_SIZES = (1, 2, 3, 4, 5, 6, 8, 10, 12, 13, 16, 24, 32)


def _weights(block: Block, inputs: list[Shape]) -> int:
    import torch

    with torch.device("meta"):
        return sum(parameter.numel() for parameter in block.module(*inputs).parameters())
