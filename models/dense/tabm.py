"""TabM: many small networks in one (Gorishniy et al. 2025, arXiv:2410.24210)."""

from __future__ import annotations

from typing import Any, ClassVar

from models.graph import Graph, Node
from models.recipe import tables
from models.shape import Answers, InputKind, Problem
from models.spec import setting
from models.template import TEMPLATES, Template


@TEMPLATES.register
class TabM(Template):
    """Columns as in RealMLP, then members with shared weights, whose mean is the answer.

    It follows the paper but for two things: each example of a batch goes through one member, so
    that a step takes a thirty-second of the time, and the layers that answer share weights too.
    """

    kind: ClassVar[str] = "tabm"
    label: ClassVar[str] = "TabM"
    summary: ClassVar[str] = (
        "Many small networks that share weights; where they disagree, the answer is unsure."
    )
    family: ClassVar[str] = "Dense"
    order: ClassVar[int] = 47
    reads: ClassVar[tuple[InputKind, ...]] = ("row",)
    gives: ClassVar[tuple[Answers, ...]] = ("values",)

    members: int = setting(
        32,
        label="Members",
        ge=2,
        le=256,
        help="How many networks share the weights; more cost time in use, not in training.",
    )
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
    dropout: float = setting(
        0.1,
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
        return {"width": 128 if problem.examples < 2_000 else 256}

    def graph(self, problem: Problem) -> Graph:
        members = {
            "outputs": problem.output_shape[0],
            "members": self.members,
            "depth": self.depth,
            "width": self.width or 128,
            "dropout": self.dropout,
            "mean": problem.averaged,
        }
        columns = {
            "categories": list(problem.categories),
            "width": 8,
            "frequency": self.frequency,
        }
        return Graph(
            (
                Node("columns", "periodic-columns", columns),
                Node("members", "member-layers", members),
            )
        )

    @classmethod
    def recipe(cls, problem: Problem) -> dict[str, dict[str, Any]]:
        return {
            "loss": {"label_smoothing": 0.0},
            "optimizer": {"kind": "adamw", "learning_rate": 2e-3, "weight_decay": 3e-4},
            "schedule": {"kind": "cosine"},
            "training": tables(problem, steps=5_000) | {"gradient_clip": 1.0},
        }
