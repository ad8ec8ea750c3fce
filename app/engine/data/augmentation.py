"""Augmentation of training pictures: a whole batch at once, on its own device.

All randomness comes from one generator, so a step is repeated exactly from (seed, epoch, step).
Mirroring and whole-pixel shifts only move pixels; rotating and scaling resample once for everything
together. What comes in from outside the picture continues its edge.

Axes: B batch, C channels, H height, W width.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from app.engine.data.augmentation_settings import AugmentationSettings
from app.engine.text import number_text, percent_text

if TYPE_CHECKING:
    import torch

    from app.engine.data.dataset import Description

WHITE_16 = 0xFFFF
"""The brightest tone of 16 bits."""

SHIFT = 0.07
"""The share of a side that pictures are shifted by where it is left open."""

FRAMED_SHIFT = 0.035
"""The same for many pictures that are trimmed to what they show, which a shift cuts off.

Measured on Fashion-MNIST, see models.cnn.resnet.
"""

MANY = 20_000
"""Training examples of which each is seen a few times, so that it need not vary as much."""

SMALL_SIDE = 16
"""Smaller pictures are shifted by a whole pixel instead, because SHIFT would round to about one."""


def resolve_augmentation(
    settings: AugmentationSettings, description: Description
) -> AugmentationSettings:
    """Returns the settings with what was left open filled in from the data.

    Pictures are mirrored if the classes survive it, and shifted by 7 % of a side, small ones by a
    whole pixel; by half of that if they are many and trimmed to what they show. Where there are no
    pictures, or positions in them are predicted, nothing is moved.
    """
    pictures = [item.shape for item in description.preparation.inputs if item.kind == "image"]
    if not pictures:
        return AugmentationSettings(flip=False, shift=0.0)

    if any(amount.is_position for amount in description.amounts):
        return settings.replace(flip=settings.flip or False, shift=settings.shift or 0.0)

    flip = settings.flip
    if flip is None:
        flip = description.mirror_safe

    shift = settings.shift
    if shift is None:
        side = min(pictures[0][1:])
        is_cut_off = description.framed and description.size("training") >= MANY
        usual = FRAMED_SHIFT if is_cut_off else SHIFT
        shift = usual if side >= SMALL_SIDE else round(1 / side, 4)

    return settings.replace(flip=flip, shift=shift)


class Augmentation:
    """Augments batches by settings in which nothing is left open."""

    def __init__(self, settings: AugmentationSettings) -> None:
        self.settings = settings
        self.flip = bool(settings.flip)
        self.shift = settings.shift or 0.0

    @property
    def active(self) -> bool:
        """Whether it changes anything."""
        settings = self.settings
        return bool(
            self.flip
            or self.shift
            or settings.rotate
            or settings.scale
            or settings.light
            or settings.erase
        )

    @property
    def words(self) -> str:
        """What it does, in words: "mirrored, shifted by up to 7%", "none" for nothing."""
        settings = self.settings
        parts = [
            (self.flip, "mirrored"),
            (self.shift, f"shifted by up to {percent_text(self.shift)}"),
            (settings.rotate, f"turned by up to {number_text(settings.rotate)}°"),
            (settings.scale, f"scaled by up to {percent_text(settings.scale)}"),
            (settings.light, f"brightness and contrast by up to {percent_text(settings.light)}"),
            (settings.erase, f"a part of up to {percent_text(settings.erase)} hidden"),
        ]
        return ", ".join(words for used, words in parts if used) or "none"

    def __call__(self, batch: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        """Returns a new batch of the same shape, type and device.

        batch: (B, C, H, W) of uint8, of floats in 0..1, or of int16 with the bits of uint16.
        """
        if batch.element_size() == 2 and not batch.is_floating_point():
            tones = batch.int() & WHITE_16
            return self._augmented(tones, generator).to(batch.dtype)

        return self._augmented(batch, generator)

    def _augmented(self, batch: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        settings = self.settings
        if settings.rotate or settings.scale:
            batch = self._resample(batch, generator)
        elif self.flip or self.shift:
            batch = self._move(batch, generator)

        if settings.light:
            batch = self._change_light(batch, generator)
        if settings.erase:
            batch = self._erase(batch, generator)

        return batch

    def _move(self, batch: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        """Mirrors and shifts by whole pixels.

        Every output row and column has the index of the input row and column it is taken from.
        """
        import torch  # noqa: PLC0415 - torch takes seconds to load; the window starts without it

        count, _, height, width = batch.shape
        draws = _uniform((3, count, 1), generator, batch)

        columns = torch.arange(width, device=batch.device).expand(count, width)
        if self.flip:
            columns = torch.where(draws[0] < 0.5, width - 1 - columns, columns)

        most_y = round(self.shift * height)
        most_x = round(self.shift * width)
        if most_x:
            columns = columns + (draws[1] * (2 * most_x + 1)).floor().long() - most_x
            columns = columns.clamp_(0, width - 1)

        if most_y:
            rows = (
                torch.arange(height, device=batch.device)
                + (draws[2] * (2 * most_y + 1)).floor().long()
                - most_y
            )
            batch = batch.gather(2, rows.clamp_(0, height - 1)[:, None, :, None].expand_as(batch))

        return batch.gather(3, columns[:, None, None, :].expand_as(batch))

    def _resample(self, batch: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        """Mirrors, rotates, scales and shifts by one affine map, interpolated once."""
        import torch  # noqa: PLC0415 - torch takes seconds to load; the window starts without it
        from torch.nn import functional  # noqa: PLC0415 - as above

        count, _, height, width = batch.shape
        draws = _uniform((5, count), generator, batch)
        angle = (2 * draws[0] - 1) * math.radians(self.settings.rotate)
        size = torch.exp((2 * draws[1] - 1) * math.log1p(self.settings.scale))
        mirror = torch.where(draws[2] < 0.5, -1.0, 1.0) if self.flip else torch.ones_like(angle)
        cos = torch.cos(angle) / size
        sin = torch.sin(angle) / size
        theta = torch.stack(
            [
                cos * mirror,
                -sin * (height / width) * mirror,
                (2 * draws[3] - 1) * 2 * self.shift,
                sin * (width / height),
                cos,
                (2 * draws[4] - 1) * 2 * self.shift,
            ],
            dim=1,
        ).view(count, 2, 3)

        grid = functional.affine_grid(theta, list(batch.shape), align_corners=False)
        # Clamping to the centres of the outer pixels is the border padding that not every device
        # offers.
        edge = torch.tensor([1 - 1 / width, 1 - 1 / height], device=batch.device)
        grid = torch.minimum(torch.maximum(grid, -edge), edge)
        moved = functional.grid_sample(
            batch.to(torch.float32), grid, mode="bilinear", align_corners=False
        )

        return _to_type_of(batch, moved)

    def _change_light(self, batch: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        """Changes the contrast about the picture's own mean, then the brightness."""
        import torch  # noqa: PLC0415 - torch takes seconds to load; the window starts without it

        top = _white(batch)
        draws = 2 * _uniform((2, batch.shape[0], 1, 1, 1), generator, batch) - 1
        pixels = batch.to(torch.float32)
        mean = pixels.mean(dim=(1, 2, 3), keepdim=True)
        contrast = 1 + draws[0] * self.settings.light
        brightness = draws[1] * self.settings.light * top / 2

        changed = ((pixels - mean) * contrast + mean + brightness).clamp_(0, top)
        return _to_type_of(batch, changed)

    def _erase(self, batch: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        """Hides a rectangle anywhere in the picture with the picture's mean colour."""
        import torch  # noqa: PLC0415 - torch takes seconds to load; the window starts without it

        count, _, height, width = batch.shape
        draws = _uniform((4, count, 1), generator, batch)

        def inside(side: int, size: torch.Tensor, position: torch.Tensor) -> torch.Tensor:
            """Returns whether each row or column is hidden. size, position: (B, 1) in 0..1."""
            length = (size * self.settings.erase * side).ceil()
            start = (position * (side - length + 1)).floor()
            positions = torch.arange(side, device=batch.device)

            return (positions >= start) & (positions < start + length)

        rows = inside(height, draws[0], draws[1])
        columns = inside(width, draws[2], draws[3])
        hidden = rows[:, None, :, None] & columns[:, None, None, :]
        mean = _to_type_of(batch, batch.to(torch.float32).mean(dim=(2, 3), keepdim=True))

        return torch.where(hidden, mean, batch)


def _uniform(
    shape: tuple[int, ...], generator: torch.Generator, batch: torch.Tensor
) -> torch.Tensor:
    """Returns random numbers in 0..1, on the device of the batch."""
    import torch  # noqa: PLC0415 - torch takes seconds to load; the window starts without it

    return torch.rand(shape, generator=generator, device=generator.device).to(batch.device)


def _white(batch: torch.Tensor) -> float:
    """Returns the brightest tone of pictures of this type."""
    if batch.is_floating_point():
        return 1.0

    return 255.0 if batch.element_size() == 1 else float(WHITE_16)


def _to_type_of(batch: torch.Tensor, pixels: torch.Tensor) -> torch.Tensor:
    """Returns the pixels, float32, in the type of the batch, rounded where that is whole."""
    if not batch.is_floating_point():
        pixels = pixels.round_().clamp_(0, _white(batch))

    return pixels.to(batch.dtype)
