"""ViT: attention between the patches of a picture (Dosovitskiy et al. 2021, arXiv:2010.11929)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from models.graph import Graph, Node
from models.recipe import epochs_and_batch, rate_for
from models.sizes import heads_for, power_of_two, rounded
from models.spec import setting
from models.template import TEMPLATES, Template

if TYPE_CHECKING:
    from typing import Self

    from models.shape import Problem


@TEMPLATES.register
class VisionTransformer(Template):
    """Patch and position embedding, transformer blocks, the mean of all tokens, a linear output.

    It has no class token (Beyer et al. 2022, arXiv:2205.01580). The patches are embedded by a few
    small convolutions (Xiao et al. 2021, arXiv:2106.14881), because one large convolution learns
    much more slowly from little data; `stem="patches"` gives the latter.
    """

    kind: ClassVar[str] = "vit"
    label: ClassVar[str] = "Vision transformer"
    summary: ClassVar[str] = "Cuts the picture into patches that look at each other."
    family: ClassVar[str] = "Transformer"
    order: ClassVar[int] = 40

    depth: int = setting(
        4,
        label="Depth",
        unit="blocks",
        ge=1,
        le=24,
        help="More blocks work out more, but cost time.",
    )
    width: int = setting(
        96,
        label="Width",
        unit="numbers a token",
        ge=8,
        le=1024,
        step=8,
        help="How much a token can hold.",
    )
    heads: int | None = setting(
        None,
        label="Heads",
        ge=1,
        le=64,
        help="How many things a token can look for at once; must divide the width.",
    )
    patch_size: int | None = setting(
        None,
        label="Patch size",
        unit="pixels",
        ge=1,
        le=64,
        help="Side of the squares. Smaller patches see finer; half the side is four times the "
        "tokens.",
    )
    dropout: float = setting(
        0.0,
        label="Dropout",
        ge=0.0,
        lt=1.0,
        step=0.05,
        help="Sets numbers to zero at random while training; helps against overfitting.",
    )
    stem: Literal["convolutions", "patches"] = setting(
        "convolutions",
        label="Patches cut by",
        advanced=True,
        choices={"convolutions": "A few convolutions", "patches": "A plain cut"},
        help="Convolutions learn from fewer examples; the plain cut is the original and needs "
        "many.",
    )

    @classmethod
    def defaults(cls, problem: Problem) -> dict[str, Any]:
        return {"patch_size": _patch(problem)}

    def resolved(self, problem: Problem) -> Self:
        """Returns the same template with all settings; each head gets about 32 numbers."""
        heads = self.heads or heads_for(self.width)
        return self.replace(heads=heads, patch_size=self.patch_size or _patch(problem))

    def graph(self, problem: Problem) -> Graph:
        heads = self.heads or 1
        patch = self.patch_size or _patch(problem)
        columns = -(-problem.shape[2] // patch)
        settings: dict[str, Any] = {"heads": heads, "dropout": self.dropout}

        # Strides multiply to the patch size only for powers of two.
        is_power_of_two = patch & (patch - 1) == 0
        fits = 1 < patch <= min(problem.shape[1:])
        if self.stem == "convolutions" and is_power_of_two and fits:
            stem = self._convolutions(patch)
        else:
            embedding = {"patch_size": patch, "width": self.width}
            stem = (Node("patches", "patch-embedding", embedding),)

        return Graph(
            (
                *stem,
                Node("positions", "position-embedding", {"columns": columns}),
                *(
                    Node(f"block{number}", "transformer", settings)
                    for number in range(1, self.depth + 1)
                ),
                Node("norm", "layer-norm"),
                Node("pool", "global-pooling", {"mode": "mean"}),
                Node("answer", "output", {"outputs": problem.outputs}),
            )
        )

    def _convolutions(self, patch: int) -> tuple[Node, ...]:
        """Returns three or more 3×3 convolutions, whose strides multiply to the patch size.

        Their channels grow up to the width of a token.
        """
        downsample_steps = patch.bit_length() - 1
        strides = [1] * max(0, 3 - downsample_steps) + [2] * downsample_steps

        nodes: list[Node] = []
        for number, stride in enumerate(strides, start=1):
            channels = rounded(self.width / 2 ** min(len(strides) - number, downsample_steps))
            settings: dict[str, Any] = {"channels": channels, "kernel_size": 3, "stride": stride}
            nodes += [
                Node(f"conv{number}", "convolution", settings),
                Node(f"norm{number}", "batch-norm"),
            ]

        mix: dict[str, Any] = {"channels": self.width, "kernel_size": 1, "bias": True}
        nodes.append(Node("mix", "convolution", mix))
        return (*nodes, Node("tokens", "flatten-to-tokens"))

    @classmethod
    def recipe(cls, problem: Problem) -> dict[str, dict[str, Any]]:
        return {
            "loss": {"label_smoothing": 0.1},
            "optimizer": {
                "kind": "adamw",
                "learning_rate": rate_for(problem.examples, 1.5e-3),
                "weight_decay": 0.05,
            },
            "schedule": {"kind": "cosine"},
            "training": epochs_and_batch(problem.examples, epochs=15) | {"gradient_clip": 1.0},
        }


def _patch(problem: Problem) -> int:
    """Returns the patch size: a power of two from 2 to 16, with 7 patches on the longer side.

    It leaves at least 2 patches on the shorter side, and is 1 where there is no room for them.
    """
    longest = max(problem.shape[1:])
    shortest = min(problem.shape[1:])

    size = power_of_two(max(2, longest / 7))
    return max(1, min(16, size, power_of_two(shortest // 2)))
