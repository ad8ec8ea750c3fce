"""Starts the process that reads a spreadsheet, watches it, and takes what it reads.

Whatever ends there, panics, loops or eats memory is one sentence here.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import threading
import time
from dataclasses import asdict, dataclass
from typing import IO, TYPE_CHECKING, Any

import psutil

from app.engine import own_process
from app.engine.data.names import readable
from app.engine.errors import UserError
from app.engine.files import json_line
from app.engine.free_memory import free_memory
from app.engine.sources.format import Check, unusable
from app.engine.sources.tables.growth import Growth
from app.engine.sources.tables.spreadsheets.child import LARGEST_UNPACKED, LEAST_MEMORY, Request
from app.engine.text import bytes_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path
    from types import TracebackType

MODULE = "app.engine.sources.tables.spreadsheets.child"

POLL = 0.05
"""Seconds between two looks at the process and at whether reading is cancelled."""

CHUNK = 1 << 18
"""Bytes that are taken from the pipe at a time."""

LONGEST_END = 5.0
"""Seconds that a process which is killed may take to end."""

WAITING = 8
"""Chunks that may wait to be decoded; then the process waits."""

LONGEST_LINE = 256 << 20
"""Bytes: a longer line is no row of any table."""

BYTES_IN_MEMORY = 5
"""Bytes that cells take in memory for a byte of the output, about."""

BYTES_A_SECOND = 4 << 20
"""Bytes of an unpacked sheet that a slow computer reads in a second; usual are twenty times that.
"""

SPARE_MEMORY = 64 << 20
"""Bytes that the process may take beyond what it was given: Python, and what the poll misses."""

REMEDY = "Open it in the program that made it and save it again, or save it as CSV."

STRAY = (
    "Delete what stands far below or to the right of its table, if anything does, or save it as "
    "CSV or Parquet."
)


@dataclass(frozen=True)
class Moment:
    """A date or time in a cell, as text."""

    text: str


@dataclass(frozen=True)
class Limits:
    """What the process may take before it is ended.

    busy: seconds of its CPU time without a line of output, those for large files come on top. idle:
    seconds of the clock. memory: bytes, whatever the file; None for what is free.
    """

    busy: float = 10.0
    idle: float = 300.0
    memory: int | None = None


class SheetTooLarge(UserError):
    """The cells of a sheet, the empty ones between them included, do not fit into memory."""


class SheetProcess:
    """A process that reads one sheet; a context, at whose end nothing of it is left."""

    def __init__(
        self,
        path: Path,
        sheet: str | None,
        most: int | None,
        check: Check,
        limits: Limits | None = None,
        module: str = MODULE,
        narrow: bool = False,
    ) -> None:
        self._path = path
        self._check = check
        self._limits = limits or Limits()
        self._memory = self._limits.memory or max(LEAST_MEMORY, free_memory())
        self._unpacked = 0
        self._request = Request(os.path.abspath(path), sheet, most, self._memory, narrow)
        self._module = module
        self._chunks: queue.Queue[bytes] = queue.Queue(WAITING)
        self._watched: psutil.Process | None = None

    def __enter__(self) -> SheetProcess:
        self._pump = threading.Thread(target=self._take, name="sheet process", daemon=True)
        self._process = self._start()
        try:
            self._watched = psutil.Process(self._process.pid)
            self._pump.start()
        except BaseException:
            self._end()
            raise

        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end()

    def messages(self) -> Iterator[Any]:
        """Yields what the process tells of the sheet, dates in it as Moment.

        The caller stops at the message with "rows", or at that with "sheets" where the sheet is
        none of them.

        Raises UserError where the process does not come to its end, OSError, and whatever `check`
        raises.
        """
        growth = Growth(self._path)
        for line in self._lines():
            message = self._decoded(line)
            if isinstance(message, list):
                growth.add(BYTES_IN_MEMORY * len(line))
                yield message
            elif "pid" in message:
                self._watch_also(message["pid"])
            elif "unpacked" in message:
                self._unpacked = int(message["unpacked"])
                self._memory = min(self._memory, int(message["memory"]))
            elif "refused" in message:
                raise self._refusal(message)
            else:
                yield message

    # --- its output

    def _take(self) -> None:
        """Takes the output, on a thread: a pipe cannot be waited for with a time everywhere."""
        output = self._stream(self._process.stdout)
        with contextlib.suppress(OSError, ValueError):  # closed
            while chunk := os.read(output.fileno(), CHUNK):
                self._chunks.put(chunk)
        self._chunks.put(b"")

    def _lines(self) -> Iterator[bytes]:
        """Yields whole lines of the output. Raises what `messages` raises."""
        begun = bytearray()
        while chunk := self._next_chunk():
            first, *others = chunk.split(b"\n")
            begun += first
            for part in others:
                yield bytes(begun)
                begun = bytearray(part)

            if len(begun) > LONGEST_LINE:
                raise self._broken("a row is too long")

        raise self._ended()

    def _next_chunk(self) -> bytes:
        """Waits for output, watches the process meanwhile, and returns b"" at the end."""
        begun = time.monotonic()
        busy = self._seconds()
        longest = self._limits.busy + self._unpacked / BYTES_A_SECOND
        while True:
            self._check()
            if self._size() > self._memory + SPARE_MEMORY:
                raise self._too_large()

            with contextlib.suppress(queue.Empty):
                return self._chunks.get(timeout=POLL)

            idle = time.monotonic() - begun > self._limits.idle
            if idle or self._seconds() - busy > longest:
                raise unusable(
                    self._path,
                    "cannot be read: nothing came of it for far longer than a sheet of its size "
                    "takes",
                    REMEDY,
                )

    def _decoded(self, line: bytes) -> Any:
        try:
            message = json.loads(line.decode(), object_hook=moments_read)
        except ValueError as error:
            raise self._broken("its reader broke off") from error
        if not isinstance(message, (dict, list)):
            raise self._broken("its reader broke off")

        return message

    # --- the process

    def _start(self) -> subprocess.Popen[bytes]:
        """Raises UserError where the system starts no process."""
        request = json_line(asdict(self._request), ascii_only=True).decode()
        try:
            return own_process.start(self._module, request)
        except OSError as error:
            raise UserError(
                f"'{self._path}' cannot be read: its reader, a process of its own, could not be "
                f"started ({error.strerror or error}).",
                "Close other programs and try again, or save it as CSV.",
                "data.source",
            ) from error

    def _watch_also(self, pid: int) -> None:
        """Takes the process that reads for the one that was started.

        In an environment on Windows the latter only starts the former.
        """
        with contextlib.suppress(psutil.Error, ValueError):
            process = psutil.Process(pid)
            if process.ppid() == self._process.pid:
                self._watched = process

    def _size(self) -> int:
        try:
            return int(self._watched.memory_info().rss) if self._watched else 0
        except psutil.Error:
            return 0

    def _seconds(self) -> float:
        """Returns the CPU seconds that the process has taken."""
        try:
            times = self._watched.cpu_times() if self._watched else None
        except psutil.Error:
            return 0.0

        return float(times.user + times.system) if times else 0.0

    def _end(self) -> None:
        """Ends the process if it still runs, and leaves no pipe, thread or zombie."""
        with contextlib.suppress(psutil.Error):
            if self._watched is not None:
                self._watched.kill()
        with contextlib.suppress(OSError):
            self._process.kill()

        # A process that waits for a dead network drive ends later, when the system lets it.
        end = time.monotonic() + LONGEST_END
        while self._pump.is_alive() and time.monotonic() < end:
            with contextlib.suppress(queue.Empty):
                self._chunks.get(timeout=POLL)

        if self._pump.is_alive():
            return

        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            with contextlib.suppress(OSError):
                self._stream(stream).close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(LONGEST_END)

    @staticmethod
    def _stream(stream: IO[bytes] | None) -> IO[bytes]:
        assert stream is not None, "every stream is a pipe"
        return stream

    # --- what went wrong

    def _ended(self) -> UserError:
        """Returns the error for a process that ended before it was done."""
        self._check()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(1)
        code = self._process.poll()
        if code is None:
            return self._broken("its reader broke off")

        words = self._stream(self._process.stderr).read(CHUNK)

        if b"memory allocation" in words or b"MemoryError" in words or code == -KILLED:
            return self._too_large()

        return self._broken(f"its reader ended with {_code_text(code)}")

    def _broken(self, why: str) -> UserError:
        return unusable(self._path, f"is a spreadsheet that cannot be read ({why})", REMEDY)

    def _too_large(self) -> SheetTooLarge:
        return SheetTooLarge(
            f"'{readable(self._path)}' is a spreadsheet whose cells need more than "
            f"{bytes_text(self._memory)} of memory.",
            STRAY,
            "data.source",
        )

    def _refusal(self, message: Mapping[str, Any]) -> Exception:
        """Returns the error for what the process refuses to read."""
        reason = message["refused"]
        words = str(message.get("words", ""))
        if reason == "system":
            return OSError(int(message["number"]), words, str(self._path))
        if reason == "memory":
            return self._too_large()
        if reason == "unpacked":
            return unusable(
                self._path,
                f"unpacks to more than {bytes_text(LARGEST_UNPACKED)}, too much for a spreadsheet",
                "Save it as CSV or Parquet.",
            )
        if reason == "password":
            return unusable(self._path, "is protected by a password", "Save it without one.")
        if reason == "archive":
            return unusable(self._path, "is a damaged spreadsheet or archive", REMEDY)
        if reason == "other archive":
            return unusable(
                self._path,
                "is an archive, not a table",
                "Unpack it and open the table in it.",
            )

        return self._broken(words or "it is damaged")


KILLED = 9
"""The number of SIGKILL: the system ended it, for want of memory as a rule."""


def moments_read(found: dict[str, Any]) -> Any:
    """Returns an object of the output, a date or time as Moment."""
    return Moment(str(found["moment"])) if "moment" in found else found


def _code_text(code: int) -> str:
    """Returns how a process ended, in words."""
    if code >= 0:
        return f"the code {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"the signal {-code}"
