"""A trained network asked: one example, or a file of many with the answers saved beside them.

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
from app.engine.data.kinds.text.preparation import TextPreparation
from app.engine.errors import UserError
from app.engine.experiment.data_settings import DataSettings
from app.engine.learning.losses.cross_entropy import NO_TOKEN
from app.engine.results.inputs import Given, given_in
from app.engine.results.reports import SplitReport, report_for
from app.engine.sources.format import Check, no_check

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from app.engine.results.answer import Answer, Cell
    from app.engine.results.predictor import Predictor
    from app.engine.sources.tables.columns import Table

BATCH = 128


@dataclass(frozen=True)
class Answered:
    """One example of a source.

    predictions: what the task keeps of the answer. error: why there is none, else "". told: a
    sentence where not all of the example was read, else "".
    """

    name: str
    answer: Answer | None = None
    predictions: np.ndarray | None = field(default=None, repr=False)
    error: str = ""
    told: str = ""


@dataclass(frozen=True)
class FileAnswers:
    """All that a source holds, in its order.

    columns, cells: the answers as a table, a row an example, empty texts where there is no answer.
    table: the rows they belong to, where the source is one.
    """

    source: str
    answers: tuple[Answered, ...]
    columns: tuple[str, ...]
    cells: tuple[tuple[Cell, ...], ...] = field(repr=False)
    table: Table | None = field(default=None, repr=False)
    many: bool = False

    @property
    def failed(self) -> int:
        """Examples without an answer."""
        return sum(1 for one in self.answers if one.answer is None)


def words_of(predictor: Predictor) -> type[SplitReport]:
    """Who puts the answers of this network's task into words."""
    return report_for(predictor.task.view)


def predictions_of(predictor: Predictor, raw: Any) -> np.ndarray:
    """What the task keeps of the network's answer to one example, given as Predictor.read takes it.

    Examples that the task damages are damaged by the same dice every time. Raises UserError where
    it cannot be read.
    """
    return _predictions(predictor, [_prepared(predictor, raw)])[0]


def answer(predictor: Predictor, raw: Any) -> Answer:
    """The answer to one example, in words. Raises UserError where it cannot be read."""
    return words_of(predictor).answer(predictor.description, predictions_of(predictor, raw))


def answer_file(
    predictor: Predictor,
    source: str | Path,
    check: Check = no_check,
    told: Callable[[int, int], None] | None = None,
) -> FileAnswers:
    """The answers to all that a file holds; an example that cannot be read has an error and no
    answer.

    told(done, of): called now and then. check: called for every batch; may raise to give up. Raises
    UserError where the file itself cannot be used.
    """
    data = predictor.experiment.data if predictor.experiment is not None else DataSettings()
    return answer_given(
        predictor, given_in(source, predictor.description.preparation, data, check), check, told
    )


def answer_given(
    predictor: Predictor,
    given: Given,
    check: Check = no_check,
    told: Callable[[int, int], None] | None = None,
) -> FileAnswers:
    """As answer_file, for what was read already."""
    description = predictor.description
    words = words_of(predictor)

    answers: list[Answered] = []
    for first in range(0, len(given.raws), BATCH):
        check()
        part = range(first, min(first + BATCH, len(given.raws)))
        prepared: list[_Prepared] = []

        errors: dict[int, str] = {}
        for place in part:
            try:
                prepared.append(_prepared(predictor, given.raws[place]))
            except UserError as error:
                errors[place] = str(error)

        predictions = iter(_predictions(predictor, prepared))
        for place in part:
            if place in errors:
                answers.append(Answered(given.names[place], error=errors[place]))
                continue

            row = next(predictions)
            whole = predictor.task.targets == "tokens"  # then a text is read window after window
            told_of = "" if whole else description.preparation.left_out_note(given.raws[place])
            answers.append(
                Answered(given.names[place], words.answer(description, row), row, told=told_of)
            )

        if told is not None:
            told(len(answers), len(given.raws))

    columns = words.columns(description)
    nothing: tuple[Cell, ...] = ("",) * len(columns)
    cells = tuple(
        nothing if one.predictions is None else words.cells(description, one.predictions)
        for one in answers
    )

    return FileAnswers(given.source, tuple(answers), columns, cells, given.table, given.many)


# --- the answers beside the examples


def write_answers(found: Iterable[FileAnswers], path: str | Path) -> Path:
    """Writes a table with the examples of all sources and the answers beside them, as spreadsheets
    open it: the columns of a table come first as they were, with its own delimiter and decimals.
    Raises UserError.
    """
    sources = list(found)
    path = Path(path).expanduser()
    table = sources[0].table if len(sources) == 1 else None
    delimiter = ","

    decimal = "."
    if table is not None:
        decimal = table.dialect.style.decimal
        delimiter = table.dialect.delimiter or (";" if decimal == "," else ",")

    content = io.StringIO()
    writer = csv.writer(content, delimiter=delimiter, lineterminator="\n")
    columns = _free(sources[0].columns, table.column_names if table is not None else ("example",))
    writer.writerow(
        [
            *(table.column_names if table is not None else ("example",)),
            *columns,
            *_problem_head(sources),
        ]
    )

    for source in sources:
        rows = (
            source.table.cells(len(source.answers))
            if table is not None and source.table is not None
            else [
                [f"{source.source} {one.name}" if source.many else one.name]
                for one in source.answers
            ]
        )
        for before, cells, one in zip(rows, source.cells, source.answers, strict=True):
            problem = [one.error] if _problem_head(sources) else []
            writer.writerow([*before, *(_cell(cell, decimal) for cell in cells), *problem])

    files.write_atomically(path, content.getvalue().encode("utf-8-sig"))
    return path


def _problem_head(sources: list[FileAnswers]) -> tuple[str, ...]:
    return ("problem",) if any(source.failed for source in sources) else ()


def _free(columns: tuple[str, ...], taken: tuple[str, ...]) -> list[str]:
    """The headings, with a number where the table has such a column already."""
    found = []
    for name in columns:
        free = name
        number = 2
        while free in taken:
            free = f"{name} ({number})"
            number = number + 1

        found.append(free)

    return found


def _cell(cell: Cell, decimal: str) -> str:
    return str(cell).replace(".", decimal) if isinstance(cell, float) else str(cell)


# --- from what was given to what the task keeps


@dataclass(frozen=True)
class _Prepared:
    """One example: arrays (k, ...) as a Dataset keeps them, targets (k, ...). k is 1 but for a text
    that is longer than what the network reads at once.
    """

    arrays: tuple[np.ndarray, ...]
    targets: np.ndarray


def _prepared(predictor: Predictor, raw: Any) -> _Prepared:
    description = predictor.description
    if predictor.task.targets == "tokens":
        assert isinstance(description.preparation, TextPreparation)
        predictor.read(raw)  # refuses what is no text
        return _windows(description.preparation, raw)

    arrays = tuple(array[None] for array in predictor.read(raw))
    width = {"tags": len(description.classes), "amounts": len(description.amounts)}.get(
        predictor.task.targets
    )
    # nothing is known of what would be right, and nothing of what is said depends on it
    return _Prepared(
        arrays, np.zeros((1,), np.int64) if width is None else np.zeros((1, width), np.float32)
    )


def _windows(preparation: TextPreparation, text: str) -> _Prepared:
    """A text as examples of a language model: windows, and after every token the next."""
    tokens = preparation.tokens_of(text)
    length = preparation.length
    count = max(1, -(-(len(tokens) - 1) // length))
    inputs = np.zeros(count * length, np.int32)
    targets = np.full(count * length, NO_TOKEN, np.int64)
    kept = tokens[:-1] if len(tokens) > 1 else tokens
    inputs[: len(kept)] = kept
    targets[: len(tokens) - 1] = tokens[1:]

    return _Prepared((inputs.reshape(count, length),), targets.reshape(count, length))


def _predictions(predictor: Predictor, prepared: list[_Prepared]) -> list[np.ndarray]:
    """A row an example; those of the windows of one text are added up, as its task's sums can be."""
    if not prepared:
        return []

    arrays = [np.concatenate(half) for half in zip(*(one.arrays for one in prepared), strict=True)]
    targets = np.concatenate([one.targets for one in prepared])
    found = [
        _asked(
            predictor,
            [array[first : first + BATCH] for array in arrays],
            targets[first : first + BATCH],
        )
        for first in range(0, len(targets), BATCH)
    ]

    predictions = np.concatenate(found)
    ends = np.cumsum([len(one.targets) for one in prepared])
    return [
        rows[0] if len(rows) == 1 else rows.sum(axis=0) for rows in np.split(predictions, ends[:-1])
    ]


@torch.no_grad()
def _asked(predictor: Predictor, arrays: list[np.ndarray], targets: np.ndarray) -> np.ndarray:
    description = predictor.description
    task = predictor.task
    batch = description.preparation.tensor(
        as_batch([torch.from_numpy(np.array(array)) for array in arrays])
    )
    generator = torch.Generator().manual_seed(mix_seed(EVALUATION, 0))
    inputs, wanted = task.batch(description, batch, torch.from_numpy(targets), generator)

    return np.asarray(task.predictions(description, predictor.network(inputs), wanted).numpy())
