"""Reconstruction: an example is damaged, and the network restores it, without any labels."""

# ruff: noqa: PLC0415 - torch takes seconds to load; the window lists tasks without it
from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar

from typing_extensions import override

from app.engine.learning.task import (
    SAME_AMOUNT,
    AnswerName,
    Targets,
    Task,
    TaskCode,
    defined_metrics,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    import torch

    from app.engine.data.dataset import Damage, Description
    from app.engine.data.preparation import Batch
    from models.shape import Answers, InputKind, Problem


MAE_CODE = '''\
def mae(targets: np.ndarray, predictions: np.ndarray) -> float:
    """The mean absolute error, in standard deviations of the values."""
    return float(predictions.astype(float).mean())
'''


class Reconstruction(Task):
    """Predictions are the mean absolute and the mean squared error of each example: (n, 2).

    They are in standard deviations of the values (for a picture: of its tones, all channels
    together), so that always answering the mean has a squared error of 1.
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
    view: ClassVar[str] = "restored"
    metrics: ClassVar[tuple[str, ...]] = ("mae", "psnr")
    reads: ClassVar[tuple[InputKind, ...]] = ("image", "row", "signal")
    answers: ClassVar[Answers] = "copy"
    answer_name: ClassVar[AnswerName] = "restored"
    targets: ClassVar[Targets] = "none"

    def unfit(self, description: Description) -> str:
        if reason := super().unfit(description):
            return reason
        return (
            "" if self.outputs(description) else "These rows have no columns of numbers to restore."
        )

    def outputs(self, description: Description) -> int:
        return math.prod(description.preparation.inputs[0].copy)

    def fake_targets(self, problem: Problem, batch_size: int) -> torch.Tensor:
        import torch

        return torch.zeros(batch_size, *problem.output_shape)

    @override
    def batch(
        self,
        description: Description,
        inputs: Batch,
        targets: torch.Tensor,
        generator: torch.Generator,
    ) -> tuple[Batch, torch.Tensor]:
        """Returns the damaged examples, and what they were before.

        In rows only the numbers are damaged and restored, never categories.
        """
        import torch

        assert isinstance(inputs, torch.Tensor)

        read = description.preparation.inputs[0]
        if read.kind != "row":
            return damaged(inputs, description.damage, generator), inputs

        numbers = inputs[:, : read.numeric_columns]
        categories = inputs[:, read.numeric_columns :]
        damaged_numbers = damaged(numbers, description.damage, generator)

        return torch.cat([damaged_numbers, categories], dim=1), numbers

    @override
    def answer_index(self, outputs: torch.Tensor, inputs: Batch) -> int | None:
        return None

    def predictions(
        self, description: Description, outputs: torch.Tensor, targets: torch.Tensor
    ) -> torch.Tensor:
        """Returns NaN where there are no originals to compare with, targets of another shape."""
        import torch

        if targets.shape != outputs.shape:
            return torch.full((len(outputs), 2), math.nan, device=outputs.device)

        error = outputs.float() - targets.float()
        if stds := _channel_stds(description):
            scales = torch.tensor(stds, dtype=torch.float32, device=error.device)
            scales = scales / _pooled_std(stds)
            error = error * scales.view(-1, 1, 1)

        error = error.flatten(1)
        return torch.stack([error.abs().mean(1), error.square().mean(1)], dim=1)

    @override
    def to_answers(self, description: Description, outputs: torch.Tensor) -> torch.Tensor:
        """Returns the restored examples in the units of the inputs: (B, *shape)."""
        return description.preparation.in_units(outputs.float())

    @override
    def predictions_of_answers(
        self, description: Description, answers: torch.Tensor, targets: torch.Tensor
    ) -> torch.Tensor:
        return self.predictions(description, _standardised(description, answers), targets)

    @override
    def changed(
        self, description: Description, own: torch.Tensor, other: torch.Tensor
    ) -> torch.Tensor:
        difference = _standardised(description, own) - _standardised(description, other)
        return (difference.abs() > SAME_AMOUNT).flatten(1).any(dim=1)

    @override
    def code(self, description: Description) -> TaskCode:
        preparation = description.preparation
        damage = description.damage
        batch: tuple[str, ...] = ("targets = {inputs}", "inputs = targets")
        function: Callable[..., torch.Tensor] | None = None
        if damage is not None:
            function = noisy if damage.kind == "noise" else partly_hidden
            size = "" if damage.kind == "noise" else f", {damage.patch}"
            call = f"{function.__name__}(NUMBERS, {damage.share!r}{size}, {{generator}})"
            batch = ("targets = {inputs}", f"inputs = {call.replace('NUMBERS', 'targets')}")

            read = preparation.inputs[0]
            if read.kind == "row" and read.categories:
                numbers = read.numeric_columns
                batch = (
                    "inputs = {inputs}",
                    f"targets = inputs[:, :{numbers}]",
                    f"numbers = {call.replace('NUMBERS', 'targets')}",
                    f"inputs = torch.cat([numbers, inputs[:, {numbers}:]], dim=1)",
                )

        stds = _channel_stds(description)
        scales = [std / _pooled_std(stds) for std in stds]
        error, text = "(outputs - targets)", ""
        if len(stds) > 1:
            error = f"({error} * CHANNEL_SCALE)"
            text = (
                "# Errors are in standard deviations of all channels together.\n"
                f"CHANNEL_SCALE = torch.tensor({scales}).view(-1, 1, 1)\n"
            )

        return TaskCode(
            "",
            preparation.units_code(),
            ("mae", MAE_CODE),
            batch,
            f"{error}.flatten(1).abs().mean(1)",
            text=text,
            functions=(function,) if function is not None else (),
        )

    @override
    def compute_metrics(
        self, description: Description, targets: np.ndarray, predictions: np.ndarray
    ) -> dict[str, float]:
        """Returns the MAE in standard deviations and, of pictures, the PSNR of tones from 0 to 1.

        The PSNR is that of the mean squared error over all pictures, so that one perfect picture
        does not make it infinite.
        """
        if not len(predictions):
            return {}

        mae, mse = predictions.astype(float).mean(axis=0)
        stds = _channel_stds(description)
        tone_mse = mse * _pooled_std(stds) ** 2

        return defined_metrics(
            self,
            {
                "mae": float(mae),
                "psnr": -10 * math.log10(tone_mse) if stds and tone_mse > 0 else math.nan,
            },
        )


def _standardised(description: Description, answers: torch.Tensor) -> torch.Tensor:
    """Returns restored examples (B, ...) as `batch` has the originals."""
    prepared = description.preparation.tensor(answers)
    assert not isinstance(prepared, tuple)
    return prepared


def damaged(
    inputs: torch.Tensor, damage: Damage | None, generator: torch.Generator
) -> torch.Tensor:
    """Returns prepared values (B, ...) with noise, or with parts set to exactly 0, their mean.

    A part is a square of damage.patch pixels (C, H, W), a piece of so many values of all channels
    (C, L), or a number of a row (F,). The same number of parts is hidden in every example: the
    share of all parts, rounded, at least one. A generator in the same state gives the same damage.
    """
    if damage is None:
        return inputs
    if damage.kind == "noise":
        return noisy(inputs, damage.share, generator)

    return partly_hidden(inputs, damage.share, damage.patch, generator)


def noisy(inputs: torch.Tensor, strength: float, generator: torch.Generator) -> torch.Tensor:
    """Returns values with noise of this strength, in standard deviations."""
    import torch

    noise = torch.randn(inputs.shape, generator=generator, device=generator.device)
    return inputs + strength * noise.to(inputs.device)


def partly_hidden(
    inputs: torch.Tensor, share: float, patch: int, generator: torch.Generator
) -> torch.Tensor:
    """Returns values of which a share of all parts is exactly 0, their mean.

    patch: the side of a part, in pixels or values.
    """
    import torch

    device = generator.device
    count = len(inputs)
    sides = inputs.shape[2:] if inputs.ndim > 2 else inputs.shape[1:]
    grid = [-(-side // patch) for side in sides]
    parts = math.prod(grid)
    hidden = max(1, round(share * parts))

    order = torch.rand(count, parts, generator=generator, device=device).argsort(dim=1)
    mask = torch.zeros(count, parts, dtype=torch.bool, device=device)
    mask.scatter_(1, order[:, :hidden], True)
    mask = mask.to(inputs.device).view(count, *grid)
    for axis, side in enumerate(sides, start=1):
        mask = mask.repeat_interleave(patch, dim=axis).narrow(axis, 0, side)

    # Pictures stay channels last.
    copy = inputs.clone(memory_format=torch.preserve_format)
    return copy.masked_fill_(mask if inputs.ndim == 2 else mask.unsqueeze(1), 0.0)


def _channel_stds(description: Description) -> tuple[float, ...]:
    """Returns the standard deviations of the channels of pictures in tones of 0..1, else ()."""
    from app.engine.data.kinds.image.preparation import ImagePreparation

    if not isinstance(description.preparation, ImagePreparation):
        return ()

    return description.preparation.std


def _pooled_std(stds: tuple[float, ...]) -> float:
    """Returns the standard deviation of all channels together, each about its own mean."""
    return math.sqrt(sum(std * std for std in stds) / len(stds)) if stds else 1.0


TASK = Reconstruction()
