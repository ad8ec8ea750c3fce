"""Reads one sheet of a spreadsheet in a process of its own, which `process` starts.

The foreign reader lays a sheet out as one block from its first cell to its last, so that a single
stray cell costs gigabytes, and what goes wrong in it may end the process. Here both harm nobody.

The request is one argument, a JSON object; see `Request`. What was read goes to the standard
output, a JSON value a line: objects that say which process it is, how far it is and what was
found, and lists of rows.
The process ends itself when its standard input is closed, which it is when the program ends.
"""

from __future__ import annotations

import contextlib
import errno
import io
import json
import os
import re
import signal
import sys
import threading
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, NoReturn

from app.engine.errors import UserError
from app.engine.files import open_regular
from app.engine.foreign import foreign_reader
from app.engine.sources.tables.row_limit import rows_within_limit
from app.engine.text import moment_text

LARGEST_UNPACKED = 4 << 30
"""Bytes: a spreadsheet that unpacks to more is an attack, or should be a Parquet file."""

PART = 1 << 20
"""Bytes that are unpacked at a time."""

REPORTED_EVERY = 256 << 20
"""Bytes after which it is told that unpacking goes on."""

CELLS_A_LINE = 4000
"""Cells that go into one line of the output, some 40 KB."""

LEAST_MEMORY = 192 << 20
"""Bytes that may be taken for the smallest sheet: a block of six million cells."""

MEMORY_A_BYTE = 16
"""Bytes that may be taken for a byte of the unpacked file; a full sheet needs three."""

NARROWED = 64 << 20
"""Bytes: in the sheets of a workbook that unpacks to more, wide gaps are not narrowed."""

GAP = 32
"""So many empty rows or columns are left of a wider gap."""

ROW = re.compile(rb'(<(?:\w+:)?row\s[^>]*?\br=")(\d{1,7})(?=")')
CELL = re.compile(rb'(<(?:\w+:)?c\s[^>]*?\br=")([A-Z]{1,3})(\d{1,7})(?=")')
"""Where the sheets of a workbook say in which row, or column and row, something stands."""

PASSWORD = "EncryptedPackage".encode("utf-16-le")
"""A workbook with a password is a container of one stream of this name."""


@dataclass(frozen=True)
class Request:
    """What to read.

    sheet: its name, None for the first. most: rows below the first one, None for all. memory: bytes
    that may be taken at most. narrow: whether wide gaps between cells are narrowed first.
    """

    path: str
    sheet: str | None
    most: int | None
    memory: int
    narrow: bool = False


class Refused(UserError):
    """What cannot be read.

    what: the reason, which has its sentence in `process`. remedy: the foreign reader's words.
    """

    def __init__(self, reason: str, words: str = "") -> None:
        super().__init__(reason, words)


Reader = Callable[[BinaryIO, Request], Iterator[Any]]
"""Yields what goes to the output: objects and lists of rows."""


def serve(read: Reader) -> None:
    """Reads what the first argument asks for with this reader, and writes it out."""
    request = Request(**json.loads(sys.argv[1]))
    _be_quiet()
    _write({"pid": os.getpid()})
    threading.Thread(target=_end_with_the_program, daemon=True).start()
    try:
        with open_regular(request.path) as file, foreign_reader(_damaged):  # type: ignore[arg-type]
            _limit_memory(request.memory)
            for message in read(file, request):
                _write(message)
    except Refused as error:
        _write({"refused": error.what, "words": error.remedy})
    except MemoryError:
        _write({"refused": "memory"})
    except OSError as error:
        _write({"refused": "system", "number": error.errno or errno.EIO, "words": str(error)})


def read_workbook(file: BinaryIO, request: Request) -> Iterator[Any]:
    """Reads a sheet with calamine.

    Yields {"unpacked", "memory"}, then {"sheets"}, then {"sheet", "width", "first", "total",
    "most"}, then lists of [number of the row from 1, its cells without the empty ones at the end],
    rows without any cell left out; and {"rows"} at the end.
    """
    yield from _inspect(file, request)
    numbers: Sequence[int] = ()
    if request.narrow:
        file, numbers = _narrowed(file)

    import python_calamine as calamine  # noqa: PLC0415 - memory is limited first

    def damaged(words: str) -> Exception:
        return Refused("password" if _encrypted(file) else "damaged", words)

    with foreign_reader(damaged):
        try:
            book = calamine.CalamineWorkbook.from_filelike(file)
            names = list(book.sheet_names)
        except calamine.PasswordError as error:
            raise Refused("password") from error

    yield {"sheets": names}
    if not names or (request.sheet is not None and request.sheet not in names):
        return

    name = names[0] if request.sheet is None else request.sheet
    sheet = book.get_sheet_by_name(name)
    first = (sheet.start or (0, 0))[0] + 1
    most = rows_within_limit(request.most, sheet.total_width)
    head = {"sheet": name, "width": sheet.width, "first": first, "most": most}
    yield {**head, "total": sheet.total_height}

    count = 0
    for rows in _filled_rows(sheet, None if most is None else first + most):
        count += len(rows)
        yield [[numbers[number], row] for number, row in rows] if numbers else rows

    yield {"rows": count}


def _inspect(file: BinaryIO, request: Request) -> Iterator[dict[str, int]]:
    """Yields what the file unpacks to, and the bytes that may be taken for it.

    The sizes are those that come out, not those that the archive announces. Raises Refused for an
    archive that is no spreadsheet, or is too large for one.
    """
    archive = file.read(2) == b"PK"
    for size in _unpacked(file) if archive else (os.fstat(file.fileno()).st_size,):
        memory = min(request.memory, LEAST_MEMORY + MEMORY_A_BYTE * size)
        yield {"unpacked": size, "memory": memory}

    file.seek(0)
    _limit_memory(memory)


def _unpacked(file: BinaryIO) -> Iterator[int]:
    """Yields the bytes of tables that came out of an archive so far, and in the end all of them."""
    with foreign_reader(lambda words: Refused("archive", words)):
        archive = zipfile.ZipFile(file)
        members = archive.infolist()

    names = {member.filename for member in members}
    if not any(name.startswith("xl/") for name in names) and "content.xml" not in names:
        raise Refused("other archive")

    size = told = 0
    for member in members:
        if not member.filename.endswith((".xml", ".bin", ".rels")):
            continue  # pictures in a sheet, which nobody reads

        for part in _parts(archive, member):
            size += part
            if size > LARGEST_UNPACKED:
                raise Refused("unpacked")
            if size - told > REPORTED_EVERY:
                told = size
                yield size

    yield size


def _parts(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Iterator[int]:
    """Yields the bytes of each part of a member that can be unpacked, whatever size it announces.

    What cannot be is not counted: whether it is needed is for the reader to say.
    """
    member.file_size = LARGEST_UNPACKED + 1  # zipfile stops at the size that is announced
    try:
        with foreign_reader(_damaged), archive.open(member) as stream:
            while part := stream.read(PART):
                yield len(part)
    except Refused:
        return


def _narrowed(file: BinaryIO) -> tuple[BinaryIO, Sequence[int]]:
    """Returns a workbook of Excel without wide gaps between its cells.

    Then the number in the file for every number of a row from 1. Raises Refused where there are no
    such gaps, and for other spreadsheets.
    """
    with foreign_reader(_damaged), zipfile.ZipFile(file) as archive:
        parts = {
            member.filename: archive.read(member)
            for member in archive.infolist()
            if member.filename.endswith((".xml", ".rels"))
        }

    sheets = [name for name in parts if name.startswith("xl/worksheets/")]
    if sum(map(len, parts.values())) > NARROWED or not sheets:
        raise Refused("memory")

    cells = {cell[1:] for name in sheets for cell in CELL.findall(parts[name])}
    named = {int(row) for name in sheets for _, row in ROW.findall(parts[name])}
    rows = _without_gaps(named | {int(row) for _, row in cells})
    columns = _without_gaps({_column_number(column) for column, _ in cells})
    if not rows or not columns:
        raise Refused("memory")

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
    for number, narrow in rows.items():
        numbers[narrow] = number

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


def _filled_rows(sheet: Any, last: int | None) -> Iterator[list[list[Any]]]:
    """Yields lists of rows with something in them, up to this number."""
    rows: list[list[Any]] = []
    cells = 0
    for number, row in enumerate(sheet.iter_rows(), 1):
        if last is not None and number > last:
            break

        while row and row[-1] in ("", None):
            row.pop()
        if row:
            rows.append([number, row])
            cells += len(row)

        if cells >= CELLS_A_LINE:
            yield rows
            rows = []
            cells = 0

    yield rows


def _moment(cell: Any) -> dict[str, str]:
    """Returns a date or time of a cell as it goes to the output."""
    return {"moment": moment_text(cell)}


def _encrypted(file: BinaryIO) -> bool:
    file.seek(0)
    return PASSWORD in file.read(64 << 20)


def _damaged(words: str) -> Exception:
    return Refused("damaged", words)


def _write(message: Any) -> None:
    if message == []:
        return

    line = json.dumps(message, ensure_ascii=False, default=_moment, separators=(",", ":"))
    sys.stdout.buffer.write(line.encode("utf-8", "replace") + b"\n")
    sys.stdout.buffer.flush()


# --- the process


def _be_quiet() -> None:
    """Leaves Ctrl+C to the program, and shows nothing and writes no file if this process ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "win32":
        import ctypes  # noqa: PLC0415 - Windows alone has these windows

        critical_errors, faults = 1, 2
        ctypes.windll.kernel32.SetErrorMode(critical_errors | faults)
    else:
        import resource  # noqa: PLC0415 - Windows has no such module

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _limit_memory(size: int) -> None:
    """Limits the memory of this process where the system can; `process` watches it as well.

    Only what is written counts, not what is reserved: Linux, and not macOS, keeps to it.
    """
    if sys.platform != "win32":
        import resource  # noqa: PLC0415 - Windows has no such module

        hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
        size = size if hard == resource.RLIM_INFINITY else min(size, hard)
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_DATA, (size, hard))


def _end_with_the_program() -> NoReturn:
    """Waits for the end of the standard input, which nobody writes to."""
    while os.read(0, 1):
        pass
    os._exit(0)


if __name__ == "__main__":
    serve(read_workbook)
