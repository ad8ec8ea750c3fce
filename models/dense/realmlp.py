"""RealMLP: a plain network with what tables need (Holzmüller et al. 2024, arXiv:2407.04491)."""

from __future__ import annotations

from typing import Any, ClassVar

from models.graph import Graph, Node
from models.recipe import tables
from models.shape import Answers, InputKind, Problem
from models.spec import setting
from models.template import TEMPLATES, Template

SCALE_SPEED = 96.0
"""Of the scaling layer: 6 times as fast as a layer of 256 inputs, whose factor here is 1/16."""


BINS = 64
"""Of each amount: steps are learned with 64 nearly as well as trees learn them."""

VECTOR = 24
"""Numbers of a category of many values, of which pairs matter."""


@TEMPLATES.register
class RealMLP(Template):
    """Periodic columns, a learned scale, layers in NTK parametrisation, parametric activations.

    It follows the paper's RealMLP-TD but for these: amounts are standardised by mean and deviation,
    offsets begin at random instead of at rows, dropout and weight decay stay as they are to the
    end, and the layer that answers is an ordinary one. A learning rate here is a sixteenth of the
    paper's: there weights are divided by the root of the width, here by that of the width / 256.
    Amounts have bins beside waves, and 11 sums of both instead of 3 of waves. On made tables
    (`python -m tests.bench trees --only choosing`) that gained 2 to 5 points where amounts have
    thresholds or waves, and lost at most 1 where they have neither. Two layers instead of three
    gained up to 2 points on larger tables there, three 1 on the smallest; and categories of 24
    numbers instead of 8 gained up to 1.
    """

    kind: ClassVar[str] = "realmlp"
    label: ClassVar[str] = "RealMLP"
    summary: ClassVar[str] = (
        "Linear layers with all that tables need. For rows, from some hundred on, the first choice."
    )
    family: ClassVar[str] = "Dense"
    order: ClassVar[int] = 46
    reads: ClassVar[tuple[InputKind, ...]] = ("row",)
    gives: ClassVar[tuple[Answers, ...]] = ("values",)

    depth: int | None = setting(
        None,
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
    dropout: float = setting(
        0.15,
        label="Dropout",
        ge=0.0,
        lt=1.0,
        step=0.05,
        help="Sets numbers to zero at random while training; helps against overfitting.",
    )
    frequency: float = setting(
        0.1,
        label="Frequency of waves",
        unit="a deviation",
        gt=0.0,
        le=100.0,
        logarithmic=True,
        advanced=True,
        help="How fine steps and bends of an amount can be; finer ones also learn what is chance.",
    )

    @classmethod
    def defaults(cls, problem: Problem) -> dict[str, Any]:
        return {
            "depth": 3 if problem.examples < 1_000 else 2,
            "width": 128 if problem.examples < 500 else 256,
        }

    def graph(self, problem: Problem) -> Graph:
        columns = {
            "categories": list(problem.categories),
            "width": 12,
            "bins": BINS,
            "vector": VECTOR,
            "frequency": self.frequency,
        }
        function = "mish" if problem.meaning == "amounts" else "selu"
        nodes = [
            Node("columns", "periodic-columns", columns),
            Node("scale", "scaling", {"speed": SCALE_SPEED}),
        ]
        for number in range(1, (self.depth or 2) + 1):
            nodes += [
                Node(f"layer{number}", "ntk-linear", {"outputs": self.width or 256}),
                Node(f"bend{number}", "parametric-activation", {"function": function}),
            ]
            if self.dropout:
                nodes.append(Node(f"dropout{number}", "dropout", {"rate": self.dropout}))

        return Graph((*nodes, Node("answer", "output", {"outputs": problem.output_shape[0]})))

    @classmethod
    def recipe(cls, problem: Problem) -> dict[str, dict[str, Any]]:
        rate = 0.0125 if problem.meaning == "amounts" else 0.0025
        return {
            "loss": {"label_smoothing": 0.1},
            "optimizer": {
                "kind": "adamw",
                "learning_rate": rate,
                "weight_decay": 0.32,
            },
            "schedule": {"kind": "cosine-log", "waves": 4},
            "training": tables(problem, steps=2_000),
        }
