"""The output of the command line: lines, complaints on standard error, and the one JSON object."""

from __future__ import annotations

import os
import traceback
from pathlib import Path
from typing import Any

import click

from app.engine import folders
from app.engine.data.names import is_unseen, visible
from app.engine.files import disk_error, json_text


def say(text: str, error: bool = False) -> None:
    """Prints a line; on standard error where standard output belongs to the JSON object."""
    click.echo(visible(text), err=error)


def complain(sentence: str) -> None:
    """Prints what went wrong on standard error."""
    click.echo(visible(sentence), err=True)


def say_json(data: Any) -> None:
    """Prints one strict JSON object on one line; figures that are not finite are null.

    What `visible` escapes is escaped in JSON's way: a terminal may obey it.
    """
    click.echo(_json(data))


def _json(data: Any) -> str:
    text = json_text(data)
    if text.isascii():
        return text

    return "".join(f"\\u{ord(each):04x}" if is_unseen(each) else each for each in text)


def complain_of(error: Exception) -> None:
    """Prints what nobody has made a sentence of, without a traceback.

    What the system refuses of a file, such as a name that is too long, needs no details.
    """
    if isinstance(error, OSError) and isinstance(error.filename, (str, bytes)):
        complain(str(disk_error(error, Path(os.fsdecode(error.filename)))))
        return

    complain(
        f"Something unexpected went wrong: {type(error).__name__}: {error}. "
        f"Details: {note_details(error)}"
    )


def note_details(error: Exception) -> str:
    """Writes the traceback to a file and returns its path; says where that fails."""
    details = "".join(traceback.format_exception(error))
    try:
        path = folders.log() / "error.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(details, encoding="utf-8")
        return str(path)
    except OSError:
        return f"'{folders.log()}' cannot be written."


class JsonList:
    """Prints one strict JSON object on one line whose last list is longer than memory holds.

    head: what stands before the list, which is named `predictions`.
    """

    def __init__(self, head: dict[str, Any]) -> None:
        click.echo(f'{_json(head)[:-1]}, "predictions": [', nl=False)
        self._first = True

    def add(self, item: dict[str, Any]) -> None:
        """Prints one more item of the list."""
        click.echo(_json(item) if self._first else f", {_json(item)}", nl=False)
        self._first = False

    def finish(self, tail: dict[str, Any]) -> None:
        """Ends the list and the object with what stands behind it."""
        click.echo(f"], {_json(tail)[1:]}")
