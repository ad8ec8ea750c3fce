"""The folders of checkpoints on the disk: written whole or not at all, verified when read.

A folder holds some files and a manifest with the SHA-256 of each, written last. It is written
beside its place and renamed, so it is whole or not there. No torch here.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.engine import files
from app.engine.experiment import toml_file

if TYPE_CHECKING:
    from collections.abc import Iterator

MANIFEST = "manifest.json"
MOST_JSON = 256 << 20
"""Bytes of a manifest or another JSON file of a checkpoint, at most."""

PREDICTIONS = "validation.npz"
"""What the best epoch predicts for the validation split; in older runs it is in `results`."""


class Damaged(Exception):
    """A checkpoint cannot be used; the message says why."""


def write_folder(parent: Path, name: str, contents: dict[str, bytes]) -> Path:
    """Writes a folder of files, its manifest last, and returns its path.

    What stands under this name is replaced, once all is written. Raises UserError where the disk
    is full or refuses.
    """
    target = parent / name
    part = parent / f"{name}.{os.getpid()}.tmp"
    size = sum(map(len, contents.values()))
    try:
        parent.mkdir(parents=True, exist_ok=True)
        if shutil.disk_usage(parent).free < size + 65536:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        shutil.rmtree(part, ignore_errors=True)
        part.mkdir()

        for file, content in contents.items():
            _write_file(part / file, content)

        hashes = {
            file: {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
            for file, content in contents.items()
        }
        manifest = {"netwright": toml_file.FORMAT, "files": hashes}
        _write_file(part / MANIFEST, files.json_bytes(manifest))
        files.sync_folder(part)

        remove(target)
        files.rename(part, target)
    except OSError as error:
        shutil.rmtree(part, ignore_errors=True)
        raise files.disk_error(error, target) from error

    files.sync_folder(parent)
    return target


def _write_file(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def read_verified(folder: Path, names: tuple[str, ...] = ()) -> dict[str, bytes]:
    """Returns the files named in a checkpoint's manifest, after comparing their hashes.

    names: only these, of which one that was never written is left out; () is all. Raises Damaged,
    also for one that is there though the manifest does not name it: that is another folder's.
    """
    try:
        manifest = json.loads(files.read_regular(folder / MANIFEST, MOST_JSON))
        contents = {}
        for name, entry in manifest["files"].items():
            if Path(name).name != name:
                raise Damaged(f"'{name}' is not a file name")

            size = entry["bytes"]
            if type(size) is not int or size < 0:  # a number without end is none that a file has
                raise Damaged("its manifest is unreadable")

            expected = entry["sha256"]
            if names and name not in names:
                continue  # only now: the manifest of something else names none of them

            content = files.read_regular(folder / name, size)
            if len(content) != size or hashlib.sha256(content).hexdigest() != expected:
                raise Damaged(f"'{name}' is not what was written")

            contents[name] = content

        for name in names:
            if name not in contents and os.path.lexists(folder / name):
                raise Damaged(f"its manifest does not name '{name}'")
    except files.TooLarge as error:
        raise Damaged(f"'{Path(str(error.filename)).name}' is not what was written") from error
    except OSError as error:
        raise Damaged(error.strerror or str(error)) from error
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError) as error:
        raise Damaged("its manifest is unreadable") from error

    return contents


def remove(folder: Path) -> None:
    """Deletes a folder for good. Raises OSError where it cannot be moved out of the way.

    It is renamed first, so that a kill in between leaves no half of it under its name; what cannot
    be deleted then is deleted when the run goes on.
    """
    if not folder.exists():
        return

    hidden = folder.with_name(f"{folder.name}.{os.getpid()}.gone.tmp")
    shutil.rmtree(hidden, ignore_errors=True)
    files.rename(folder, hidden)
    shutil.rmtree(hidden, ignore_errors=True)


def tidy(folder: Path) -> None:
    """Deletes a folder that is not needed any more; one that cannot be deleted stays.

    A virus scanner may hold an old checkpoint open while the new one is safe already.
    """
    with contextlib.suppress(OSError):
        remove(folder)


def json_of(content: bytes) -> dict[str, Any]:
    """Returns an object of a checkpoint's JSON. Raises Damaged for anything else."""
    try:
        data = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise Damaged("a part of it is unreadable") from error
    if not isinstance(data, dict):
        raise Damaged("a part of it is unreadable")

    return data


@contextlib.contextmanager
def unreadable_is_damaged() -> Iterator[None]:
    """Turns what reading an object of the wrong shape raises into Damaged."""
    try:
        yield
    except (AttributeError, IndexError, KeyError, TypeError, ValueError, RecursionError) as error:
        raise Damaged("a part of it is missing or of another kind") from error
