"""Walks through a folder and everything below it, and says what is left out and why."""

from __future__ import annotations

import errno
import os
import stat
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from app.engine.data.dataset import Skipped
from app.engine.data.names import readable
from app.engine.data.picture_files.formats import FOREIGN, SUFFIXES, foreign_reason, suffix_of
from app.engine.sources.layout.file_sorts import SYSTEM, junk_sort, why_left_out
from app.engine.sources.stamps import Stamp, stamp_of

if TYPE_CHECKING:
    from app.engine.sources.format import Check


def is_junk(name: str) -> bool:
    """Returns whether a file or folder of this name is hidden, or the system's own."""
    return name.startswith((".", "~$")) or name.lower() in SYSTEM


@dataclass(frozen=True)
class SourceFile:
    """A file of one of the endings that are looked for.

    parts: the folders between the source and it. stamp: see stamps.py.
    """

    path: str
    parts: tuple[str, ...]
    stamp: Stamp


@dataclass
class FolderWalk:
    """Everything below a folder, links followed once, junk and trouble listed.

    folders: the parts of every folder below the root.
    """

    root: str
    files: list[SourceFile] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    folders: set[tuple[str, ...]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._prefix = os.path.join(self.root, "")

    def run(self, check: Check) -> None:
        """Walks through real folders first, then through those behind links.

        So a link never takes a folder's files away. Raises OSError for the root itself, and
        whatever `check` raises.
        """
        visited: set[tuple[int, int]] = set()
        folders: list[tuple[str, tuple[str, ...]]] = [(self.root, ())]
        links: list[tuple[str, tuple[str, ...]]] = []

        while folders or links:
            if not folders:
                folders.append(links.pop(0))

            folder, parts = folders.pop()
            check()

            try:
                status = os.stat(folder)
                key = (status.st_dev, status.st_ino)
                if key in visited and status.st_ino:
                    reason = "it is a link to a folder that is read already"
                    self._skip(folder, reason, ignored=True)
                    continue

                visited.add(key)
                entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
            except OSError as error:
                if not parts:
                    raise

                self._skip(folder, _trouble(error, "the folder"))
                continue

            self.folders.add(parts)
            for entry in entries:
                self._visit(entry, parts, folders, links, check)

    def _visit(
        self,
        entry: os.DirEntry[str],
        parts: tuple[str, ...],
        folders: list[tuple[str, tuple[str, ...]]],
        links: list[tuple[str, tuple[str, ...]]],
        check: Check,
    ) -> None:
        name = entry.name
        if junk := junk_sort(name):
            self._skip(entry.path, f"it is {junk}", ignored=True)
            return

        try:
            status = entry.stat()
        except OSError as error:
            self._skip(entry.path, _trouble(error, "it"))
            return

        if stat.S_ISDIR(status.st_mode):
            (links if entry.is_symlink() else folders).append((entry.path, (*parts, name)))
            return

        check()
        if not stat.S_ISREG(status.st_mode):
            self._skip(entry.path, "it is not an ordinary file", ignored=True)
        elif refusal := self.refusal(name):
            self._skip(entry.path, *refusal)
        else:
            self.files.append(SourceFile(entry.path, parts, stamp_of(entry.path, status)))

    def refusal(self, name: str) -> tuple[str, bool] | None:
        """Says why a file of this name is left out, and whether nobody would miss it.

        None for what is not left out: here, what may be a picture.
        """
        if name[name.rfind(".") :] in SUFFIXES:  # as nearly all are
            return None

        suffix = suffix_of(name)
        if suffix in FOREIGN:
            return foreign_reason(suffix), False
        if suffix and suffix not in SUFFIXES and not suffix[1:].isdigit():
            return why_left_out(name, "picture"), True

        return None

    def name_of(self, file: SourceFile) -> str:
        """Returns the path of a file below the root, for a person."""
        return readable(self.below(file.path))

    def below(self, path: str) -> str:
        """Returns a path that was found, from the root on."""
        return path.removeprefix(self._prefix) or "."  # os.path.relpath takes twenty times as long

    def _skip(self, path: str, reason: str, ignored: bool = False) -> None:
        self.skipped.append(Skipped(readable(self.below(path)), reason, ignored))


def _trouble(error: OSError, what: str) -> str:
    if error.errno in (errno.EACCES, errno.EPERM):
        return f"{what} may not be opened (no permission)"
    if error.errno in (errno.ELOOP, errno.ENOENT):
        return f"{what} is a link that leads nowhere"

    return f"{what} could not be opened ({error.strerror or 'disk error'})"
