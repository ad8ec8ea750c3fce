"""Asking a run's weights about a picture: all of it on the background thread, which imports torch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from app.engine.data import pictures
from app.engine.data.dataset import Description
from app.engine.errors import UserError
from app.engine.results.choosing import FILE, Kept
from app.engine.training.run import Run, list_runs

if TYPE_CHECKING:
    from app.engine.results.prediction import Predictor

PREVIEW = 768
"""Longest side of the picture that is shown, in pixels; the network gets the picture itself."""


@dataclass(frozen=True)
class Choice:
    """A run that can be tried. stamp changes with its best weights, and with the choice to use them."""

    path: Path
    stamp: tuple[int, int]


@dataclass(frozen=True)
class Ready:
    """A run whose weights are loaded, which ones, and what they were trained on."""

    choice: Choice
    kept: Kept
    description: Description

    @property
    def epoch(self) -> int:
        return self.kept.epoch


@dataclass(frozen=True, eq=False)
class Picture:
    """What a person gave: an open picture, a file, or an example of the data (pixels as the network sees them).

    true: the class it is known to have, "" if not. origin: where it comes from, in a few words.
    """

    origin: str
    image: Image.Image | None = None
    file: Path | None = None
    pixels: np.ndarray | None = None
    true: str = ""


@dataclass(frozen=True, eq=False)
class Answer:
    """ranking: every class with its probability, the most probable first. seen: (C, H, W) uint8, what the network
    got. shown: (C, h, w) uint8, the picture as it came, at most PREVIEW pixels."""

    picture: Picture
    epoch: int
    ranking: list[tuple[str, float]]
    seen: np.ndarray
    shown: np.ndarray


def usable_runs(folder: Path, shown: Path | None, check: Callable[[], None]) -> list[Choice]:
    """The runs with weights to use, newest first; before them the run that is shown, if it lies elsewhere."""
    paths = [run.path for run in list_runs(folder)]
    if shown is not None and shown not in paths:
        paths.insert(0, shown)
    found = []
    for path in paths:
        check()
        if (choice := choice_of(path)) is not None:
            found.append(choice)
    return found


def choice_of(path: Path) -> Choice | None:
    """None where the run has no weights yet."""
    folder = Run(path).best_folder
    try:
        if folder is None:
            return None
        choice = path / FILE
        chosen = choice.stat().st_mtime_ns if choice.is_file() else 0
        return Choice(path, ((folder / "manifest.json").stat().st_mtime_ns, chosen))
    except OSError:
        return None  # replaced this moment; the next look finds it


class Asker:
    """Keeps the weights loaded last. Only ever called on the background thread."""

    def __init__(self) -> None:
        self._loaded: tuple[Choice, Predictor] | None = None

    def load(self, path: Path) -> Ready:
        """Loads the weights in use so far, unless they are loaded already. Raises UserError."""
        choice = choice_of(path)
        if choice is None:
            raise UserError(
                f"The run '{path.name}' has no weights yet.", "Let it train until its first epoch is judged."
            )
        if self._loaded is None or self._loaded[0] != choice:
            from app.engine.results.prediction import Predictor

            self._loaded = (choice, Predictor.load(Run(path)))
        predictor = self._loaded[1]
        return Ready(choice, predictor.kept, predictor.description)

    def ask(self, path: Path, picture: Picture) -> tuple[Ready, Answer]:
        """Raises UserError where the picture or the weights cannot be read."""
        ready = self.load(path)
        assert self._loaded is not None
        predictor = self._loaded[1]
        seen, shown = _seen_and_shown(predictor, picture)
        values = predictor.probabilities(seen[None])[0]
        order = np.argsort(-values, kind="stable")
        ranking = [(predictor.classes[k], float(values[k])) for k in order]
        return ready, Answer(picture, ready.epoch, ranking, seen, shown)


def _seen_and_shown(predictor: Predictor, picture: Picture) -> tuple[np.ndarray, np.ndarray]:
    if picture.pixels is not None:
        return picture.pixels, picture.pixels
    if picture.file is not None:
        seen = predictor.pixels(picture.file)
        return seen, _preview(pictures.decode(picture.file))
    assert picture.image is not None
    return predictor.pixels(picture.image), _preview(picture.image)


def _preview(picture: Image.Image) -> np.ndarray:
    """(C, h, w) uint8 for the screen; what is transparent is white, as for the network."""
    picture = picture.copy()
    picture.thumbnail((PREVIEW, PREVIEW))
    if picture.mode in ("RGBA", "LA", "PA"):
        paper = Image.new("RGBA", picture.size, "white")
        paper.alpha_composite(picture.convert("RGBA"))
        picture = paper
    pixels = np.asarray(picture if picture.mode == "L" else picture.convert("RGB"))
    return pixels[None] if pixels.ndim == 2 else np.ascontiguousarray(pixels.transpose(2, 0, 1))
