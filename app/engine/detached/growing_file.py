"""A file of lines that another process appends to, read as it grows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.engine import files

if TYPE_CHECKING:
    from pathlib import Path

MOST_READ = 1 << 24
"""Bytes that are read at once."""


class GrowingFile:
    """Reads whole lines once each."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0

    def read(self) -> bytes:
        """Returns the whole lines that came since the last call; b"" where there are none.

        Of a file that was cut nothing is returned until it is longer again, see `rewind`.
        """
        try:
            if self._path.stat().st_size <= self._offset:
                return b""

            with files.open_regular(self._path) as file:
                file.seek(self._offset)
                content = file.read(MOST_READ)
        except OSError:
            return b""

        content = content[: content.rfind(b"\n") + 1]
        self._offset += len(content)
        return content

    def rewind(self) -> None:
        """Lets the next call begin at the first line: what was read is not what stands there."""
        self._offset = 0
