"""Finds out whether a file with a table is gone through part by part, and how."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from app.engine.files import open_regular
from app.engine.sources.saved.in_parts import can_be_parted as saved_can_be_parted
from app.engine.sources.saved.table import is_saved
from app.engine.sources.tables.doors import door_of
from app.engine.sources.tables.doors.arff import Arff
from app.engine.sources.tables.doors.json_records import JsonRecords
from app.engine.sources.tables.doors.packed import Packed
from app.engine.sources.tables.parquet import can_be_parted
from app.engine.sources.tables.parted.arff_file import ArffFile
from app.engine.sources.tables.parted.json_file import JsonFile
from app.engine.sources.tables.parted.packed_file import PackedFile
from app.engine.sources.tables.parted.plain_files import ParquetFile, SavedFile, TextFile
from app.engine.sources.tables.parted.sheet_file import SheetFile
from app.engine.sources.tables.reading import HEAD, file_type_of

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.sources.format import Check
    from app.engine.sources.tables.parted.parted_file import PartedFile

PACKING = 4
"""A spreadsheet, which is packed, unpacks to many times its size: so much less of it is small."""


def parted_file(path: Path, check: Check, small: int) -> PartedFile | None:
    """Returns a file that is gone through part by part, None for one that is read as a whole.

    small: bytes; a smaller file is read as a whole, save Parquet, which says how many cells it has.
    Raises UserError for a damaged file, OSError, and whatever `check` raises.
    """
    size = path.stat().st_size
    with open_regular(path) as file:
        door = door_of(path, file.read(HEAD))

    if isinstance(door, Packed):
        return PackedFile.of(path, check, partial(parted_file, check=check, small=small))
    if isinstance(door, JsonRecords):
        return JsonFile.of(path, check) if size > small else None
    if isinstance(door, Arff):
        return ArffFile(path, check) if size > small else None
    if is_saved(path):
        return SavedFile(path, check) if size > small and saved_can_be_parted(path) else None

    sort = file_type_of(path)
    if sort == "parquet":
        return ParquetFile(path, check) if can_be_parted(path) else None
    if sort == "spreadsheet":
        return SheetFile(path, check) if size > small // PACKING else None

    return TextFile(path, check) if size > small else None
