"""Wide gaps between the cells of a workbook of Excel, which cost a reader gigabytes."""

from __future__ import annotations

import io
import re
import zipfile
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Sequence

SHEETS = "xl/worksheets/"
"""Where the sheets stand in a workbook."""

HEAD = 8 << 10
"""Bytes of a sheet in which it says how far it reaches."""

REACH = re.compile(
    rb'<(?:\w+:)?dimension\s[^>]*?\bref="([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})"'
)
"""From which column and row to which a sheet says that it reaches."""

NARROWED = 64 << 20
"""Bytes: in the sheets of a workbook that unpacks to more, wide gaps are not narrowed."""

GAP = 32
"""So many empty rows or columns are left of a wider gap."""

ROW = re.compile(rb'(<(?:\w+:)?row\s[^>]*?\br=")(\d{1,7})(?=")')
CELL = re.compile(rb'(<(?:\w+:)?c\s[^>]*?\br=")([A-Z]{1,3})(\d{1,7})(?=")')
"""Where the sheets of a workbook say in which row, or column and row, something stands."""


def announced_cells(file: BinaryIO) -> int:
    """Returns how many cells the largest block of a workbook has, the empty ones included.

    0 where no sheet says it. Raises what `zipfile` raises for a damaged archive.
    """
    most = 0
    with zipfile.ZipFile(file) as archive:
        for name in archive.namelist():
            if not name.startswith(SHEETS) or not name.endswith(".xml"):
                continue

            with archive.open(name) as stream:
                reach = REACH.search(stream.read(HEAD))
            if reach is not None:
                left, top, right, bottom = reach.groups()
                width = _column_number(right) - _column_number(left) + 1
                most = max(most, width * (int(bottom) - int(top) + 1))

    return most


def narrowed(file: BinaryIO) -> tuple[BinaryIO, Sequence[int]] | None:
    """Returns a workbook without wide gaps between its cells, None where it has none.

    Then the number in the file for every number of a row from 1. None too for what is no workbook
    of Excel, and for one that unpacks to more than NARROWED. Raises what `zipfile` raises for a
    damaged archive.
    """
    with zipfile.ZipFile(file) as archive:
        members = [
            member
            for member in archive.infolist()
            if member.filename.endswith((".xml", ".rels")) and not member.is_dir()
        ]
        if sum(member.file_size for member in members) > NARROWED:
            return None
        parts = {member.filename: archive.read(member) for member in members}

    sheets = [name for name in parts if name.startswith(SHEETS)]
    cells = {cell[1:] for name in sheets for cell in CELL.findall(parts[name])}
    named = {int(row) for name in sheets for _, row in ROW.findall(parts[name])}
    rows = _without_gaps(named | {int(row) for _, row in cells})
    columns = _without_gaps({_column_number(column) for column, _ in cells})
    if all(number == new for number, new in (*rows.items(), *columns.items())):
        return None

    def moved(cell: re.Match[bytes]) -> bytes:
        column = _column_name(columns[_column_number(cell[2])])
        return cell[1] + column + str(rows[int(cell[3])]).encode()

    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in parts.items():
            if name in sheets:
                content = ROW.sub(lambda row: row[1] + str(rows[int(row[2])]).encode(), content)
                content = CELL.sub(moved, content)
            archive.writestr(name, content)

    packed.seek(0)
    numbers = [0] * (max(rows.values()) + 1)
    for number, new in rows.items():
        numbers[new] = number

    return packed, numbers


def _without_gaps(numbers: set[int]) -> dict[int, int]:
    """Returns new numbers from 1, in the same order, with at most GAP between two of them."""
    moved: dict[int, int] = {}
    last = new = 0
    for number in sorted(numbers):
        new += min(number - last, GAP + 1)
        moved[number] = new
        last = number

    return moved


def _column_number(name: bytes) -> int:
    """Returns the number of a column from 1: of "A" 1, of "AB" 28."""
    number = 0
    for letter in name:
        number = number * 26 + letter - ord("A") + 1

    return number


def _column_name(number: int) -> bytes:
    name = b""
    while number:
        number, letter = divmod(number - 1, 26)
        name = bytes([ord("A") + letter]) + name

    return name
