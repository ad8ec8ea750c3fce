"""Pictures made on the fly."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

Maker = Callable[..., Path]


@pytest.fixture
def picture() -> Callable[..., Path]:
    """picture(path, size=(w, h), mode="RGB", seed=0): noise, different for every seed, saved as the suffix says."""

    def make(
        path: Path, size: tuple[int, int] = (12, 12), mode: str = "RGB", seed: int = 0
    ) -> Path:
        random = np.random.default_rng(seed)
        colours = random.integers(0, 256, (size[1], size[0], 4), dtype=np.uint8)
        image = (
            Image.fromarray(colours, "RGBA")
            if mode == "RGBA"
            else Image.fromarray(colours[..., :3]).convert(mode)
        )
        path.parent.mkdir(parents=True, exist_ok=True)
        image.save(path)
        return path

    return make


@pytest.fixture
def folder(tmp_path: Path, picture: Callable[..., Path]) -> Callable[..., Path]:
    """folder({"cat": 5, "train/dog": 3}, size=...): that many pictures in each folder; returns the root."""

    def make(
        counts: dict[str, int], root: str = "pictures", suffix: str = ".png", **how: object
    ) -> Path:
        base = tmp_path / root
        for place, (name, count) in enumerate(counts.items()):
            (base / name).mkdir(parents=True, exist_ok=True)
            for number in range(count):
                picture(base / name / f"{number}{suffix}", seed=1000 * place + number, **how)
        return base

    return make
