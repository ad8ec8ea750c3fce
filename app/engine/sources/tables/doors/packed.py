"""Packed tables: gzip, bzip2, xz, and a ZIP archive with one table in it."""

from __future__ import annotations

import bz2
import gzip
import lzma
import shutil
import tempfile
import zipfile
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, ClassVar, NamedTuple, cast

from app.engine.data.names import readable
from app.engine.errors import UserError
from app.engine.files import open_regular
from app.engine.foreign import foreign_reader
from app.engine.free_memory import free_memory
from app.engine.sources.format import Check, unusable
from app.engine.sources.tables.doors.door import BASE_SUFFIXES, Door
from app.engine.text import bytes_text, names_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from app.engine.experiment.data_settings import DataSettings
    from app.engine.sources.tables.columns import Table

PART = 1 << 20
"""Bytes that are unpacked at a time."""

BEGINNING = 64 << 20
"""Bytes that are unpacked where only the first rows are wanted."""

SPARE_DISK = 256 << 20
"""Bytes that stay free on the disk of temporary files."""

MARKS = {b"\x1f\x8b": "gzip", b"BZh": "bzip2", b"\xfd7zXZ\0": "xz", b"PK\x03\x04": "ZIP"}
ENDINGS = (".gz", ".bz2", ".xz")
TABLES = (*BASE_SUFFIXES, ".jsonl", ".ndjson", ".json", ".arff")

SHEETS = ("xl/", "content.xml", "word/", "ppt/", "META-INF/")
"""What stands in archives that are documents of their own."""


class Packed(Door):
    """Reads .csv.gz and its like. What an archive says of its size is not believed."""

    suffixes: ClassVar[tuple[str, ...]] = tuple(
        f"{table}{ending}" for table in TABLES for ending in ENDINGS
    )

    def matches(self, path: Path, head: bytes) -> bool:
        kind = next((kind for mark, kind in MARKS.items() if head.startswith(mark)), None)
        if kind != "ZIP":
            return kind is not None

        if path.suffix.lower() != ".zip":
            return False
        try:
            names = _names(path)
        except UserError:
            return False

        return not any(name.startswith(SHEETS) for name in names)

    def read(self, path: Path, data: DataSettings, check: Check, most: int | None) -> Table:
        with tempfile.TemporaryDirectory() as folder:
            limit = BEGINNING if most is not None else None
            unpacked, whole = unpack(path, Path(folder), check, limit)
            with named_as(path, unpacked):
                table = _read(unpacked, data, check, most)

        note = f"It is packed; read is '{unpacked.name}' in it."
        notes = (note, *table.notes) if path.suffix.lower() == ".zip" else table.notes
        complete = table.complete and whole
        return replace(table, path=str(path), notes=notes, complete=complete)


def unpack(
    path: Path, folder: Path, check: Check, most: int | None = None, in_parts: bool = False
) -> tuple[Path, bool]:
    """Unpacks the table in a file into a folder; returns it, and whether it is whole.

    most: bytes that are wanted, None for all. in_parts: whether it need not fit into memory. Raises
    UserError, OSError, and whatever `check` raises.
    """
    room = shutil.disk_usage(folder).free - SPARE_DISK
    with open_regular(path) as file:
        name, parts = _opened(path, file)
        target = folder / name
        limit = Limit(room, "the disk holds") if in_parts else _whole_limit(room)
        whole = _written(path, parts, target, limit, most, check)

    with named_as(path, target):
        _refuse_packed(target)
    return target, whole


class Limit(NamedTuple):
    """How many bytes may be unpacked, and what holds no more."""

    size: int
    holder: str


def _whole_limit(room: int) -> Limit:
    return Limit(min(free_memory(), room), "memory and disk hold")


@contextmanager
def named_as(path: Path, unpacked: Path) -> Iterator[None]:
    """Has errors about an unpacked file speak of the packed one."""
    try:
        yield
    except UserError as error:
        inside = str(unpacked)
        what = error.what.replace(inside, str(path)).replace(readable(inside), str(path))
        raise UserError(what, error.remedy, error.setting) from error


def _read(path: Path, data: DataSettings, check: Check, most: int | None) -> Table:
    from app.engine.sources.tables.reading import read_file  # noqa: PLC0415 - it asks the doors

    return read_file(path, data, check, most)


def _refuse_packed(path: Path) -> None:
    """Raises UserError where what was unpacked is packed itself."""
    with open_regular(path) as file:
        head = file.read(8)
    if any(head.startswith(mark) for mark in MARKS):
        raise unusable(path, "is packed twice, or a spreadsheet", "Unpack it once.")


def _opened(path: Path, file: BinaryIO) -> tuple[str, Iterator[bytes]]:
    """Returns the name of the table in a packed file, and its parts. Raises UserError."""
    head = file.read(8)
    file.seek(0)
    inner = path.name.rpartition(".")[0] or path.name
    if head.startswith(b"BZh"):
        return inner, _decompressed(path, file, lambda: bz2.BZ2Decompressor())
    if head.startswith(b"\xfd7zXZ"):
        limit = max(64 << 20, free_memory() // 2)
        return inner, _decompressed(path, file, lambda: lzma.LZMADecompressor(memlimit=limit))
    if head.startswith(b"\x1f\x8b"):
        return inner, _parts(path, cast("BinaryIO", gzip.GzipFile(fileobj=file)))

    tables = [name for name in _names(path) if name.lower().endswith(TABLES)]
    if len(tables) != 1:
        found = f"{len(tables)} tables ({names_text(tables)})" if tables else "no table"
        raise unusable(path, f"holds {found}", "Unpack it and choose one table.")

    with foreign_reader(lambda words: _damaged(path, words)):
        archive = zipfile.ZipFile(file)
        member = archive.getinfo(tables[0])
        if member.flag_bits & 1:
            raise unusable(path, "is protected by a password", "Unpack it first.")
        member.file_size = 1 << 62  # zipfile stops at the size that is announced
        stream = archive.open(member)

    return Path(tables[0]).name, _parts(path, cast("BinaryIO", stream))


def _names(path: Path) -> list[str]:
    """Returns the names of the files in a ZIP archive, without those that programs leave."""
    with open_regular(path) as file, foreign_reader(lambda words: _damaged(path, words)):
        names = zipfile.ZipFile(file).namelist()

    return [
        name
        for name in names
        if not name.endswith("/")
        and not name.startswith("__MACOSX/")
        and not Path(name).name.startswith(".")
    ]


def _parts(path: Path, stream: BinaryIO) -> Iterator[bytes]:
    while True:
        with foreign_reader(lambda words: _damaged(path, words)):
            part = stream.read(PART)
        if not part:
            return
        yield part


def _decompressed(
    path: Path,
    file: BinaryIO,
    made: Callable[[], bz2.BZ2Decompressor | lzma.LZMADecompressor],
) -> Iterator[bytes]:
    """Yields what comes out, a part at a time, of one stream behind another."""
    decompressor = made()
    packed = b""
    while True:
        with foreign_reader(lambda words: _damaged(path, words)):
            if decompressor.eof:
                packed = decompressor.unused_data.lstrip(b"\0") or file.read(PART)
                if not packed:
                    return
                decompressor = made()
            elif decompressor.needs_input:
                packed = file.read(PART)
                if not packed:
                    raise _damaged(path, "it ends too early")
            else:
                packed = b""

            part = decompressor.decompress(packed, PART)
        if part:
            yield part


def _written(
    path: Path, parts: Iterator[bytes], target: Path, limit: Limit, most: int | None, check: Check
) -> bool:
    """Writes what comes out into a file, `most` bytes or all; returns whether that is all.

    Raises UserError where it is more than the limit.
    """
    size = 0
    with target.open("wb") as file:
        for part in parts:
            check()
            size += len(part)
            if size > limit.size:
                raise UserError(
                    f"'{readable(path)}' unpacks to more than {limit.holder}: "
                    f"{bytes_text(max(0, limit.size))}.",
                    "Make it smaller, or use a computer with more memory.",
                    "data.source",
                )

            file.write(part)
            if most is not None and size >= most:
                return False

    return True


def _damaged(path: Path, words: str) -> UserError:
    return unusable(path, f"is a damaged packed file: {words}", "Download or pack it again.")


DOOR = Packed()
