"""Language modelling: after every token of a text, which one comes next?"""

# ruff: noqa: PLC0415 - torch takes seconds to load; the window lists tasks without it
from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from typing_extensions import override

from app.engine.learning.losses.cross_entropy import NO_TOKEN
from app.engine.learning.task import Targets, Task, TaskCode, defined_metrics

if TYPE_CHECKING:
    import torch

    from app.engine.data.dataset import Description
    from app.engine.data.preparation import Batch
    from models.shape import Answers, InputKind, Problem


ANSWERS_CODE = '''\
def answers(outputs: torch.Tensor) -> torch.Tensor:
    """The probabilities of the next token at every place: (B, L, V) -> (B, L, V)."""
    return outputs.softmax(dim=-1)
'''

BITS_CODE = '''\
def sums(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """The nats that the tokens of each text cost, and their bytes: (B, 2)."""
    nats = [
        functional.cross_entropy(logits, tokens, ignore_index=NO_TOKEN, reduction="sum")
        for logits, tokens in zip(outputs, targets)
    ]
    size = (TOKEN_BYTES[targets.clamp(min=0)] * (targets != NO_TOKEN)).sum(1)
    return torch.stack([torch.stack(nats), size.float()], dim=1)


def bits_per_byte(targets: np.ndarray, predictions: np.ndarray) -> float:
    """How many bits a byte of text still costs the network: 8 is knowing nothing."""
    nats, size = predictions.astype(float).sum(axis=0)
    return float(nats / math.log(2) / size)
'''


class LanguageModelling(Task):
    """Predictions are sums over each window of text: (n, 3).

    They are the nats that its tokens cost, the number of tokens, and their bytes: so windows of any
    length, and any way of cutting texts into tokens, can be added up and compared.
    """

    kind: ClassVar[str] = "language-modelling"
    label: ClassVar[str] = "How a text goes on (language modelling)"
    summary: ClassVar[str] = (
        "After every token of a text: which one comes next? The text itself has the answers."
    )
    example: ClassVar[str] = "Write on in the manner of this book. How surprising is this sentence?"
    order: ClassVar[int] = 70
    view: ClassVar[str] = "language"
    metrics: ClassVar[tuple[str, ...]] = ("bits_per_byte", "perplexity")
    reads: ClassVar[tuple[InputKind, ...]] = ("text",)
    answers: ClassVar[Answers] = "tokens"
    targets: ClassVar[Targets] = "tokens"

    def outputs(self, description: Description) -> int:
        return description.preparation.inputs[0].vocabulary

    def fake_targets(self, problem: Problem, batch_size: int) -> torch.Tensor:
        import torch

        return torch.zeros(batch_size, problem.shape[0], dtype=torch.int64)

    @override
    def batch(
        self,
        description: Description,
        inputs: Batch,
        targets: torch.Tensor,
        generator: torch.Generator,
    ) -> tuple[Batch, torch.Tensor]:
        """Returns the tokens and, for each of them, the next one.

        Windows of a long text have their next tokens given. A text that stands for itself, such as
        a row of a table, gives its own tokens, shifted by one.
        """
        import torch

        assert isinstance(inputs, torch.Tensor)
        if targets.ndim == 2:
            return inputs, targets

        following = torch.nn.functional.pad(inputs[:, 1:], (0, 1))
        return inputs, following.masked_fill(following == 0, NO_TOKEN)

    @override
    def answer_index(self, outputs: torch.Tensor, inputs: Batch) -> int | None:
        """Returns the likeliest token behind the text."""
        return int(_behind_text(outputs, inputs)[0].argmax())

    @override
    def support(self, outputs: torch.Tensor, inputs: Batch, index: int) -> torch.Tensor:
        return _behind_text(outputs, inputs)[:, index]

    @override
    def certainty(
        self, outputs: torch.Tensor, inputs: Batch, index: int, whole: torch.Tensor
    ) -> torch.Tensor:
        return _behind_text(outputs, inputs).softmax(dim=1)[:, index]

    def predictions(
        self, description: Description, outputs: torch.Tensor, targets: torch.Tensor
    ) -> torch.Tensor:
        """Returns zeros where targets of another shape are no next tokens to compare with."""
        import torch

        if targets.shape != outputs.shape[:2]:
            return torch.zeros(len(outputs), 3, device=outputs.device)

        bytes_of_tokens = np.asarray(_token_bytes(description), np.float32)
        sizes = torch.from_numpy(bytes_of_tokens).to(outputs.device)
        present = targets != NO_TOKEN

        # One window after the other: all probabilities at once would double the memory of a batch.
        nats = torch.stack(
            [
                torch.nn.functional.cross_entropy(
                    logits.float(), tokens, ignore_index=NO_TOKEN, reduction="sum"
                )
                for logits, tokens in zip(outputs, targets, strict=True)
            ]
        )

        size = (sizes[targets.clamp(min=0)] * present).sum(1)
        return torch.stack([nats, present.sum(1).float(), size], dim=1)

    @override
    def to_answers(self, description: Description, outputs: torch.Tensor) -> torch.Tensor:
        """Returns the probabilities of the next token at every place: (B, L, V)."""
        return outputs.float().softmax(dim=-1)

    @override
    def predictions_of_answers(
        self, description: Description, answers: torch.Tensor, targets: torch.Tensor
    ) -> torch.Tensor:
        import torch

        least = torch.finfo(torch.float32).tiny
        return self.predictions(description, answers.clamp(min=least).log(), targets)

    @override
    def compared(self, answers: torch.Tensor, inputs: Batch) -> torch.Tensor:
        """Returns the answers with zeros at padded places."""
        import torch

        assert isinstance(inputs, torch.Tensor)
        return answers.masked_fill((inputs == 0).unsqueeze(-1), 0.0)

    @override
    def changed(
        self, description: Description, own: torch.Tensor, other: torch.Tensor
    ) -> torch.Tensor:
        return (own.argmax(dim=-1) != other.argmax(dim=-1)).any(dim=1)

    @override
    def code(self, description: Description) -> TaskCode:
        return TaskCode(
            "next_tokens",
            ANSWERS_CODE,
            ("bits_per_byte", BITS_CODE),
            predictions="sums(outputs, targets)",
            arrays={"token_bytes": _token_bytes(description)},
        )

    @override
    def compute_metrics(
        self, description: Description, targets: np.ndarray, predictions: np.ndarray
    ) -> dict[str, float]:
        if not len(predictions):
            return {}

        nats, tokens, size = (float(total) for total in predictions.astype(float).sum(axis=0))
        return defined_metrics(
            self,
            {
                "bits_per_byte": nats / math.log(2) / size if size else math.nan,
                "perplexity": math.exp(min(nats / tokens, 700.0)) if tokens else math.nan,
            },
        )


def _token_bytes(description: Description) -> np.ndarray:
    """Returns how many bytes each token stands for, (V,)."""
    from app.engine.data.kinds.text.preparation import TextPreparation

    assert isinstance(description.preparation, TextPreparation)
    return description.preparation.token_bytes()


def _behind_text(outputs: torch.Tensor, inputs: Batch) -> torch.Tensor:
    """Returns what the network says behind the last token of each text: (B, L, V) -> (B, V)."""
    import torch

    assert isinstance(inputs, torch.Tensor)
    last = ((inputs != 0).sum(dim=1) - 1).clamp(min=0)
    return outputs[torch.arange(len(outputs), device=outputs.device), last]


TASK = LanguageModelling()
