"""Typical mistakes in networks: the block at fault, its sentence, and a repair that is offered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from models.graph import Graph, Node
from models.shape import Problem

PICTURES = Problem("image", (3, 32, 32), 5, 1_000)
TEXTS = Problem("text", (24,), 5, 1_000, vocabulary=40)
COPIES = Problem("image", (1, 28, 28), 1, 1_000, "copy")
LANGUAGE = Problem("text", (24,), 40, 1_000, "tokens", vocabulary=40)


@dataclass(frozen=True)
class Case:
    """A graph with one mistake. block: at fault. says: a part of its sentence. offers: a repair."""

    blocks: tuple[Node, ...]
    block: str
    says: str
    offers: str
    problem: Problem = PICTURES

    @property
    def graph(self) -> Graph:
        return Graph(self.blocks)


def node(name: str, kind: str, *inputs: str, **settings: Any) -> Node:
    return Node(name, kind, settings, inputs)


CONV = node("conv1", "convolution", channels=64)
WIDE = node("conv2", "convolution", channels=128)
POOL = node("pool", "global-pooling")
ANSWER = node("answer", "output", outputs=5)
TOKENS = node("embed", "token-embedding", vocabulary=40, width=32)

MISTAKES: dict[str, Case] = {
    "answer from a picture": Case(
        (CONV, ANSWER),
        "answer",
        "64 channels of 32 × 32",
        "Insert a global pooling before it",
    ),
    "linear layer on a picture": Case(
        (CONV, node("fc", "linear", outputs=32), ANSWER),
        "fc",
        "64 channels of 32 × 32",
        "Flatten first",
    ),
    "sum of other channels": Case(
        (CONV, WIDE, node("sum", "add", "conv1", "conv2"), POOL, ANSWER),
        "sum",
        "128 channels of 32 × 32",
        "Insert a 1×1 convolution 64 → 128 after 'conv1'",
    ),
    "sum of other sizes": Case(
        (
            CONV,
            node("conv2", "convolution", channels=64, stride=2),
            node("sum", "add", "conv1", "conv2"),
            POOL,
            ANSWER,
        ),
        "sum",
        "64 channels of 16 × 16",
        "Insert a pooling 2×2 after 'conv1'",
    ),
    "concatenation of other sizes": Case(
        (
            CONV,
            node("down", "pooling"),
            node("both", "concatenate", "conv1", "down"),
            POOL,
            ANSWER,
        ),
        "both",
        "16 × 16",
        "Insert a pooling 2×2 after 'conv1'",
    ),
    "too few classes": Case(
        (CONV, POOL, node("answer", "output", outputs=3)),
        "answer",
        "the task asks for 5 values",
        "Give 'answer' 5 outputs",
    ),
    "no answer": Case(
        (CONV, POOL), "pool", "the task asks for 5 values", "End with an answer of 5 outputs"
    ),
    "convolution behind the pooling": Case(
        (CONV, POOL, WIDE, ANSWER), "conv2", "64 values", "Move it before 'pool'"
    ),
    "heads that do not divide": Case(
        (TOKENS, node("block1", "transformer", heads=5), POOL, ANSWER),
        "block1",
        "5 heads",
        "Set heads to 4",
        TEXTS,
    ),
    "groups that do not divide": Case(
        (CONV, node("norm", "group-norm", groups=6), POOL, ANSWER),
        "norm",
        "6",
        "Set groups to 4",
    ),
    "filter larger than the picture": Case(
        (
            CONV,
            node("down", "adaptive-pooling", height=4, width=4),
            node("conv2", "convolution", kernel_size=5, padding="none"),
            POOL,
            ANSWER,
        ),
        "conv2",
        "4 × 4",
        "Use padding 2",
    ),
    "one halving too many": Case(
        (
            CONV,
            node("down", "adaptive-pooling", height=1, width=1),
            node("res", "residual", downsample=True),
            POOL,
            ANSWER,
        ),
        "res",
        "1 × 1",
        "Keep the size",
    ),
    "stride beyond the picture": Case(
        (
            node("down", "adaptive-pooling", height=3, width=3),
            node("conv1", "convolution", stride=8),
            POOL,
            ANSWER,
        ),
        "conv1",
        "3 × 3",
        "Set stride to 3",
    ),
    "attention on a picture": Case(
        (CONV, node("block1", "transformer"), POOL, ANSWER),
        "block1",
        "64 channels of 32 × 32",
        "Insert tokens of its places before it",
    ),
    "text without embedding": Case(
        (node("gru1", "gru", width=16), POOL, ANSWER),
        "gru1",
        "24 values",
        "Insert a token embedding before it",
        TEXTS,
    ),
    "wrong name of a kind": Case(
        (node("conv1", "convolutoin", channels=8), POOL, ANSWER),
        "conv1",
        "no block called 'convolutoin'",
        "Make it a convolution",
    ),
    "no channels": Case(
        (node("conv1", "convolution", channels=0), POOL, ANSWER),
        "conv1",
        "'channels' is 0",
        "Set channels to 1",
    ),
    "wrong name of a setting": Case(
        (node("conv1", "convolution", kernelsize=5), POOL, ANSWER),
        "conv1",
        "no setting 'kernelsize'",
        "Set filter size to 5",
    ),
    "wrong type": Case(
        (node("conv1", "convolution", channels="many"), POOL, ANSWER),
        "conv1",
        "'channels' is 'many'",
        "Set channels to the usual 32",
    ),
    "sum of one": Case(
        (CONV, node("conv2", "convolution", channels=64), node("sum", "add"), POOL, ANSWER),
        "sum",
        "reads 1",
        "Let it read 'conv1' too",
    ),
    "convolution of two": Case(
        (
            CONV,
            node("conv2", "convolution", channels=64),
            node("conv3", "convolution", "conv1", "conv2"),
            POOL,
            ANSWER,
        ),
        "conv3",
        "reads 2",
        "Add what it reads first",
    ),
    "reshape of another size": Case(
        (CONV, POOL, node("flat", "reshape", target_shape=[7, 7]), node("f", "flatten"), ANSWER),
        "flat",
        "64 values cannot take the form 7 × 7",
        "Flatten instead",
    ),
    "picture restored too small": Case(
        (
            node("down", "convolution", channels=8, stride=2),
            node("up", "upsample", channels=8, height=28, width=28),
        ),
        "up",
        "8 channels of 28 × 28",
        "End with a convolution to 1 channel",
        COPIES,
    ),
    "language without an answer": Case(
        (TOKENS, node("gru1", "gru", width=16)),
        "gru1",
        "24 tokens of 40",
        "End with an answer of 40 outputs at every token",
        LANGUAGE,
    ),
    "more tokens than the embedding knows": Case(
        (node("embed", "token-embedding", vocabulary=20), POOL, ANSWER),
        "embed",
        "The texts have 40 different tokens; it knows 20.",
        "Set vocabulary to 40",
        TEXTS,
    ),
    "an output that no computer holds": Case(
        (
            node("up", "upsample", channels=4096, height=1024, width=1024),
            node("conv1", "convolution", channels=8),
            POOL,
            ANSWER,
        ),
        "up",
        "which no computer holds",
        "Set channels to the usual 32",
    ),
    "tokens and values": Case(
        (TOKENS, POOL, node("sum", "add", "embed", "pool"), ANSWER),
        "sum",
        "24 tokens of 32 and 32 values",
        "Insert a global mean pooling before it",
        TEXTS,
    ),
}
