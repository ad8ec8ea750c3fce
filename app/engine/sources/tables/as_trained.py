"""Reads a later table as the training table was read, in whatever style it is written.

What training found out holds: the columns by their names, how numbers and dates are written where
that is in doubt, the spelling of values. What a file alone can say is found out anew: its encoding,
its delimiter, its sort.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from app.engine.data.dates import COMPACT, to_days
from app.engine.data.kinds.row.preparation import RowPreparation
from app.engine.data.names import readable
from app.engine.data.numbers import STYLES
from app.engine.data.reading import Reading
from app.engine.data.values import TRUTHS
from app.engine.errors import UserError
from app.engine.sources.format import no_check
from app.engine.sources.tables.reading import read_file, read_table
from app.engine.sources.tables.written.later_units import in_trained_units, unit_readings
from app.engine.sources.tables.written.lists import with_joined_places
from app.engine.text import list_text, names_text, nearest_name

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from app.engine.data.dataset import Description
    from app.engine.data.numbers import NumberStyle
    from app.engine.experiment.data_settings import DataSettings
    from app.engine.sources.format import Check, OpenOptions
    from app.engine.sources.tables.columns import Column, Table
    from app.engine.sources.tables.plan import TablePlan
    from app.engine.sources.tables.written.later_units import UnitReading

OF_ONE_FILE = (
    "delimiter",
    "encoding",
    "sheet",
    "skip_rows",
    "second_row",
    "comment",
)
"""Settings that say how one file is written; another may be written otherwise."""

NEAREST = 4
"""For so many missing columns the nearest is named."""

REMEDY = "Give the columns the names that they had in training."


@dataclass(frozen=True)
class ColumnReading:
    """How a column of a later table is read.

    known_date, certain: see Column. booleans: whether it has the words for true and false alone.
    """

    known_date: str
    certain: bool
    booleans: bool


@dataclass(frozen=True)
class LaterReading:
    """How a later table is read, found out in some of its rows and true for all of them.

    style: of its numbers. columns, units: by the names of columns.
    """

    style: NumberStyle
    columns: Mapping[str, ColumnReading]
    units: Mapping[str, UnitReading]

    def apply(self, table: Table) -> Table:
        """Returns some rows of the table as in training.

        A cell that is none of what the others are spoils no other.
        """
        columns = []
        for column in table.columns:
            how = self.columns[column.name]
            read = _with_ones(column) if how.booleans else column
            columns.append(
                replace(read, style=self.style, known_date=how.known_date, certain=how.certain)
            )

        dialect = replace(table.dialect, style=self.style)
        styled = replace(table, columns=tuple(columns), dialect=dialect)
        return in_trained_units(styled, self.units)


def read_as_trained(
    source: str | Path, data: DataSettings, trained: Description, check: Check = no_check
) -> Table:
    """Reads a table for a network that was trained on another one.

    data: the settings of the training. Raises UserError where a column that the network reads is
    not there, and as `read_table`.
    """
    path = Path(source).expanduser()
    table, _ = find_columns(
        data, trained.reading, lambda settings: read_file(path, settings, check)
    )
    numbers = _number_columns(trained)
    styled = _styled(table, trained, numbers)
    return in_trained_units(styled, unit_readings(styled, numbers, trained))


def later_reading(sample: Table, trained: Description) -> LaterReading:
    """Returns how a later table is read, of which some rows are given.

    Raises UserError where a column has another unit than in training.
    """
    numbers = _number_columns(trained)
    styled = _styled(sample, trained, numbers)
    columns = {}
    for raw in sample.columns:
        column = styled.by_name[raw.name]
        found = column.known_date or ("" if raw.values is not None else column.date)
        booleans = raw.values is None and column.values is not None
        columns[raw.name] = ColumnReading(found, column.certain, booleans)

    units = unit_readings(styled, numbers, trained)
    return LaterReading(styled.dialect.style, columns, units)


def _styled(table: Table, trained: Description, numbers: frozenset[str]) -> Table:
    """Returns a later table with its numbers and dates as they are read, not yet in their units."""
    reading = trained.reading
    table = with_joined_places(table, reading)
    style = _style(table, numbers, reading.style)
    columns = [
        replace(
            column,
            style=style,
            known_date=_known_date(column, reading),
            certain=column.name in numbers and column.name not in reading.dates,
        )
        for column in table.columns
    ]
    columns = [_with_truths(column) if column.name in numbers else column for column in columns]
    dialect = replace(table.dialect, style=style)
    return replace(table, columns=tuple(columns), dialect=dialect)


def reading_of(table: Table, plan: TablePlan) -> Reading:
    """Returns how the columns of a training table were read, which later tables are read by."""
    style = table.dialect.style
    used = [table.by_name[name] for name in (*plan.inputs, *plan.targets)]
    return Reading(
        plan.inputs,
        plan.targets,
        table.dialect.header,
        style.decimal,
        style.thousands,
        {column.name: column.date for column in used if column.date},
        plan.separator,
        {column.name: column.unit for column in used if column.numeric and column.unit},
    )


def open_table(source: str | Path, data: DataSettings, options: OpenOptions) -> Table:
    """Reads a table to be trained on, or for the network that `options.trained` is of.

    Raises like `read_as_trained`.
    """
    if options.trained is None or not options.trained.reading.inputs:
        return read_table(source, data, options)

    options.progress(f"Reading '{Path(source).name}'", 0, 0)
    return read_as_trained(source, data, options.trained, options.check)


def missing_inputs(names: Sequence[str], reading: Reading) -> list[str]:
    """Returns the columns that the network reads and that are not among these names."""
    there = set(names)
    return [name for name in reading.inputs if name not in there]


def find_columns(
    data: DataSettings, reading: Reading, read: Callable[[DataSettings], Table]
) -> tuple[Table, DataSettings]:
    """Reads a table as the file itself suggests, or as was chosen for the training table.

    The latter only where it finds the columns and the former does not. read: reads it, or its
    beginning, with some settings. Returns the table with the settings that found the columns.
    Raises UserError where a column that the network reads is not there, and what `read` raises.
    """
    free = data.replace(
        columns={}, target=None, missing={}, decimal=None, thousands=None, header=reading.header
    )
    if free.skip_footer:  # so many rows at the end of another file may be examples
        free = free.replace(skip_footer=None)
    auto = free.replace(**dict.fromkeys(OF_ONE_FILE))
    attempts = [auto] if free == auto else [free, auto]

    # Few rows may look like more names, or names like a row, but are none of the training.
    attempts += [auto.replace(second_row="example"), auto.replace(second_row="names")]
    first: Table | UserError | None = None
    for settings in attempts:
        try:
            table = read(settings)
        except UserError as error:  # such as a sheet that this file does not have
            first = error if settings == auto else first
            continue

        if not missing_inputs(table.column_names, reading):
            return table, settings
        first = table if settings == auto else first

    if isinstance(first, UserError):
        raise first

    assert first is not None
    missing = missing_inputs(first.column_names, reading)
    raise UserError(_missing_sentence(first, missing, reading), REMEDY, "data.source")


def _is_number(name: str) -> bool:
    return any(style.parse(name) is not None for style in STYLES)


def _missing_sentence(table: Table, missing: Sequence[str], reading: Reading) -> str:
    first_row = table.column_names
    if len(missing) == len(reading.inputs) and any(_is_number(name) for name in first_row):
        return (
            f"'{readable(table.path)}' has no row of names: its first row is "
            f"{names_text(first_row, 4)}. The network reads {names_text(missing)}."
        )

    free = [name for name in first_row if name not in reading.inputs]
    near = {name: nearest_name(name, free) for name in missing[:NEAREST]}
    pairs = [f"to '{name}' is '{found}'" for name, found in near.items() if found]
    hint = f"; the nearest {list_text(pairs)}" if pairs else ""
    word = "column" if len(missing) == 1 else "columns"
    return (
        f"'{readable(table.path)}' has no {word} {names_text(missing)}, "
        f"which the network reads{hint}."
    )


def _number_columns(trained: Description) -> frozenset[str]:
    """Returns the names of the columns that are read as numbers or predicted as amounts."""
    names = {amount.name for amount in trained.amounts}
    preparation = trained.preparation
    if isinstance(preparation, RowPreparation):
        names |= {column.name for column in preparation.amounts if not column.date}
    elif preparation.kind == "signal":
        names |= set(trained.reading.inputs)

    return frozenset(names)


def _style(table: Table, names: frozenset[str], trained: NumberStyle) -> NumberStyle:
    """Returns how numbers are written in this table.

    As in training wherever its cells may be read so: "6.500" is what it was there. Else as the
    table suggests, where more cells are numbers by that.
    """
    found = table.dialect.style
    if found == trained:
        return found

    columns = [column for column in table.columns if column.name in names and not column.nested]

    def unread(style: NumberStyle) -> int:
        return sum(int(_non_number(column, style).sum()) for column in columns)

    return trained if unread(trained) <= unread(found) else found


def _non_number(column: Column, style: NumberStyle) -> np.ndarray:
    """Returns which cells are there but no numbers in this style: (N,) bool."""
    if column.values is not None:
        return column.numbers[1]

    return replace(column, style=style).numbers[1]


def _known_date(column: Column, reading: Reading) -> str:
    """Returns the format of the training where a column's dates are of it, or of no one format.

    Then each cell is read by itself, so that a wrong one does not spoil the others.
    """
    form = reading.dates.get(column.name, "")
    if not form or column.nested or (column.values is not None and form != COMPACT):
        return ""

    return form if not to_days(column.texts, form)[1].any() or not column.date else ""


def _with_truths(column: Column) -> Column:
    """Returns a column of booleans as the numbers 1 and 0, any other as it is."""
    if column.values is not None or column.nested:
        return column

    words = column.factorized[1]
    if not words or any(word.lower() not in TRUTHS for word in words):
        return column

    values = np.array([TRUTHS.get(word.lower(), np.nan) for word in column.texts.to_pylist()])
    return replace(column, stored_texts=None, values=values)


def _with_ones(column: Column) -> Column:
    """Returns a column with 1 and 0 in place of the words for true and false."""
    import pyarrow.compute as pc  # noqa: PLC0415 - pyarrow takes 0.1 s to load; only tables need it

    if column.values is not None:
        return column

    texts = column.texts
    small = pc.utf8_lower(texts)
    for word, value in TRUTHS.items():
        texts = pc.if_else(pc.equal(small, word), f"{value:.0f}", texts)

    return replace(column, stored_texts=texts)
