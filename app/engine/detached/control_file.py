"""The control file of a run in a process of its own: a line of JSON for each request.

Whoever wants something of the run appends a line; the process passes new lines on to its `Control`,
which honours them at the next step boundary. The file is there as soon as the process listens.
"""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Literal, NotRequired

from typing_extensions import TypedDict

from app.engine import files
from app.engine.errors import UserError
from app.engine.runs.storage import shape
from app.engine.runs.storage.own_names import CONTROL
from app.engine.runs.storage.run_lock import OWNER

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from app.engine.runs.control import Control
    from app.engine.runs.run import Run

RequestName = Literal["pause", "resume", "stop", "stop at once", "change"]

MOST_READ = 1 << 16
"""Bytes that are read at once; a longer line is no request."""

MOST_TOLD = 20
"""Lines of nonsense that are told in the log."""


class Request(TypedDict):
    """A line of the control file. values: of "change", see Control.change, with dots in names."""

    request: RequestName
    values: NotRequired[dict[str, float | None]]


def create(folder: Path) -> None:
    """Makes an empty control file. Raises UserError where the disk refuses."""
    files.write_atomically(folder / CONTROL, b"")


def listens(folder: Path) -> bool:
    """Returns whether the run that goes on in this folder reads a control file."""
    return (folder / CONTROL).exists()


def send(folder: Path, request: RequestName, values: Mapping[str, float | None] = {}) -> None:
    """Appends a request. Raises UserError where nobody listens or the disk refuses."""
    if not listens(folder):
        raise UserError(
            f"The run '{folder.name}' reads no control file.",
            "It is trained in a window or a terminal: stop it there.",
        )

    line: Request = {"request": request}
    if values:
        line["values"] = dict(values)
    try:
        with files.open_to_append(folder / CONTROL) as file:
            file.write(files.json_line(line, ascii_only=True))
    except OSError as error:
        raise files.disk_error(error, folder / CONTROL) from error


class ControlReader:
    """Passes the requests of a run's control file on to its Control."""

    def __init__(self, run: Run, control: Control) -> None:
        self._run = run
        self._control = control
        self._offset = 0
        self._size = 0
        self._number = 0
        self._told = 0

    def poll(self) -> None:
        """Reads what is new. What is no request is told in the log and ignored."""
        path = self._run.path / CONTROL
        try:
            size = path.stat().st_size
            unchanged = size == self._size
            self._size = size
            if size < self._offset:  # somebody wrote it anew
                self._offset = 0
            if size == self._offset:
                return

            with files.open_regular(path) as file:
                file.seek(self._offset)
                content = file.read(MOST_READ)
        except FileNotFoundError:
            self._renew()
            return
        except OSError:
            return

        end = content.rfind(b"\n") + 1
        if not end and (unchanged or len(content) == MOST_READ):
            end = len(content)  # a last line without an end, or one that never ends

        self._offset += end
        for line in content[:end].splitlines():
            if line.strip():
                self._number += 1
                self._take(line)

    def _renew(self) -> None:
        """Makes the file again that somebody removed: without it nobody could stop the run."""
        if (self._run.path / OWNER).exists():
            with contextlib.suppress(UserError):
                create(self._run.path)
                self._offset = 0
                self._size = 0

    def _take(self, line: bytes) -> None:
        request = _parsed(line)
        control = self._control
        match request and request["request"]:
            case "pause":
                control.pause()
            case "resume":
                control.resume()
            case "stop":
                control.stop()
            case "stop at once":
                control.stop(at_once=True)
            case "change" if request:
                control.change(**request.get("values", {}))
            case _:
                self._tell()

    def _tell(self) -> None:
        """Says in the log that a line is no request; not for ever, where a file is full of them."""
        self._told += 1
        if self._told <= MOST_TOLD:
            self._run.log(f"Line {self._number} of {CONTROL} is no request and is ignored.")
        if self._told == MOST_TOLD:
            self._run.log(f"Further lines of {CONTROL} that are none are not told.")


def _parsed(line: bytes) -> Request | None:
    try:
        return shape.typed(json.loads(line), Request)
    except (ValueError, RecursionError):
        return None
