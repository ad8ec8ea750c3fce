"""Finds the files that the cells of a table name, in its folder and those below it."""

from __future__ import annotations

import functools
import os
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

from app.engine.files import is_folder
from app.engine.sources.folder_walk import is_junk
from app.engine.sources.layout.folder_words import is_contents

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

SEARCHED_FOLDERS = 200
"""Files are looked for in the table's folder and so many below it, the outer ones first."""

LONGEST = 1000
"""Letters of a cell above which it names no file."""

MISSING = "there is no such file"


class NoSuchFile(Exception):
    """A cell names no file, or several. `reason` continues the sentence "CELL: ..."."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


def path_of_cell(cell: str) -> str:
    """Returns the path that a cell names, as this system writes it; "~" is the person's folder."""
    path = cell.replace("\\", "/") if os.sep == "/" else cell
    return path if "\0" in path else os.path.expanduser(path)


class FileFinder:
    """Finds files of some endings by what a cell says of them.

    That is their path from the table's folder, or the end of it: "a/1.png" is found in "images/a".
    Their ending may be left out. A name that several files have is none of them.
    """

    def __init__(self, folder: Path, suffixes: Collection[str]) -> None:
        self.folder = folder
        self.suffixes = frozenset(suffixes)
        self._endings = tuple(suffixes)

    def has_suffix(self, cell: str) -> bool:
        """Returns whether a cell ends as these files do."""
        if not cell.lower().endswith(self._endings):  # much quicker than to split
            return False

        return os.path.splitext(cell)[1].lower() in self.suffixes

    @property
    def any_file_is_there(self) -> bool:
        """Whether there is a file of these endings below the folder."""
        return bool(self._files)

    def find(self, cell: str) -> Path:
        """Returns the file that a cell names. Raises NoSuchFile."""
        if not 0 < len(cell) < LONGEST or "\0" in cell:
            raise NoSuchFile(MISSING)

        has_suffix = self.has_suffix(cell)
        written = path_of_cell(cell)
        if not has_suffix and not self._may_be_stem(written):
            raise NoSuchFile(MISSING)  # the quick way out for most cells of most tables

        named = Path(written)
        direct = self.folder / named
        if has_suffix and direct.is_file():
            return direct
        if named.is_absolute():
            raise NoSuchFile(MISSING)

        parts = [part for part in named.parts if part not in ("", ".")]
        if not parts or ".." in parts:
            raise NoSuchFile(MISSING)

        index = self._by_name if has_suffix else self._by_stem
        candidates = index.get(parts[-1], ())
        fitting = [path for path in candidates if list(path[-len(parts) : -1]) == parts[:-1]]
        if len(fitting) > 1:  # beside masks of the same names: images/1.png, masks/1.png
            plain = [path for path in fitting if any(map(is_contents, path[:-1]))]
            fitting = plain if len(plain) == 1 else fitting
        if len(fitting) > 1:
            first, second = ("/".join(path) for path in fitting[:2])
            raise NoSuchFile(f"several files have this name, '{first}' and '{second}'")
        if not fitting:
            raise NoSuchFile(MISSING)

        return self.folder.joinpath(*fitting[0])

    def finds(self, cell: str) -> Path | None:
        """Returns the file that a cell names, None where it names none or several."""
        try:
            return self.find(cell)
        except NoSuchFile:
            return None

    def any_file(self, cell: str) -> Path | None:
        """Returns the file that a cell names, also one of another ending, in a column of files."""
        found = self.finds(cell)
        if found is not None or not 0 < len(cell) < LONGEST or "\0" in cell:
            return found

        direct = self.folder / path_of_cell(cell)
        return direct if direct.is_file() else None

    def _may_be_stem(self, written: str) -> bool:
        return bool(self._files) and (os.sep in written or written in self._by_stem)

    @functools.cached_property
    def _files(self) -> list[tuple[str, ...]]:
        """The paths of all files of these endings, from the outer folders inwards."""
        files: list[tuple[str, ...]] = []
        folders: list[tuple[str, ...]] = [()]
        for number, parts in enumerate(folders):  # grows while it is gone through
            if number > SEARCHED_FOLDERS:
                break

            try:
                with os.scandir(self.folder.joinpath(*parts)) as entries:
                    listed = sorted(entries, key=lambda entry: entry.name)
            except OSError:
                continue

            for entry in listed:
                is_wanted = self.has_suffix(entry.name)
                if not (is_wanted or is_folder(entry)) or is_junk(entry.name):
                    continue

                (files if is_wanted else folders).append((*parts, entry.name))

        return files

    @functools.cached_property
    def _by_name(self) -> dict[str, list[tuple[str, ...]]]:
        return self._index(lambda name: name)

    @functools.cached_property
    def _by_stem(self) -> dict[str, list[tuple[str, ...]]]:
        return self._index(lambda name: os.path.splitext(name)[0])

    def _index(self, key: Callable[[str], str]) -> dict[str, list[tuple[str, ...]]]:
        index: dict[str, list[tuple[str, ...]]] = defaultdict(list)
        for parts in self._files:
            index[key(parts[-1])].append(parts)

        return dict(index)
