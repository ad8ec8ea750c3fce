"""Opens a bundle of another computer: checked, unpacked beside the runs, and then one of them."""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
import stat
import zipfile
from typing import TYPE_CHECKING, Any, NotRequired

from pydantic import TypeAdapter, ValidationError
from typing_extensions import TypedDict

from app.engine import files
from app.engine.data.names import visible
from app.engine.errors import UserError
from app.engine.export.bundle import layout
from app.engine.foreign import foreign_reader
from app.engine.runs.run import TRASH, Run, file_name, free_name
from app.engine.sources.format import Check, Progress, no_check, no_progress
from app.engine.text import bytes_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PART = 1 << 20
"""Bytes that are unpacked at a time."""

ROOM = 1 << 20
"""Bytes that stay free beside what is unpacked."""

ENCRYPTED = 1
"""The bit of a file in an archive that is locked with a password."""

_HEAD = b"PK\x03\x04"
_NAME_AT = 30
"""Where the name of an archive's first file stands."""


class Entry(TypedDict):
    """What the list says of a file."""

    sha256: str
    bytes: int


class BundleList(TypedDict):
    """What bundle.json says. name: of the run. program: the version that wrote it."""

    version: int
    name: str
    files: dict[str, Entry]
    program: NotRequired[str]


_LISTS = TypeAdapter(BundleList)


def is_bundle(path: Path) -> bool:
    """Returns whether a file begins as a bundle does; it costs a read of a few bytes."""
    name = layout.LIST.encode()
    try:
        with files.open_regular(path) as file:
            head = file.read(_NAME_AT + len(name))
    except (OSError, ValueError):
        return False

    return head.startswith(_HEAD) and head[_NAME_AT:] == name


def open_bundle(
    path: Path, parent: Path, progress: Progress = no_progress, check: Check = no_check
) -> Run:
    """Unpacks a bundle into a new run below `parent`, under a free name, and returns the run.

    Until all of it is there and is what was written, no run is to be seen. Raises UserError, or
    whatever `check` raises; then nothing is left.
    """
    try:
        with files.open_regular(path) as file:
            if not is_bundle(path):
                raise _no_bundle(path)
            with foreign_reader(lambda _: _damaged(path, "it is not whole")):
                archive = zipfile.ZipFile(file)

            bundle = _Bundle(path, archive)
            return bundle.unpack(parent, progress, check)
    except OSError as error:
        raise files.as_user_error(error, path) from error


class _Bundle:
    """An archive whose list is read and whose files are those of the list.

    Nothing that it announces is believed: sizes are compared with the list, and what is unpacked
    with its SHA-256.
    """

    def __init__(self, path: Path, archive: zipfile.ZipFile) -> None:
        """Raises UserError where it is damaged, or newer than this program."""
        self._path = path
        self._archive = archive
        self._list = self._read_list()
        self._members = self._checked_members()

    def unpack(self, parent: Path, progress: Progress, check: Check) -> Run:
        total = sum(info.file_size for info in self._members.values())
        name = file_name(self._list["name"])
        # It is made where no list of runs looks, so that half of it is never taken for a run.
        shelf = parent / TRASH
        shelf.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(shelf).free
        if total + ROOM > free:
            raise UserError(
                f"'{self._path.name}' unpacks to {bytes_text(total)}; only {bytes_text(free)} are "
                "free.",
                "Free some space, then open it again.",
            )

        half = free_name(shelf, name)
        half.mkdir()
        try:
            done = 0
            for member, info in self._members.items():
                progress(f"Unpacking '{self._path.name}'", done, total)
                self._extract(info, half / member.removeprefix(layout.RUN), check)
                done += info.file_size

            if problems := Run(half).problems():
                raise UserError(problems[0], "Get another copy of the bundle.")

            target = free_name(parent, name)
            files.rename(half, target)
        except BaseException:
            shutil.rmtree(half, ignore_errors=True)
            raise

        files.sync_folder(parent)
        return Run(target)

    # --- what it says

    def _read_list(self) -> BundleList:
        infos = self._archive.infolist()
        if not infos or infos[0].orig_filename != layout.LIST:
            raise _no_bundle(self._path)

        info = infos[0]
        if info.file_size > layout.MOST_LIST:
            raise self._damaged("its list is too long")

        try:
            plain: Any = json.loads(b"".join(self._parts(info)))
        except (ValueError, RecursionError) as error:
            raise self._damaged("its list cannot be read") from error

        version = plain.get("version") if isinstance(plain, dict) else None
        if type(version) is int and version > layout.VERSION:
            raise UserError(
                f"'{self._path.name}' was made by a newer version of this program.",
                "Install the newest version, then open it again.",
            )

        try:
            content: BundleList = _LISTS.validate_python(plain, strict=True)
        except ValidationError as error:
            raise self._damaged("its list says too little") from error
        if content["version"] < 1:
            raise self._damaged("its list has no version")

        return content

    def _checked_members(self) -> dict[str, zipfile.ZipInfo]:
        """Returns the files by name. Raises UserError unless they are those that are listed."""
        found: dict[str, zipfile.ZipInfo] = {}
        for info in self._archive.infolist()[1:]:
            name = info.orig_filename
            # It is unpacked under this name, so only those that a run has are let in.
            if not layout.MEMBER.fullmatch(name):
                raise self._damaged(f"it holds '{visible(name)[:80]}', which no bundle has")
            if name in found:
                raise self._damaged(f"it holds '{name}' twice")
            if not stat.S_ISREG(info.external_attr >> 16) or info.flag_bits & ENCRYPTED:
                raise self._damaged(f"'{name}' is not an ordinary file")

            found[name] = info

        listed = self._list["files"]
        for name in sorted(found.keys() ^ listed.keys()):
            place = "its list" if name in found else "the archive"
            raise self._damaged(f"'{visible(name)[:80]}' is missing in {place}")
        for name, info in found.items():
            if info.file_size != listed[name]["bytes"]:
                raise self._damaged(f"'{name}' has another size than was written")

        if f"{layout.RUN}experiment.toml" not in found:
            raise self._damaged("it holds no run")

        return found

    # --- its bytes

    def _extract(self, info: zipfile.ZipInfo, target: Path, check: Check) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        digest = hashlib.sha256()
        with target.open("xb") as file:
            for part in self._parts(info):
                check()
                digest.update(part)
                file.write(part)

        if digest.hexdigest() != self._list["files"][info.filename]["sha256"]:
            raise self._damaged(f"'{info.filename}' is not what was written")

    def _parts(self, info: zipfile.ZipInfo) -> Iterator[bytes]:
        """Yields a file in parts, at most as many bytes as it announces."""
        with _reading(self._path), self._archive.open(info) as source:
            while part := source.read(PART):
                yield part

    def _damaged(self, why: str) -> UserError:
        return _damaged(self._path, why)


@contextlib.contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Turns what a damaged archive raises into UserError."""
    with foreign_reader(lambda text: _damaged(path, text.rstrip(".") or "it cannot be read")):
        yield


def _no_bundle(path: Path) -> UserError:
    return UserError(
        f"'{path.name}' is not a bundle of this program.",
        "Choose a file that 'netwright export --format bundle' has written.",
    )


def _damaged(path: Path, why: str) -> UserError:
    """Returns the error for a bundle that is not what was written. why: a clause."""
    return UserError(f"'{path.name}' is damaged: {why}.", "Get another copy of it.")
