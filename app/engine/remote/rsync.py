"""Sends files by rsync, which of a large file that has changed sends only what differs."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from app.engine.errors import UserError
from app.engine.remote.connection import ssh_program
from app.engine.remote.failures import failure

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import IO

    from app.engine.remote.connection import Connection
    from app.engine.sources.format import Check, Progress

OPTIONS = (
    "--times",
    "--copy-links",
    "--ignore-times",  # that they differ is known; it was found by their sums
    "--from0",
    "--no-inc-recursive",
    "--info=progress2",
)

PIECE = 4096


def is_possible(connection: Connection, sources: Mapping[str, Path]) -> bool:
    """Returns whether both computers have rsync, and all files lie in one folder here."""
    return (
        shutil.which("rsync") is not None
        and root_of(sources) is not None
        and bool(connection.ask("facts")["rsync"])
    )


def root_of(sources: Mapping[str, Path]) -> Path | None:
    """Returns the folder from which each path is the name that it has there; None without one."""
    roots = set()
    for name, path in sources.items():
        parts = Path(name).parts
        if path.parts[-len(parts) :] != parts:
            return None

        roots.add(Path(*path.parts[: -len(parts)]))

    return roots.pop() if len(roots) == 1 else None


def send(
    host: str,
    sources: Mapping[str, Path],
    folder: str,
    total: int,
    progress: Progress,
    check: Check,
) -> None:
    """Sends files that are known to differ; the folder is there. See transfer.send."""
    root = root_of(sources)
    assert root is not None
    # A file, because the other computer may be slower than the list is long.
    with tempfile.NamedTemporaryFile() as names:
        names.write(b"\0".join(os.fsencode(name) for name in sources) + b"\0")
        names.flush()
        command = [
            "rsync",
            *OPTIONS,
            f"--rsh={shlex.join(ssh_program())}",
            f"--files-from={names.name}",
            "--",
            f"{root}/",
            f"{host}:{folder.removeprefix('~/')}/",
        ]
        code, said = _run(command, total, progress, check)

    if "No space left on device" in said:
        raise UserError(f"The disk of '{host}' is full.", "Make room there, then try again.")
    if code:
        raise failure(host, said)


def _run(command: list[str], total: int, progress: Progress, check: Check) -> tuple[int, str]:
    """Runs rsync; returns its exit code and what it wrote to standard error."""
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None and process.stderr is not None
        errors: list[bytes] = []
        stream = process.stderr
        reader = threading.Thread(target=lambda: errors.append(stream.read()), daemon=True)
        reader.start()
        try:
            _tell(process.stdout, total, progress, check)
        except BaseException:
            process.kill()
            raise
        finally:
            reader.join()

        code = process.wait()

    return code, b"".join(errors).decode("utf-8", "replace")


def _tell(stream: IO[bytes], total: int, progress: Progress, check: Check) -> None:
    """Tells how many bytes rsync says that it has sent, until it ends."""
    progress("Sending", 0, total)
    while piece := os.read(stream.fileno(), PIECE):
        check()
        if counts := re.findall(rb"([\d,]+)\s+\d+%", piece):
            progress("Sending", min(total, int(counts[-1].replace(b",", b""))), total)
