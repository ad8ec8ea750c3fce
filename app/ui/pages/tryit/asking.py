"""Asking a run's weights about an example: all of it on the background thread, which imports torch."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from app.engine.data import pictures
from app.engine.errors import UserError
from app.engine.results.reports import report_for
from app.engine.runs.run import Run, list_runs
from app.engine.runs.weights_in_use import FILE, WeightsInUse
from app.ui.pages.tryit.beside import Known, beside
from app.ui.widgets.examples.example import Example, example_from

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.engine.data.dataset import Dataset, Description
    from app.engine.data.preparation import Preparation
    from app.engine.learning.task import Task
    from app.engine.results.answer import Answer
    from app.engine.results.predictor import Predictor

PREVIEW = 768
"""Longest side of the picture that is shown, in pixels; the network gets the picture itself."""


@dataclass(frozen=True)
class Choice:
    """A run that can be tried. stamp changes with its best weights, and with the choice to use
    them.
    """

    path: Path
    stamp: tuple[int, int]


@dataclass(frozen=True)
class Ready:
    """A run whose weights are loaded, which ones, and what they were trained on and for."""

    choice: Choice
    kept: WeightsInUse
    description: Description
    task: Task

    @property
    def epoch(self) -> int:
        return self.kept.epoch


@dataclass(frozen=True, eq=False)
class Given:
    """What a person gave. origin: where it comes from, in a few words.

    raw: an open picture or a file, a row's cells by column, a text, a signal; of a pair a tuple
    with None for a half that was not given. kept: an example of the data as a Dataset keeps it, in
    place of raw. true: its target as the data have it, None if not known. data: the fingerprint of
    those data, "" for what came from elsewhere.
    """

    origin: str
    raw: Any = None
    kept: tuple[np.ndarray, ...] | None = None
    true: np.ndarray | None = None
    data: str = ""


@dataclass(frozen=True, eq=False)
class Reply:
    """What came back.

    answer: in words, None where the task answers otherwise (see `beside`). arrays: what was given,
    as a Dataset keeps it; seen: the same for the eye. shown: (C, h, w) uint8, a picture as it came,
    at most PREVIEW pixels. halves: of a pair, which were given. extra: what stands beside the
    answer.
    """

    given: Given
    description: Description
    task: Task
    epoch: int
    answer: Answer | None
    arrays: tuple[np.ndarray, ...]
    seen: Example
    shown: np.ndarray | None
    halves: tuple[bool, ...]
    extra: Any = None
    left_out: str = ""
    """A sentence where not all of what was given is read."""

    @property
    def ranking(self) -> list[tuple[str, float]]:
        """The parts of the answer with their figures, the most important first."""
        return (
            [(item.label, item.value) for item in self.answer.items]
            if self.answer is not None
            else []
        )


def usable_runs(folder: Path, shown: Path | None, check: Callable[[], None]) -> list[Choice]:
    """The runs with weights to use, newest first; before them the run that is shown, if it lies
    elsewhere.
    """
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
    """Keeps the weights loaded last, and what they said of the open data.

    Only called on the background thread.
    """

    def __init__(self) -> None:
        self._loaded: tuple[Choice, Predictor, Known] | None = None

    def load(self, path: Path) -> Ready:
        """Loads the weights in use so far, unless they are loaded already. Raises UserError."""
        choice = choice_of(path)
        if choice is None:
            raise UserError(
                f"The run '{path.name}' has no weights yet.",
                "Let it train until its first epoch is judged.",
            )

        if self._loaded is None or self._loaded[0] != choice:
            from app.engine.results.predictor import Predictor

            self._loaded = (choice, Predictor.load(Run(path)), Known())

        predictor = self._loaded[1]
        return Ready(choice, predictor.kept, predictor.description, predictor.task)

    def predictor(self, path: Path) -> Predictor:
        """The network of a run, loaded. Raises UserError."""
        self.load(path)
        assert self._loaded is not None
        return self._loaded[1]

    def ask(
        self,
        path: Path,
        given: Given,
        dataset: Dataset | None,
        check: Callable[[], None] = lambda: None,
    ) -> tuple[Ready, Reply]:
        """dataset: the run's own data, where they are open.

        Raises UserError where the example or the weights cannot be read, and what check raises.
        """
        ready = self.load(path)
        assert self._loaded is not None

        _, predictor, known = self._loaded
        description = predictor.description
        task = predictor.task
        arrays, halves = _arrays(predictor, given)
        predictions = (
            predictor.predictions(*(array[None] for array in arrays))[0]
            if task.answers in ("values", "pair")
            else None
        )

        answer = None
        if (
            predictions is not None
            and all(halves)
            and not (task.embeds and task.answers == "values")
        ):
            answer = report_for(task.view).answer(description, predictions)

        extra = beside(task.view, predictor, arrays, predictions, halves, dataset, known, check)
        seen = example_from(description.preparation, arrays[0] if len(arrays) == 1 else arrays)
        left_out = (
            description.preparation.left_out_note(given.raw)
            if given.kept is None and all(halves)
            else ""
        )

        return ready, Reply(
            given,
            description,
            task,
            ready.epoch,
            answer,
            arrays,
            seen,
            _shown(given, arrays),
            halves,
            extra,
            left_out,
        )


def _arrays(predictor: Predictor, given: Given) -> tuple[tuple[np.ndarray, ...], tuple[bool, ...]]:
    """What was given, as a Dataset keeps it; a half that is missing is empty."""
    if given.kept is not None:
        return given.kept, (True,) * len(given.kept)

    preparation = predictor.description.preparation
    inputs = preparation.inputs
    if len(inputs) == 1:
        return predictor.read(given.raw), (True,)

    halves = tuple(one is not None for one in given.raw)
    if all(halves):
        return predictor.read(given.raw), halves

    found = [
        predictor.read_half(place, one) if one is not None else _empty(half)
        for place, (half, one) in enumerate(zip(preparation.halves, given.raw, strict=True))  # type: ignore[attr-defined]
    ]
    return tuple(found), halves


def _empty(half: Preparation) -> np.ndarray:
    one = half.inputs[0]
    kept = {"image": np.uint8, "text": np.int32}.get(one.kind, np.float32)
    return np.zeros(one.shape, kept)


def _shown(given: Given, arrays: tuple[np.ndarray, ...]) -> np.ndarray | None:
    """The picture as it came; None for what is no single picture."""
    if isinstance(given.raw, Path):
        try:
            return _preview(pictures.decode(given.raw))
        except pictures.UnreadablePicture:
            return None

    if isinstance(given.raw, Image.Image):
        return _preview(given.raw)

    whole = arrays[0]
    return whole if given.kept is not None and whole.dtype == np.uint8 and whole.ndim == 3 else None


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
