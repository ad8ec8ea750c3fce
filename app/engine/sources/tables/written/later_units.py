"""The units of columns, told of a training table, and those of a later one beside them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from app.engine.data.kinds.row.preparation import RowPreparation
from app.engine.data.names import readable
from app.engine.data.numbers import to_numbers
from app.engine.data.units import unit_in
from app.engine.errors import UserError
from app.engine.text import count_text, list_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from app.engine.data.dataset import Description
    from app.engine.sources.tables.columns import Column, Table

PERCENT = "%"

REPORTED = 10
"""At most so many columns are named."""


def unit_notes(columns: Sequence[Column]) -> list[str]:
    """Returns a sentence on the columns of numbers that have a unit, in cells or names."""
    numbers = [column for column in columns if column.kind == "number"]
    known = [(column.name, column.unit or unit_in(column.name)) for column in numbers]
    units = [f"'{name}' in {unit}" for name, unit in known if unit]
    listed = list_text(units, REPORTED).removesuffix(".")  # some are shortened: "Nr."
    return [f"Numbers with a unit: {listed}."] if units else []


@dataclass(frozen=True)
class UnitReading:
    """How the numbers of a later column become those of the training.

    unit: in which its cells are read. factor: what the numbers are multiplied by. sentence: what is
    told of it, "" for nothing. bare: whether that is about cells without a unit, or with one.
    """

    unit: str
    factor: float = 1.0
    sentence: str = ""
    bare: bool = False


def unit_readings(
    table: Table, names: Iterable[str], trained: Description
) -> dict[str, UnitReading]:
    """Returns by column how a table gets the units of the training.

    names: of the columns that are read as numbers. A share as a number up to 1 and one in percent
    are the same amount. Raises UserError where a column has another unit than in training.
    """
    ranges = _ranges(trained)
    return {
        name: _reading(
            table, table.by_name[name], trained.reading.units.get(name, ""), ranges.get(name, 0.0)
        )
        for name in names
        if name in table.by_name and not table.by_name[name].nested and not table.by_name[name].date
    }


def in_trained_units(table: Table, readings: Mapping[str, UnitReading]) -> Table:
    """Returns a table whose columns of numbers have the units of the training.

    What is taken for granted is told in `Table.told`.
    """
    columns = dict(table.by_name)
    told = []
    for name, reading in readings.items():
        column = _read(columns[name], reading)
        if reading.sentence:
            rows = np.isfinite(column.numbers[0]) & (_is_bare(columns[name]) == reading.bare)
            told += [(reading.sentence, rows)] if rows.any() else []
        columns[name] = column

    notes = (*table.notes, *(_of_rows(sentence, rows) for sentence, rows in told))
    return replace(table, columns=tuple(columns.values()), notes=notes, told=tuple(told))


def _is_bare(column: Column) -> np.ndarray:
    """Returns which cells are numbers without a unit: (N,) bool."""
    if column.known_unit:
        return np.zeros(len(column), bool)
    if column.values is not None:
        return np.asarray(np.isfinite(column.values))

    return np.asarray(np.isfinite(to_numbers(column.texts, column.style)[0]))


def _of_rows(sentence: str, rows: np.ndarray) -> str:
    """Returns a sentence on some rows of a table, said of the whole table."""
    count = int(rows.sum())
    return sentence if count == len(rows) else f"In {count_text(count, 'row')} {sentence}"


def _reading(table: Table, column: Column, unit: str, largest: float) -> UnitReading:
    """Returns how a column gets a unit, with a sentence where its cells do not say it themselves.

    largest: the largest number of the training without its sign.
    """
    expected = replace(column, known_unit=unit)
    own = expected.found_unit or column.known_unit
    if unit in (column.known_unit, unit_in(column.name)) and own in ("", unit):
        return UnitReading(unit)  # the name, or a row of units, says it
    if own and own != unit and own == unit_in(column.name):
        return UnitReading(unit)

    if own not in ("", unit) and unit:
        raise UserError(
            f"'{column.name}' of '{readable(table.path)}' is in {own}; in training it was in "
            f"{unit}.",
            f"Give it in {unit}.",
            "data.source",
        )

    numbers = np.abs(column.numbers[0])
    here = float(np.nanmax(numbers)) if np.isfinite(numbers).any() else 0.0
    if not own and unit == PERCENT and 0 < here <= 1 < largest:
        sentence = f"'{column.name}' has shares of 1 here; they are read in %, as in training."
        return UnitReading(unit, 100.0, sentence, bare=True)
    if own == PERCENT and not unit and largest <= 1 < here:
        sentence = f"'{column.name}' is in % here; it is read as shares of 1, as in training."
        return UnitReading(PERCENT, 0.01, sentence)
    if unit:
        sentence = f"'{column.name}' has no unit here and is read in {unit}, as in training."
        return UnitReading(unit, sentence=sentence, bare=True)
    if not own:
        return UnitReading(unit)

    without = f"'{column.name}' is in {own} here; in training its numbers had no unit."
    return UnitReading(own, sentence=without)


def _read(column: Column, reading: UnitReading) -> Column:
    """Returns a column whose numbers are in the unit of the training."""
    read = replace(column, known_unit=reading.unit)
    if reading.factor == 1.0:
        return read

    unit = PERCENT if reading.factor > 1.0 else ""
    values = read.numbers[0] * reading.factor
    return replace(read, stored_texts=None, values=values, known_unit=unit)


def _ranges(trained: Description) -> dict[str, float]:
    """Returns the largest number of each column in training, without its sign."""
    amounts = {amount.name: (amount.low, amount.high) for amount in trained.amounts}
    if isinstance(trained.preparation, RowPreparation):
        read = trained.preparation.amounts
        amounts |= {column.name: (column.low, column.high) for column in read}

    return {name: max(abs(low), abs(high)) for name, (low, high) in amounts.items()}
