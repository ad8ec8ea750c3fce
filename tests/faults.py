"""Makes one file-system call of a function fail, or kills the process there, in a forked child.

`count_calls` says how many calls a function makes; `run_with_fault` runs it once more and lets the
call with a given number fail with an errno, or ends the process there with SIGKILL. Both fork this
process, so nothing is imported again and a case takes milliseconds:

    for nth in range(count_calls(save, (run,), within=folder)):
        outcome = run_with_fault(save, (run,), nth, errno.ENOSPC, within=folder)

Counted are the functions of `os` below and `open` with all that its files read, write and flush,
however they are reached: through pathlib, shutil, tempfile, zipfile or json. What a library does in
C (numpy's tofile, a memory map, torch.save of a path) is not seen.

The target is any function, its result must be plain data (JSON). It runs in the child alone: what
it changes in memory is lost, what it writes is there. The child has no threads of this process, so
a target that needs more than one thread of OpenMP must not be one that this process has run.
"""

from __future__ import annotations

import builtins
import errno
import functools
import io
import json
import os
import select
import signal
import sys
import threading
import time
import traceback
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

Fault = int | Literal["kill"]

ERRNOS = (errno.ENOSPC, errno.EIO, errno.EACCES)
"""What a full disk, a dying disk and a virus scanner answer."""

AVAILABLE = hasattr(os, "fork") and sys.platform == "linux"
"""Whether cases can be run here; elsewhere such tests are skipped."""

PATIENCE = 60.0
"""Seconds that a case may take before it counts as hanging."""

NAMES = (
    "open",
    "write",
    "pwrite",
    "writev",
    "read",
    "pread",
    "fsync",
    "fdatasync",
    "truncate",
    "ftruncate",
    "posix_fallocate",
    "sendfile",
    "copy_file_range",
    "rename",
    "replace",
    "link",
    "symlink",
    "readlink",
    "mkdir",
    "unlink",
    "remove",
    "rmdir",
    "stat",
    "lstat",
    "fstat",
    "scandir",
    "listdir",
    "utime",
    "chmod",
    "fchmod",
)
"""The functions of `os` that are counted."""


@dataclass(frozen=True)
class Outcome:
    """What became of a case.

    value: what the function returned. error: its exception as "Type: text", "" if there was none.
    trace: that exception's traceback. call: the call that failed, "os.replace /a/b", "" where the
    function ended before it was reached. signal: what ended the process, 0 if it ended by itself.
    hung: whether it had to be ended from here. calls: how many calls were made.
    """

    value: Any = None
    error: str = ""
    trace: str = ""
    call: str = ""
    signal: int = 0
    hung: bool = False
    calls: int = 0


def count_calls(
    target: Callable[..., Any], args: Sequence[Any] = (), within: Path | None = None
) -> int:
    """Returns how many file-system calls a function makes.

    within: only calls for this folder and what lies in it count. Raises AssertionError where the
    function fails by itself.
    """
    outcome = _run(target, args, -1, 0, within)
    assert not (outcome.error or outcome.signal or outcome.hung), outcome
    return outcome.calls


def run_with_fault(
    target: Callable[..., Any],
    args: Sequence[Any],
    nth: int,
    fault: Fault,
    within: Path | None = None,
) -> Outcome:
    """Runs a function in a child whose call number `nth`, from 0, fails once.

    fault: an errno, or "kill" for SIGKILL, which comes after half of the bytes of a write.
    """
    return _run(target, args, nth, fault, within)


def _run(
    target: Callable[..., Any], args: Sequence[Any], nth: int, fault: Fault, within: Path | None
) -> Outcome:
    assert AVAILABLE, "cases are run on Linux only"

    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _child(target, args, _Injector(nth, fault, within, writing))

    os.close(writing)
    try:
        content, hung = _listen(child, reading)
    finally:
        os.close(reading)
        _end_group(child)

    _, status = os.waitpid(child, 0)
    values: dict[str, Any] = {}
    for line in content.splitlines():
        values |= json.loads(line)

    ended_by = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
    return Outcome(**values, signal=0 if hung else ended_by, hung=hung)


def _listen(child: int, reading: int) -> tuple[bytes, bool]:
    """Returns what the child told until its end, and whether it did not end."""
    ended = os.pidfd_open(child)
    end = time.monotonic() + PATIENCE
    content = b""
    try:
        # Its own children may hold the pipe open, so the end of the pipe is not the end.
        while True:
            ready, _, _ = select.select([reading, ended], [], [], max(0.0, end - time.monotonic()))
            if reading in ready and (part := os.read(reading, 1 << 16)):
                content += part
            elif ready:
                return content, False
            else:
                return content, True
    finally:
        os.close(ended)


def _end_group(child: int) -> None:
    """Ends the child and what it started, before it is waited for: its number is still its own."""
    for end in (os.killpg, os.kill):
        try:
            end(child, signal.SIGKILL)
        except ProcessLookupError:
            continue


def _child(target: Callable[..., Any], args: Sequence[Any], injector: _Injector) -> None:
    """Runs the function, tells what became of it and ends without any clearing up."""
    try:
        os.setpgid(0, 0)
        injector.install()
        values: dict[str, Any] = {}
        try:
            values["value"] = target(*args)
        except BaseException as error:
            values["error"] = f"{type(error).__name__}: {error}"
            values["trace"] = "".join(traceback.format_exception(error))

        injector.active = False
        injector.tell(**values, calls=injector.calls)
    except BaseException as error:
        injector.active = False
        injector.tell(error=f"{type(error).__name__}: {error}", calls=injector.calls)
    finally:
        injector.originals["_exit"](0)


class _Injector:
    """Counts the calls of this process and lets one of them fail."""

    def __init__(self, nth: int, fault: Fault, within: Path | None, pipe: int) -> None:
        self.nth = nth
        self.fault = fault
        self.within = None if within is None else os.path.abspath(within)
        self.pipe = pipe
        self.calls = 0
        self.active = True
        self.lock = threading.Lock()
        self.busy = threading.local()
        self.originals: dict[str, Any] = {
            name: getattr(os, name)
            for name in [*NAMES, "_exit", "kill", "getpid"]
            if hasattr(os, name)
        }

    def tell(self, **values: Any) -> None:
        content = json.dumps(values).encode() + b"\n"
        while content:
            content = content[self.originals["write"](self.pipe, content) :]

    def install(self) -> None:
        supports = (os.supports_fd, os.supports_dir_fd, os.supports_follow_symlinks)
        for name in NAMES:
            if name not in self.originals:
                continue

            original = self.originals[name]
            wrapped = self._wrapped(name, original)
            setattr(os, name, wrapped)
            for functions in supports:
                if original in functions:
                    functions.add(wrapped)

        opener = _Opener(self)
        io.open = builtins.open = opener.open

    def _wrapped(self, name: str, original: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **options: Any) -> Any:
            half = None
            if name in ("write", "pwrite"):
                data = memoryview(args[1]).cast("B")
                half = functools.partial(original, args[0], data[: len(data) // 2], *args[2:])

            self.reached(f"os.{name}", args, options, half)
            return original(*args, **options)

        call.__name__ = name
        return call

    def reached(
        self,
        name: str,
        args: Sequence[Any],
        options: dict[str, Any] | None = None,
        half: Callable[[], Any] | None = None,
    ) -> None:
        """Counts a call; raises OSError, or ends the process, where it is the one to fail."""
        if not self.active or getattr(self.busy, "yes", False):
            return

        self.busy.yes = True
        try:
            paths = self._paths(args, options or {})
            if self.within is not None and not any(map(self._inside, paths)):
                return

            with self.lock:
                number = self.calls
                self.calls += 1

            if number == self.nth:
                self._fail(name, paths, half)
        finally:
            self.busy.yes = False

    def _fail(self, name: str, paths: list[str], half: Callable[[], Any] | None) -> None:
        self.tell(call=" ".join([name, *paths]))
        if self.fault == "kill":
            if half is not None:
                half()
            self.originals["kill"](self.originals["getpid"](), signal.SIGKILL)

        raise OSError(self.fault, os.strerror(int(self.fault)), *paths[:1])

    def _inside(self, path: str) -> bool:
        assert self.within is not None
        return path == self.within or path.startswith(self.within + os.sep)

    def _paths(self, args: Sequence[Any], options: dict[str, Any]) -> list[str]:
        """Returns the absolute paths that a call is about; of a handle, the file's."""
        folder = options.get("dir_fd") or options.get("src_dir_fd")
        base = self._path_of(folder) if folder else os.getcwd()

        paths = []
        for value in args[:2]:
            if isinstance(value, int) and not isinstance(value, bool) and not paths:
                paths.append(self._path_of(value))
                break
            if isinstance(value, (str, bytes, os.PathLike)):
                text = os.fsdecode(value)
                paths.append(os.path.normpath(os.path.join(base, text)))

        return paths

    def _path_of(self, handle: int) -> str:
        try:
            return str(self.originals["readlink"](f"/proc/self/fd/{handle}"))
        except OSError:
            return ""


class _Opener:
    """Opens files whose every read, write and flush is counted."""

    def __init__(self, injector: _Injector) -> None:
        self.injector = injector
        self.raw_class = _raw_class(injector)

    def open(
        self,
        file: Any,
        mode: str = "r",
        buffering: int = -1,
        encoding: str | None = None,
        errors: str | None = None,
        newline: str | None = None,
        closefd: bool = True,
        opener: Any = None,
    ) -> Any:
        if not isinstance(file, int):
            file = os.fspath(file)
            self.injector.reached("open", (file,))

        binary = "b" in mode
        if binary and encoding is not None:
            raise ValueError("binary mode doesn't take an encoding argument")

        letters = mode.replace("b", "").replace("t", "")
        raw = self.raw_class(file, letters, closefd, opener)
        try:
            if buffering == 0:
                return raw
            if "+" in mode:
                buffered: Any = io.BufferedRandom(raw)
            elif "r" in mode:
                buffered = io.BufferedReader(raw)
            else:
                buffered = io.BufferedWriter(raw)

            if binary:
                return buffered

            text = io.TextIOWrapper(buffered, encoding, errors, newline, buffering == 1)
            text.mode = mode
            return text
        except BaseException:
            raw.close()
            raise


def _raw_class(injector: _Injector) -> type[io.FileIO]:
    class CountedFile(io.FileIO):
        def write(self, data: Any) -> int:
            content = memoryview(data).cast("B")
            half = functools.partial(super().write, content[: len(content) // 2])
            injector.reached("file.write", (self.fileno(),), half=half)
            return super().write(data)

        def readinto(self, buffer: Any) -> int | None:
            injector.reached("file.read", (self.fileno(),))
            return super().readinto(buffer)

        def readall(self) -> bytes:
            injector.reached("file.read", (self.fileno(),))
            return super().readall()

        def read(self, size: int = -1) -> bytes | None:
            injector.reached("file.read", (self.fileno(),))
            return super().read(size)

        def truncate(self, size: int | None = None) -> int:
            injector.reached("file.truncate", (self.fileno(),))
            return super().truncate(size)

    return CountedFile
