"""Asks a trained network about one example, about some of them, or about all in a small file.

For the command line, the window and the service alike. Always on the CPU, beside any training.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from app.engine.compute.batches import as_batch
from app.engine.compute.evaluation import EVALUATION
from app.engine.compute.randomness import mix_seed
from app.engine.data.kinds.text.preparation import TextPreparation
from app.engine.errors import UserError
from app.engine.experiment.data_settings import DataSettings
from app.engine.learning.losses.cross_entropy import NO_TOKEN
from app.engine.results.inputs import PredictionInput, read_input
from app.engine.results.reports import SplitReport, report_for
from app.engine.sources.format import Check, no_check

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from app.engine.data.dataset import Description, Skipped
    from app.engine.results.answer import Answer, Cell
    from app.engine.results.predictor import Predictor
    from app.engine.sources.tables.columns import Table

BATCH = 128

NO_NUMBER = (
    "The network's answer is not a number: the weights are damaged, or the values of the example "
    "are far outside those it learned from."
)


@dataclass(frozen=True)
class AnsweredExample:
    """One example of a source, and the answer to it.

    predictions: (...) what the task keeps of the answer, None without one. error: why there is
    none, else "". warning: a sentence where not all of the example was read, else "". trained,
    report_class: what puts the answer into words.
    """

    name: str
    trained: Description = field(repr=False, compare=False)
    report_class: type[SplitReport] = field(repr=False, compare=False)
    predictions: np.ndarray | None = field(default=None, repr=False)
    error: str = ""
    warning: str = ""

    @functools.cached_property
    def answer(self) -> Answer | None:
        """The answer in words, None where there is none."""
        if self.predictions is None:
            return None

        return self.report_class.answer(self.trained, self.predictions)

    @property
    def cells(self) -> tuple[Cell, ...] | None:
        """The answer as cells of a table, None where there is none."""
        if self.predictions is None:
            return None

        return self.report_class.cells(self.trained, self.predictions)

    @property
    def problem(self) -> str:
        """Why there is no answer, or what is told beside it; "" for nothing."""
        return self.error or self.warning


@dataclass(frozen=True)
class FileAnswers:
    """The answers to all that a source holds, in its order.

    columns: the headings of the answers as cells. table: the rows they belong to, where the source
    is a table. many: whether the source may hold many examples.
    """

    source: str
    answers: tuple[AnsweredExample, ...]
    columns: tuple[str, ...]
    table: Table | None = field(default=None, repr=False)
    many: bool = False

    @property
    def failed(self) -> int:
        """How many examples have no answer."""
        return sum(1 for answered in self.answers if answered.predictions is None)

    @property
    def left_out(self) -> tuple[Skipped, ...]:
        """The rows of the table that are no examples, such as totals, and why."""
        return self.table.skipped if self.table is not None else ()


def report_class_of(predictor: Predictor) -> type[SplitReport]:
    """Returns the report class that puts the answers of this network's task into words."""
    return report_for(predictor.task.view)


def predictions_of(predictor: Predictor, raw: Any) -> np.ndarray:
    """Returns (...) what the task keeps of the network's answer to one example.

    raw: the example as Predictor.read takes it. A task that damages examples damages them with the
    same random numbers every time. Raises UserError where the example cannot be read.
    """
    return _predictions(predictor, [_prepare(predictor, raw)])[0]


def answer(predictor: Predictor, raw: Any) -> Answer:
    """Returns the answer to one example, in words. Raises UserError where it cannot be read."""
    predictions = predictions_of(predictor, raw)
    if not np.isfinite(predictions).all():
        raise UserError(NO_NUMBER)

    return report_class_of(predictor).answer(predictor.description, predictions)


def answer_file(
    predictor: Predictor,
    source: str | Path,
    check: Check = no_check,
    progress: Callable[[int, int], None] | None = None,
) -> FileAnswers:
    """Returns the answers to all examples in a file, which is held in memory as a whole.

    An example that cannot be read has an error in place of its answer. check: called for every
    batch; may raise to give up. progress(done, total): called after every batch. Raises UserError
    where the file itself cannot be used.
    """
    source_input = read_input(source, predictor.description, settings_of(predictor), check)
    return answer_input(predictor, source_input, check, progress)


def settings_of(predictor: Predictor) -> DataSettings:
    """Returns the settings of the data that a network was trained on, the usual if unknown."""
    return predictor.experiment.data if predictor.experiment is not None else DataSettings()


def answer_input(
    predictor: Predictor,
    source_input: PredictionInput,
    check: Check = no_check,
    progress: Callable[[int, int], None] | None = None,
) -> FileAnswers:
    """Returns the answers to examples that are read already; see answer_file."""
    total = len(source_input.raws)
    answers: list[AnsweredExample] = []
    for first in range(0, total, BATCH):
        check()
        batch = range(first, min(first + BATCH, total))
        answers += answer_examples(
            predictor, [read_example(predictor, source_input, index) for index in batch]
        )
        if progress is not None:
            progress(len(answers), total)

    columns = report_class_of(predictor).columns(predictor.description)
    table = source_input.table
    return FileAnswers(source_input.source, tuple(answers), columns, table, source_input.many)


# --- from an example as it was given to an answer


@dataclass(frozen=True)
class PreparedExample:
    """One example: arrays (k, ...) as a Dataset keeps them, targets (k, ...).

    k is 1, and more for a text that is longer than what the network reads at once.
    """

    arrays: tuple[np.ndarray, ...]
    targets: np.ndarray


@dataclass(frozen=True)
class ReadExample:
    """An example that was read. prepared: None where it cannot be used, and error says why.

    warning: a sentence on how it was read, else "".
    """

    name: str
    prepared: PreparedExample | None = field(default=None, repr=False)
    error: str = ""
    warning: str = ""


def read_example(predictor: Predictor, source_input: PredictionInput, index: int) -> ReadExample:
    """Returns one example of a source, ready for the network."""
    name = source_input.names[index]
    raw = source_input.raws[index]
    try:
        prepared = _prepare(predictor, raw)
    except UserError as error:
        return ReadExample(name, error=str(error))

    # of a language model the text is read window after window, so nothing is left out
    reads_all = predictor.task.targets == "tokens"
    warning = "" if reads_all else predictor.description.preparation.left_out_note(raw)
    told = source_input.told[index] if source_input.told else ""
    return ReadExample(name, prepared, warning=f"{told} {warning}".strip())


def answer_examples(predictor: Predictor, examples: Sequence[ReadExample]) -> list[AnsweredExample]:
    """Returns the answers to some examples, in their order."""
    trained = predictor.description
    report_class = report_class_of(predictor)
    prepared = [example.prepared for example in examples if example.prepared is not None]
    predictions = iter(_predictions(predictor, prepared))

    answers = []
    for example in examples:
        row = next(predictions) if example.prepared is not None else None
        error = example.error
        if row is not None and not np.isfinite(row).all():
            row = None
            error = NO_NUMBER

        warning = example.warning if row is not None else ""
        answers.append(AnsweredExample(example.name, trained, report_class, row, error, warning))

    return answers


def _prepare(predictor: Predictor, raw: Any) -> PreparedExample:
    """Returns an example as a Dataset would keep it. Raises UserError where it cannot be read."""
    description = predictor.description
    if predictor.task.targets == "tokens":
        assert isinstance(description.preparation, TextPreparation)
        predictor.read(raw)  # refuses what is no text
        return _windows(description.preparation, raw)

    arrays = tuple(array[None] for array in predictor.read(raw))
    classes = len(description.classes)
    widths = {"tags": classes, "shares": classes, "amounts": len(description.amounts)}
    width = widths.get(predictor.task.targets)

    # The true target is not known, and the answer does not depend on it.
    targets = np.zeros((1,), np.int64) if width is None else np.zeros((1, width), np.float32)
    return PreparedExample(arrays, targets)


def _windows(preparation: TextPreparation, text: str) -> PreparedExample:
    """Returns a text as windows for a language model, each token with the next as its target."""
    tokens = preparation.tokens_of(text)
    length = preparation.length
    count = max(1, -(-(len(tokens) - 1) // length))

    inputs = np.zeros(count * length, np.int32)
    targets = np.full(count * length, NO_TOKEN, np.int64)
    read = tokens[:-1] if len(tokens) > 1 else tokens
    inputs[: len(read)] = read
    targets[: len(tokens) - 1] = tokens[1:]

    return PreparedExample((inputs.reshape(count, length),), targets.reshape(count, length))


def _predictions(predictor: Predictor, examples: list[PreparedExample]) -> list[np.ndarray]:
    """Returns (...) what the task keeps, for each example.

    The rows of the windows of one text are added up, as the sums of its task can be.
    """
    if not examples:
        return []

    arrays = [
        np.concatenate(half) for half in zip(*(example.arrays for example in examples), strict=True)
    ]
    targets = np.concatenate([example.targets for example in examples])
    batches = [
        _predict_batch(
            predictor,
            [array[first : first + BATCH] for array in arrays],
            targets[first : first + BATCH],
        )
        for first in range(0, len(targets), BATCH)
    ]

    predictions = np.concatenate(batches)
    ends = np.cumsum([len(example.targets) for example in examples])
    return [
        rows[0] if len(rows) == 1 else rows.sum(axis=0) for rows in np.split(predictions, ends[:-1])
    ]


@torch.no_grad()
def _predict_batch(
    predictor: Predictor, arrays: list[np.ndarray], targets: np.ndarray
) -> np.ndarray:
    """Returns (B, ...) what the task keeps. arrays: (B, ...) each; targets: (B, ...)."""
    description = predictor.description
    task = predictor.task
    batch = description.preparation.tensor(
        as_batch([torch.from_numpy(np.array(array)) for array in arrays])
    )
    generator = torch.Generator().manual_seed(mix_seed(EVALUATION, 0))
    inputs, task_targets = task.batch(description, batch, torch.from_numpy(targets), generator)

    return np.asarray(
        task.predictions(description, predictor.network(inputs), task_targets).numpy()
    )
