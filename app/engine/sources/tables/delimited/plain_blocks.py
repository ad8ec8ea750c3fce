"""Blocks of whole lines of a text table, turned into columns at once where they are plain.

Plain: every line is a row of the table's width that has a value, and a quotation mark stands at the
beginning and the end of a cell alone. Arrow's reader takes about a tenth of the time that Python's
takes for each row; whatever is not plain is left to that one, so that both give the same columns.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from app.engine.files import open_regular
from app.engine.sources.tables.delimiters import DELIMITERS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from app.engine.sources.tables.csv_file import CsvFile

BLOCK = 8 << 20
"""Bytes of a block: enough for Arrow to be quick, little beside what becomes of them."""

SMALL_BLOCK = 1 << 20
"""Bytes of a block where little memory is wanted: half as quick, an eighth of the memory."""

OTHER_NEWLINES = ("utf-16", "utf-32", "utf-7", "iso2022", "hz", "utf_16", "utf_32", "utf_7")
"""Encodings, by how their names begin, in which a newline is not the byte 10 or not always one."""


CONTROLS = (b"\t", b"\v", b"\f", b"\x1c", b"\x1d", b"\x1e", b"\x1f")
"""What Python or Arrow take for white space in ASCII, beside the blank and line breaks."""


@dataclass(frozen=True)
class Block:
    """Some whole lines that hold whole rows. raw: as in the file. content: in UTF-8."""

    raw: bytes
    content: bytes

    @functools.cached_property
    def lines(self) -> int:
        return self.content.count(b"\n") + (not self.content.endswith(b"\n"))


def may_be_plain(file: CsvFile) -> bool:
    """Returns whether blocks of a file can be read at once: by its encoding and delimiter."""
    name = file.encoding.name.lower()
    return file.delimiter in DELIMITERS and not name.startswith(OTHER_NEWLINES)


class PlainBlocks:
    """What stands behind the first lines of a file, as long as it can be cut into blocks.

    They end before the file does in front of a line that is longer than a block, of one that is not
    written in the encoding, and of a quotation mark behind which a row may have several lines.
    end: the byte behind the last block that was taken. any_taken: whether there was one.
    """

    def __init__(self, file: CsvFile, lines: int, size: int | None = None) -> None:
        self.end = 0
        self.any_taken = False
        self._file = file
        self._lines = lines
        self._size = size or BLOCK

    def __iter__(self) -> Iterator[Block]:
        """Yields the blocks. Raises OSError."""
        with open_regular(self._file.path) as stream:
            for _ in range(self._lines):
                line = stream.readline()
                self.end += len(line)
                if line.count(b"\r") > line.endswith(b"\r\n"):
                    return  # these are more lines than one

            for raw in _whole_lines(stream, self._size):
                block = _block(self._file, raw)
                if block is None:
                    return

                self.end += len(raw)
                self.any_taken = True
                yield block


def _whole_lines(stream: BinaryIO, size: int) -> Iterator[bytes]:
    rest = b""
    while part := stream.read(size):
        end = part.rfind(b"\n") + 1
        if not end:
            return

        yield rest + part[:end]
        rest = part[end:]

    if rest:
        yield rest


def _block(file: CsvFile, raw: bytes) -> Block | None:
    """Returns the block of these bytes, None where it cannot be told where its rows end."""
    name = file.encoding.name.lower().replace("utf-8-sig", "utf-8")
    try:
        content = raw if name in ("utf-8", "ascii") else raw.decode(name).encode()
    except UnicodeError:
        return None

    if b"\0" in content:
        return None
    if b"\r" in content and content.count(b"\r") != content.count(b"\r\n"):
        return None
    if b'"' in content and not _are_quotes_plain(content, file.delimiter.encode()):
        return None

    return Block(raw, content)


def _are_quotes_plain(content: bytes, delimiter: bytes) -> bool:
    """Returns whether quotation marks stand around whole cells, and no line ends between two."""
    signs = np.frombuffer(b"\n" + content + b"\n", np.uint8)
    quotes = np.flatnonzero(signs == ord('"'))
    if len(quotes) % 2:
        return False

    newlines = np.flatnonzero(signs == ord("\n"))
    opening, closing = quotes[::2], quotes[1::2]
    before, behind = signs[opening - 1], signs[closing + 1]
    separators = [delimiter[0], ord("\n")]
    return bool(
        np.isin(before, separators).all()
        and np.isin(behind, [*separators, ord("\r")]).all()
        and (np.searchsorted(newlines, opening) == np.searchsorted(newlines, closing)).all()
    )


def columns_of(block: Block, delimiter: str, width: int) -> list[Any] | None:
    """Returns the columns of a plain block, Arrow arrays of trimmed texts; None for any other."""
    import pyarrow as pa  # noqa: PLC0415 - pyarrow takes 0.1 s to load; only tables need it
    import pyarrow.compute as pc  # noqa: PLC0415 - as above
    import pyarrow.csv as pa_csv  # noqa: PLC0415 - as above

    names = [str(index) for index in range(width)]
    try:
        table = pa_csv.read_csv(
            pa.BufferReader(block.content),
            pa_csv.ReadOptions(
                use_threads=False, block_size=len(block.content) + 1, column_names=names
            ),
            pa_csv.ParseOptions(
                delimiter=delimiter,
                quote_char='"' if b'"' in block.content else False,
                ignore_empty_lines=False,
            ),
            pa_csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.large_string()), strings_can_be_null=False
            ),
        )
    except pa.ArrowInvalid:
        return None

    # Of one block there is one chunk; combine_chunks would copy it.
    columns = [
        column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
        for column in table.columns
    ]
    if _may_have_blanks(block.content, delimiter.encode()):
        columns = [pc.utf8_trim_whitespace(column) for column in columns]
    if len(table) != block.lines or _has_empty_row(columns):
        return None

    return columns


def _may_have_blanks(content: bytes, delimiter: bytes) -> bool:
    """Returns whether a cell may begin or end with white space, which takes long to take away."""
    if not content.isascii() or any(sign in content for sign in CONTROLS if sign != delimiter):
        return True

    signs = np.frombuffer(b"\n" + content + b"\n", np.uint8)
    blanks = np.flatnonzero(signs == ord(" "))
    ends = list(delimiter + b'\n\r" ')  # a second blank too: the cell may be blank
    return bool(np.isin(signs[blanks - 1], ends).any() or np.isin(signs[blanks + 1], ends).any())


def _has_empty_row(columns: list[Any]) -> bool:
    import pyarrow.compute as pc  # noqa: PLC0415 - pyarrow takes 0.1 s to load; only tables need it

    empty: Any = None
    for column in columns:
        here = pc.equal(pc.binary_length(column), 0)
        empty = here if empty is None else pc.and_(empty, here)
        if not pc.any(empty).as_py():
            return False

    return bool(columns)
