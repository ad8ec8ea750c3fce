"""Preparation of pictures: one size, one number of colours, normalised by channel."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, get_args

import numpy as np
from PIL import Image

from app.engine.data.pictures import (
    DETAIL,
    Page,
    Pages,
    Source,
    UnreadablePicture,
    decode,
    has_pages,
    is_deep,
    may_have_pages,
)
from app.engine.data.preparation import Preparation, PreparationCode, RawInput
from app.engine.data.tones import Depth, RangeChoice, Tones, bytes_of_tones, stored_tones
from models.shape import Input

if TYPE_CHECKING:
    import torch


LUMINANCE = np.array([0.299, 0.587, 0.114], np.float32)
"""Shares of red, green and blue in grey, as Pillow has them for bytes."""

SAMPLED_VALUES = 32_000_000
"""At most so many pixels are counted for mean and standard deviation."""


@dataclass(frozen=True)
class ImagePreparation(Preparation):
    """Stores pictures as (N, C, H, W), which the network reads as normalised float32.

    channels: 1 (grey) or 3. mean, std: per channel, of the training pictures' pixels in 0..1.
    tones: of pictures with other values than bytes, None where there were none in training. depth:
    bits in which a tone is stored, uint8 or uint16. pages: which were read of files of several,
    None where there was none in training.
    """

    kind: ClassVar[str] = "image"

    height: int
    width: int
    channels: int
    fit: Literal["crop", "fit", "stretch"]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    tones: Tones | None = None
    depth: Depth = 8
    pages: Pages | None = None

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
    def dtype(self) -> type[np.unsignedinteger[Any]]:
        """The type in which pictures are stored."""
        return np.uint8 if self.depth == 8 else np.uint16

    @property
    def white(self) -> int:
        """The brightest tone as it is stored."""
        return (1 << self.depth) - 1

    @property
    def page(self) -> Page:
        """The page that pictures.decode reads of a file that is one example."""
        return "maximum" if self.pages == "maximum" else 0

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
        preparation = cls(**values)
        if preparation.depth not in (8, 16) or preparation.pages not in (None, *get_args(Pages)):
            raise ValueError("there is no such depth, or no such choice of pages")

        return preparation

    def decoded(
        self,
        source: Source,
        page: Page | None = None,
        sampled: int = 0,
        choice: RangeChoice | None = None,
    ) -> Image.Image:
        """Decodes a file for this preparation.

        page: None for the one that stands for the file. sampled, choice: see pictures.decode.
        Raises UnreadablePicture.
        """
        return decode(
            source,
            self.detail,
            self.tones,
            exact=self.depth == 16,
            page=self.page if page is None else page,
            sampled=sampled,
            choice=choice,
        )

    def array(self, raw: Image.Image | np.ndarray) -> np.ndarray:
        """Encodes a decoded picture (see pictures.decode) as (C, H, W) of its type.

        raw: (H, W, 3) float32 in 0..255 where it has colours and more than 8 bits.
        """
        if isinstance(raw, Image.Image) and (exact := raw.info.get("exact")) is not None:
            raw = exact
        if isinstance(raw, np.ndarray):
            return self._of_channels([self._resized(_grey(channel)) for channel in raw.T])
        if raw.mode == "F":
            return self._of_channels([self._resized(raw)])

        mode = "L" if self.channels == 1 else "RGB"
        # Grey becomes coloured when it is small: the same bits in a fourth of the memory.
        picture = self._resized(raw if raw.mode in (mode, "L") else raw.convert(mode))
        picture = picture if picture.mode == mode else picture.convert(mode)
        pixels = np.asarray(picture)
        stored = (
            pixels[None] if self.channels == 1 else np.ascontiguousarray(pixels.transpose(2, 0, 1))
        )
        return stored if self.depth == 8 else stored_tones(stored.astype(np.float32), 16)

    def _resized(self, picture: Image.Image) -> Image.Image:
        size = (self.width, self.height)
        if picture.size == size:
            return picture
        if self.fit == "crop":
            return _resize(picture, size, _crop_box(picture, size))

        return _resize(picture, size) if self.fit == "stretch" else _with_margin(picture, size)

    def _of_channels(self, channels: list[Image.Image]) -> np.ndarray:
        """Returns channels of fractions as they are stored, in so many channels as these."""
        values = np.stack([np.asarray(channel) for channel in channels])
        if len(values) > self.channels:
            values = np.tensordot(LUMINANCE, values, 1)[None]

        # What is between the pixels of a sharp edge may be beyond black or white.
        stored = stored_tones(np.clip(values, 0, 255), self.depth)
        return np.ascontiguousarray(np.broadcast_to(stored, (self.channels, *stored.shape[1:])))

    def left_out_note(self, raw: Any) -> str:
        page = None if isinstance(raw, Path) else getattr(raw, "page", None)
        path = raw if isinstance(raw, Path) else getattr(raw, "path", None)
        if not isinstance(path, Path):
            return ""

        try:
            single = page is not None or self.pages == "maximum" or not may_have_pages(path)
            several = not single and has_pages(path)
            cut = self._cut_text(path, page)
        except UnreadablePicture:
            return ""  # it is told why it cannot be read

        pages = "It has several pages; only the first one is read." if several else ""
        return f"{pages} {cut}".strip()

    def _cut_text(self, path: Path, page: Page | None) -> str:
        """Returns a sentence on the values beyond those of training, "" where there are none.

        Costs a second decoding of a picture of more than 8 bits. Raises UnreadablePicture.
        """
        if self.tones is None or not is_deep(path):
            return ""

        picture = self.decoded(path, page)
        channels = 3 if picture.mode == "RGB" else 1
        return self.tones.cut_text(picture.info["cut"], picture.width * picture.height * channels)

    def to_display(self, stored: np.ndarray) -> np.ndarray:
        return bytes_of_tones(stored)

    def tensor(self, batch: torch.Tensor) -> torch.Tensor:  # type: ignore[override]
        """Returns a batch (B, C, H, W) as normalised float32, on its device.

        batch: uint8 or uint16; int16 are the bits of uint16, with which few devices can compute. In
        channels_last layout where C, H and W are above 1.
        """
        import torch  # noqa: PLC0415 - torch takes seconds to load; the window starts without it

        several = self.channels > 1 and self.height > 1 and self.width > 1
        layout = torch.channels_last if several else torch.contiguous_format

        pixels = batch.to(dtype=torch.float32, memory_format=layout)
        if pixels is batch:
            pixels = pixels.clone(memory_format=torch.preserve_format)

        if batch.dtype == torch.int16:
            pixels.remainder_(1 << 16)

        factors = [1 / (self.white * std) for std in self.std]
        offsets = [-mean / std for mean, std in zip(self.mean, self.std, strict=True)]
        if self.channels == 1:
            return pixels.mul_(factors[0]).add_(offsets[0])

        factor = torch.tensor(factors, dtype=torch.float32, device=pixels.device).view(-1, 1, 1)
        return pixels.mul_(factor).add_(
            torch.tensor(offsets, dtype=torch.float32, device=pixels.device).view(-1, 1, 1)
        )

    # --- outside of this program

    @property
    def raw_inputs(self) -> tuple[RawInput, ...]:
        dtype: Literal["uint8", "int32"] = "uint8" if self.depth == 8 else "int32"
        return (RawInput("picture", dtype, (self.channels, self.height, self.width)),)

    def to_raw(self, *stored: np.ndarray) -> tuple[np.ndarray, ...]:
        (pictures,) = stored
        return (pictures if self.depth == 8 else pictures.astype(np.int32),)

    def in_units(self, values: torch.Tensor) -> torch.Tensor:
        mean, std = (
            values.new_tensor(statistic).view(-1, 1, 1) for statistic in (self.mean, self.std)
        )
        return (values * std + mean) * self.white

    def code(self) -> PreparationCode:
        """Pictures of 16 bits are read as int32, which every device computes with."""
        several = self.channels > 1 and self.height > 1 and self.width > 1
        layout = ", memory_format=torch.channels_last" if several else ""
        size = f"(B, {self.channels}, {self.height}, {self.width})"
        if self.channels == 1:
            statistics = f"MEAN = {self.mean[0]!r}\nSTD = {self.std[0]!r}\n"
            factor, offset = f"1 / ({self.white} * STD)", "-MEAN / STD"
        else:
            mean, std = list(self.mean), list(self.std)
            factors = [1 / (self.white * each) for each in self.std]
            offsets = [-mean / std for mean, std in zip(self.mean, self.std, strict=True)]
            statistics = (
                f"# Of the training pictures, by channel: mean {_short(mean)}, deviation "
                f"{_short(std)}.\n"
                f"FACTOR = torch.tensor({factors}).view(-1, 1, 1)\n"
                f"OFFSET = torch.tensor({offsets}).view(-1, 1, 1)\n"
            )
            factor, offset = "FACTOR", "OFFSET"

        return PreparationCode(
            "pictures",
            f"{statistics}\n\n"
            "def prepare(pictures: torch.Tensor) -> torch.Tensor:\n"
            f'    """Brings tones of 0 to {self.white}, {size}, to mean 0 and deviation 1."""\n'
            f"    pixels = pictures.to(torch.float32{layout})\n"
            f"    return pixels.mul_({factor}).add_({offset})\n",
            "torch.from_numpy(array)"
            if self.depth == 8
            else "torch.from_numpy(array.astype(np.int32))",
        )

    def units_code(self) -> str:
        mean, std = list(self.mean), list(self.std)
        return (
            "def answers(outputs: torch.Tensor) -> torch.Tensor:\n"
            f'    """Restored pictures with tones of 0 to {self.white}."""\n'
            f"    mean = torch.tensor({mean}).view(-1, 1, 1)\n"
            f"    std = torch.tensor({std}).view(-1, 1, 1)\n"
            f"    return (outputs * std + mean) * {self.white}\n"
        )


def _short(numbers: list[float]) -> str:
    """Returns the numbers of several channels for a comment."""
    return ", ".join(f"{number:.4g}" for number in numbers)


def _grey(channel: np.ndarray) -> Image.Image:
    """Returns a channel (W, H) of fractions as a picture."""
    return Image.fromarray(np.ascontiguousarray(channel.T))


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
    median = np.median(edge, axis=0)
    colour: float | tuple[int, ...]
    if small.mode == "F":
        colour = float(median)
    else:
        colour = int(median) if small.mode == "L" else tuple(int(part) for part in median)

    paper = Image.new(small.mode, size, colour)
    paper.paste(small, ((size[0] - small.width) // 2, (size[1] - small.height) // 2))

    return paper


def statistics(inputs: np.ndarray, rows: np.ndarray) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Returns mean and standard deviation of each channel, in 0..1, of rows of (N, C, H, W).

    Computed exactly from at most 32 million values, rows evenly spread; a channel without variation
    gets the smallest step (1/255 of uint8), so that nothing divides by zero.
    """
    channels = inputs.shape[1]
    most = max(1, SAMPLED_VALUES // max(1, inputs[0].size))
    if len(rows) > most:
        rows = rows[np.linspace(0, len(rows) - 1, most).astype(int)]

    white = int(np.iinfo(inputs.dtype).max)
    counts = np.zeros((channels, white + 1), np.int64)
    for start in range(0, len(rows), 1024):
        part = inputs[rows[start : start + 1024]]
        for channel in range(channels):
            counts[channel] += _tone_counts(part[:, channel].ravel(), white + 1)

    tones = np.arange(white + 1) / white
    total = np.maximum(counts.sum(axis=1), 1)
    mean = (counts * tones).sum(axis=1) / total
    spread = np.sqrt(np.maximum((counts * tones**2).sum(axis=1) / total - mean**2, 0))

    return tuple(mean.tolist()), tuple(np.maximum(spread, 1 / white).tolist())


def _tone_counts(values: np.ndarray, tones: int) -> np.ndarray:
    """Returns how often each tone comes up among values (n,): (tones,) int64."""
    if values.dtype != np.uint8 or len(values) % 2 or len(values) < tones**2:
        return np.bincount(values, minlength=tones)

    # Two bytes at a time, which is nearly twice as fast.
    pairs = np.bincount(values.view(np.uint16), minlength=tones**2).reshape(tones, tones)
    return np.asarray(pairs.sum(axis=0) + pairs.sum(axis=1))


PREPARATION = ImagePreparation
