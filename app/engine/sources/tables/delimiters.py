"""What separates the cells of a text table, and whether its first row has the names."""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

from app.engine.data.numbers import INFINITE, NO_NUMBER, NumberStyle
from app.engine.data.units import find_unit, is_unit, split_unit
from app.engine.foreign import foreign_reader
from app.engine.sources.format import unusable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

DELIMITERS = (",", ";", "\t", "|")
SPACE = " "
"""Several spaces in a row count as one, and so does a tab among them."""

ALIGNED = "  "
"""Columns are aligned by blanks: two or more of them, or a tab; one may stand within a cell."""

WORDS = {
    ",": "commas",
    ";": "semicolons",
    "\t": "tabs",
    "|": "bars",
    SPACE: "spaces",
    ALIGNED: "two or more spaces",
}
LINE_LIMIT = 16 << 20
"""Characters: no line of a table is longer. 10,000 columns of numbers have some 200,000."""

COUNTED_DIGITS = 18
"""Names of columns that count up have far fewer; Python makes no number of 5,000 digits."""

ALIKE = 0.95
"""At least this share of the lines is aligned alike."""

FEWEST_LINES = 3

_NUMBER = r"(?:[+\-]?[\d.,]+(?:[eE][+\-]?\d+)?|\?|NA|nan)"
_SEVERAL_NUMBERS = re.compile(rf"\s*{_NUMBER}(?:\s+{_NUMBER})+\s*")
_PADDED = re.compile(r"[,;|\t] {2,}| {2,}[,;|\t]")

SAMPLE_ROWS = 60
SAMPLE_CHARACTERS = 20_000
REMEDY = "Save it again as CSV, with a line for every row and one name for every column."


class _Unsure(Exception):
    """The foreign reader does not know how the cells are separated, whatever its reason."""


def records(
    lines: Iterable[str], delimiter: str, path: str, before: int = 0
) -> Iterator[tuple[int, list[str]]]:
    """Yields the number of each row, from 1, empty ones counted, and its cells.

    lines: with their ends, as the file has them. before: how many rows stand in front of them.

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
            yield plain_line(line, delimiter)

    csv.field_size_limit(LINE_LIMIT)
    number = before
    try:
        for row in csv.reader(watched(), **csv_format(delimiter)):
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


def plain_line(line: str, delimiter: str) -> str:
    """Returns a line as the csv module reads it, with one sign between two cells."""
    if delimiter == SPACE:
        return re.sub(r"[ \t]+", " ", line.strip()) + "\n"

    return re.sub(r"\t+| {2,}", "\t", line.strip()) + "\n" if delimiter == ALIGNED else line


def csv_format(delimiter: str) -> dict[str, Any]:
    """Returns how the csv module reads such lines."""
    return {"delimiter": written_delimiter(delimiter), "skipinitialspace": delimiter != SPACE}


def written_delimiter(delimiter: str) -> str:
    """Returns the one sign that stands between the cells of a file like this one."""
    return "\t" if delimiter == ALIGNED else delimiter


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

    if SPACE in candidates and any(_holds_columns(lines, other) for other in candidates):
        return SPACE, f"they align {candidates[SPACE][1]:,} columns in every row"
    if SPACE not in candidates and (columns := _aligned_columns(lines)):
        return ALIGNED, f"they align {columns:,} columns in every row"

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
    plain_lines = [plain_line(line, delimiter) for line in lines]
    csv.field_size_limit(LINE_LIMIT)

    try:
        rows = list(csv.reader(plain_lines, **csv_format(delimiter)))
    except csv.Error:
        return []

    return [len(row) for row in (rows[:-1] if len(rows) > 3 else rows)]


def _holds_columns(lines: Sequence[str], delimiter: str) -> bool:
    """Returns whether the cells that a sign separates hold several numbers aligned by blanks."""
    if delimiter == SPACE:
        return False

    several = sum(any(map(_SEVERAL_NUMBERS.fullmatch, line.split(delimiter))) for line in lines)
    aligned = sum("  " in line for line in lines)
    return several >= ALIKE * len(lines) and aligned > len(lines) / 2


def _aligned_columns(lines: Sequence[str]) -> int:
    """Returns how many columns are aligned by two or more blanks, 0 where they are not.

    The blanks behind a comma or another sign between cells align nothing.
    """
    if len(lines) < FEWEST_LINES or any(_PADDED.search(line) for line in lines):
        return 0

    widths = _widths(lines, ALIGNED)
    width, often = Counter(widths).most_common(1)[0] if widths else (0, 0)
    gaps = sum("  " in line.strip() for line in lines)
    whole = often >= ALIKE * len(widths) and gaps >= ALIKE * len(lines)
    return width if width > 1 and whole and widths[0] == width else 0


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
    if any(_is_number(cell, style) for cell in filled) or any(
        _has_its_unit_below(index, first, body) for index in range(len(first))
    ):
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
    if not cells or not first[index]:
        return False

    numbers = sum(_is_number(cell, style) for cell in cells)
    return numbers > 0.8 * len(cells) or find_unit(cells) is not None


def _has_its_unit_below(index: int, first: Sequence[str], body: Sequence[Sequence[str]]) -> bool:
    """Returns whether a cell of the first row is an amount with a unit, as those below it are."""
    split = split_unit(first[index])
    if split is None or not is_unit(split[0]):
        return False

    return find_unit([row[index] for row in body], split[0]) == split[0]


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
