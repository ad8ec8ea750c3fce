"""The base class of doors: one sort of file that holds a table."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.experiment.data_settings import DataSettings
    from app.engine.sources.format import Check
    from app.engine.sources.tables.columns import Table

BASE_SUFFIXES = (".csv", ".tsv", ".tab", ".txt", ".dat", ".data", ".parquet", ".pq")
"""Endings of tables that every door knows."""


class Door(ABC):
    """Reads one sort of file. suffixes: endings that say that a file is of it, in small letters."""

    suffixes: ClassVar[tuple[str, ...]]

    @abstractmethod
    def matches(self, path: Path, head: bytes) -> bool:
        """Returns whether it would read a file. head: its first bytes."""

    @abstractmethod
    def read(self, path: Path, data: DataSettings, check: Check, most: int | None) -> Table:
        """Reads the table in a file; `most`: only its first rows.

        Raises UserError, OSError, and whatever `check` raises.
        """
