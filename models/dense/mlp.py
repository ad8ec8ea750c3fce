"""MLP: a plain network of linear layers (Rumelhart, Hinton & Williams 1986) for table rows."""

from __future__ import annotations

from typing import Any, ClassVar

from models.graph import Graph, Node
from models.recipe import dropout_for, rows
from models.shape import Answers, InputKind, Problem
from models.spec import setting
from models.template import TEMPLATES, Template


@TEMPLATES.register
class MLP(Template):
    """A categorical embedding, `depth` linear layers with ReLU and dropout, a linear output.

    To restore a row, it narrows to a quarter of its width in the middle.
    """

    kind: ClassVar[str] = "mlp"
    label: ClassVar[str] = "Plain network"
    summary: ClassVar[str] = "A few linear layers (MLP). The safe choice for table rows."
    family: ClassVar[str] = "Dense"
    order: ClassVar[int] = 45
    reads: ClassVar[tuple[InputKind, ...]] = ("row",)
    gives: ClassVar[tuple[Answers, ...]] = ("values", "copy")

    depth: int = setting(
        2,
        label="Depth",
        unit="layers",
        ge=1,
        le=16,
        help="More layers find more tangled rules, and need more rows.",
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
    dropout: float | None = setting(
        None,
        label="Dropout",
        ge=0.0,
        lt=1.0,
        step=0.05,
        help="Forgets at random while training; helps with few examples.",
    )

    @classmethod
    def defaults(cls, problem: Problem) -> dict[str, Any]:
        examples = problem.examples
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

        nodes = [Node("columns", "categorical-embedding", {"categories": list(problem.categories)})]
        for number, outputs in enumerate(widths, start=1):
            nodes.append(
                Node(f"layer{number}", "linear", {"outputs": outputs, "activation": "relu"})
            )
            if dropout:
                nodes.append(Node(f"dropout{number}", "dropout", {"rate": dropout}))

        nodes.append(Node("answer", "output", {"outputs": problem.output_shape[0]}))
        return Graph(tuple(nodes))

    @classmethod
    def recipe(cls, problem: Problem) -> dict[str, dict[str, Any]]:
        return rows(problem, rate=6e-4 if 200 <= problem.examples < 2_000 else 1e-3)
