"""The network of a run, used: on a picture, or on another data set. Always on the CPU, beside any training."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from app.engine.data import pictures
from app.engine.data.dataset import Dataset, Description
from app.engine.data.opening import same_classes
from app.engine.errors import UserError
from app.engine.experiment import DataSettings, Experiment
from app.engine.learning import tasks
from app.engine.learning.choices import LOSSES, LossFunction
from app.engine.results.choosing import BEST, Kept, Which, place, read_kept
from app.engine.results.evaluation import Evaluation, evaluate, probabilities_of
from app.engine.results.report import OTHER, Report
from app.engine.storage import from_plain
from app.engine.training import checkpoint
from app.engine.training.batches import split_inputs
from app.engine.training.run import Run
from models.network import Network

BATCH = 256


class Predictor:
    """A trained network with its classes and its preparation. All it needs is in the run's checkpoints, so the data
    may be gone. It holds weights of its own: a training that goes on is not disturbed. kept: which weights they are."""

    def __init__(
        self,
        network: Network,
        description: Description,
        task: tasks.Task,
        experiment: Experiment | None = None,
        best_epoch: int = 0,
        kept: Kept = BEST,
    ) -> None:
        self.network = network.eval().requires_grad_(False)
        self.description, self.task, self.experiment = description, task, experiment
        self.best_epoch, self.kept = best_epoch, kept

    @classmethod
    def load(cls, run: Run, which: Which | None = None) -> Predictor:
        """The weights that were chosen for the run, or those asked for. Reads tensors from safetensors only.

        Raises UserError where nothing was kept or it is damaged.
        """
        best = checkpoint.read_best(run)
        state = best.state
        epoch = int(state.get("epoch", 0))
        kept = Kept("best", epoch, int(state.get("step", 0)), bool(state.get("partial", False)))
        model = best.model
        chosen = read_kept(run)
        if (which or chosen.use) == "last":
            kept, model = _last(run, None if which else chosen.step)
        with torch.device("meta"):
            network = Network(best.graph, best.problem)
        network.to_empty(device="cpu")
        try:
            checkpoint.restore_model(network, model)
        except checkpoint.Damaged as error:
            raise UserError(
                f"The weights of the run '{run.name}' do not fit its network.", "Train it again."
            ) from error
        return cls(
            network,
            best.description,
            tasks.task(str(state["task"])),
            _experiment(state.get("experiment")),
            epoch,
            kept,
        )

    @property
    def epoch(self) -> int:
        """The one its weights are of."""
        return self.kept.epoch

    @property
    def classes(self) -> tuple[str, ...]:
        return self.description.classes

    def predict(self, picture: Image.Image | Path | str | bytes) -> list[tuple[str, float]]:
        """Every class with its probability, the most probable first. Raises UserError for an unreadable picture."""
        probabilities = self.probabilities(self.pixels(picture)[None])[0]
        order = np.argsort(-probabilities, kind="stable")
        return [(self.classes[index], float(probabilities[index])) for index in order]

    def pixels(self, picture: Image.Image | Path | str | bytes) -> np.ndarray:
        """A picture as the network sees it: (C, H, W) uint8, by the preparation of the training."""
        preparation = self.description.preparation
        source: Path | bytes
        if isinstance(picture, Image.Image):
            if picture.mode in ("L", "RGB"):
                return preparation.array(picture)
            source = _as_file(picture)
        else:
            source = Path(picture) if isinstance(picture, str) else picture
        try:
            return preparation.array(pictures.decode(source, preparation.detail))
        except pictures.Unreadable as error:
            name = f"'{source.name}'" if isinstance(source, Path) else "The picture"
            raise UserError(f"{name} cannot be used: {error.reason}.", "Try another picture.") from error

    def logits(self, pixels: np.ndarray) -> np.ndarray:
        """What the network answers: (C, H, W) uint8 -> (outputs,), or (B, C, H, W) -> (B, outputs), float32."""
        single = pixels.ndim == 3
        outputs = self._outputs(pixels[None] if single else pixels).numpy()
        return outputs[0] if single else outputs

    def probabilities(self, pixels: np.ndarray) -> np.ndarray:
        """(B, C, H, W) uint8 -> (B, K) float32 that sum to 1."""
        return probabilities_of(self._outputs(pixels), self.task).numpy()

    def _outputs(self, pixels: np.ndarray) -> torch.Tensor:
        with torch.no_grad():
            return self.network(self.description.preparation.tensor(torch.from_numpy(np.array(pixels)))).float()

    # --- on other data

    def settings_for(self, source: str) -> DataSettings:
        """How other data must be read for this network: its size, its colours, its fit."""
        preparation = self.description.preparation
        settings = self.experiment.data if self.experiment is not None else DataSettings()
        return settings.replace(
            source=source,
            height=preparation.height,
            width=preparation.width,
            fit=preparation.fit,
            colour="grey" if preparation.channels == 1 else "colour",
            task=None,
        )

    def numbers_for(self, dataset: Dataset) -> np.ndarray:
        """The targets of other data as this network's class numbers: (N,) int64, matched by name.

        Raises UserError, with the difference, where the data have classes that the network does not know.
        """
        others = dataset.description.classes
        if any(name not in self.classes for name in others):
            difference = same_classes(self.description, dataset.description)
            raise UserError(difference, "Give the classes the names they had in training.", "data.source")
        table = np.array([self.classes.index(name) for name in others], dtype=np.int64)
        return table[dataset.targets]

    def judge(self, dataset: Dataset, check: Callable[[], None] = lambda: None, split: str = "") -> Evaluation:
        """One split of the data, or all examples whatever their splits. The loss is the one of the training.

        Raises UserError.
        """
        targets = self.numbers_for(dataset)
        return evaluate(
            self.network,
            self.description.preparation,
            split_inputs(dataset, split, torch.device("cpu")) if split else dataset.inputs,
            targets[dataset.indices[split]] if split else targets,
            self._loss(),
            self.task,
            "cpu",
            BATCH,
            check,
        )

    def report_on(self, dataset: Dataset, check: Callable[[], None] = lambda: None) -> Report:
        """The report over all examples of other data, as split OTHER; rows are rows of that data set."""
        judged = self.judge(dataset, check)
        rows = np.arange(len(judged.targets))
        return Report.of(
            self.description,
            self.task,
            {OTHER: (rows, judged.targets, judged.probabilities)},
            losses={OTHER: judged.loss},
            best_epoch=self.best_epoch,
            kept=self.kept,
        )

    def _loss(self) -> LossFunction:
        loss = self.experiment.loss if self.experiment is not None else None
        counts = self.description.counts.get("training", ())
        return (loss or LOSSES.get(self.task.losses[0])()).build(counts, torch.device("cpu"))


def _last(run: Run, step: int | None) -> tuple[Kept, checkpoint.Tensors]:
    """The newest good checkpoint, and where it stands. step: where it must stand, for its figures are those shown."""
    found, _ = checkpoint.newest(run.path / "checkpoints")
    kept = place(found.state) if found else None
    if found is None or kept is None or step not in (None, kept.step):
        raise UserError(
            f"The last weights of the run '{run.name}' are missing or damaged.", "Use the best epoch instead."
        )
    return kept, found.model


def _experiment(plain: Any) -> Experiment | None:
    return from_plain(dict(plain), "the run") if plain else None


def _as_file(picture: Image.Image) -> bytes:
    """A picture of any mode (pasted, drawn), to be read like one from a file."""
    content = io.BytesIO()
    try:
        picture.save(content, "PNG")
    except (OSError, ValueError):  # modes that a PNG does not know
        content = io.BytesIO()
        picture.convert("RGB").save(content, "PNG")
    return content.getvalue()
