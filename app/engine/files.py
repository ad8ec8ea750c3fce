"""Atomic writing of files, and the sentences for what the operating system refuses."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import threading
from typing import TYPE_CHECKING, Any

from app.engine.errors import UserError

if TYPE_CHECKING:
    from pathlib import Path


def write_atomically(path: Path, content: bytes) -> None:
    """Writes a file so that after a power cut it is either the old one or the new one.

    The content goes into a file beside the target, is flushed to the disk and renamed.
    Raises UserError where the disk is full or the folder cannot be written.
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
            os.fsync(file.fileno())
        os.replace(part, path)
    except OSError as error:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
        raise disk_error(error, path) from error

    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Makes a rename in this folder durable.

    A failure here is not told: the new file is in place.
    """
    if os.name == "nt":
        return

    try:
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
    except OSError:
        pass


def write_json(path: Path, data: Any) -> None:
    """Writes plain data as JSON. Raises UserError like `write_atomically`."""
    write_atomically(
        path, (json.dumps(data, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode()
    )


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

    return UserError(
        f"'{path}' could not be used: {error.strerror or error}.", "Choose another place."
    )
