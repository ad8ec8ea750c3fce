"""The base class of files that are gone through part by part."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import replace
from typing import TYPE_CHECKING

from app.engine.sources.tables.reading import PREVIEW_ROWS, read_file
from app.engine.sources.tables.written.footer import without_footer
from app.engine.sources.tables.written.number_style import SHEET, with_style

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from app.engine.experiment.data_settings import DataSettings
    from app.engine.sources.format import Check
    from app.engine.sources.tables.columns import Table

ROWS = 2_048
"""Rows of a part, where the sort of file leaves that open."""


class PartedFile(ABC):
    """A large file with a table. Its methods raise UserError, OSError and whatever `check` does."""

    has_footer = False
    """Whether totals or notes may stand below the table, among its rows."""

    def __init__(self, path: Path, check: Check) -> None:
        self.path = path
        self.check = check

    def beginning(self, data: DataSettings) -> Table:
        """Returns the first rows, with all columns."""
        return read_file(self.path, data, self.check, PREVIEW_ROWS)

    @abstractmethod
    def parts(self, data: DataSettings) -> Iterator[Table]:
        """Yields all rows part by part, from the beginning; every part has all columns.

        Each lists the rows of its own that are left out.
        """

    def sampled_parts(self, data: DataSettings) -> Iterator[Table]:
        """Yields the parts from which a sample is taken: without the content of files in cells."""
        return self.parts(data)

    def finished(self, sample: Table, data: DataSettings) -> Table:
        """Returns rows from all over it as they would be in a small file: styled, without footer.

        The style is the same for all rows, and so is the number of rows below the table.
        """
        if self.has_footer:
            sample = without_footer(sample, data)

        delimiter = sample.dialect.delimiter or SHEET
        columns, style = with_style(sample.columns, delimiter, data, self.check)
        dialect = replace(sample.dialect, style=style)
        return replace(sample, columns=tuple(columns), dialect=dialect)

    def close(self) -> None:  # noqa: B027 - most put nothing there
        """Removes what was put on the disk to read it."""
