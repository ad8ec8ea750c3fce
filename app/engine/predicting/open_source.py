"""Sources of examples, opened: each example is read when its turn comes."""

from __future__ import annotations

import contextlib
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from app.engine.data.kinds.pair.preparation import PairPreparation
from app.engine.data.names import readable
from app.engine.errors import UserError
from app.engine.results.answers import BATCH, ReadExample, read_example, settings_of
from app.engine.results.inputs import (
    input_of_rows,
    is_table,
    raws_by_name,
    read_input,
    refuse_empty,
)
from app.engine.sources.decoding.threads import in_threads
from app.engine.sources.format import Check, no_check
from app.engine.sources.tables.delimiters import written_delimiter
from app.engine.sources.tables.in_parts import open_in_parts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from app.engine.data.dataset import Skipped
    from app.engine.predicting.sources import Source
    from app.engine.results.inputs import PredictionInput
    from app.engine.results.predictor import Predictor
    from app.engine.sources.tables.columns import Column, Table
    from app.engine.sources.tables.dialect import Dialect
    from app.engine.sources.tables.in_parts import TableInParts

Result = TypeVar("Result")

FEWEST_FOR_THREADS = 4
"""Of fewer pictures the threads cost more than they gain."""

MOST_AHEAD = 64_000_000
"""Bytes of the pictures that are unpacked while the network answers, at most."""


@dataclass(frozen=True)
class Row:
    """An example that was read, with the cells that stand before its answer; () for no table."""

    example: ReadExample
    cells: tuple[Any, ...] = field(default=(), repr=False)


@dataclass(frozen=True)
class CsvStyle:
    """How a table of answers is written as text: as the table of the examples was."""

    delimiter: str = ","
    decimal: str = "."

    @classmethod
    def of(cls, dialect: Dialect) -> CsvStyle:
        decimal = dialect.style.decimal
        usual = ";" if decimal == "," else ","
        return cls(written_delimiter(dialect.delimiter or usual), decimal)


USUAL_STYLE = CsvStyle()


@dataclass
class OpenSource:
    """A source that can be read.

    heads: the names of the columns of a table, None where it is none. total: how many examples
    there are. many: whether they come from one file, so that each has a name of its own in it.
    rows: reads them, once. left_out: what is no example, such as a row of totals; complete when all
    rows are read.
    """

    source: Source
    heads: tuple[str, ...] | None
    total: int
    many: bool
    rows: Iterator[Row] = field(repr=False)
    left_out: list[Skipped] = field(default_factory=list)
    style: CsvStyle = USUAL_STYLE

    @property
    def name(self) -> str:
        return self.source.name

    @property
    def is_folder(self) -> bool:
        return self.source.folder


def open_source(predictor: Predictor, source: Source, check: Check = no_check) -> OpenSource:
    """Opens a source for a network.

    An example that cannot be read is told with its row; a large table is read part by part. Raises
    UserError where the source itself cannot be used, and whatever `check` raises.
    """
    if source.files or source.folder:
        count = len(source.files)
        rows = _rows_of_files(predictor, source.files, check)
        return OpenSource(source, None, count, False, rows, list(source.left_out))

    given = source.given
    if given is None:
        parts = _in_parts(predictor, Path(source.name).expanduser(), check)
        if parts is not None:
            return _opened_parts(predictor, source, parts)

        given = read_input(source.name, predictor.description, settings_of(predictor), check)

    table = given.table
    rows = _rows_of(predictor, given, table)
    if table is None:
        return OpenSource(source, None, len(given.raws), given.many, rows)

    left_out = list(table.skipped)
    style = CsvStyle.of(table.dialect)
    return OpenSource(source, table.column_names, len(table), True, rows, left_out, style)


# --- files of an example each


def _rows_of_files(predictor: Predictor, files: Sequence[str], check: Check) -> Iterator[Row]:
    settings = settings_of(predictor)

    def read(index: int) -> list[ReadExample]:
        name = files[index]
        try:
            given = read_input(name, predictor.description, settings, check)
        except UserError as error:
            return [ReadExample(name, error=str(error))]

        return [read_example(predictor, given, place) for place in range(len(given.raws))]

    for examples in _in_order(predictor, read, len(files)):
        for example in examples:
            yield Row(example)


# --- files of many


def _in_parts(predictor: Predictor, path: Path, check: Check) -> TableInParts | None:
    """Opens a large table; None for anything else."""
    trained = predictor.description
    if not path.is_file() or not is_table(path, trained.preparation):
        return None

    # What the system refuses is told when it is read as a whole.
    with contextlib.suppress(OSError):
        return open_in_parts(path, settings_of(predictor), trained, check)

    return None


def _opened_parts(predictor: Predictor, source: Source, parts: TableInParts) -> OpenSource:
    if not parts.total:
        parts.close()
        refuse_empty(parts.sample)

    left_out = list(parts.sample.skipped)
    return OpenSource(
        source,
        parts.sample.column_names,
        parts.total,
        True,
        _rows_of_parts(predictor, parts, left_out),
        left_out,
        CsvStyle.of(parts.sample.dialect),
    )


def _rows_of_parts(
    predictor: Predictor, parts: TableInParts, left_out: list[Skipped]
) -> Iterator[Row]:
    try:
        for raw, read in parts:
            left_out += raw.skipped
            given = input_of_rows(read, tuple(raws_by_name(read, predictor.description)))
            yield from _rows_of(predictor, given, raw)
    except OSError as error:
        raise UserError(
            f"'{readable(parts.sample.path)}' could not be read to its end "
            f"({error.strerror or 'disk error'}).",
            "Check the disk.",
        ) from error
    finally:
        parts.close()


def _rows_of(predictor: Predictor, given: PredictionInput, table: Table | None) -> Iterator[Row]:
    """Yields the examples with the cells of their rows in a table."""
    cells = iter(cells_of_rows(table)) if table is not None else None

    def read(index: int) -> ReadExample:
        return read_example(predictor, given, index)

    for example in _in_order(predictor, read, len(given.raws)):
        yield Row(example, next(cells) if cells is not None else ())


def cells_of_rows(table: Table) -> list[tuple[Any, ...]]:
    """Returns the rows of a table as cells: texts, and numbers where the file itself has them."""
    return list(zip(*map(_cells, table.columns), strict=True))


def _cells(column: Column) -> list[Any]:
    if column.nested:
        return ["…"] * len(column)
    if column.values is None:
        return list(column.texts.to_pylist())

    there = np.isfinite(column.values).tolist()
    return [
        value if known else None for value, known in zip(column.values.tolist(), there, strict=True)
    ]


def _in_order(predictor: Predictor, read: Callable[[int], Result], count: int) -> Iterator[Result]:
    """Yields what `read` returns for 0, 1 ...; where there are pictures, in threads.

    They unpack outside of Python's lock; everything else would only wait for it.
    """
    preparation = predictor.description.preparation
    halves = preparation.halves if isinstance(preparation, PairPreparation) else (preparation,)
    if count < FEWEST_FOR_THREADS or all(half.kind != "image" for half in halves):
        yield from map(read, range(count))
        return

    # While the network answers a batch, the next one is unpacked.
    example = sum(4 * math.prod(half.shape) for half in preparation.inputs)
    ahead = min(BATCH, MOST_AHEAD // example)
    with contextlib.closing(in_threads(read, count, ahead)) as results:
        for _, result in results:
            yield result
