"""A reader of spreadsheets that misbehaves as the name of the sheet says, in its own process."""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING, Any, BinaryIO

from app.engine.sources.tables.spreadsheets.child import Request, serve

if TYPE_CHECKING:
    from collections.abc import Iterator


def misbehave(_file: BinaryIO, request: Request) -> Iterator[Any]:
    """Tells of one sheet, then does what its name says."""
    yield {"unpacked": 100, "memory": request.memory}
    yield {"sheets": [request.sheet]}

    match request.sheet:
        case "raise":
            raise ValueError("two\nlines")
        case "panic":
            raise type("PanicException", (BaseException,), {"__module__": "pyo3_runtime"})(
                "a panic"
            )
        case "abort":
            signal.raise_signal(signal.SIGABRT)
        case "leave":
            os._exit(3)
        case "fill memory":
            fill_memory()
        case "fill memory without a limit":
            lift_limit()
            fill_memory()
        case "loop":
            while True:
                pass
        case "talk without end":
            while True:
                yield [[1, ["a text in a cell"] * 1000]]
        case "talk nonsense":
            os.write(1, b"\xff{[\n")


def fill_memory() -> None:
    """Takes memory without end, some megabytes at a time."""
    held = []
    while True:
        held.append(bytes([1]) * (4 << 20))


def lift_limit() -> None:
    """Does as a system that has no such limit."""
    if sys.platform != "win32":
        import resource

        hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
        resource.setrlimit(resource.RLIMIT_DATA, (hard, hard))


if __name__ == "__main__":
    serve(misbehave)
