"""An example is damaged, and the network restores it: what it learns so, it learns without labels."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar, Literal

from app.engine.learning.task import Task, View, named

if TYPE_CHECKING:
    import numpy as np
    import torch

    from app.engine.data.dataset import Damage, Description
    from app.engine.data.preparation import Batch
    from models.shape import Answers, InputKind, Problem


class Reconstruction(Task):
    """predictions: (n, 2), of each example the mean absolute and the mean squared error of what was
    restored, in standard deviations of the values (of a picture: of its tones, all channels
    together), so that always answering the mean costs 1 in the square.
    """

    kind: ClassVar[str] = "reconstruction"
    label: ClassVar[str] = "The example itself (reconstruction)"
    summary: ClassVar[str] = (
        "Parts of an example are hidden, or noise is added; the network restores it."
    )
    example: ClassVar[str] = (
        "Take the noise out of pictures. Which machine sounds unlike all others?"
    )
    order: ClassVar[int] = 80
    view: ClassVar[View] = "restored"
    metrics: ClassVar[tuple[str, ...]] = ("mae", "psnr")
    reads: ClassVar[tuple[InputKind, ...]] = ("image", "row", "signal")
    answers: ClassVar[Answers] = "copy"
    targets: ClassVar[Literal["classes", "tags", "amounts", "none", "tokens"]] = "none"

    def fits(self, description: Description) -> str:
        if reason := super().fits(description):
            return reason
        return (
            "" if self.outputs(description) else "These rows have no columns of numbers to restore."
        )

    def outputs(self, description: Description) -> int:
        return math.prod(description.preparation.inputs[0].copy)

    def fake_targets(self, problem: Problem, batch_size: int) -> torch.Tensor:
        import torch

        return torch.zeros(batch_size, *problem.output_shape)

    def batch(
        self,
        description: Description,
        inputs: Batch,
        targets: torch.Tensor,
        generator: torch.Generator,
    ) -> tuple[Batch, torch.Tensor]:
        """Damaged examples, and what they were; of rows only the numbers, categories are never
        damaged.
        """
        import torch

        assert isinstance(inputs, torch.Tensor)

        one = description.preparation.inputs[0]
        if one.kind != "row":
            return damaged(inputs, description.damage, generator), inputs

        clean = inputs[:, : one.numeric_columns]
        return torch.cat(
            [damaged(clean, description.damage, generator), inputs[:, one.numeric_columns :]], dim=1
        ), clean

    def predictions(
        self, description: Description, outputs: torch.Tensor, targets: torch.Tensor
    ) -> torch.Tensor:
        """Without originals to compare with (targets of another form), nothing is known: NaN."""
        import torch

        if targets.shape != outputs.shape:
            return torch.full((len(outputs), 2), math.nan, device=outputs.device)

        error = outputs.float() - targets.float()
        if spread := _tones(description):
            scales = torch.tensor(spread, dtype=torch.float32, device=error.device) / _all_channels(
                spread
            )
            error = error * scales.view(-1, 1, 1)

        error = error.flatten(1)
        return torch.stack([error.abs().mean(1), error.square().mean(1)], dim=1)

    def figures(
        self, description: Description, targets: np.ndarray, predictions: np.ndarray
    ) -> dict[str, float]:
        """Mae in standard deviations. psnr of pictures only, whose tones go from 0 to 1: of the
        mean squared error over all of them, so that one perfect picture does not make it
        infinite.
        """
        if not len(predictions):
            return {}

        mae, mse = predictions.astype(float).mean(axis=0)
        spread = _tones(description)
        tones = mse * _all_channels(spread) ** 2

        return named(
            self,
            {
                "mae": float(mae),
                "psnr": -10 * math.log10(tones) if spread and tones > 0 else math.nan,
            },
        )


def damaged(
    inputs: torch.Tensor, damage: Damage | None, generator: torch.Generator
) -> torch.Tensor:
    """Prepared values (B, ...) with noise, or with parts set to exactly 0, their mean; the same
    dice, the same damage.

    A part is a square of damage.patch pixels (C, H, W), a piece of so many values of all channels
    (C, L), or a number of a row (F,). Of every example the same number of parts is hidden, the
    share of them, rounded, at least one.
    """
    import torch

    if damage is None:
        return inputs

    if damage.kind == "noise":
        noise = torch.randn(inputs.shape, generator=generator, device=generator.device).to(
            inputs.device
        )
        return inputs + damage.share * noise

    sides = inputs.shape[2:] if inputs.ndim > 2 else inputs.shape[1:]
    grid = [-(-side // damage.patch) for side in sides]
    parts = math.prod(grid)
    hidden = max(1, round(damage.share * parts))
    places = torch.rand(len(inputs), parts, generator=generator, device=generator.device).argsort(
        dim=1
    )
    mask = torch.zeros(len(inputs), parts, dtype=torch.bool, device=generator.device)

    mask = mask.scatter_(1, places[:, :hidden], True).to(inputs.device).view(len(inputs), *grid)
    for axis, side in enumerate(sides, start=1):
        mask = mask.repeat_interleave(damage.patch, dim=axis).narrow(axis, 0, side)

    copy = inputs.clone(memory_format=torch.preserve_format)  # pictures stay channels last
    return copy.masked_fill_(mask if inputs.ndim == 2 else mask.unsqueeze(1), 0.0)


def _tones(description: Description) -> tuple[float, ...]:
    """Of pictures the standard deviation of every channel, in tones of 0..1; () of others."""
    from app.engine.data.kinds.image.preparation import ImagePreparation

    return (
        description.preparation.std if isinstance(description.preparation, ImagePreparation) else ()
    )


def _all_channels(spread: tuple[float, ...]) -> float:
    """The standard deviation of all channels together, each about its own mean."""
    return math.sqrt(sum(one * one for one in spread) / len(spread)) if spread else 1.0


TASK = Reconstruction()
