"""The network of a run, used: on one example, or on another data set.

Always on the CPU, beside any training.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from PIL import Image

from app.engine.compute.batches import SplitInputs, as_batch, split_inputs
from app.engine.compute.evaluation import (
    USUAL_BATCH_SIZE,
    Evaluation,
    evaluate,
    evaluation_batch_size,
)
from app.engine.data import pictures
from app.engine.data.kinds.image.preparation import ImagePreparation
from app.engine.data.kinds.pair.preparation import PairPreparation
from app.engine.errors import UserError
from app.engine.experiment.data_settings import DataSettings
from app.engine.experiment.toml_file import from_plain
from app.engine.learning import tasks
from app.engine.learning.loss import LOSSES, LossFunction
from app.engine.results.report import OTHER, Report
from app.engine.runs import checkpoint
from app.engine.runs.weights_in_use import (
    BEST,
    WeightsInUse,
    Which,
    last_weights,
    read_weights_in_use,
)
from app.engine.sources.format import Check, Progress, no_check, no_progress
from app.engine.sources.opening import open_dataset, same_classes
from models.network import Network

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.engine.data.dataset import Dataset, Description
    from app.engine.data.preparation import Preparation
    from app.engine.experiment.experiment import Experiment
    from app.engine.runs.run import Run


class Predictor:
    """A trained network with its classes and its preparation.

    All it needs is in the run's checkpoints, so the data may be gone. It holds weights of its own:
    a training that goes on is not disturbed. kept: which weights they are.
    """

    def __init__(
        self,
        network: Network,
        description: Description,
        task: tasks.Task,
        experiment: Experiment | None = None,
        best_epoch: int = 0,
        kept: WeightsInUse = BEST,
    ) -> None:
        self.network = network.eval().requires_grad_(False)
        self.description = description
        self.task = task
        self.experiment = experiment
        self.best_epoch = best_epoch
        self.kept = kept

    @classmethod
    def load(cls, run: Run, which: Which | None = None) -> Predictor:
        """The weights that were chosen for the run, or those asked for.

        Reads tensors from safetensors only.

        Raises UserError where nothing was kept or it is damaged.
        """
        best = checkpoint.read_best(run)
        state = best.state
        epoch = int(state.get("epoch", 0))
        kept = WeightsInUse(
            "best", epoch, int(state.get("step", 0)), bool(state.get("partial", False))
        )
        model = best.model

        chosen = read_weights_in_use(run)
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

    def predictions(self, *arrays: np.ndarray) -> np.ndarray:
        """What the task keeps of the network's answers to (B, ...) arrays as a Dataset keeps them;
        of pairs, both halves: (B, ...) float32.
        """
        outputs = self._outputs(*arrays)
        return self.task.predictions(
            self.description, outputs, torch.zeros(len(outputs), dtype=torch.int64)
        ).numpy()

    def predict(self, raw: Any) -> list[tuple[str, float]]:
        """Every class with its probability, the most probable first.

        raw: see `read`. Raises UserError.
        """
        probabilities = self.probabilities(self.read(raw)[0][None])[0]
        order = np.argsort(-probabilities, kind="stable")
        return [(self.classes[index], float(probabilities[index])) for index in order]

    def read(self, raw: Any) -> tuple[np.ndarray, ...]:
        """What a person gave, as a Dataset keeps it, one array for each half of a pair.

        raw: a picture (open, a file, or bytes), a row's cells by column, a text, a signal, or a
        tuple of two of them. Raises UserError where it cannot be used.
        """
        preparation = self.description.preparation
        if isinstance(preparation, PairPreparation):
            return tuple(
                _kept(half, one) for half, one in zip(preparation.halves, raw, strict=True)
            )

        return (_kept(preparation, raw),)

    def read_half(self, place: int, raw: Any) -> np.ndarray:
        """One half of a pair, 0 or 1, as a Dataset keeps it. Raises UserError."""
        preparation = self.description.preparation
        assert isinstance(preparation, PairPreparation)
        return _kept(preparation.halves[place], raw)

    def logits(self, inputs: np.ndarray) -> np.ndarray:
        """What the network answers, float32: of one example (...) its outputs, or of (B, ...) each
        one's.
        """
        single = inputs.ndim == len(self.description.shape)
        outputs = self._outputs(inputs[None] if single else inputs).numpy()
        return outputs[0] if single else outputs

    def probabilities(self, inputs: np.ndarray) -> np.ndarray:
        """(B, ...) as a Dataset keeps them -> (B, K) float32, of tasks with classes."""
        return self.predictions(inputs)

    def _outputs(self, *arrays: np.ndarray) -> torch.Tensor:
        batch = as_batch([torch.from_numpy(np.array(array)) for array in arrays])
        with torch.no_grad():
            return self.network(self.description.preparation.tensor(batch)).float()

    # --- on other data

    def settings_for(self, source: str) -> DataSettings:
        """How other data must be read for this network: for the same task, pictures in its size,
        colours and fit.
        """
        settings = self.experiment.data if self.experiment is not None else DataSettings()
        settings = settings.replace(source=source, task=self.description.task)

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
        """Other data, prepared as the network's own were. Raises UserError."""
        return open_dataset(
            self.settings_for(source),
            progress,
            check,
            reuse_preparation=self.description.preparation,
        )

    def targets_for(self, dataset: Dataset) -> np.ndarray:
        """The targets of other data in this network's terms: classes and tags matched by name.

        Raises UserError, with the difference, where the data have classes that the network does not
        know, or another number of amounts.
        """
        others = dataset.description.classes
        targets = dataset.targets

        amounts = len(self.description.amounts)
        if self.task.targets == "amounts" and targets.shape[1] != amounts:
            raise UserError(
                f"The network predicts {amounts:,} {'amount' if amounts == 1 else 'amounts'} of "
                "each example; these "
                f"data have {targets.shape[1]:,}.",
                "Choose data with the same targets.",
                "data.target",
            )
        if self.task.targets not in ("classes", "tags") or others == self.classes:
            return targets

        if any(name not in self.classes for name in others):
            difference = same_classes(self.description, dataset.description)
            raise UserError(
                difference, "Give the classes the names they had in training.", "data.source"
            )

        table = np.array([self.classes.index(name) for name in others], dtype=np.int64)
        if targets.ndim == 1:
            return table[targets]

        wide = np.zeros((len(targets), len(self.classes)), targets.dtype)
        wide[:, table] = targets
        return wide

    def inputs_for(self, dataset: Dataset, split: str = "") -> SplitInputs:
        """The inputs of other data as this network's preparation keeps them. Raises UserError."""
        theirs = dataset.description.preparation.inputs
        if [one.shape for one in theirs] != [
            one.shape for one in self.description.preparation.inputs
        ]:
            raise UserError(
                "These data are not of the form that the network was trained on.",
                "Choose data with the same columns or sizes.",
                "data.source",
            )

        return split_inputs(dataset, split, torch.device("cpu"))

    def judge(
        self, dataset: Dataset, check: Callable[[], None] = lambda: None, split: str = ""
    ) -> Evaluation:
        """One split of the data, or all examples whatever their splits.

        The loss is the one of the training.

        Raises UserError.
        """
        targets = self.targets_for(dataset)
        loss = self._loss()
        size = self.experiment.training.batch_size if self.experiment is not None else None

        return evaluate(
            self.network,
            self.description,
            self.inputs_for(dataset, split),
            targets[dataset.indices[split]] if split else targets,
            loss,
            self.task,
            "cpu",
            evaluation_batch_size(self.network.problem, loss, size or USUAL_BATCH_SIZE),
            check,
        )

    def report_on(self, dataset: Dataset, check: Callable[[], None] = lambda: None) -> Report:
        """The report over all examples of other data, as split OTHER; rows are rows of that data
        set.
        """
        judged = self.judge(dataset, check)
        rows = np.arange(len(judged.targets))
        return Report.of(
            self.description,
            self.task,
            {OTHER: (rows, judged.targets, judged.predictions)},
            losses={OTHER: judged.loss},
            best_epoch=self.best_epoch,
            kept=self.kept,
        )

    def _loss(self) -> LossFunction:
        loss = self.experiment.loss if self.experiment is not None else None
        counts = self.description.counts.get("training", ())
        examples = self.description.size("training")

        return (loss or LOSSES.get(self.task.losses[0])()).build(
            counts, torch.device("cpu"), examples
        )


def _last(run: Run, step: int | None) -> tuple[WeightsInUse, checkpoint.Tensors]:
    """The newest good checkpoint, and where it stands.

    step: where it must stand, for its figures are those shown.
    """
    found, _ = checkpoint.newest(run.path / "checkpoints")
    kept = last_weights(found.state) if found else None
    if found is None or kept is None or step not in (None, kept.step):
        raise UserError(
            f"The last weights of the run '{run.name}' are missing or damaged.",
            "Use the best epoch instead.",
        )

    return kept, found.model


def _experiment(plain: Any) -> Experiment | None:
    return from_plain(dict(plain), "the run") if plain else None


def _kept(preparation: Preparation, raw: Any) -> np.ndarray:
    """One example, or one half, by its preparation.

    Pictures may come open, as a file or as bytes.
    """
    if not isinstance(preparation, ImagePreparation):
        return np.asarray(preparation.array(raw))

    if isinstance(raw, Image.Image):
        if raw.mode in ("L", "RGB"):
            return preparation.array(raw)
        source: Path | bytes = _as_file(raw)
    else:
        source = Path(raw) if isinstance(raw, str) else raw

    if source == b"":
        raise UserError("No picture is named.", "Name its file.")

    try:
        return preparation.array(pictures.decode(source, preparation.detail))
    except pictures.UnreadablePicture as error:
        name = f"'{source.name}'" if isinstance(source, Path) else "The picture"
        raise UserError(
            f"{name} cannot be used: {error.reason}.", "Try another picture."
        ) from error


def _as_file(picture: Image.Image) -> bytes:
    """A picture of any mode (pasted, drawn), to be read like one from a file."""
    content = io.BytesIO()
    try:
        picture.save(content, "PNG")
    except (OSError, ValueError):  # modes that a PNG does not know
        content = io.BytesIO()
        picture.convert("RGB").save(content, "PNG")

    return content.getvalue()
