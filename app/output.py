"""The output of the command line: lines, complaints on standard error, and the one JSON object."""

from __future__ import annotations

import traceback
from typing import Any

import click

from app.engine import folders
from app.engine.data.names import visible
from app.engine.files import json_text


def say(text: str, error: bool = False) -> None:
    """Prints a line; on standard error where standard output belongs to the JSON object."""
    click.echo(visible(text), err=error)


def complain(sentence: str) -> None:
    """Prints what went wrong on standard error."""
    click.echo(visible(sentence), err=True)


def say_json(data: Any) -> None:
    """Prints one strict JSON object on one line; figures that are not finite are null."""
    click.echo(json_text(data))


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
