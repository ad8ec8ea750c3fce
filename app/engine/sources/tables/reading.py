"""A file with a table in it, whatever its name says: text, spreadsheet or Parquet."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from app.engine.files import open_regular
from app.engine.sources.format import Check, OpenOptions, no_check, unusable
from app.engine.sources.saved.table import is_saved, read_saved
from app.engine.sources.tables.doors import door_of, door_of_name
from app.engine.sources.tables.parquet import read_parquet
from app.engine.sources.tables.spreadsheets.process import REMEDY
from app.engine.sources.tables.spreadsheets.sheets import read_sheet
from app.engine.sources.tables.text import read_text_table
from app.engine.sources.tables.written.letter_k import with_letter_k

if TYPE_CHECKING:
    from app.engine.experiment.data_settings import DataSettings
    from app.engine.sources.tables.columns import Table

TEXT_SUFFIXES = (".csv", ".tsv", ".tab", ".txt", ".dat", ".data")
SHEET_SUFFIXES = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")
PARQUET_SUFFIXES = (".parquet", ".pq")
SUFFIXES = (*TEXT_SUFFIXES, *SHEET_SUFFIXES, *PARQUET_SUFFIXES)

FileType = Literal["text", "spreadsheet", "parquet"]

AMBIGUOUS = (".txt", ".dat", ".data", ".json", ".zip")
"""Endings of tables, but also of other files."""

PREVIEW_ROWS = 5_000
"""Of a large table a preview reads at most so many rows, fewer of one with very many columns."""

HEAD = 4096
"""Bytes from which the sort of a file is seen."""

SMALL = 4 << 20
"""Bytes: a smaller file is read as a whole for a preview too."""


def file_type_of(path: Path) -> FileType:
    """Tells the type of a file by what it begins with.

    Raises UserError for what is no table at all, and OSError.
    """
    with open_regular(path) as file:
        head = file.read(HEAD)

    if head.startswith(b"PAR1"):
        return "parquet"
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return "spreadsheet"
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return "spreadsheet"  # or another archive; its reader looks into it
    if (
        head.lstrip(b"\xef\xbb\xbf \t\r\n")
        .lower()
        .startswith((b"<html", b"<!doctype html", b"<?xml", b"<table"))
    ):
        raise unusable(path, "is a web page, whatever its name says", REMEDY)

    if (
        path.suffix.lower() in (*SHEET_SUFFIXES, *PARQUET_SUFFIXES)
        and b"\0" in head
        and not _may_be_utf16(head)
    ):
        what = "Parquet file" if path.suffix.lower() in PARQUET_SUFFIXES else "spreadsheet"
        raise unusable(path, f"is not a {what}, or a damaged one", REMEDY)

    return "text"


def _may_be_utf16(head: bytes) -> bool:
    """Returns whether the zero bytes of a file may be those of text in UTF-16."""
    return head.startswith((b"\xff\xfe", b"\xfe\xff")) or head[:200].count(0) > len(head[:200]) // 3


def has_name_of_table(name: str) -> bool:
    """Returns whether the name of a file says that it is a table, and nothing else."""
    suffix = Path(name).suffix.lower()
    return door_of_name(name) is not None or (suffix in SUFFIXES and suffix not in AMBIGUOUS)


def may_be_table(path: Path) -> bool:
    """Returns whether a file is a table by its name, or by its beginning where a door reads it.

    Not for endings that other texts have as well. Raises OSError.
    """
    if has_name_of_table(path.name):
        return True
    if path.suffix.lower() not in (".json", ".zip"):
        return False

    with open_regular(path) as file:
        return door_of(path, file.read(HEAD)) is not None


def read_file(
    path: Path, data: DataSettings, check: Check = no_check, most: int | None = None
) -> Table:
    """Reads the table in a file; `most`: only its first rows.

    Raises UserError, OSError, and whatever `check` raises.
    """
    if is_saved(path):
        return read_saved(path, check, most)

    with open_regular(path) as file:
        door = door_of(path, file.read(HEAD))
    if door is not None:
        return door.read(path, data, check, most)

    file_type = file_type_of(path)
    if file_type == "parquet":
        table = read_parquet(path, data, check, most)
    elif file_type == "spreadsheet":
        table = read_sheet(path, data, check, most)
    else:
        table = read_text_table(path, data, check, most)

    if _type_of_suffix(path.suffix.lower()) not in (None, file_type):
        words = {"text": "text", "spreadsheet": "a spreadsheet", "parquet": "a Parquet file"}
        note = (
            f"'{path.name}' is {words[file_type]}, not what its name says; it is read as what it "
            "is."
        )
        table = dataclasses.replace(table, notes=(note, *table.notes))

    return table


def _type_of_suffix(suffix: str) -> FileType | None:
    if suffix in TEXT_SUFFIXES:
        return "text"
    if suffix in SHEET_SUFFIXES:
        return "spreadsheet"

    return "parquet" if suffix in PARQUET_SUFFIXES else None


def read_table(source: str | Path, data: DataSettings, options: OpenOptions | None = None) -> Table:
    """Reads a whole table. Raises UserError, OSError, and whatever `options.check` raises."""
    path = Path(source).expanduser()
    if options is not None:
        options.progress(f"Reading '{path.name}'", 0, 0)

    table = read_file(path, data, options.check if options is not None else no_check)
    return with_letter_k(table, data)


def read_beginning(source: str | Path, data: DataSettings, check: Check = no_check) -> Table:
    """Reads all of a small table, the first rows of a large one. Raises as `read_table`."""
    path = Path(source).expanduser()
    most = None if path.stat().st_size <= SMALL else PREVIEW_ROWS
    return with_letter_k(read_file(path, data, check, most), data)
