"""A trained network, used on one example or on another data set.

Always on the CPU, beside any training.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from PIL import Image

from app.engine.compute.batches import HostInputs, SplitInputs, as_batch
from app.engine.compute.evaluation import (
    USUAL_BATCH_SIZE,
    Evaluation,
    evaluate,
    evaluation_batch_size,
)
from app.engine.data import pictures
from app.engine.data.kinds import kind_of
from app.engine.data.kinds.image.preparation import ImagePreparation
from app.engine.data.kinds.pair.preparation import PairPreparation
from app.engine.data.picture_files.pages import PageOf
from app.engine.data.tones import LATER
from app.engine.errors import UserError
from app.engine.experiment.data_settings import DataSettings
from app.engine.experiment.toml_file import from_plain
from app.engine.learning import tasks
from app.engine.learning.loss import LOSSES, LossFunction
from app.engine.results.calibration import has_certainty, scaled
from app.engine.results.known_classes import KnownTargets, known_targets
from app.engine.results.report import Report
from app.engine.results.reports import OTHER
from app.engine.runs import checkpoint
from app.engine.runs.storage.checkpoint_folder import Damaged
from app.engine.runs.storage.temperature import read_temperature
from app.engine.runs.tensors import Tensors, restore_model
from app.engine.runs.weights_in_use import (
    BEST,
    WeightsInUse,
    Which,
    last_weights,
    read_weights_in_use,
)
from app.engine.sources.format import Check, Progress, no_check, no_progress
from app.engine.sources.opening import open_dataset
from models.memory.without_memory import give_memory, without_memory
from models.network import Network

if TYPE_CHECKING:
    from app.engine.data.dataset import Dataset, Description
    from app.engine.data.preparation import Preparation
    from app.engine.experiment.experiment import Experiment
    from app.engine.runs.run import Run


class Predictor:
    """A trained network with its classes and its preparation.

    All it needs is in the run's checkpoints, so the data may be gone. It holds a copy of the
    weights, so a training that goes on is not disturbed. weights: which ones they are. temperature:
    by which single answers are scaled, None for none; evaluations are of the network as it is.
    """

    def __init__(
        self,
        network: Network,
        description: Description,
        task: tasks.Task,
        experiment: Experiment | None = None,
        best_epoch: int = 0,
        weights: WeightsInUse = BEST,
        temperature: float | None = None,
    ) -> None:
        self.network = network.eval().requires_grad_(False)
        self.description = description
        self.task = task
        self.experiment = experiment
        self.best_epoch = best_epoch
        self.weights = weights
        self.temperature = temperature

    @classmethod
    def load(cls, run: Run, which: Which | None = None) -> Predictor:
        """Loads the weights in use of a run, or those that are asked for.

        Tensors are only read from safetensors files. Raises UserError where there are no weights
        yet or where they are damaged.
        """
        best = checkpoint.read_best(run)
        state = best.state
        weights_by_name = best.model
        epoch = int(state.get("epoch", 0))
        weights = WeightsInUse(
            "best", epoch, int(state.get("step", 0)), bool(state.get("partial", False))
        )

        in_use = read_weights_in_use(run)
        if (which or in_use.use) == "last":
            weights, weights_by_name = _last(run, None if which else in_use.step)

        with without_memory():
            network = Network(best.graph, best.problem)

        give_memory(network)
        try:
            restore_model(network, weights_by_name)
        except Damaged as error:
            raise UserError(
                f"The weights of the run '{run.name}' do not fit its network.", "Train it again."
            ) from error

        return cls(
            network,
            best.description,
            tasks.task(str(state["task"])),
            _experiment(state.get("experiment")),
            epoch,
            weights,
            read_temperature(run, weights.step),
        )

    @property
    def epoch(self) -> int:
        """The epoch that its weights are of."""
        return self.weights.epoch

    @property
    def classes(self) -> tuple[str, ...]:
        return self.description.classes

    def predictions(self, *arrays: np.ndarray) -> np.ndarray:
        """Returns (B, ...) float32, what the task keeps of the network's answers.

        arrays: (B, ...) as a Dataset keeps them; of pairs one for each half.
        """
        outputs = self._outputs(*arrays)
        found: np.ndarray = self.task.predictions(
            self.description, outputs, torch.zeros(len(outputs), dtype=torch.int64)
        ).numpy()
        if self.temperature is None or not has_certainty(self.task):
            return found

        return scaled(self.task, found, self.temperature)

    def predict(self, raw: Any) -> list[tuple[str, float]]:
        """Returns every class with its probability, the most probable first.

        raw: see `read`. Raises UserError.
        """
        probabilities = self.probabilities(self.read(raw)[0][None])[0]
        order = np.argsort(-probabilities, kind="stable")
        return [(self.classes[index], float(probabilities[index])) for index in order]

    def read(self, raw: Any) -> tuple[np.ndarray, ...]:
        """Returns what a person gave as a Dataset keeps it, one array for each half of a pair.

        raw: a picture (open, a file, or bytes), a row's cells by column, a text, a signal, or a
        tuple of two of them. Raises UserError where it cannot be used.
        """
        preparation = self.description.preparation
        if isinstance(preparation, PairPreparation):
            return tuple(
                as_array(half, half_raw)
                for half, half_raw in zip(preparation.halves, raw, strict=True)
            )

        return (as_array(preparation, raw),)

    def read_half(self, half: int, raw: Any) -> np.ndarray:
        """Returns one half of a pair, 0 or 1, as a Dataset keeps it. Raises UserError."""
        preparation = self.description.preparation
        assert isinstance(preparation, PairPreparation)
        return as_array(preparation.halves[half], raw)

    def logits(self, inputs: np.ndarray) -> np.ndarray:
        """Returns the network's outputs, float32: of one example (...) or of a batch (B, ...)."""
        single = inputs.ndim == len(self.description.shape)
        outputs = self._outputs(inputs[None] if single else inputs).numpy()
        return outputs[0] if single else outputs

    def probabilities(self, inputs: np.ndarray) -> np.ndarray:
        """Returns (B, K) float32 of (B, ...) inputs as a Dataset keeps them.

        Only for tasks with classes.
        """
        return self.predictions(inputs)

    def _outputs(self, *arrays: np.ndarray) -> torch.Tensor:
        batch = as_batch([torch.from_numpy(np.array(array)) for array in arrays])
        with torch.no_grad():
            outputs: torch.Tensor = self.network(self.description.preparation.tensor(batch))
            return outputs.float()

    # --- on other data

    def settings_for(self, source: str) -> DataSettings:
        """Returns how other data must be read for this network.

        They serve the same task; pictures have its size, colours and fit.
        """
        settings = self.experiment.data if self.experiment is not None else DataSettings()
        settings = settings.replace(source=source, task=self.description.task, revision=None)

        preparation = self.description.preparation
        if not isinstance(preparation, ImagePreparation):
            return settings

        return settings.replace(
            height=preparation.height,
            width=preparation.width,
            fit=preparation.fit,
            colour="grey" if preparation.channels == 1 else "colour",
        )

    def open(
        self, source: str, progress: Progress = no_progress, check: Check = no_check
    ) -> Dataset:
        """Opens other data, prepared as the network's own were. Raises UserError."""
        return open_dataset(
            self.settings_for(source),
            progress,
            check,
            trained=self.description,
        )

    def targets_for(self, dataset: Dataset, split: str = "") -> KnownTargets:
        """Returns the targets of other data, with classes and tags numbered as in this network.

        split: "" for all examples. Classes are matched by name. Raises UserError, with the
        difference, where the network knows none of them, or predicts another number of amounts.
        """
        targets: np.ndarray = dataset.targets
        rows = dataset.indices[split] if split else np.arange(len(targets))

        amounts = len(self.description.amounts)
        if self.task.targets == "amounts" and targets.shape[1] != amounts:
            what = "amount" if amounts == 1 else "amounts"
            raise UserError(
                f"The network predicts {amounts:,} {what} of each example; these data have "
                f"{targets.shape[1]:,}.",
                "Choose data with the same targets.",
                "data.target",
            )
        if self.task.targets not in ("classes", "tags", "shares"):
            return KnownTargets(targets[rows], rows)

        return known_targets(self.description, dataset, rows)

    def _inputs_for(self, dataset: Dataset, rows: np.ndarray) -> SplitInputs:
        """Returns the inputs of some rows of other data, which must have this network's form.

        Raises UserError.
        """
        shapes = [half.shape for half in dataset.description.preparation.inputs]
        if shapes != [half.shape for half in self.description.preparation.inputs]:
            raise UserError(
                "These data are not of the form that the network was trained on.",
                "Choose data with the same columns or sizes.",
                "data.source",
            )

        return HostInputs(dataset.arrays, rows)

    def evaluate(self, dataset: Dataset, check: Check = no_check, split: str = "") -> Evaluation:
        """Evaluates one split of the data, or all examples whatever their splits.

        Those of a class that the network does not know are left out, see targets_for.
        The loss is the one of the training. Raises UserError.
        """
        known = self.targets_for(dataset, split)
        return self.evaluate_inputs(self._inputs_for(dataset, known.rows), known.targets, check)

    def evaluate_inputs(
        self, inputs: SplitInputs, targets: np.ndarray, check: Check = no_check
    ) -> Evaluation:
        """Evaluates n examples with their targets, numbered as in this network."""
        return evaluate(
            self.network,
            self.description,
            inputs,
            targets,
            self._loss(),
            self.task,
            "cpu",
            self.evaluation_batch_size(),
            check,
        )

    def evaluation_batch_size(self) -> int:
        """Returns how many examples are evaluated at a time; the damage of a task depends on it."""
        size = self.experiment.training.batch_size if self.experiment is not None else None
        return evaluation_batch_size(self.network.problem, self._loss(), size or USUAL_BATCH_SIZE)

    def report_on(self, dataset: Dataset, check: Check = no_check) -> Report:
        """Returns the report over all examples of other data, as split OTHER.

        Its rows are rows of that data set.
        """
        evaluation = self.evaluate(dataset, check)
        rows = self.targets_for(dataset).rows
        return Report.of(
            self.description,
            self.task,
            {OTHER: (rows, evaluation.targets, evaluation.predictions)},
            losses={OTHER: evaluation.loss},
            best_epoch=self.best_epoch,
            weights=self.weights,
        )

    def _loss(self) -> LossFunction:
        """Returns the loss of the training; the task's usual one where that is not known."""
        loss = self.experiment.loss if self.experiment is not None else None
        counts = self.description.counts.get("training", ())
        examples = self.description.size("training")

        return (loss or LOSSES.get(self.task.losses[0])()).build(
            counts, torch.device("cpu"), examples
        )


def _last(run: Run, step: int | None) -> tuple[WeightsInUse, Tensors]:
    """Returns the newest good checkpoint, and where it stands. Raises UserError.

    step: where it must stand, because the figures that are shown are of that step.
    """
    newest, _ = checkpoint.newest(run.path / "checkpoints")
    weights = last_weights(newest.state) if newest else None
    if newest is None or weights is None or step not in (None, weights.step):
        raise UserError(
            f"The last weights of the run '{run.name}' are missing or damaged.",
            "Use the best epoch instead.",
        )

    return weights, newest.model


def _experiment(plain: Any) -> Experiment | None:
    return from_plain(dict(plain), "the run") if plain else None


def as_array(preparation: Preparation, raw: Any) -> np.ndarray:
    """Returns one example, or one half, as its preparation keeps it. Raises UserError.

    Pictures may come open, as a file or as bytes.
    """
    if not isinstance(preparation, ImagePreparation):
        kind_files = kind_of(preparation.kind).files
        if isinstance(raw, Path) and kind_files is not None:
            raw = kind_files.read(raw)

        return np.asarray(preparation.array(raw))

    if isinstance(raw, np.ndarray):
        return preparation.array(raw)

    page = raw.page if isinstance(raw, PageOf) else None
    if isinstance(raw, PageOf):
        raw = raw.path
    if isinstance(raw, Image.Image):
        if raw.mode in ("L", "RGB", "F"):
            return preparation.array(raw)

        source: Path | bytes = _as_file(raw)
    else:
        source = Path(raw) if isinstance(raw, str) else raw

    if source == b"":
        raise UserError("No picture is named.", "Name its file.")

    try:
        return preparation.array(preparation.decoded(source, page, choice=LATER))
    except pictures.UnreadablePicture as error:
        name = f"'{source.name}'" if isinstance(source, Path) else "The picture"
        raise UserError(
            f"{name} cannot be used: {error.reason}.", "Try another picture."
        ) from error


def _as_file(picture: Image.Image) -> bytes:
    """Returns a picture of any mode (pasted, drawn) as a file, to be read like any other."""
    content = io.BytesIO()
    try:
        picture.save(content, "PNG")
    except (OSError, ValueError):  # modes that a PNG does not know
        content = io.BytesIO()
        picture.convert("RGB").save(content, "PNG")

    return content.getvalue()
