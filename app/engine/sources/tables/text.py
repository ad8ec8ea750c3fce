"""Text tables (CSV and its relatives), read row by row into columns; odd rows are listed."""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from app.engine.data.names import readable
from app.engine.free_memory import require_memory
from app.engine.sources.tables.csv_file import CsvFile, open_csv
from app.engine.sources.tables.delimited.gathering import RowGatherer, is_comment
from app.engine.sources.tables.delimiters import WORDS
from app.engine.sources.tables.dialect import Dialect
from app.engine.sources.tables.prologue import comment_sign
from app.engine.sources.tables.written.column_names import refuse_many_columns
from app.engine.sources.tables.written.footer import without_footer
from app.engine.sources.tables.written.head import Head, find_head
from app.engine.sources.tables.written.number_style import find_style, with_style

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from app.engine.data.numbers import NumberStyle
    from app.engine.experiment.data_settings import DataSettings
    from app.engine.sources.format import Check
    from app.engine.sources.tables.columns import Table

SAMPLE_ROWS = 400
"""Rows from which header and number style are found out."""

STYLE_ROWS = 100
"""Rows from which the style is found that tells numbers from names in the first rows."""

STYLE_COLUMNS = 300
"""At most about so many columns, evenly spread, decide about the number style."""


def read_text_table(path: Path, data: DataSettings, check: Check, most: int | None = None) -> Table:
    """Reads the table in a text file; `most`: only its first rows.

    Raises UserError, OSError, and whatever `check` raises.
    """
    table = _read(path, data, check, most)
    table = without_footer(table, data)
    delimiter = table.dialect.delimiter or ","
    columns, style = with_style(table.columns, delimiter, data, check)
    return replace(table, columns=tuple(columns), dialect=_with_style(table.dialect, style, data))


def text_table_parts(
    path: Path, data: DataSettings, check: Check, rows_at_once: int
) -> Iterator[Table]:
    """Yields the rows of a text file part by part, see RowGatherer.parts.

    Numbers are in the style of the first rows, and what stands below the table is among the rows.
    Raises as `read_text_table`.
    """
    yield from _gatherer(path, data, check, None).parts(rows_at_once)


def _read(path: Path, data: DataSettings, check: Check, most: int | None) -> Table:
    """Reads the table with all rows that have its width, in the style that the first rows suggest.

    Raises as `read_text_table`. What it needs to read is gone before the numbers are made.
    """
    if most is None:
        require_memory(path.stat().st_size, readable(path), "text")

    return _gatherer(path, data, check, most).read()


def _gatherer(path: Path, data: DataSettings, check: Check, most: int | None) -> RowGatherer:
    """Returns what gathers the rows, once it is known how they are written."""
    file = open_csv(path, data, check)
    rows = [row for row in itertools.islice(file.sample_rows(), SAMPLE_ROWS) if any(row)]
    refuse_many_columns(path, max(map(len, rows), default=0))
    style = _style(rows[:STYLE_ROWS], file.delimiter, data)
    comment, comment_reason = comment_sign(rows, style, data)
    rows = [row for index, row in enumerate(rows) if not index or not is_comment(row, comment)]
    head = find_head(rows, style, data)
    dialect = _dialect(file, head, style, data)
    reasons = dialect.reasons | {"comment": comment_reason}
    dialect = replace(dialect, comment=comment, reasons=reasons)
    return RowGatherer(file, dialect, head, rows[head.rows :], check, most)


def _dialect(file: CsvFile, head: Head, style: NumberStyle, data: DataSettings) -> Dialect:
    """Returns how the table is written, as chosen or as its first rows suggest."""
    delimiter = file.delimiter
    dialect = Dialect(
        "text",
        head.header,
        style,
        delimiter,
        file.encoding.name,
        reasons={
            "delimiter": f"{WORDS.get(delimiter, repr(delimiter))} between cells: "
            f"{file.delimiter_reason}",
            "encoding": f"{file.encoding.words}: {file.encoding.reason}",
            "skip_rows": file.prologue.words,
            **head.reasons,
        },
        skip_rows=file.prologue.lines,
        second_row=head.second,
    )
    return _with_style(dialect, style, data)


def _with_style(dialect: Dialect, style: NumberStyle, data: DataSettings) -> Dialect:
    chosen = data.decimal or data.thousands is not None
    reason = f"{style.words}: {'as chosen' if chosen else 'most columns are numbers so'}"
    return replace(dialect, style=style, reasons={**dialect.reasons, "decimal": reason})


def _style(rows: list[list[str]], delimiter: str, data: DataSettings) -> NumberStyle:
    body = rows[1:] if len(rows) > 1 else rows
    width = Counter(len(row) for row in body).most_common(1)[0][0] if body else 0
    indices = range(0, width, max(1, width // STYLE_COLUMNS))
    columns = [[row[index] for row in body if len(row) == width] for index in indices]

    return find_style(columns, delimiter, data.decimal, data.thousands)
