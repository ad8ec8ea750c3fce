"""What the window remembers between starts.

That is its size, light or dark, zoom, recent files, open toggles and measured speeds.
"""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any, TypeVar

from app.engine import files

if TYPE_CHECKING:
    from pathlib import Path

T = TypeVar("T")
RECENT = 8
"""Recent files and folders that are remembered."""

MOST_BYTES = 4 << 20
"""A larger file is not one that was written here."""


class Preferences:
    """A JSON file of names and plain values.

    An unknown or damaged file, or a value of another type, counts as the default.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._values: dict[str, Any] = _read(path)
        self._written = files.json_key(self._values)

    def get(self, name: str, default: T) -> T:
        """Returns the value kept under this name or `default` where the type differs."""
        value = self._values.get(name)
        if isinstance(default, float) and isinstance(value, int) and not isinstance(value, bool):
            return float(value)  # type: ignore[return-value]

        return value if type(value) is type(default) else default

    def set(self, name: str, value: Any) -> None:
        """Keeps a plain value; it reaches the disk with the next `save`."""
        self._values[name] = value

    def remember(self, path: str) -> None:
        """Puts a file or folder in front of the recent ones."""
        recent = [known for known in self.recent() if known != path]
        self.set("recent", [path, *recent][:RECENT])

    def forget(self, path: str) -> None:
        self.set("recent", [known for known in self.recent() if known != path])

    def recent(self) -> list[str]:
        kept: list[Any] = self.get("recent", [])
        return [path for path in kept if isinstance(path, str)]

    def save(self) -> None:
        """Writes what changed, whole or not at all.

        Raises UserError where the file cannot be written.
        """
        self.write(self.values())

    def values(self) -> dict[str, Any]:
        """Returns a copy of all values of now, to be written by `write`, on any thread."""
        return copy.deepcopy(self._values)

    def write(self, values: dict[str, Any]) -> None:
        """Writes `values`, unless they were written last. Raises UserError like `save`."""
        key = files.json_key(values)
        if key != self._written:
            files.write_json(self.path, values)
            self._written = key


def _read(path: Path) -> dict[str, Any]:
    try:
        values = json.loads(files.read_regular(path, MOST_BYTES))
    except (OSError, ValueError, RecursionError):
        return {}
    return values if isinstance(values, dict) else {}
