"""Masked autoencoder: hidden patches are restored from the visible ones (He et al. 2022)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from models.graph import INPUT, Graph, Node
from models.recipe import epochs_and_batch, rate_for
from models.shape import Answers, InputKind, Problem
from models.sizes import heads_for, hidden_patch, rounded
from models.spec import setting
from models.template import TEMPLATES, Template

if TYPE_CHECKING:
    from typing import Self


@TEMPLATES.register
class MaskedAutoencoder(Template):
    """Patch embedding, an encoder, a lighter decoder with mask tokens, the example again.

    It follows arXiv:2111.06377. The encoder attends to visible patches only, and the tokens of
    hidden ones are replaced before the decoder, which gives the same numbers as to leave them out.
    A patch is hidden where all its values are 0.
    """

    kind: ClassVar[str] = "masked-autoencoder"
    label: ClassVar[str] = "Masked autoencoder"
    summary: ClassVar[str] = (
        "Guesses hidden patches from the visible ones, and so learns what belongs together."
    )
    family: ClassVar[str] = "Transformer"
    order: ClassVar[int] = 80
    reads: ClassVar[tuple[InputKind, ...]] = ("image", "signal")
    gives: ClassVar[tuple[Answers, ...]] = ("copy",)

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
    patch_size: int | None = setting(
        None,
        label="Patch size",
        unit="pixels or values",
        ge=1,
        le=256,
        help="Side of the patches. It must divide the side of what the damage hides at once.",
    )
    decoder_depth: int = setting(
        2,
        label="Decoder",
        unit="blocks",
        ge=1,
        le=12,
        help="Blocks that restore what is hidden, half as wide.",
    )
    heads: int | None = setting(
        None,
        label="Heads",
        ge=1,
        le=64,
        advanced=True,
        help="How many things a token can look for at once; must divide the width.",
    )
    dropout: float = setting(
        0.0,
        label="Dropout",
        ge=0.0,
        lt=1.0,
        step=0.05,
        advanced=True,
        help="Sets numbers to zero at random while training.",
    )

    @classmethod
    def defaults(cls, problem: Problem) -> dict[str, Any]:
        return {"patch_size": hidden_patch(problem.shape)}

    def resolved(self, problem: Problem) -> Self:
        """Returns the same template with all settings; each head gets about 32 numbers."""
        return self.replace(
            heads=self.heads or heads_for(self.width),
            patch_size=self.patch_size or hidden_patch(problem.shape),
        )

    def graph(self, problem: Problem) -> Graph:
        size = self.patch_size or 1
        is_picture = problem.input == "image"
        narrow = rounded(self.width / 2)
        columns = -(-problem.shape[2] // size) if is_picture else 1
        encoder: dict[str, Any] = {"heads": self.heads or 1, "dropout": self.dropout}
        decoder: dict[str, Any] = {"heads": heads_for(narrow), "dropout": self.dropout}
        embedding: dict[str, Any] = {"patch_size": size, "width": self.width}
        embedding_kind = "patch-embedding" if is_picture else "patch-embedding-1d"
        values = problem.shape[0] * size ** (2 if is_picture else 1)

        nodes = [
            Node("visible", "patch-mask", {"patch_size": size}, (INPUT,)),
            Node("patches", embedding_kind, embedding, (INPUT,)),
            Node("positions", "position-embedding", {"columns": columns}),
        ]
        for number in range(1, self.depth + 1):
            nodes.append(
                Node(f"encode{number}", "transformer", encoder, (nodes[-1].name, "visible"))
            )

        nodes += [
            Node("encoded", "layer-norm"),
            Node("narrow", "linear", {"outputs": narrow}),
            Node("hidden", "mask-token", {}, ("narrow", "visible")),
            Node("places", "position-embedding", {"columns": columns}),
            *(
                Node(f"decode{number}", "transformer", decoder)
                for number in range(1, self.decoder_depth + 1)
            ),
            Node("norm", "layer-norm"),
            Node("answer", "token-output", {"outputs": values}),
        ]

        if is_picture:
            sides = {"height": problem.shape[1], "width": problem.shape[2]}
            nodes.append(Node("picture", "unpatchify", {"patch_size": size, **sides}))
        else:
            length = problem.shape[1]
            nodes.append(Node("signal", "unpatchify-1d", {"patch_size": size, "length": length}))

        return Graph(tuple(nodes))

    @classmethod
    def recipe(cls, problem: Problem) -> dict[str, dict[str, Any]]:
        return {
            "optimizer": {
                "kind": "adamw",
                "learning_rate": rate_for(problem.examples, 1.5e-3),
                "weight_decay": 0.05,
            },
            "schedule": {"kind": "cosine"},
            "training": epochs_and_batch(problem.examples, epochs=15) | {"gradient_clip": 1.0},
        }
