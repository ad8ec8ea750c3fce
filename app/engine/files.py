"""Files that are either whole or not there, and the sentences for what the operating system
refuses.
"""

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
    """Write beside the target, flush, fsync, rename: after a power cut the file is the old one or
    the new one.

    Raises UserError where the disk is full or the folder cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Not mkstemp: its files are for their owner alone, and what is written here is to be shared
        # like any other.
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
    """Makes a rename durable.

    A failure here is no failure of the write: the new file is in place.
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
    write_atomically(
        path, (json.dumps(data, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode()
    )


def disk_error(error: OSError, path: Path) -> UserError:
    """The sentence for an operating system's error about a file."""
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
