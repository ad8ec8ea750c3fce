"""Text CNN: filters look for phrases anywhere in a text (Kim 2014, arXiv:1408.5882)."""

from __future__ import annotations

from typing import Any, ClassVar

from models.graph import INPUT, Graph, Node
from models.recipe import texts
from models.shape import InputKind, Problem
from models.spec import setting
from models.template import TEMPLATES, Template


@TEMPLATES.register
class TextCNN(Template):
    """A token embedding, filters of several sizes side by side, max pooling, a linear output."""

    kind: ClassVar[str] = "text-cnn"
    label: ClassVar[str] = "Text CNN"
    summary: ClassVar[str] = "Filters that look for phrases. Fast, and hard to beat on short texts."
    family: ClassVar[str] = "CNN"
    order: ClassVar[int] = 50
    reads: ClassVar[tuple[InputKind, ...]] = ("text",)

    width: int | None = setting(
        None,
        label="Token width",
        unit="numbers",
        ge=8,
        le=1024,
        step=8,
        help="Numbers per token.",
    )
    filters: int = setting(
        96,
        label="Filters",
        unit="of each width",
        ge=4,
        le=1024,
        step=8,
        help="How many phrases it can look for.",
    )
    max_filter_size: int | None = setting(
        None,
        label="Longest phrase",
        unit="tokens",
        ge=1,
        le=16,
        help="Filters cover one token, two tokens, and so on up to this many.",
    )
    dropout: float = setting(
        0.3,
        label="Dropout",
        ge=0.0,
        lt=1.0,
        step=0.05,
        help="Sets numbers to zero at random while training; helps against overfitting.",
    )

    @classmethod
    def defaults(cls, problem: Problem) -> dict[str, Any]:
        # Single bytes need larger filters to see a word, and fewer numbers each.
        if problem.vocabulary <= 300:
            return {"width": 32, "max_filter_size": 7}

        return {"width": 96, "max_filter_size": 3}

    def graph(self, problem: Problem) -> Graph:
        largest = self.max_filter_size or 3
        sizes = range(1, largest + 1) if largest <= 4 else range(1, largest + 1, 2)
        embedding: dict[str, Any] = {
            "vocabulary": max(1, problem.vocabulary),
            "width": self.width or 96,
        }

        nodes = [
            Node("mask", "padding-mask", {}, (INPUT,)),
            Node("embedding", "token-embedding", embedding, (INPUT,)),
            Node("forget", "dropout", {"rate": self.dropout / 2}),
        ]
        for size in sizes:
            settings: dict[str, Any] = {
                "channels": self.filters,
                "kernel_size": size,
                "activation": "relu",
            }
            nodes += [
                Node(f"phrases{size}", "convolution-1d", settings, ("forget",)),
                Node(
                    f"strongest{size}",
                    "global-pooling",
                    {"mode": "max"},
                    (f"phrases{size}", "mask"),
                ),
            ]

        if len(sizes) > 1:
            nodes.append(
                Node("found", "concatenate", {}, tuple(f"strongest{size}" for size in sizes))
            )

        nodes += [
            Node("dropout", "dropout", {"rate": self.dropout}),
            Node("answer", "output", {"outputs": problem.outputs}),
        ]
        return Graph(tuple(nodes))

    @classmethod
    def recipe(cls, problem: Problem) -> dict[str, dict[str, Any]]:
        return texts(problem, rate=2e-3)
