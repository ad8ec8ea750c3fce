"""FT-Transformer: attention between the columns of a table row (Gorishniy et al. 2021)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from models.graph import Graph, Node
from models.recipe import dropout_for, rows
from models.shape import Answers, InputKind, Problem
from models.sizes import heads_for
from models.spec import setting
from models.template import TEMPLATES, Template

if TYPE_CHECKING:
    from typing import Self

MOST_COLUMNS = 512
"""The most columns that it takes: attention costs grow with the square of their number."""


@TEMPLATES.register
class FTTransformer(Template):
    """Column tokens, transformer blocks, the mean of all tokens, a linear output.

    It follows arXiv:2106.11959 but for two things: the mean of all tokens takes the place of a
    class token, and no norm stands behind it, so that an amount can act in proportion. To restore a
    row, the output layer reads all tokens side by side.
    """

    kind: ClassVar[str] = "ft-transformer"
    label: ClassVar[str] = "FT-Transformer"
    summary: ClassVar[str] = (
        "Every column of a row looks at the others. For tables with rules that link columns."
    )
    family: ClassVar[str] = "Transformer"
    order: ClassVar[int] = 75
    reads: ClassVar[tuple[InputKind, ...]] = ("row",)
    gives: ClassVar[tuple[Answers, ...]] = ("values", "copy")

    depth: int | None = setting(
        None,
        label="Depth",
        unit="blocks",
        ge=1,
        le=12,
        help="More blocks link more columns, but cost time.",
    )
    width: int | None = setting(
        None,
        label="Width",
        unit="numbers a column",
        ge=8,
        le=512,
        step=8,
        help="How much a column's token can hold.",
    )
    heads: int | None = setting(
        None,
        label="Heads",
        ge=1,
        le=64,
        help="How many things a column can look for at once; must divide the width.",
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
        reason = super().unfit(problem)
        if not reason and problem.shape[0] > MOST_COLUMNS:
            return (
                f"{cls.label} compares all columns with each other; {problem.shape[0]:,} are too "
                "many for it."
            )

        return reason

    @classmethod
    def defaults(cls, problem: Problem) -> dict[str, Any]:
        few = problem.examples < 2_000
        width = 16 if problem.examples < 500 else 32 if few else 64
        dropout = 0.0 if problem.answers == "copy" else dropout_for(problem.examples)

        return {"depth": 1 if few else 2, "width": width, "dropout": dropout}

    def resolved(self, problem: Problem) -> Self:
        """Returns the same template with all settings; each head gets about 16 numbers."""
        filled = super().resolved(problem)
        assert filled.width is not None
        return filled.replace(heads=filled.heads or heads_for(filled.width, per_head=16))

    def graph(self, problem: Problem) -> Graph:
        settings: dict[str, Any] = {"heads": self.heads or 1, "dropout": self.dropout or 0.0}
        tokens: dict[str, Any] = {"width": self.width or 32, "categories": list(problem.categories)}

        nodes = [
            Node("columns", "column-tokens", tokens),
            *(
                Node(f"block{number}", "transformer", settings)
                for number in range(1, (self.depth or 1) + 1)
            ),
        ]
        if problem.answers == "copy":
            # An output at each token would have to be the same function for every column.
            nodes += [Node("narrow", "linear", {"outputs": 8}), Node("flat", "reshape")]
        else:
            nodes.append(Node("pool", "global-pooling", {"mode": "mean"}))
            if self.dropout:
                nodes.append(Node("dropout", "dropout", {"rate": self.dropout}))

        return Graph((*nodes, Node("answer", "output", {"outputs": problem.output_shape[0]})))

    @classmethod
    def recipe(cls, problem: Problem) -> dict[str, dict[str, Any]]:
        return rows(problem, rate=5e-4)
