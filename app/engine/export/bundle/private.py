"""Takes the paths of this computer out of what leaves it."""

from __future__ import annotations

import json
import re
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.engine import files
from app.engine.own_process import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterable

PATH = re.compile(r"[/\\]|^~|^[A-Za-z]:")
"""In the name of a run or of data: it is a path."""


class PathRemover:
    """Replaces paths by the name of their last part, and paths below folders by what is below.

    "/home/anna/cats/1.png" becomes "cats/1.png" where "/home/anna/cats" is known, "1.png" where
    only its folder is. A name that is a person's own, such as that of the home folder, becomes
    "data".
    """

    def __init__(self, paths: Iterable[str]) -> None:
        """paths: of data and of runs, whose last part may be told."""
        home = Path.home()
        self._person = home.name
        named = [path for path in dict.fromkeys(paths) if path and PATH.search(path)]
        self._names = {path: self._told(path) for path in named}

        hidden = [home, Path.cwd(), Path(tempfile.gettempdir()), Path(sys.prefix), ROOT]
        folders = {str(each) for each in (*hidden, *(path.resolve() for path in hidden))}
        folders |= {str(Path(path).parent) for path in named}
        self._folders = sorted(filter(_is_deep, folders), key=len, reverse=True)
        self._patterns = [
            (_pattern(path), name)
            for path, name in sorted(self._names.items(), key=lambda item: -len(item[0]))
        ]
        self._folder_patterns = [(_pattern(path), self._told(path)) for path in self._folders]

    def text(self, text: str) -> str:
        """Returns a text without the paths."""
        for pattern, name in self._patterns:
            text = _replaced(pattern, name, text, keep_name=True)
        for pattern, name in self._folder_patterns:
            text = _replaced(pattern, name, text, keep_name=False)

        return text

    def plain(self, data: Any) -> Any:
        """Returns plain data of JSON with every text in it without the paths."""
        if isinstance(data, str):
            return self.text(data)
        if isinstance(data, list):
            return [self.plain(value) for value in data]
        if isinstance(data, dict):
            return {self.text(key): self.plain(value) for key, value in data.items()}

        return data

    def json(self, content: bytes) -> bytes:
        """Returns a JSON file without the paths; bit for bit as it was where it has none.

        Raises ValueError for what is no JSON.
        """
        data = json.loads(content)
        cleaned = self.plain(data)
        return content if cleaned == data else files.json_bytes(cleaned)

    def json_lines(self, content: bytes) -> bytes:
        """Returns lines of JSON like `json`; what is none, such as half a line, is left out."""
        return b"".join(map(self._json_line, content.splitlines(keepends=True)))

    def _json_line(self, line: bytes) -> bytes:
        try:
            data = json.loads(line)
        except (ValueError, RecursionError):
            return b""

        cleaned = self.plain(data)
        return line if cleaned == data else files.json_line(cleaned)

    def _told(self, path: str) -> str:
        """Returns the last part of a path; "data" where there is none, or where it is a person."""
        name = re.split(r"[/\\]", path.rstrip("/\\"))[-1]
        return "data" if not name or name in (self._person, "~") else name


def _is_deep(folder: str) -> bool:
    """Whether a folder is not the whole disk."""
    path = Path(folder)
    return path.is_absolute() and path != Path(path.anchor)


def _pattern(path: str) -> re.Pattern[str]:
    """Returns what finds a path, alone or with the separator before what is below it."""
    return re.compile(rf"(?<![\w.\-]){re.escape(path)}([/\\]+|(?![\w\-]))")


def _replaced(pattern: re.Pattern[str], name: str, text: str, keep_name: bool) -> str:
    """Returns a text with a name for a path; keep_name: also before what is below it."""

    def told(found: re.Match[str]) -> str:
        if not found[1]:
            return name

        return name + found[1] if keep_name else ""

    return pattern.sub(told, text)
