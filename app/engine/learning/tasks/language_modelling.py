"""A text is its own teacher: after every token, which one comes next?"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from app.engine.learning.losses.cross_entropy import NO_TOKEN
from app.engine.learning.task import Task, View, named

if TYPE_CHECKING:
    import torch

    from app.engine.data.dataset import Description
    from app.engine.data.preparation import Batch
    from models.shape import Answers, InputKind, Problem


class LanguageModelling(Task):
    """predictions: (n, 3), of each window of text what its tokens cost in nats, how many they are,
    and of how many bytes. So windows of any length, and any way of cutting texts into tokens,
    can be added up and compared.
    """

    kind: ClassVar[str] = "language-modelling"
    label: ClassVar[str] = "How a text goes on (language modelling)"
    summary: ClassVar[str] = (
        "After every token of a text: which one comes next? The text itself has the answers."
    )
    example: ClassVar[str] = "Write on in the manner of this book. How surprising is this sentence?"
    order: ClassVar[int] = 70
    view: ClassVar[View] = "language"
    metrics: ClassVar[tuple[str, ...]] = ("bits_per_byte", "perplexity")
    reads: ClassVar[tuple[InputKind, ...]] = ("text",)
    answers: ClassVar[Answers] = "tokens"
    targets: ClassVar[Literal["classes", "tags", "amounts", "none", "tokens"]] = "tokens"

    def outputs(self, description: Description) -> int:
        return description.preparation.inputs[0].vocabulary

    def fake_targets(self, problem: Problem, batch_size: int) -> torch.Tensor:
        import torch

        return torch.zeros(batch_size, problem.shape[0], dtype=torch.int64)

    def batch(
        self,
        description: Description,
        inputs: Batch,
        targets: torch.Tensor,
        generator: torch.Generator,
    ) -> tuple[Batch, torch.Tensor]:
        """Windows of a long text have their next tokens given; those of texts that stand for
        themselves, such as the rows of a table, are their own tokens, one on.
        """
        import torch

        assert isinstance(inputs, torch.Tensor)
        if targets.ndim == 2:
            return inputs, targets

        following = torch.nn.functional.pad(inputs[:, 1:], (0, 1))
        return inputs, following.masked_fill(following == 0, NO_TOKEN)

    def predictions(
        self, description: Description, outputs: torch.Tensor, targets: torch.Tensor
    ) -> torch.Tensor:
        """Without next tokens to compare with (targets of another form), nothing is counted: zeros."""
        import torch

        if targets.shape != outputs.shape[:2]:
            return torch.zeros(len(outputs), 3, device=outputs.device)

        sizes = torch.from_numpy(np.asarray(_token_bytes(description), np.float32)).to(
            outputs.device
        )
        there = targets != NO_TOKEN
        # a window after the other: all probabilities at once would double the memory of a judged
        # batch
        nats = torch.stack(
            [
                torch.nn.functional.cross_entropy(
                    one.float(), wanted, ignore_index=NO_TOKEN, reduction="sum"
                )
                for one, wanted in zip(outputs, targets, strict=True)
            ]
        )

        size = (sizes[targets.clamp(min=0)] * there).sum(1)
        return torch.stack([nats, there.sum(1).float(), size], dim=1)

    def figures(
        self, description: Description, targets: np.ndarray, predictions: np.ndarray
    ) -> dict[str, float]:
        nats, tokens, size = (
            (float(part) for part in predictions.astype(float).sum(axis=0))
            if len(predictions)
            else (0.0,) * 3
        )
        return named(
            self,
            {
                "bits_per_byte": nats / math.log(2) / size if size else math.nan,
                "perplexity": math.exp(min(nats / tokens, 700.0)) if tokens else math.nan,
            },
        )


def _token_bytes(description: Description) -> np.ndarray:
    """(V,) bytes that each token stands for."""
    from app.engine.data.kinds.text.preparation import TextPreparation

    assert isinstance(description.preparation, TextPreparation)
    return description.preparation.token_bytes()


TASK = LanguageModelling()
