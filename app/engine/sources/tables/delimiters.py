"""What separates the cells of a text table, and whether its first row has the names."""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections import Counter
from typing import TYPE_CHECKING

from app.engine.data.numbers import INFINITE, NO_NUMBER, NumberStyle
from app.engine.foreign import foreign_reader
from app.engine.sources.format import unusable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

DELIMITERS = (",", ";", "\t", "|")
SPACE = " "
"""Several spaces in a row count as one."""

WORDS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars", " ": "spaces"}
LINE_LIMIT = 16 << 20
"""Characters: no line of a table is longer. 10,000 columns of numbers have some 200,000."""

COUNTED_DIGITS = 18
"""Names of columns that count up have far fewer; Python makes no number of 5,000 digits."""

SAMPLE_ROWS = 60
SAMPLE_CHARACTERS = 20_000
REMEDY = "Save it again as CSV, with a line for every row and one name for every column."


class _Unsure(Exception):
    """The foreign reader does not know how the cells are separated, whatever its reason."""


def records(lines: Iterable[str], delimiter: str, path: str) -> Iterator[tuple[int, list[str]]]:
    """Yields the number of each row, from 1, empty ones counted, and its cells.

    lines: with their ends, as the file has them.

    Raises UserError for a quote that is never closed, and for what is no table.
    """
    row_lines: list[str] = []
    size = 0

    def watched() -> Iterator[str]:
        nonlocal size
        for line in lines:
            size += len(line)
            if size > LINE_LIMIT:
                raise unusable(
                    path,
                    f"has a row longer than {LINE_LIMIT >> 20} million characters (row "
                    f"{number + 1:,}); a quotation mark in it may never be closed",
                    REMEDY,
                )

            row_lines.append(line)
            yield re.sub(" {2,}", " ", line.strip()) + "\n" if delimiter == SPACE else line

    csv.field_size_limit(LINE_LIMIT)
    number = 0
    try:
        for row in csv.reader(watched(), delimiter=delimiter, skipinitialspace=delimiter != SPACE):
            number += 1
            if len(row_lines) > 1 and "".join(row_lines).count('"') % 2:
                break

            row_lines.clear()
            size = 0
            yield number, row
        else:
            return
    except csv.Error as error:
        raise unusable(
            path, f"is not a table that can be read: row {number + 1}: {error}", REMEDY
        ) from error

    raise unusable(path, f"has a quotation mark in row {number} that is never closed", REMEDY)


def find_delimiter(text: str, suffix: str) -> tuple[str, str]:
    """Returns the delimiter of a table, and why it is taken.

    It gives every row the same number of cells, at least two; among several, it is the one with
    which the cells make most sense. text: some whole lines.
    """
    lines = [
        line
        for line in itertools.islice(io.StringIO(text, newline=""), 3 * SAMPLE_ROWS)
        if line.strip()
    ]
    candidates: dict[str, tuple[float, int]] = {}
    for delimiter in (*DELIMITERS, SPACE):
        widths = _widths(lines, delimiter)
        counts = Counter(widths)
        width, often = max(counts.items(), key=lambda item: (item[0] > 1, item[1]), default=(1, 0))
        share = often / max(1, len(widths))

        if delimiter == SPACE and widths and widths[0] not in (width, width - 1):
            continue  # a text under one word

        if width > 1 and share >= (0.95 if delimiter == SPACE else 0.6):
            candidates[delimiter] = (share, width)

    if not candidates:
        return ("\t" if suffix in (".tsv", ".tab") else ","), "no sign separates every row alike"

    best = max(share for share, _ in candidates.values())
    close = [delimiter for delimiter, (share, _) in candidates.items() if share >= best - 0.1]
    if len(close) > 1 and SPACE in close:
        others = [delimiter for delimiter in close if delimiter != SPACE]
        others_share = max(candidates[delimiter][0] for delimiter in others)
        close = others if others_share >= candidates[SPACE][0] else [SPACE]

    if len(close) == 1:
        return close[0], f"they give {candidates[close[0]][1]:,} cells in every row"

    sniffed = _sniff("".join(lines)[:SAMPLE_CHARACTERS])
    if sniffed in close:
        return sniffed, f"with them the {candidates[sniffed][1]:,} cells of a row make most sense"

    usual = {".tsv": "\t", ".tab": "\t"}.get(suffix, "")
    chosen = usual if usual in close else max(close, key=lambda delimiter: candidates[delimiter])
    return chosen, f"they give {candidates[chosen][1]:,} cells in every row"


def _widths(lines: Sequence[str], delimiter: str) -> list[int]:
    """Cells of each row, as far as the lines hold whole rows."""
    collapsed = (
        [re.sub(" {2,}", " ", line.strip()) + "\n" for line in lines]
        if delimiter == SPACE
        else lines
    )
    csv.field_size_limit(LINE_LIMIT)

    try:
        rows = list(csv.reader(collapsed, delimiter=delimiter, skipinitialspace=delimiter != SPACE))
    except csv.Error:
        return []

    return [len(row) for row in (rows[:-1] if len(rows) > 3 else rows)]


def _sniff(sample: str) -> str:
    """Returns the delimiter with which the cells make most sense, "" where none does."""
    import clevercsv  # noqa: PLC0415 - clevercsv takes 0.15 s to load

    try:
        with foreign_reader(_Unsure):
            dialect = clevercsv.Sniffer().sniff(sample, delimiters=[*DELIMITERS])
    except _Unsure:
        return ""

    return str(dialect.delimiter) if dialect is not None else ""


def has_header(rows: Sequence[Sequence[str]], style: NumberStyle) -> tuple[bool, str]:
    """Tells whether the first of these rows has the names of the columns, and why.

    Cells are trimmed.
    """
    if not rows:
        return True, "there is nothing else"

    first = rows[0]
    body = [row for row in rows[1:] if len(row) == len(rows[0])]

    filled = [cell for cell in first if cell]
    if any(_is_number(cell, style) for cell in filled):
        if _counts_up(first, body):
            return True, "its numbers count up from cell to cell"
        return False, "its cells are values already"

    if len(set(filled)) < len(filled) / 2:
        return False, "its cells repeat"
    if not body:
        return True, "it is the only row"
    if any(_has_numbers_below(index, first, body, style) for index in range(len(first))):
        return True, "it has words above numbers"
    if any(
        re.search(r"\.(png|jpe?g|bmp|gif|tiff?|webp|txt|wav)$", cell, re.IGNORECASE)
        for cell in filled
    ):
        return False, "it names a file"
    if any(len(cell) > 60 for cell in filled):
        return False, "its cells are long"

    repeated = sum(
        any(row[index] == cell for row in body) for index, cell in enumerate(first) if cell
    )
    if repeated:
        return False, "its words come again below"

    return True, "its words do not come again below"


def _is_number(cell: str, style: NumberStyle) -> bool:
    return bool(style.matches.match(cell)) or cell.lower() in INFINITE


def _has_numbers_below(
    index: int, first: Sequence[str], body: Sequence[Sequence[str]], style: NumberStyle
) -> bool:
    """Returns whether there are numbers below a cell of the first row."""
    cells = [row[index] for row in body if row[index].lower() not in NO_NUMBER]
    numbers = sum(_is_number(cell, style) for cell in cells)
    return bool(cells) and bool(first[index]) and numbers > 0.8 * len(cells)


def _counts_up(first: Sequence[str], body: Sequence[Sequence[str]]) -> bool:
    """Returns whether the numbers among these are years, or 0, 1, 2 ..., unlike in the rows below.

    Each is one more than the one before.
    """

    def running(cells: Sequence[str]) -> bool:
        numbers = [int(cell[:COUNTED_DIGITS]) for cell in cells if cell.isdecimal()]
        steps = all(number == previous + 1 for previous, number in itertools.pairwise(numbers))
        years = len(numbers) >= 2 and all(1900 <= number < 2100 for number in numbers)

        return steps and (years or (len(numbers) >= 3 and numbers[0] in (0, 1)))

    indices = [index for index, cell in enumerate(first) if cell and not cell.isalpha()]
    numeric = [first[index] for index in indices]
    return (
        running(numeric)
        and all(cell.isdecimal() or not cell[0].isdigit() for cell in numeric)
        and not any(running([row[index] for index in indices]) for row in body[:20])
    )
