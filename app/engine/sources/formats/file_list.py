"""A table that names texts, sounds or other files, with a column of classes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from app.engine.data.kinds import all_kinds
from app.engine.sources.class_folders import names_files
from app.engine.sources.file_lists.columns import find_class_column
from app.engine.sources.file_lists.tables import open_file_table
from app.engine.sources.format import Format, OpenOptions, no_check
from app.engine.sources.formats import kind_folder, sound_folder, text_folder

if TYPE_CHECKING:
    from app.engine.experiment.data_settings import DataSettings
    from app.engine.sources.loaded import Examples


class FileListFormat(Format):
    """Reads the files that a table names as those in folders are read."""

    kind = "file-list"
    label = "Table of files"
    order = 52

    def matches(self, source: str) -> bool:
        return _reader_of(source) is not None

    def open(self, source: str, data: DataSettings, options: OpenOptions) -> Examples:
        reader = _reader_of(source)
        assert reader is not None
        return reader.open(source, data, options)

    def guessed_target(self, source: str, data: DataSettings) -> str:
        suffixes = tuple(suffix for suffixes, _ in _readers() for suffix in suffixes)
        table = open_file_table(Path(source), suffixes, data, no_check, sample=True)
        return table.column_names[find_class_column(table, None)] if table is not None else ""


def _readers() -> list[tuple[tuple[str, ...], Format]]:
    """Returns the endings of files that are read, each with the format of folders of them."""
    own = [kind.files.suffixes for kind in all_kinds() if kind.files is not None]
    return [
        (sound_folder.SUFFIXES, sound_folder.FORMAT),
        (text_folder.SUFFIXES, text_folder.FORMAT),
        *((suffixes, kind_folder.FORMAT) for suffixes in own),
    ]


def _reader_of(source: str) -> Format | None:
    """Returns the format of the files that a table of this source names, None without any."""
    readers = _readers()
    every = tuple(suffix for suffixes, _ in readers for suffix in suffixes)
    if not names_files(source, every):
        return None

    return next((reader for suffixes, reader in readers if names_files(source, suffixes)), None)


FORMAT = FileListFormat()
