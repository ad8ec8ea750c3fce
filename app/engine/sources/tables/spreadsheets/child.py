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
import json
import os
import signal
import sys
import threading
import zipfile
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

from app.engine.errors import UserError
from app.engine.files import open_regular
from app.engine.foreign import foreign_reader
from app.engine.own_process import end_with_the_program
from app.engine.sources.tables.row_limit import rows_within_limit
from app.engine.sources.tables.spreadsheets.gaps import announced_cells, narrowed
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

CELL_BYTES = 32
"""Bytes that the foreign reader takes for a cell, an empty one too."""

MOST_MERGED = 100_000
"""So many merged cells are filled at most."""

MEMORY_A_BYTE = 16
"""Bytes that may be taken for a byte of the unpacked file; a full sheet needs three."""

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
    threading.Thread(target=end_with_the_program, daemon=True).start()
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

    Yields {"unpacked", "memory"}, then {"sheets", "hidden"}, then {"sheet", "width", "first",
    "total", "most", "merged"}, then lists of [number of the row from 1, its cells without the empty
    ones at the end], rows without any cell left out; and {"rows"} at the end.
    """
    memory = yield from _inspect(file, request)
    file, numbers = _without_gaps(file, request, memory)

    import python_calamine as calamine  # noqa: PLC0415 - memory is limited first

    def damaged(words: str) -> Exception:
        return Refused("password" if _encrypted(file) else "damaged", words)

    with foreign_reader(damaged):
        try:
            book = calamine.CalamineWorkbook.from_filelike(file)
            names = list(book.sheet_names)
        except calamine.PasswordError as error:
            raise Refused("password") from error

    hidden = [sheet.name for sheet in book.sheets_metadata if not _is_seen(sheet)]
    yield {"sheets": names, "hidden": hidden}
    if not names or (request.sheet is not None and request.sheet not in names):
        return

    name = request.sheet or _first_table(book, names, hidden)
    sheet = book.get_sheet_by_name(name)
    first = (sheet.start or (0, 0))[0] + 1
    most = rows_within_limit(request.most, sheet.total_width)
    head = {"sheet": name, "width": sheet.width, "first": first, "most": most}
    merged = [] if numbers else _merged(sheet)
    yield {**head, "total": sheet.total_height, "merged": merged}

    count = 0
    for rows in _filled_rows(sheet, None if most is None else first + most):
        count += len(rows)
        yield [[numbers[number], row] for number, row in rows] if numbers else rows

    yield {"rows": count}


def _merged(sheet: Any) -> list[list[int]]:
    """Returns the merged cells below one another: first and last row from 1, column from 0.

    The column counts from the first one with something in it. OpenDocument files do not tell.
    """
    left = (sheet.start or (0, 0))[1]
    ranges = (sheet.merged_cell_ranges or ())[:MOST_MERGED]
    return [
        [top + 1, bottom + 1, column - left]
        for (top, column), (bottom, _) in ranges
        if bottom > top and column >= left
    ]


def _is_seen(sheet: Any) -> bool:
    """Returns whether a sheet is a visible one of cells: no chart, dialog or macro."""
    import python_calamine as calamine  # noqa: PLC0415 - memory is limited first

    cells = sheet.typ == calamine.SheetTypeEnum.WorkSheet
    return bool(cells and sheet.visible == calamine.SheetVisibleEnum.Visible)


def _first_table(book: Any, names: Sequence[str], hidden: Sequence[str]) -> str:
    """Returns the name of the first sheet with two rows and columns at least.

    One of those that are seen, where one is a table; a page of words in front is none.
    """
    seen = [name for name in names if name not in hidden]
    for name in (*seen, *hidden):
        sheet = book.get_sheet_by_name(name)
        if sheet.height > 1 and sheet.width > 1:
            return name

    return (seen or names)[0]


def _inspect(file: BinaryIO, request: Request) -> Generator[dict[str, int], None, int]:
    """Yields what the file unpacks to, and the bytes that may be taken for it; returns the latter.

    The sizes are those that come out, not those that the archive announces. Raises Refused for an
    archive that is no spreadsheet, or is too large for one.
    """
    archive = file.read(2) == b"PK"
    for size in _unpacked(file) if archive else (os.fstat(file.fileno()).st_size,):
        memory = min(request.memory, LEAST_MEMORY + MEMORY_A_BYTE * size)
        yield {"unpacked": size, "memory": memory}

    file.seek(0)
    _limit_memory(memory)
    return memory


def _without_gaps(file: BinaryIO, request: Request, memory: int) -> tuple[BinaryIO, Sequence[int]]:
    """Returns the file, without wide gaps where its cells need more memory than there is.

    Then the number in the file for every number of a row from 1, () where they are the same.
    Raises Refused where gaps are to be narrowed and there are none.
    """
    try:
        with foreign_reader(_damaged):
            much = CELL_BYTES * announced_cells(file) > memory
            found = narrowed(file) if much or request.narrow else None
    except Refused:  # no archive, or a damaged one: the reader says what is wrong
        found = None

    if found is None and request.narrow:
        raise Refused("memory")

    file.seek(0)
    return found or (file, ())


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

    sys.stdout.buffer.write(line_of(message, _moment))
    sys.stdout.buffer.flush()


def line_of(message: Any, plain: Callable[[Any], dict[str, str]]) -> bytes:
    """Returns a message as a line. plain: makes an object of a date or time in a cell."""
    line = json.dumps(message, ensure_ascii=False, default=plain, separators=(",", ":"))
    return line.encode("utf-8", "replace") + b"\n"


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


if __name__ == "__main__":
    serve(read_workbook)
