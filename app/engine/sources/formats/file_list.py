"""A table that names texts, sounds or other files, with a column of classes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.engine.data.kinds import all_kinds
from app.engine.sources.class_folders import names_files
from app.engine.sources.format import Format, OpenOptions
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


def _reader_of(source: str) -> Format | None:
    """Returns the format of the files that a table of this source names, None without any."""
    own = [kind.files.suffixes for kind in all_kinds() if kind.files is not None]
    readers: list[tuple[tuple[str, ...], Format]] = [
        (sound_folder.SUFFIXES, sound_folder.FORMAT),
        (text_folder.SUFFIXES, text_folder.FORMAT),
        *((suffixes, kind_folder.FORMAT) for suffixes in own),
    ]
    every = tuple(suffix for suffixes, _ in readers for suffix in suffixes)
    if not names_files(source, every):
        return None

    return next((reader for suffixes, reader in readers if names_files(source, suffixes)), None)


FORMAT = FileListFormat()
