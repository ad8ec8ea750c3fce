"""Starts Python in a fork of a process that has imported what takes seconds: torch and the engine.

`python()` takes the place of `sys.executable` in a command. The program gets its own arguments,
folder, environment and streams; the command ends as it ended, by an exit code or a signal; a
polite signal to the command reaches the program, and who kills the command kills the program.

What differs: the modules of BEFOREHAND are there already, with what they took from the environment
of the tests, and the program is no child of the command. Tests of what a start imports, of other
settings for torch and of limits that a process inherits take `sys.executable`, and so do all where
`python()` knows no better: on other systems than Linux.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import importlib
import io
import json
import os
import pkgutil
import runpy
import selectors
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import types
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import psutil

from app.engine import own_process
from models.memory.lazy_dynamo import spare_dynamo

if TYPE_CHECKING:
    import pytest

ROOT = Path(__file__).resolve().parent.parent
CLIENT = Path(__file__).with_name("forked_client.py")
MODULE = "tests.forked"

BEFOREHAND = (
    "torch",
    "torch.distributed.tensor",
    "torch.fx.experimental.symbolic_shapes",
    "pandas",
    "app.cli",
    "app.headless",
    "app.prediction_command",
    "app.terminal",
    "app.engine.detached",
    "app.engine.learning",
    "app.engine.results.report",
    "app.engine.sources",
    "app.engine.training.trainer",
    "models",
)
"""What is imported before the fork, with all that is in packages of the program."""

ADDRESS = "NETWRIGHT_TESTS_FORK"
"""The variable that names the socket to processes whose own processes are to be forks."""

MOST_REQUEST = 1 << 17
"""Bytes of what a command asks for: its arguments and its environment."""

_server: _Server | None = None


def python() -> list[str]:
    """Returns the beginning of a command that starts Python: `[*python(), "-m", "app", "demo"]`."""
    global _server
    if sys.platform != "linux":
        return [sys.executable]

    address = os.environ.get(ADDRESS, "")
    if not address:
        if _server is None or _server.owner != os.getpid():
            _server = _Server()
        address = _server.address

    return [sys.executable, "-I", "-S", str(CLIENT), address]


def fork_own_processes(patch: pytest.MonkeyPatch) -> None:
    """Lets the processes that the program starts be forks, and those that these start."""
    if sys.platform == "linux":
        patch.setenv(ADDRESS, python()[-1])
        patch.setattr(own_process, "_command", _command)
        patch.setattr(own_process, "foreign_python", _foreign_python)


def own_children(recursive: bool = False) -> list[psutil.Process]:
    """Returns the processes that this one has started, but for the one that forks."""
    server = _server.number if _server is not None else 0
    children = psutil.Process().children(recursive=recursive)
    return [child for child in children if child.pid != server]


def _command(module: str, argument: str) -> list[str]:
    return [*python(), "-P", "-m", module, argument]


def _foreign_python(script: Path, *arguments: str) -> list[str]:
    return [*python(), str(script), *arguments]


class _Server:
    """The process that forks, made by the first who asks; it ends with this one."""

    def __init__(self) -> None:
        self.owner = os.getpid()
        command = [sys.executable, "-m", MODULE]
        self._process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.number = self._process.pid
        assert self._process.stdout is not None
        self.address = self._process.stdout.readline().strip()
        assert self.address, "the process that forks has ended"
        atexit.register(self._end)

    def _end(self) -> None:
        if self.owner == os.getpid():
            self._process.communicate()


# --- in the process that forks


@dataclass
class Request:
    """What a command asks for. leads: whether it leads a session of its own."""

    arguments: list[str]
    folder: str
    environment: dict[str, str]
    leads: bool


@dataclass
class _Program:
    """A fork. link: to the command. end: a handle that can be read when it has ended."""

    number: int
    link: socket.socket
    end: int


def main() -> None:
    """Forks for who asks at a socket, until standard input ends; runs the program in each fork."""
    spare_dynamo()
    for name in BEFOREHAND:
        module = importlib.import_module(name)
        if name.startswith(("app.engine.", "models")):
            for part in pkgutil.walk_packages(getattr(module, "__path__", []), f"{name}."):
                importlib.import_module(part.name)

    gc.collect()
    gc.freeze()
    folder = tempfile.mkdtemp(prefix="forked-")
    asked = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    asked.bind(address := os.path.join(folder, "socket"))
    asked.listen(64)
    print(address, flush=True)
    if (request := _serve(asked)) is not None:
        _end(_ended(request))
    else:
        shutil.rmtree(folder)


def _serve(asked: socket.socket) -> Request | None:
    """Forks for who asks; returns in each fork, and None when standard input ends."""
    selector = selectors.DefaultSelector()
    selector.register(0, selectors.EVENT_READ)
    selector.register(asked, selectors.EVENT_READ)
    programs: set[int] = set()
    while True:
        for key, _ in selector.select():
            program: _Program | None = key.data
            if key.fd == 0:
                return None

            if program is None:
                link, _ = asked.accept()
                content, streams, _, _ = socket.recv_fds(link, MOST_REQUEST, 3)
                number = os.fork()
                if number == 0:
                    _take(streams, selector, link)
                    return Request(**json.loads(content))

                for stream in streams:
                    os.close(stream)
                program = _Program(number, link, os.pidfd_open(number))
                programs.add(number)
                selector.register(link, selectors.EVENT_READ, program)
                selector.register(program.end, selectors.EVENT_READ, program)
                link.send(json.dumps(number).encode())
            elif program.number not in programs:
                continue  # it ended in the same moment as its command
            elif key.fd == program.end:
                programs.remove(program.number)
                _, status = os.waitpid(program.number, 0)
                with contextlib.suppress(OSError):
                    program.link.send(json.dumps(os.waitstatus_to_exitcode(status)).encode())
                for end in (program.end, program.link):
                    with contextlib.suppress(KeyError):
                        selector.unregister(end)
                os.close(program.end)
                program.link.close()
            else:  # the command was killed
                selector.unregister(program.link)
                os.kill(program.number, signal.SIGKILL)


def _take(streams: list[int], selector: selectors.BaseSelector, link: socket.socket) -> None:
    """Takes the streams of the command, in a fork, and lets go of all that is the server's."""
    for key in [*selector.get_map().values()]:
        if isinstance(key.fileobj, socket.socket):
            key.fileobj.close()
        elif key.fd:
            os.close(key.fd)

    selector.close()
    link.close()
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)


def _ended(request: Request) -> int:
    """Runs a program, and all that is to be done at its end; returns its exit code."""
    try:
        _run(request)
        code: object = 0
    except SystemExit as ending:
        code = ending.code
    except BaseException as error:
        sys.excepthook(type(error), error, error.__traceback__)
        code = 1

    threading._shutdown()  # waits for threads that are no daemons
    atexit._run_exitfuncs()
    if code is not None and not isinstance(code, int):
        print(code, file=sys.stderr)
        code = 1

    return code or 0


def _end(code: int) -> NoReturn:
    """Ends a fork without taking everything apart, which takes longer than most programs here."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()

    os._exit(code)


def _run(request: Request) -> None:
    """Runs a program as Python does; it ends with an exception where the program does."""
    if request.leads:
        os.setsid()
    os.chdir(request.folder)
    os.environ.clear()
    os.environ.update(request.environment)
    _open_streams(request.environment.get("PYTHONIOENCODING", ""))
    if ADDRESS in request.environment:
        own_process._command = _command
        own_process.foreign_python = _foreign_python

    arguments = list(request.arguments)
    is_safe = arguments[0] == "-P"
    if is_safe:
        del arguments[0]
    kind, *sys.argv = arguments
    first = "" if kind == "-c" else request.folder
    if kind not in ("-c", "-m"):
        assert not kind.startswith("-"), f"no option of Python is known here: {kind}"
        sys.argv.insert(0, kind)
        first = str(Path(kind).parent)
    paths = request.environment.get("PYTHONPATH", "").split(os.pathsep)
    sys.path[:1] = [*([] if is_safe else [first]), *filter(None, paths)]

    if kind == "-m":
        # Some of them are imported already, which is what the warning is about.
        warnings.filterwarnings("ignore", "'.*' found in sys.modules after import", RuntimeWarning)
        runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
    elif kind == "-c":
        module = sys.modules["__main__"] = types.ModuleType("__main__")
        code, sys.argv[0] = sys.argv[0], "-c"
        exec(compile(code, "<string>", "exec"), vars(module))
    else:
        runpy.run_path(kind, run_name="__main__")


def _open_streams(wanted: str) -> None:
    """Makes Python's standard streams anew. wanted: "encoding:errors", both may be left out."""
    encoding, _, errors = wanted.partition(":")
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        raw = open(number, "rb" if number == 0 else "wb", closefd=False)  # noqa: SIM115 - it stays
        usual = "backslashreplace" if name == "stderr" else "strict"
        stream = io.TextIOWrapper(
            raw,
            encoding or "utf-8",
            usual if name == "stderr" else errors or usual,
            line_buffering=name == "stderr" or os.isatty(number),
        )
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)


if __name__ == "__main__":
    main()
