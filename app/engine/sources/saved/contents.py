"""Columns whose cells are more than a text or a number: whole picture files, lists of tags."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from app.engine.sources.tables.columns import Column

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True, eq=False)
class PictureColumn(Column):
    """A column of pictures. Its texts are their names.

    contents: (N,) Arrow large_binary, the bytes of each file, null where there is none.
    """

    contents: Any = field(default=None, repr=False)

    def take(self, rows: np.ndarray) -> PictureColumn:
        return replace(
            self, stored_texts=self.stored_texts.take(rows), contents=self.contents.take(rows)
        )

    def files(self) -> list[bytes | None]:
        """Returns the bytes of every file, None where there is none."""
        files: list[bytes | None] = self.contents.to_pylist()
        return files


class TagColumn(Column):
    """A column of lists of tags, written with its separator between them."""


class SoundColumn(Column):
    """A column of sounds, which are not read from cells."""
