"""MLP: a plain network of linear layers (Rumelhart, Hinton & Williams 1986).

For table rows, and for pictures as what a CNN is compared with.
"""

from __future__ import annotations

import math
from typing import Any, ClassVar

from models.graph import Graph, GraphError, Node
from models.recipe import dropout_for, epochs_and_batch, rate_for, rows
from models.shape import Answers, InputKind, Problem
from models.spec import setting
from models.template import TEMPLATES, Template

LARGEST_SIDE = 64
"""Pixels of a side of the pictures that are flattened; larger ones are averaged first."""


MANY_ROWS = 500
"""Rows of training from which on it is no longer the first choice for tables."""


@TEMPLATES.register
class MLP(Template):
    """A categorical embedding, `depth` linear layers with ReLU and dropout, a linear output.

    A picture is flattened: its pixels are values side by side, and nothing tells the network which
    of them are neighbours. To restore a row, it narrows to a quarter of its width in the middle.
    Several members are networks of that form behind common categories.
    """

    kind: ClassVar[str] = "mlp"
    label: ClassVar[str] = "Plain MLP"
    summary: ClassVar[str] = (
        "A few linear layers. The safe choice for table rows; on pictures, what a CNN must beat."
    )
    family: ClassVar[str] = "Dense"
    order: ClassVar[int] = 45
    reads: ClassVar[tuple[InputKind, ...]] = ("row", "image")
    gives: ClassVar[tuple[Answers, ...]] = ("values", "copy")

    depth: int = setting(
        2,
        label="Depth",
        unit="layers",
        ge=1,
        le=16,
        help="More layers find more complicated rules, but need more examples.",
    )
    width: int | None = setting(
        None,
        label="Width",
        unit="numbers",
        ge=4,
        le=4096,
        step=8,
        help="How many things a layer can look for.",
    )
    members: int = setting(
        1,
        label="Members",
        ge=1,
        le=256,
        help="With more than one, so many networks train together and answer with their mean.",
    )
    dropout: float | None = setting(
        None,
        label="Dropout",
        ge=0.0,
        lt=1.0,
        step=0.05,
        help="Sets numbers to zero at random while training; helps against overfitting.",
    )

    @classmethod
    def unfit(cls, problem: Problem) -> str:
        if problem.answers == "copy" and problem.input == "image":
            return f"{cls.label} restores table rows, not pictures."

        return super().unfit(problem)

    @classmethod
    def gives_way(cls, problem: Problem) -> bool:
        """To networks made for tables, where rows are many enough for their many steps."""
        return problem.input == "row" and bool(problem.meaning) and problem.examples >= MANY_ROWS

    @classmethod
    def defaults(cls, problem: Problem) -> dict[str, Any]:
        examples = problem.examples
        if problem.input == "image":
            return {"width": 128 if examples < 20_000 else 256, "dropout": 0.2}

        return {
            "width": 64 if examples < 2_000 else 128 if examples < 20_000 else 256,
            "dropout": 0.0 if problem.answers == "copy" else dropout_for(examples),
        }

    def graph(self, problem: Problem) -> Graph:
        width = self.width or 64
        dropout = self.dropout or 0.0
        widths = [width] * self.depth
        if problem.answers == "copy":
            half = [width] * max(1, self.depth // 2)
            widths = [*half, max(2, width // 4), *half]

        nodes = _first_blocks(problem)
        if self.members > 1:
            return Graph((*nodes, self._ensemble(problem)))

        for number, outputs in enumerate(widths, start=1):
            nodes.append(
                Node(f"layer{number}", "linear", {"outputs": outputs, "activation": "relu"})
            )
            if dropout:
                nodes.append(Node(f"dropout{number}", "dropout", {"rate": dropout}))

        nodes.append(Node("answer", "output", {"outputs": problem.output_shape[0]}))
        return Graph(tuple(nodes))

    def _ensemble(self, problem: Problem) -> Node:
        """Returns the block of several networks. Raises GraphError where they have no mean."""
        if not problem.meaning:
            raise GraphError(
                "members",
                "Members average classes, tags or amounts, which this task does not answer with.",
                "Set members to 1.",
            )

        settings = {
            "outputs": problem.output_shape[0],
            "members": self.members,
            "depth": self.depth,
            "width": self.width or 64,
            "dropout": self.dropout or 0.0,
            "mean": problem.averaged,
        }
        return Node("members", "ensemble-layers", settings)

    @classmethod
    def recipe(cls, problem: Problem) -> dict[str, dict[str, Any]]:
        if problem.input == "image":
            return _pictures(problem)

        return rows(problem, rate=6e-4 if 200 <= problem.examples < 2_000 else 1e-3)


def _first_blocks(problem: Problem) -> list[Node]:
    """Returns the blocks that make values side by side of an example.

    A large picture is averaged to a smaller one first: every pixel would have weights of its own.
    """
    if problem.input != "image":
        categories = list(problem.categories)
        return [Node("columns", "categorical-embedding", {"categories": categories})]

    flatten = Node("flatten", "reshape", {"target_shape": [-1]})
    factor = min(16, math.ceil(max(problem.shape[1:]) / LARGEST_SIDE))
    if factor == 1 or min(problem.shape[1:]) < factor:
        return [flatten]

    return [Node("smaller", "pooling", {"mode": "mean", "kernel_size": factor}), flatten]


def _pictures(problem: Problem) -> dict[str, dict[str, Any]]:
    """Returns the recipe for pictures."""
    return {
        "loss": {"label_smoothing": 0.1},
        "optimizer": {
            "kind": "adamw",
            "learning_rate": rate_for(problem.examples, 6e-3),
            "weight_decay": 0.05,
        },
        "schedule": {"kind": "one-cycle"},
        "training": epochs_and_batch(problem.examples, epochs=10) | {"gradient_clip": 1.0},
    }
