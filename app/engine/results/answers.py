"""Asks a trained network about one example, or about a file of many, and saves its answers.

For the command line and for 'Try it' alike. Always on the CPU, beside any training.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from app.engine import files
from app.engine.compute.batches import as_batch
from app.engine.compute.evaluation import EVALUATION
from app.engine.compute.randomness import mix_seed
from app.engine.csv_cells import csv_row
from app.engine.data.kinds.text.preparation import TextPreparation
from app.engine.errors import UserError
from app.engine.experiment.data_settings import DataSettings
from app.engine.learning.losses.cross_entropy import NO_TOKEN
from app.engine.results.inputs import PredictionInput, read_input
from app.engine.results.reports import SplitReport, report_for
from app.engine.sources.format import Check, no_check
from app.engine.sources.tables.delimiters import written_delimiter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from app.engine.data.dataset import Skipped
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

    predictions: (...) what the task keeps of the answer. error: why there is none, else "".
    warning: a sentence where not all of the example was read, else "".
    """

    name: str
    answer: Answer | None = None
    predictions: np.ndarray | None = field(default=None, repr=False)
    error: str = ""
    warning: str = ""


@dataclass(frozen=True)
class FileAnswers:
    """The answers to all that a source holds, in its order.

    columns, cells: the answers as a table, a row for each example, of empty texts where there is no
    answer. table: the rows they belong to, where the source is a table. many: whether the source
    may hold many examples.
    """

    source: str
    answers: tuple[AnsweredExample, ...]
    columns: tuple[str, ...]
    cells: tuple[tuple[Cell, ...], ...] = field(repr=False)
    table: Table | None = field(default=None, repr=False)
    many: bool = False

    @property
    def failed(self) -> int:
        """How many examples have no answer."""
        return sum(1 for answered in self.answers if answered.answer is None)

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
    """Returns the answers to all examples in a file.

    An example that cannot be read has an error in place of its answer. check: called for every
    batch; may raise to give up. progress(done, total): called after every batch. Raises UserError
    where the file itself cannot be used.
    """
    data = predictor.experiment.data if predictor.experiment is not None else DataSettings()
    source_input = read_input(source, predictor.description, data, check)
    return answer_input(predictor, source_input, check, progress)


def answer_input(
    predictor: Predictor,
    source_input: PredictionInput,
    check: Check = no_check,
    progress: Callable[[int, int], None] | None = None,
) -> FileAnswers:
    """Returns the answers to examples that are read already; see answer_file."""
    description = predictor.description
    report_class = report_class_of(predictor)
    total = len(source_input.raws)

    answers: list[AnsweredExample] = []
    for first in range(0, total, BATCH):
        check()
        answers += _answer_batch(predictor, source_input, range(first, min(first + BATCH, total)))
        if progress is not None:
            progress(len(answers), total)

    columns = report_class.columns(description)
    empty: tuple[Cell, ...] = ("",) * len(columns)
    cells = tuple(
        empty
        if answered.predictions is None
        else report_class.cells(description, answered.predictions)
        for answered in answers
    )

    return FileAnswers(
        source_input.source,
        tuple(answers),
        columns,
        cells,
        source_input.table,
        source_input.many,
    )


def _answer_batch(
    predictor: Predictor, source_input: PredictionInput, batch: range
) -> list[AnsweredExample]:
    """Returns the answers to some of the examples, by their places in the source."""
    description = predictor.description
    report_class = report_class_of(predictor)
    # of a language model the text is read window after window, so nothing is left out
    reads_all = predictor.task.targets == "tokens"

    prepared: list[_PreparedExample] = []
    errors: dict[int, str] = {}
    for index in batch:
        try:
            prepared.append(_prepare(predictor, source_input.raws[index]))
        except UserError as error:
            errors[index] = str(error)

    answers = []
    predictions = iter(_predictions(predictor, prepared))
    for index in batch:
        name = source_input.names[index]
        if index in errors:
            answers.append(AnsweredExample(name, error=errors[index]))
            continue

        row = next(predictions)
        if not np.isfinite(row).all():
            answers.append(AnsweredExample(name, error=NO_NUMBER))
            continue

        raw = source_input.raws[index]
        warning = "" if reads_all else description.preparation.left_out_note(raw)
        told = source_input.told[index] if source_input.told else ""
        warning = f"{told} {warning}".strip()
        answer = report_class.answer(description, row)
        answers.append(AnsweredExample(name, answer, row, warning=warning))

    return answers


# --- the answers beside the examples


def write_answers(answers: Iterable[FileAnswers], path: str | Path) -> Path:
    """Writes a table of the examples of all sources with the answers beside them; returns its path.

    Spreadsheets open it. The columns of a single table come first as they were, with its own
    delimiter and decimal sign. Raises UserError where the file cannot be written.
    """
    sources = list(answers)
    path = Path(path).expanduser()
    table = sources[0].table if len(sources) == 1 else None

    decimal = "."
    delimiter = ","
    if table is not None:
        decimal = table.dialect.style.decimal
        usual = ";" if decimal == "," else ","
        delimiter = written_delimiter(table.dialect.delimiter or usual)

    content = io.StringIO()
    writer = csv.writer(content, delimiter=delimiter, lineterminator="\n")
    heads = table.column_names if table is not None else ("example",)
    every = [answered for source in sources for answered in source.answers]
    problem_heads = ("problem",) if any(item.error or item.warning for item in every) else ()
    names = _free_names(sources[0].columns, heads)
    writer.writerow(csv_row([*heads, *names, *problem_heads]))

    for source in sources:
        examples = table.cells(len(source.answers)) if table is not None else _example_names(source)
        for example, cells, answered in zip(examples, source.cells, source.answers, strict=True):
            problem = [answered.error or answered.warning] if problem_heads else []
            answer_cells = (_cell_text(cell, decimal) for cell in cells)
            writer.writerow(csv_row([*example, *answer_cells, *problem]))

    files.write_atomically(path, content.getvalue().encode("utf-8-sig"))
    return path


def _example_names(source: FileAnswers) -> list[list[str]]:
    """Returns a row for each example with its name, behind its source where that has many."""
    return [
        [f"{source.source} {answered.name}" if source.many else answered.name]
        for answered in source.answers
    ]


def _free_names(columns: tuple[str, ...], heads: tuple[str, ...]) -> list[str]:
    """Returns the names of columns, with a number where the table has such a column already."""
    names = []
    for name in columns:
        free = name
        number = 2
        while free in heads:
            free = f"{name} ({number})"
            number += 1

        names.append(free)

    return names


def _cell_text(cell: Cell, decimal: str) -> str:
    return str(cell).replace(".", decimal) if isinstance(cell, float) else str(cell)


# --- from an example as it was given to what the task keeps


@dataclass(frozen=True)
class _PreparedExample:
    """One example: arrays (k, ...) as a Dataset keeps them, targets (k, ...).

    k is 1, and more for a text that is longer than what the network reads at once.
    """

    arrays: tuple[np.ndarray, ...]
    targets: np.ndarray


def _prepare(predictor: Predictor, raw: Any) -> _PreparedExample:
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
    return _PreparedExample(arrays, targets)


def _windows(preparation: TextPreparation, text: str) -> _PreparedExample:
    """Returns a text as windows for a language model, each token with the next as its target."""
    tokens = preparation.tokens_of(text)
    length = preparation.length
    count = max(1, -(-(len(tokens) - 1) // length))

    inputs = np.zeros(count * length, np.int32)
    targets = np.full(count * length, NO_TOKEN, np.int64)
    read = tokens[:-1] if len(tokens) > 1 else tokens
    inputs[: len(read)] = read
    targets[: len(tokens) - 1] = tokens[1:]

    return _PreparedExample((inputs.reshape(count, length),), targets.reshape(count, length))


def _predictions(predictor: Predictor, examples: list[_PreparedExample]) -> list[np.ndarray]:
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
