"""The network of a run, loaded once and asked about one example after another.

All of it runs on the background thread, which imports torch.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from app.engine.data import pictures
from app.engine.data.kinds.image.preparation import ImagePreparation
from app.engine.data.kinds.pair.preparation import PairPreparation
from app.engine.errors import UserError
from app.engine.results.reports import report_for
from app.engine.runs.run import Run
from app.ui.pages.tryit.answer_cards import answer_card_for
from app.ui.pages.tryit.context import EmbeddedData, PredictionContext
from app.ui.pages.tryit.prediction import TryItInput, TryItResult
from app.ui.pages.tryit.usable_runs import LoadedRun, UsableRun, usable_run
from app.ui.state.run_identity import RunIdentity
from app.ui.widgets.examples.example import example_from

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.engine.data.dataset import Dataset
    from app.engine.data.preparation import Preparation
    from app.engine.results.answer import Answer
    from app.engine.results.predictor import Predictor

PREVIEW = 768
"""Longest side of the picture that is shown, in pixels; the network gets the picture itself."""


class LoadedPredictor:
    """Keeps the weights loaded last, and what they make of the open data.

    Only called on the background thread.
    """

    def __init__(self) -> None:
        self._loaded: tuple[UsableRun, Predictor, EmbeddedData] | None = None

    def load(self, path: Path) -> LoadedRun:
        """Loads the weights in use of a run, unless they are loaded already. Raises UserError."""
        run, predictor, _ = self._load(path)
        identity = RunIdentity.of_run(Run(path))
        return LoadedRun(run, identity, predictor.weights, predictor.description, predictor.task)

    def predictor(self, path: Path) -> Predictor:
        """Returns the network of a run, loaded. Raises UserError."""
        return self._load(path)[1]

    def _load(self, path: Path) -> tuple[UsableRun, Predictor, EmbeddedData]:
        run = usable_run(path)
        if run is None:
            raise UserError(
                f"The run '{path.name}' has no weights yet.",
                "Let it train until its first epoch is judged.",
            )

        if self._loaded is None or self._loaded[0] != run:
            from app.engine.results.predictor import (  # noqa: PLC0415 - imports torch
                Predictor,
            )

            self._loaded = (run, Predictor.load(Run(path)), EmbeddedData())

        return self._loaded

    def predict(
        self,
        path: Path,
        tryit_input: TryItInput,
        dataset: Dataset | None,
        check: Callable[[], None] = lambda: None,
    ) -> tuple[LoadedRun, TryItResult]:
        """Lets the network of a run answer to one example.

        dataset: the run's own data, where they are open. Raises UserError where the example or the
        weights cannot be read, and what `check` raises.
        """
        loaded = self.load(path)
        _, predictor, embedded = self._load(path)
        description = predictor.description
        task = predictor.task

        arrays, halves = _arrays(predictor, tryit_input)
        predictions = (
            predictor.predictions(*(array[None] for array in arrays))[0]
            if task.answers in ("values", "pair")
            else None
        )
        context = PredictionContext(
            predictor, arrays, halves, predictions, dataset, embedded, check
        )

        preparation = description.preparation
        whole = tryit_input.stored is None and all(halves)
        result = TryItResult(
            tryit_input,
            description,
            task,
            loaded.epoch,
            answer_of(predictor, predictions, halves),
            arrays,
            example_from(preparation, arrays[0] if len(arrays) == 1 else arrays),
            _picture(tryit_input, arrays, preparation),
            halves,
            answer_card_for(task.view).details(context),
            preparation.left_out_note(tryit_input.raw) if whole else "",
        )

        return loaded, result


def answer_of(
    predictor: Predictor, predictions: np.ndarray | None, halves: tuple[bool, ...]
) -> Answer | None:
    """Returns the answer in words; None for half a pair and for a bare point in space."""
    task = predictor.task
    is_point = task.embeds and task.answers == "values"
    if predictions is None or not all(halves) or is_point:
        return None

    return report_for(task.view).answer(predictor.description, predictions)


def _arrays(
    predictor: Predictor, tryit_input: TryItInput
) -> tuple[tuple[np.ndarray, ...], tuple[bool, ...]]:
    """Returns an example as a Dataset keeps it, and of a pair which halves were given.

    A half that is missing is zeros.
    """
    if tryit_input.stored is not None:
        return tryit_input.stored, (True,) * len(tryit_input.stored)

    preparation = predictor.description.preparation
    if not isinstance(preparation, PairPreparation):
        return predictor.read(tryit_input.raw), (True,)

    halves = tuple(raw is not None for raw in tryit_input.raw)
    if all(halves):
        return predictor.read(tryit_input.raw), halves

    arrays = [
        predictor.read_half(index, raw) if raw is not None else _zeros(half)
        for index, (half, raw) in enumerate(zip(preparation.halves, tryit_input.raw, strict=True))
    ]
    return tuple(arrays), halves


def _zeros(half: Preparation) -> np.ndarray:
    form = half.inputs[0]
    stored_as = np.int32 if form.kind == "text" else np.float32
    return np.zeros(form.shape, getattr(half, "dtype", stored_as))


def _picture(
    tryit_input: TryItInput, arrays: tuple[np.ndarray, ...], preparation: Preparation
) -> np.ndarray | None:
    """Returns the picture as it came; None for what is no single picture."""
    if isinstance(tryit_input.raw, Path):
        try:
            return _preview(_decoded(tryit_input.raw, preparation))
        except pictures.UnreadablePicture:
            return None

    if isinstance(tryit_input.raw, Image.Image):
        return _preview(tryit_input.raw)

    is_picture = isinstance(preparation, ImagePreparation) and tryit_input.stored is not None
    return preparation.to_display(arrays[0]) if is_picture else None


def _decoded(path: Path, preparation: Preparation) -> Image.Image:
    """Returns a picture for the screen, with the tones of the training."""
    if not isinstance(preparation, ImagePreparation):
        return pictures.decode(path)

    return pictures.decode(path, tones=preparation.tones, page=preparation.page)


def _preview(picture: Image.Image) -> np.ndarray:
    """Returns (C, h, w) uint8 for the screen; what is transparent is white, as for the network."""
    picture = picture.copy()
    picture.thumbnail((PREVIEW, PREVIEW))

    if picture.mode in ("RGBA", "LA", "PA"):
        paper = Image.new("RGBA", picture.size, "white")
        paper.alpha_composite(picture.convert("RGBA"))
        picture = paper

    pixels = np.asarray(picture if picture.mode == "L" else picture.convert("RGB"))
    return pixels[None] if pixels.ndim == 2 else np.ascontiguousarray(pixels.transpose(2, 0, 1))
