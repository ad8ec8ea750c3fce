"""The one preprocessing: from a picture to what the network sees, in training, judging, trying and exporting."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class Preparation:
    """Size, colours, fit and statistics. The same object serves training, validation, Try it and every export.

    channels: 1 (grey) or 3. mean, std: per channel, of the training split's pixels in 0..1.
    """

    height: int
    width: int
    channels: int
    fit: Literal["crop", "fit", "stretch"]
    mean: tuple[float, ...]
    std: tuple[float, ...]

    def to_plain(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_plain(cls, data: dict[str, Any]) -> Preparation:
        values = dict(data)
        values["mean"], values["std"] = tuple(values["mean"]), tuple(values["std"])
        return cls(**values)

    def array(self, picture: Image.Image) -> np.ndarray:
        """A decoded picture (see pictures.decode) as the network's (C, H, W) uint8."""
        raise NotImplementedError

    def tensor(self, batch: torch.Tensor) -> torch.Tensor:
        """(B, C, H, W) uint8 on any device -> normalised float32 of the same shape, channels_last for C, H, W > 1."""
        raise NotImplementedError
