"""Preparation of pictures: one size, one number of colours, normalised by channel."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from PIL import Image

from app.engine.data.pictures import DETAIL
from app.engine.data.preparation import Preparation
from app.engine.data.tones import Tones
from models.shape import Input

if TYPE_CHECKING:
    import torch


SAMPLED_VALUES = 32_000_000
"""At most so many pixels are counted for mean and standard deviation."""


@dataclass(frozen=True)
class ImagePreparation(Preparation):
    """Stores pictures as (N, C, H, W) uint8, which the network reads as normalised float32.

    channels: 1 (grey) or 3. mean, std: per channel, of the training pictures' pixels in 0..1.
    tones: of pictures with other values than bytes, None where there were none in training.
    """

    kind: ClassVar[str] = "image"

    height: int
    width: int
    channels: int
    fit: Literal["crop", "fit", "stretch"]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    tones: Tones | None = None

    @property
    def inputs(self) -> tuple[Input, ...]:
        return (Input("image", (self.channels, self.height, self.width)),)

    @property
    def data_settings(self) -> dict[str, Any]:
        return {
            "height": self.height,
            "width": self.width,
            "colour": "grey" if self.channels == 1 else "colour",
        }

    @property
    def detail(self) -> int:
        """How finely pictures.decode must read for this size, in pixels: pass it as `detail`."""
        return max(DETAIL, 2 * self.height, 2 * self.width)

    def to_plain(self) -> dict[str, Any]:
        return {"kind": self.kind, **asdict(self)}

    @classmethod
    def from_plain(cls, data: dict[str, Any]) -> ImagePreparation:
        values = dict(data)
        values["mean"] = tuple(values["mean"])
        values["std"] = tuple(values["std"])
        values["tones"] = Tones(**values["tones"]) if values.get("tones") else None
        return cls(**values)

    def array(self, raw: Image.Image) -> np.ndarray:
        """Encodes a decoded picture (see pictures.decode) as (C, H, W) uint8."""
        picture = raw
        mode = "L" if self.channels == 1 else "RGB"
        if picture.mode != mode:
            picture = picture.convert(mode)

        size = (self.width, self.height)
        if picture.size != size:
            if self.fit == "crop":
                picture = _resize(picture, size, _crop_box(picture, size))
            elif self.fit == "stretch":
                picture = _resize(picture, size)
            else:
                picture = _with_margin(picture, size)

        pixels = np.asarray(picture)
        return (
            pixels[None] if self.channels == 1 else np.ascontiguousarray(pixels.transpose(2, 0, 1))
        )

    def tensor(self, batch: torch.Tensor) -> torch.Tensor:  # type: ignore[override]
        """Returns a batch (B, C, H, W) uint8 as normalised float32, on its device.

        In channels_last layout where C, H and W are above 1.
        """
        import torch  # noqa: PLC0415 - torch takes seconds to load; the window starts without it

        several = self.channels > 1 and self.height > 1 and self.width > 1
        layout = torch.channels_last if several else torch.contiguous_format

        pixels = batch.to(dtype=torch.float32, memory_format=layout)
        if pixels is batch:
            pixels = pixels.clone(memory_format=torch.preserve_format)

        factors = [1 / (255 * std) for std in self.std]
        offsets = [-mean / std for mean, std in zip(self.mean, self.std, strict=True)]
        if self.channels == 1:
            return pixels.mul_(factors[0]).add_(offsets[0])

        factor = torch.tensor(factors, dtype=torch.float32, device=pixels.device).view(-1, 1, 1)
        return pixels.mul_(factor).add_(
            torch.tensor(offsets, dtype=torch.float32, device=pixels.device).view(-1, 1, 1)
        )


def _resize(
    picture: Image.Image,
    size: tuple[int, int],
    box: tuple[float, float, float, float] | None = None,
) -> Image.Image:
    """Averages coarsely to three times the size, then finely.

    To the eye it is the same, and far faster on photographs.
    """
    return picture.resize(size, Image.Resampling.BICUBIC, box, reducing_gap=3.0)


def _crop_box(picture: Image.Image, size: tuple[int, int]) -> tuple[float, float, float, float]:
    """Returns the largest part of the picture with the proportions of `size`, from its middle."""
    scale = min(picture.width / size[0], picture.height / size[1])
    # Rounding must not let the part reach over the edge.
    width = min(size[0] * scale, picture.width)
    height = min(size[1] * scale, picture.height)
    left = (picture.width - width) / 2
    top = (picture.height - height) / 2

    return left, top, min(left + width, picture.width), min(top + height, picture.height)


def _with_margin(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Returns the whole picture with a margin around it, in the median colour of its own edge."""
    scale = min(size[0] / picture.width, size[1] / picture.height)
    small = _resize(
        picture, (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    )
    pixels = np.asarray(small)
    edge = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    colour = np.median(edge, axis=0).astype(int)
    paper = Image.new(
        small.mode, size, int(colour) if small.mode == "L" else tuple(int(part) for part in colour)
    )
    paper.paste(small, ((size[0] - small.width) // 2, (size[1] - small.height) // 2))

    return paper


def statistics(inputs: np.ndarray, rows: np.ndarray) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Returns mean and standard deviation of each channel, in 0..1, of rows of (N, C, H, W) uint8.

    Computed exactly from at most 32 million values, rows evenly spread; a channel without variation
    gets 1/255, so that nothing divides by zero.
    """
    channels = inputs.shape[1]
    most = max(1, SAMPLED_VALUES // max(1, inputs[0].size))
    if len(rows) > most:
        rows = rows[np.linspace(0, len(rows) - 1, most).astype(int)]

    counts = np.zeros((channels, 256), np.int64)
    for start in range(0, len(rows), 1024):
        part = inputs[rows[start : start + 1024]]
        for channel in range(channels):
            counts[channel] += np.bincount(part[:, channel].ravel(), minlength=256)

    tones = np.arange(256) / 255
    total = np.maximum(counts.sum(axis=1), 1)
    mean = (counts * tones).sum(axis=1) / total
    spread = np.sqrt(np.maximum((counts * tones**2).sum(axis=1) / total - mean**2, 0))

    return tuple(mean.tolist()), tuple(np.maximum(spread, 1 / 255).tolist())


PREPARATION = ImagePreparation
