"""What stands below a table: totals, and notes such as the source."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from app.engine.data.dataset import Skipped
from app.engine.data.dates import date_format, seconds_of
from app.engine.data.numbers import NO_NUMBER, plain
from app.engine.data.units import is_unit, split_unit
from app.engine.text import count_text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from app.engine.experiment.data_settings import DataSettings
    from app.engine.sources.tables.columns import Column, Table

MOST_ROWS = 8
"""So many rows below a table are recognised at most."""

FEWEST_ROWS = 3
"""A table of fewer rows may be all totals."""

NARROWEST = 3
"""Columns of a table whose notes can be told from a row with gaps."""

TOTAL = re.compile(
    r"(grand\s+|sub[\s-]?)?(total|totals|sum|summe|gesamt|gesamtsumme|insgesamt|average|avg|mean|"
    r"mittelwert|durchschnitt|median|min|max|minimum|maximum|std|stdev|somme|totale|suma)\s*[.:]?",
    re.IGNORECASE,
)
"""What stands before totals."""

STATISTICS: dict[str, Callable[[np.ndarray], float]] = {
    "med": np.median,
    "min": np.min,
    "max": np.max,
    "std": np.std,
    "mean": np.mean,
    "mittel": np.mean,
    "schnitt": np.mean,
    "av": np.mean,
}
"""What parts of those words say of the numbers above; the others stand before a sum."""


def without_footer(table: Table, data: DataSettings) -> Table:
    """Returns a table without the rows that stand below it, which are listed and told.

    Nothing of a table of which only the beginning was read.
    """
    if not table.complete or not table.columns:
        return table

    chosen = data.skip_footer
    count = _footer_rows(table.columns) if chosen is None else min(chosen, len(table))
    reason = "as chosen" if chosen is not None else "it has totals or a note"
    rows = count_text(count, "row") if count else "nothing"
    found = {"skip_footer": f"{rows} below the table: {reason if count else 'it ends there'}"}
    dialect = replace(table.dialect, reasons=table.dialect.reasons | found, skip_footer=count)
    if not count:
        return replace(table, dialect=dialect)

    words = [_words(table.columns, row) for row in range(len(table) - count, len(table))]
    skipped = [
        Skipped(f"row {number}", f"it stands below the table: '{text}'")
        for number, text in zip(table.row_numbers[-count:].tolist(), words, strict=True)
    ]
    stand = "The last row stands" if count == 1 else f"The last {count} rows stand"
    verb = "is" if count == 1 else "are"
    note = f"{stand} below the table and {verb} left out: '{words[0]}'."
    kept = np.arange(len(table) - count)
    return replace(
        table.take(kept),
        dialect=dialect,
        skipped=(*table.skipped, *skipped),
        notes=(*table.notes, note),
        estimated=max(0, table.estimated - count),
    )


def _footer_rows(columns: Sequence[Column]) -> int:
    """Returns how many rows at the end are no examples."""
    total = len(columns[0])
    if total < FEWEST_ROWS:
        return 0

    last = min(MOST_ROWS, total - 2)
    rows = [_cells(columns, row) for row in range(total - 1, total - 1 - last, -1)]
    above = [_cells(columns, row) for row in range(max(0, total - last - 10), total - last)]
    usual = np.median([sum(map(bool, row)) for row in above]) if above else 0.0

    count = 0
    for number, row in enumerate(rows, 1):
        filled = [index for index, cell in enumerate(row) if cell]
        if not filled:
            continue

        only = filled[0]
        alone = len(columns) >= NARROWEST and len(filled) == 1 and usual > len(columns) / 2
        note = alone and _is_note(row[only], [cells[only] for cells in above])
        if not note and not _is_total(columns, row, filled, number):
            break
        count = number

    return count


def _is_note(cell: str, above: Sequence[str]) -> bool:
    """Returns whether a cell that stands alone in its row is a note: words unlike those above."""
    filled = [other for other in above if other]
    if _is_value(cell) or cell in filled:
        return False

    numbers = sum(map(_is_value, filled))
    return " " in cell or ":" in cell or numbers > len(filled) / 2


def _is_value(cell: str) -> bool:
    """Returns whether a cell is a number, with or without a unit, a time or a date."""
    split = split_unit(cell)
    amount = split is not None and (not split[0] or is_unit(split[0]))
    return amount or not math.isnan(seconds_of(cell)) or bool(date_format([cell]))


def _is_count(cell: str) -> bool:
    """Returns whether a cell is a value, or a number of something: "220 flats"."""
    return _is_value(cell) or split_unit(cell) is not None


def _is_total(
    columns: Sequence[Column], row: Sequence[str], filled: Sequence[int], number: int
) -> bool:
    """Returns whether a row is one of totals: a word for it, numbers, and the word nowhere above.

    Behind the first cell the word may be a value, so that there must be a gap beside it or a number
    that is what the word says of those above. number: of the row, from the end of the table.
    """
    import pyarrow.compute as pc  # noqa: PLC0415 - pyarrow takes 0.1 s to load; only tables need it

    words = [
        index for index in filled if TOTAL.fullmatch(row[index]) and columns[index].values is None
    ]
    if len(words) != 1 or len(filled) < 2:
        return False

    word = words[0]
    others = [index for index in filled if index != word]
    if not all(row[index].lower() in NO_NUMBER or _is_count(row[index]) for index in others):
        return False
    in_doubt = word != filled[0] and len(filled) == len(row)
    if in_doubt and not any(_says(row[word], columns[index], number) for index in others):
        return False

    texts = columns[word].texts
    rest = texts.slice(0, len(texts) - number)
    return not pc.any(pc.equal(rest, row[word])).as_py()


def _says(word: str, column: Column, number: int) -> bool:
    """Returns whether a cell is what a word such as "total" or "mean" says of those above it.

    number: of its row, from the end of the table.
    """
    values = column.numbers[0]
    cell = values[-number]
    above = values[: len(values) - number]
    above = above[np.isfinite(above)]
    if len(above) < FEWEST_ROWS or column.date or not np.isfinite(cell):
        return False

    small = word.lower()
    statistic = next((function for name, function in STATISTICS.items() if name in small), np.sum)
    return bool(np.isclose(cell, statistic(above), rtol=5e-3, atol=0))


def _cells(columns: Sequence[Column], row: int) -> list[str]:
    return ["…" if column.nested else _cell(column, row) for column in columns]


def _cell(column: Column, row: int) -> str:
    if column.values is not None:
        return plain(float(column.values[row]))

    return str(column.some_texts[row].as_py())


def _words(columns: Sequence[Column], row: int) -> str:
    """Returns what stands in a row, for a person."""
    text = " ".join(cell for cell in _cells(columns, row) if cell)
    return text if len(text) <= 60 else f"{text[:59]}…"
