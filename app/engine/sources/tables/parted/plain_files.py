"""Text tables and Parquet files, which can be read part by part as they are."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from typing_extensions import override

from app.engine.sources.saved.contents import PictureColumn
from app.engine.sources.saved.in_parts import saved_parts
from app.engine.sources.tables.columns import Column
from app.engine.sources.tables.parquet import parquet_parts
from app.engine.sources.tables.parted.parted_file import ROWS, PartedFile
from app.engine.sources.tables.text import text_table_parts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.engine.experiment.data_settings import DataSettings
    from app.engine.sources.tables.columns import Table


class TextFile(PartedFile):
    """CSV and its relatives."""

    has_footer = True

    def parts(self, data: DataSettings) -> Iterator[Table]:
        return text_table_parts(self.path, data, self.check, ROWS)


class ParquetFile(PartedFile):
    """A Parquet file without lists."""

    @override
    def parts(self, data: DataSettings) -> Iterator[Table]:
        return parquet_parts(self.path, self.check)


class SavedFile(PartedFile):
    """An Arrow file, or a Parquet file with names of classes in its schema."""

    def beginning(self, data: DataSettings) -> Table:
        first = next(self.parts(data), None)
        return first if first is not None else super().beginning(data)

    @override
    def parts(self, data: DataSettings) -> Iterator[Table]:
        return saved_parts(self.path, self.check)

    def sampled_parts(self, data: DataSettings) -> Iterator[Table]:
        for part in self.parts(data):
            names = [
                Column(column.name, column.style, column.texts)
                if isinstance(column, PictureColumn)
                else column
                for column in part.columns
            ]
            yield replace(part, columns=tuple(names))

    @override
    def finished(self, sample: Table, data: DataSettings) -> Table:
        return sample  # as in a small one
