"""Opening, reading and writing files, and the sentences for what the operating system refuses.

Everything that the program reads is opened by `open_regular`: a pipe would wait for ever, and a
device would never end.
"""

from __future__ import annotations

import contextlib
import errno
import json
import math
import os
import stat
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from app.engine.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)

PART = 1 << 16
"""Bytes that are read at a time of a file that is longer than it says."""

_FLAGS = sum(getattr(os, name, 0) for name in ("O_BINARY", "O_NONBLOCK", "O_CLOEXEC"))
"""How files are opened; each system has some of these."""


class NotRegular(OSError):
    """The path is no ordinary file but a pipe, a device, a socket or a folder."""


class TooLarge(OSError):
    """The file is larger than a file of its kind can be."""


def open_regular(path: Path, most: int | None = None) -> BinaryIO:
    """Opens an ordinary file for reading, without ever waiting for it.

    most: the largest size in bytes; None is any size. Raises NotRegular, TooLarge or another
    OSError; `disk_error` makes a sentence of each.
    """
    # Asked before it is opened, since opening some devices does something to them.
    _require_regular(os.stat(path), path, most)
    return os.fdopen(_handle(path, os.O_RDONLY, most), "rb")


def open_to_append(path: Path) -> BinaryIO:
    """Opens an ordinary file to append to, unbuffered; it is made where there is none.

    Raises NotRegular or another OSError: a pipe that nobody reads would be waited for.
    """
    with contextlib.suppress(FileNotFoundError):
        _require_regular(os.stat(path), path, None)

    return os.fdopen(_handle(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, None), "ab", buffering=0)


def _handle(path: str | Path, flags: int, most: int | None) -> int:
    """Opens a file without waiting, and refuses what was exchanged for it in between."""
    handle = os.open(path, flags | _FLAGS, 0o666)
    try:
        _require_regular(os.fstat(handle), path, most)
    except OSError:
        os.close(handle)
        raise

    return handle


def is_folder(entry: os.DirEntry[str]) -> bool:
    """Returns whether an entry is a folder; False where nobody can tell, as of a link to itself."""
    try:
        return entry.is_dir()
    except OSError:
        return False


def is_file(entry: os.DirEntry[str]) -> bool:
    """Returns whether an entry is an ordinary file; False where nobody can tell."""
    try:
        return entry.is_file()
    except OSError:
        return False


def read_regular(path: Path, most: int) -> bytes:
    """Returns the content of an ordinary file of at most `most` bytes. Raises like open_regular."""
    with open_regular(path, most) as file:
        # Not read(most): that takes so much memory at once. It may grow while it is read.
        parts = [file.read(os.fstat(file.fileno()).st_size)]
        size = len(parts[0])
        while part := file.read(PART):
            parts.append(part)
            size += len(part)
            if size > most:
                raise _too_large(path, most)

    return b"".join(parts) if len(parts) > 1 else parts[0]


def read_small(path: str | Path, most: int) -> bytes | None:
    """Returns the content of an ordinary file, None where it has more than `most` bytes.

    It makes no file object, which takes longer than reading a few kilobytes. Raises like
    `open_regular`.
    """
    _require_regular(os.stat(path), path, None)
    handle = _handle(path, os.O_RDONLY, None)
    try:
        content = os.read(handle, most + 1)
    finally:
        os.close(handle)

    return content if len(content) <= most else None


def regular_parts(path: Path, most: int, size: int) -> Iterator[bytes]:
    """Yields an ordinary file of at most `most` bytes in parts of `size` bytes.

    Raises like open_regular.
    """
    read = 0
    with open_regular(path, most) as file:
        while part := file.read(size):
            read += len(part)
            if read > most:  # it may grow while it is read
                raise _too_large(path, most)
            yield part


def _require_regular(status: os.stat_result, path: str | Path, most: int | None) -> None:
    if not stat.S_ISREG(status.st_mode):
        kind = next((name for test, name in KINDS if test(status.st_mode)), "something else")
        raise NotRegular(errno.EINVAL, f"it is {kind}, not a file", str(path))
    if most is not None and status.st_size > most:
        raise _too_large(path, most)


def _too_large(path: str | Path, most: int) -> TooLarge:
    return TooLarge(errno.EFBIG, f"it is larger than {most:,} bytes", str(path))


def write_atomically(path: Path, content: bytes, lasting: bool = True) -> None:
    """Writes a file so that after a power cut it is either the old one or the new one.

    The content goes into a file beside the target, is flushed to the disk and renamed. lasting:
    False does not wait for the disk; a power cut may then damage the file. Raises UserError where
    the disk is full or the folder cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Not mkstemp: only the owner may read its files, and these are shared like any other.
        part = path.with_name(f"{path.name}.{os.getpid()}-{threading.get_ident()}.tmp")
    except OSError as error:
        raise disk_error(error, path) from error

    try:
        with part.open("wb") as file:
            file.write(content)
            file.flush()
            if lasting:
                os.fsync(file.fileno())
        rename(part, path)
    except OSError as error:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
        raise disk_error(error, path) from error

    if lasting:
        sync_folder(path.parent)


def open_folder(folder: Path) -> int:
    """Returns a handle of a folder, which leads to it wherever it is moved; not on Windows.

    Raises OSError.
    """
    return os.open(folder, os.O_RDONLY)


def sync_file(path: Path) -> None:
    """Waits until a file that a library wrote is on the disk. Raises OSError."""
    handle = os.open(path, os.O_RDWR)  # Windows flushes only what may be written to
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_folder(folder: Path) -> None:
    """Makes a rename in this folder durable.

    A failure here is not told: the new file is in place.
    """
    if os.name == "nt":
        return

    try:
        handle = open_folder(folder)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
    except OSError:
        pass


def write_json(path: Path, data: Any) -> None:
    """Writes plain data as JSON. Raises UserError like `write_atomically`."""
    write_atomically(path, json_bytes(data))


def json_bytes(data: Any) -> bytes:
    """Returns plain data as strict JSON. Raises ValueError for a number that is not finite."""
    return (json.dumps(data, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode()


def json_line(data: Any, ascii_only: bool = False) -> bytes:
    """Returns plain data as strict JSON on a line. Raises ValueError like `json_bytes`.

    ascii_only: for paths, whose bytes need not be text; without it such a path is a ValueError.
    """
    return json.dumps(data, ensure_ascii=ascii_only, allow_nan=False).encode() + b"\n"


def json_key(data: Any) -> str:
    """Returns plain data as one text, equal for equal data: sorted, and ASCII only.

    For comparing and for hashing; it is not read back. Other values stand as their text.
    """
    return json.dumps(data, sort_keys=True, default=str)


def json_text(data: Any) -> str:
    """Returns plain data as strict JSON on one line, null for a number that is not finite.

    Other values are written as their text.
    """
    return json.dumps(_finite(data), ensure_ascii=False, allow_nan=False, default=str)


def _finite(data: Any) -> Any:
    if isinstance(data, dict):
        return {key: _finite(value) for key, value in data.items()}
    if isinstance(data, (list, tuple)):
        return [_finite(value) for value in data]

    return None if isinstance(data, float) and not math.isfinite(data) else data


def rename(source: Path, target: Path) -> None:
    """Renames a file or folder, patiently. Raises OSError."""
    _patiently(lambda: os.replace(source, target))


def remove(path: Path) -> None:
    """Removes a file, patiently; without effect where there is none. Raises OSError."""
    _patiently(lambda: path.unlink(missing_ok=True))


def _patiently(change: Callable[[], None]) -> None:
    """Does something to a file; on Windows again a little later, where that is refused.

    There another program, a virus scanner as a rule, may hold it open for a moment.
    """
    for wait in (0.05, 0.2, 0.75) if os.name == "nt" else ():
        try:
            change()
            return
        except PermissionError:
            time.sleep(wait)

    change()


def as_user_error(error: UserError | OSError, folder: Path) -> UserError:
    """Returns an operating system's error as a sentence about the file that it names itself.

    folder: is named where the error names no file.
    """
    if isinstance(error, UserError):
        return error

    name = error.filename
    return disk_error(error, Path(os.fsdecode(name)) if isinstance(name, (str, bytes)) else folder)


def disk_error(error: OSError, path: Path) -> UserError:
    """Returns an operating system's error about a file as a sentence with a remedy."""
    if error.errno == errno.ENOSPC:
        return UserError(
            f"The disk is full; '{path}' could not be written.", "Free some space, then try again."
        )
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return UserError(
            f"'{path}' may not be read or written.",
            "Choose another folder or change its permissions.",
        )
    if error.errno == errno.ENOENT:
        return UserError(f"There is no '{path}'.", "Check the name, or choose it again.")

    if isinstance(error, (NotRegular, TooLarge)):
        return UserError(f"'{path}' cannot be read: {error.strerror}.", "Choose an ordinary file.")

    return UserError(
        f"'{path}' could not be used: {error.strerror or error}.", "Choose another place."
    )
