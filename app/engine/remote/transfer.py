"""Sends a folder or a file to another computer: only what differs there, with progress.

By rsync where both computers have it, else by tar.
"""

from __future__ import annotations

import hashlib
import os
import shlex
import shutil
import subprocess
import tarfile
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.engine import files
from app.engine.errors import UserError
from app.engine.remote import rsync
from app.engine.remote.connection import ssh_command
from app.engine.remote.failures import failure
from app.engine.sources.format import Check, Progress, no_check, no_progress

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from typing import IO

    from app.engine.remote.connection import Connection

BLOCK = 1 << 20


@dataclass(frozen=True)
class Sent:
    """How many files differed and were sent, and their bytes."""

    files: int
    bytes: int


def send(
    connection: Connection,
    sources: Mapping[str, Path],
    folder: str,
    progress: Progress = no_progress,
    check: Check = no_check,
    keep: tuple[str, ...] = (),
) -> Sent:
    """Makes a folder of another computer hold these files and no others.

    sources: files here by their path in the folder there, which is this program's own. Those whose
    bytes are there already are not sent. keep: parts of paths there that are left alone. Raises
    UserError where one cannot be read here, or where the disk there is full, and Disconnected.
    """
    connection.ask("make", folder=folder)
    found = connection.ask("digests", folder=folder, patience=3600.0, skip=list(keep))
    there = found["files"]
    different = {}
    for name, path in sources.items():
        check()
        progress("Comparing files", 0, 0)
        if there.get(name) != _digest(path):
            different[name] = path

    connection.ask("remove", folder=folder, names=sorted(set(there) - set(sources)))
    total = sum(path.stat().st_size for path in different.values())
    if different:
        by = rsync.send if rsync.is_possible(connection, different) else _send_tar
        by(connection.host, different, folder, total, progress, check)

    return Sent(len(different), total)


def sources_in(folder: Path) -> dict[str, Path]:
    """Returns every ordinary file of a folder by its path in it; hidden ones are left out."""
    found = {}
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = folder.__class__(place) / name
            if not name.startswith(".") and path.is_file():
                found[path.relative_to(folder).as_posix()] = path

    return found


def _digest(path: Path) -> str:
    try:
        with files.open_regular(path) as file:
            digest = hashlib.sha256()
            while block := file.read(BLOCK):
                digest.update(block)

            return digest.hexdigest()
    except OSError as error:
        raise files.disk_error(error, path) from error


def _send_tar(
    host: str,
    sources: Mapping[str, Path],
    folder: str,
    total: int,
    progress: Progress,
    check: Check,
) -> None:
    """Streams files through tar. What is cut off differs there, and is sent again next time."""
    if shutil.which("ssh") is None:
        raise UserError("The program 'ssh' is not installed.", "Install the client of OpenSSH.")

    home = folder.replace("~", "$HOME", 1) if folder.startswith("~/") else folder
    there = f'mkdir -p "{home}" && tar -x -f - -C "{home}"'
    with subprocess.Popen(
        ssh_command(host, f"sh -c {shlex.quote(there)}"),
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdin is not None and process.stderr is not None
        errors: list[bytes] = []
        stream = process.stderr
        reader = threading.Thread(target=lambda: errors.append(stream.read()), daemon=True)
        reader.start()
        broken = False
        try:
            _write_tar(process.stdin, sources, total, progress, check)
            process.stdin.close()
        except OSError:
            broken = True
            process.stdin = None  # it is closed at the other end
        except BaseException:
            process.kill()
            raise

        code = process.wait()
        reader.join()

    said = b"".join(errors).decode("utf-8", "replace")
    if "No space left on device" in said:
        raise UserError(f"The disk of '{host}' is full.", "Make room there, then try again.")
    if code or broken:
        raise failure(host, said)


def _write_tar(
    stream: IO[bytes],
    sources: Mapping[str, Path],
    total: int,
    progress: Progress,
    check: Check,
) -> None:
    done = 0

    class Counted:
        """A file that tells how far it was read."""

        def __init__(self, file: IO[bytes]) -> None:
            self._file = file

        def read(self, size: int = -1) -> bytes:
            nonlocal done
            check()
            block = self._file.read(size)
            done += len(block)
            progress("Sending", done, total)
            return block

    with tarfile.open(fileobj=stream, mode="w|", bufsize=BLOCK) as archive:
        for name, path in sources.items():
            with files.open_regular(path) as file:
                entry = tarfile.TarInfo(name)
                entry.size = os.fstat(file.fileno()).st_size
                entry.mtime = int(os.fstat(file.fileno()).st_mtime)
                archive.addfile(entry, Counted(file))
