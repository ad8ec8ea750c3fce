"""Starts a module of this program in a process of its own, and ends with the program there."""

from __future__ import annotations

import atexit
import os
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

from app.engine import files

ROOT = Path(__file__).resolve().parents[2]
"""The folder of the package `app`."""

STOP = 5
"""The exit code of a process whose program ended."""

_DETACHED: list[subprocess.Popen[bytes]] = []
"""Those that were started here and outlive this program."""


def python() -> str:
    """Returns the Python that runs: this one, on Windows the one that has a console."""
    executable = Path(sys.executable)
    console = executable.with_name("python.exe")
    windowed = executable.name.lower() == "pythonw.exe" and console.exists()
    return str(console if windowed else executable)


def foreign_python(script: Path, *arguments: str) -> list[str]:
    """Returns the command that runs a script as somebody without this program would.

    Python then looks neither into the folder of this program nor into the environment's paths.
    """
    return [python(), "-I", str(script), *arguments]


def start(module: str, argument: str, errors: int = subprocess.PIPE) -> subprocess.Popen[bytes]:
    """Starts a module, whose only argument is a text; all its streams are pipes without a buffer.

    errors: where its standard error goes, as Popen takes it. Raises OSError where the system starts
    no process.
    """
    windows = sys.platform == "win32"
    return subprocess.Popen(
        _command(module, argument),
        bufsize=0,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=errors,
        env=_environment(),
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0) if windows else 0,
    )


def end_with_the_program() -> NoReturn:
    """Waits, on a thread of the process, until the program is gone, and ends the process."""
    while os.read(0, 1024):
        pass

    os._exit(STOP)


def start_detached(module: str, argument: str, errors: Path) -> subprocess.Popen[bytes]:
    """Starts a module in a session of its own: it outlives this program, its terminal and window.

    Its standard output is a pipe, for an answer; what it prints on standard error is appended to
    the file `errors`. Raises OSError where the system starts no process.
    """
    flags = 0
    if sys.platform == "win32":
        flags = subprocess.DETACHED_PROCESS | subprocess.CREATE_NEW_PROCESS_GROUP

    reap()
    with files.open_to_append(errors) as file:
        process = subprocess.Popen(
            _command(module, argument),
            bufsize=0,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=file,
            env=_environment(),
            cwd=ROOT,  # the folder where it was started may be removed
            start_new_session=True,
            creationflags=flags,
        )

    _DETACHED.append(process)
    return process


def reap() -> None:
    """Lets go of detached processes that have ended; until then the system keeps an entry of each.

    Nobody waits for them, because they outlive this program.
    """
    _DETACHED[:] = [process for process in _DETACHED if process.poll() is None]


@atexit.register
def _leave() -> None:
    """Leaves those alone that still run: Popen would warn that nobody has waited for them."""
    for process in _DETACHED:
        process.returncode = process.poll() or 0


def _command(module: str, argument: str) -> list[str]:
    # -P: a folder named app where the program was started is not this one.
    return [python(), "-P", "-m", module, argument]


def _environment() -> dict[str, str]:
    paths = [str(ROOT), os.environ.get("PYTHONPATH", "")]
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(filter(None, paths)),
        "RUST_BACKTRACE": "0",
    }
    environment.pop("PYTHONINSPECT", None)
    return environment
