"""Packed tables: unpacked on the disk, and gone through there."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from app.engine.sources.tables.doors.packed import named_as, unpack
from app.engine.sources.tables.parted.parted_file import PartedFile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from app.engine.experiment.data_settings import DataSettings
    from app.engine.sources.format import Check
    from app.engine.sources.tables.columns import Table

    Opened = Callable[[Path], PartedFile | None]


class PackedFile(PartedFile):
    """A packed file with one table in it. What was unpacked goes with it."""

    def __init__(self, path: Path, check: Check) -> None:
        super().__init__(path, check)
        self._folder = Path(tempfile.mkdtemp(prefix="netwright-unpacked-"))
        self._forget = weakref.finalize(self, shutil.rmtree, self._folder, True)
        self._unpacked = self._folder
        self._inner: PartedFile | None = None

    @classmethod
    def of(cls, path: Path, check: Check, opened: Opened) -> PackedFile | None:
        """Unpacks a file; None where what is in it is read as a whole.

        opened: opens what is in it. Raises UserError, OSError, and whatever `check` raises.
        """
        file = cls(path, check)
        try:
            file._unpacked, _ = unpack(path, file._folder, check, in_parts=True)
            with named_as(path, file._unpacked):
                file._inner = opened(file._unpacked)
        finally:
            if file._inner is None:
                file.close()

        return file if file._inner is not None else None

    def beginning(self, data: DataSettings) -> Table:
        with named_as(self.path, self._unpacked):
            return self._named(self._table_file.beginning(data))

    def parts(self, data: DataSettings) -> Iterator[Table]:
        with named_as(self.path, self._unpacked):
            for part in self._table_file.parts(data):
                yield self._named(part)

    def sampled_parts(self, data: DataSettings) -> Iterator[Table]:
        with named_as(self.path, self._unpacked):
            for part in self._table_file.sampled_parts(data):
                yield self._named(part)

    def finished(self, sample: Table, data: DataSettings) -> Table:
        return self._table_file.finished(sample, data)

    def close(self) -> None:
        if self._inner is not None:
            self._inner.close()
        self._forget()

    @property
    def _table_file(self) -> PartedFile:
        assert self._inner is not None
        return self._inner

    def _named(self, table: Table) -> Table:
        return replace(table, path=str(self.path))
