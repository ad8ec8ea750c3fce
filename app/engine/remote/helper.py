"""What runs on the other computer while a connection lasts. The standard library only.

It is sent as text to the Python there: it reads a request a line, and answers each with a line of
JSON and, where that says so, as many bytes behind it. It writes nothing but what it is asked to.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    Request = dict[str, Any]
    Answer = dict[str, Any]

MOST_READ = 1 << 22


def expanded(path: str) -> str:
    """Returns a path whose ~ is the home here."""
    return os.path.expanduser(path)


def files_of(folder: str) -> Iterator[tuple[str, str]]:
    """Yields every ordinary file of a folder, by its path in it; links are left out."""
    for place, _, names in os.walk(expanded(folder)):
        for name in names:
            path = os.path.join(place, name)
            if os.path.isfile(path) and not os.path.islink(path):
                yield os.path.relpath(path, expanded(folder)).replace(os.sep, "/"), path


def facts(request: Request) -> Answer:  # noqa: ARG001 - as all of them
    """Says what there is: Python, free bytes, programs."""
    home = os.path.expanduser("~")
    return {
        "python": list(sys.version_info[:3]),
        "free": shutil.disk_usage(home).free,
        "rsync": shutil.which("rsync") is not None,
        "tar": shutil.which("tar") is not None,
    }


def listed(request: Request) -> Answer:
    """Returns size and time of change of every file of a folder."""
    found = {}
    for name, path in files_of(request["folder"]):
        try:
            status = os.stat(path)
        except OSError:  # removed since
            continue
        found[name] = [status.st_size, status.st_mtime_ns]
    return {"files": found}


def digests(request: Request) -> Answer:
    """Returns the SHA-256 of every file of a folder."""
    found = {}
    for name, path in files_of(request["folder"]):
        if any(part in name for part in request["skip"]):
            continue
        digest = hashlib.sha256()
        with open(path, "rb") as file:
            for block in iter(lambda: file.read(1 << 20), b""):
                digest.update(block)
        found[name] = digest.hexdigest()
    return {"files": found}


def read(request: Request) -> Answer | tuple[Answer, bytes]:
    """Returns some bytes of a file."""
    try:
        with open(expanded(request["path"]), "rb") as file:
            file.seek(request["start"])
            content = file.read(min(MOST_READ, request["most"]))
    except FileNotFoundError:
        return {"missing": True}
    return {"bytes": len(content)}, content


def write(request: Request) -> Answer:
    """Writes a small file so that it is there whole or not at all."""
    path = expanded(request["path"])
    os.makedirs(os.path.dirname(path), exist_ok=True)
    part = path + ".part"
    with open(part, "w", encoding="utf-8") as file:
        file.write(request["text"])
        file.flush()
        os.fsync(file.fileno())
    os.replace(part, path)
    return {}


def append(request: Request) -> Answer:
    """Appends to a file that is there."""
    path = expanded(request["path"])
    if not os.path.exists(path):
        return {"missing": True}
    with open(path, "a", encoding="utf-8") as file:
        file.write(request["text"])
    return {}


def make(request: Request) -> Answer:
    """Makes a folder."""
    os.makedirs(expanded(request["folder"]), exist_ok=True)
    return {}


def remove(request: Request) -> Answer:
    """Removes files of a folder; what has gone already is as it should be."""
    for name in request["names"]:
        with contextlib.suppress(FileNotFoundError):
            os.remove(os.path.join(expanded(request["folder"]), name))
    return {}


def held(request: Request) -> Answer:
    """Says whether a process holds the lock on a file, as a run that trains does."""
    import fcntl  # noqa: PLC0415 - not on Windows

    path = expanded(request["path"])
    if not os.path.exists(path):
        return {"held": False}
    with open(path, "rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return {"held": True}
    return {"held": False}


def run(request: Request) -> Answer:
    """Runs a command to its end; what it says comes line by line before the answer."""
    # Its output goes into pipes of its own: this program's are the connection.
    process = subprocess.Popen(
        request["command"],
        cwd=expanded(request["folder"]),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        universal_newlines=True,
        errors="replace",
    )
    assert process.stdout is not None
    for line in process.stdout:
        answer({"line": line.rstrip("\n")})
    return {"code": process.wait()}


OPERATIONS = {
    "facts": facts,
    "list": listed,
    "digests": digests,
    "read": read,
    "write": write,
    "append": append,
    "make": make,
    "remove": remove,
    "held": held,
    "run": run,
}


def answer(plain: Answer, content: bytes = b"") -> None:
    """Writes an answer, and bytes behind it."""
    sys.stdout.buffer.write(json.dumps(plain).encode("ascii") + b"\n" + content)
    sys.stdout.buffer.flush()


def main() -> None:
    """Answers requests until there are no more."""
    answer({"ready": True})
    for line in sys.stdin:
        request = json.loads(line)
        try:
            result = OPERATIONS[request["ask"]](request)
        except OSError as error:
            result = {"error": error.strerror or str(error), "number": error.errno}
        plain, content = result if isinstance(result, tuple) else (result, b"")
        plain["done"] = True
        answer(plain, content)


if __name__ == "__main__":
    main()
