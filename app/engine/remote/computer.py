"""Another computer made ready: the program is sent there and sets itself up, the data follow."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import shlex
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.engine.data import pictures, sounds
from app.engine.errors import UserError
from app.engine.remote.place import CODE, DATA
from app.engine.remote.transfer import send, sources_in
from app.engine.sources.format import Check, Progress, no_check, no_progress

if TYPE_CHECKING:
    from app.engine.remote.connection import Connection

ROOT = Path(__file__).resolve().parents[3]
FOLDERS = ("app", "models", "resources")
FILES = ("pyproject.toml", "README.md", "LICENSE")

NAMED_FILES = frozenset((*pictures.SUFFIXES, *sounds.SUFFIXES))
"""Endings of files that a table can name."""

LEAST_FREE = 2.5e9
"""Bytes: the packages take 1.7 GB, and a run needs room."""

SET_UP_SECONDS = 3600.0
"""So long a set-up may say nothing; it speaks every ten seconds."""


def program(*arguments: str) -> list[str]:
    """Returns the command that runs the program on another computer."""
    return ["python3", "app", *arguments]


def program_files() -> dict[str, Path]:
    """Returns the files of this program by their path in a clone.

    Raises UserError where it is none.
    """
    if not (ROOT / "pyproject.toml").exists():
        raise UserError(
            "The program was installed as a package, and only a clone can be sent.",
            "Clone it, and start the training from there: python3 app train … --on HOST",
        )

    sources = {name: ROOT / name for name in FILES if (ROOT / name).exists()}
    for folder in FOLDERS:
        found = sources_in(ROOT / folder)
        sources |= {
            f"{folder}/{name}": path
            for name, path in found.items()
            if "__pycache__" not in path.parts
        }

    return sources


def make_ready(
    connection: Connection, progress: Progress = no_progress, check: Check = no_check
) -> dict[str, Any]:
    """Sends the program, sets it up there, and returns what its doctor says.

    What is there already is used. Raises UserError where the set-up fails there, where it has
    another version of PyTorch, or where this program is not a clone.
    """
    sources = program_files()
    progress("Looking at the other computer", 0, 0)
    facts = connection.ask("facts")
    if not facts["tar"]:
        raise UserError(f"There is no 'tar' on '{connection.host}'.", "Install it there.")

    environment_is_there = bool(
        connection.ask("read", path=f"{CODE}/.venv/pyvenv.cfg", start=0, most=1).get("bytes")
    )
    if not environment_is_there and facts["free"] < LEAST_FREE:
        raise UserError(
            f"'{connection.host}' has {facts['free'] / 1e9:.1f} GB free, and the packages take "
            f"{LEAST_FREE / 1e9:.1f} GB.",
            "Make room there, then try again.",
        )

    send(connection, sources, CODE, progress, check, keep=(".venv/", "__pycache__/"))
    doctor = _doctor(connection, progress)
    here, there = importlib.metadata.version("torch"), str(doctor.get("packages", {}).get("torch"))
    if here.split("+")[0] != there.split("+")[0]:
        raise UserError(
            f"'{connection.host}' has PyTorch {there}, and here it is {here}: the run would not be "
            "the same.",
            f"Remove {CODE}/.venv there; it is set up anew.",
        )

    return doctor


def _doctor(connection: Connection, progress: Progress) -> dict[str, Any]:
    """Sets the program up there, where it is not, and returns what it says of that computer."""
    lines: list[str] = []

    def tell(line: str) -> None:
        lines.append(line)
        if not line.startswith("{"):
            progress(line, 0, 0)

    code = connection.ask(
        "run",
        tell,
        SET_UP_SECONDS,
        folder=CODE,
        command=program("doctor", "--json"),
    )["code"]
    try:
        found = json.loads(lines[-1]) if code == 0 else None
    except (IndexError, ValueError):
        found = None

    if not isinstance(found, dict):
        said = " ".join(line.strip() for line in lines[-3:] if line.strip())
        raise UserError(
            f"The program could not be set up on '{connection.host}': {said or 'it said nothing'}",
            f"Try it there in a terminal: ssh {shlex.quote(connection.host)}, "
            f"then cd {CODE} and python3 app doctor",
        )

    return found


def send_data(
    connection: Connection,
    source: str,
    progress: Progress = no_progress,
    check: Check = no_check,
    whole_folder: bool = False,
) -> str:
    """Sends the data of an experiment and returns their path there.

    source: a folder or a file; what is built in ("sample:digits") is there already. whole_folder:
    of a table that names files, whose pictures and sounds beside it and below are sent too, and
    nothing else that lies there.
    """
    path = Path(source).expanduser()
    if not path.exists():
        return source

    path = path.absolute()
    key = hashlib.sha256(f"{socket.gethostname()} {path}".encode()).hexdigest()[:12]
    folder = f"{DATA}/{key}"
    if path.is_dir():
        sources = {f"{path.name}/{name}": file for name, file in sources_in(path).items()}
    elif whole_folder:
        beside = sources_in(path.parent).items()
        sources = {name: file for name, file in beside if file.suffix.lower() in NAMED_FILES}
        sources[path.name] = path
    else:
        sources = {path.name: path}

    send(connection, sources, folder, progress, check)
    return f"{folder}/{path.name}"
