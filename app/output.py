"""The output of the command line: lines, complaints on standard error, and the one JSON object."""

from __future__ import annotations

import json
import traceback
from typing import Any

import click

from app.engine import folders


def say(text: str, error: bool = False) -> None:
    """Prints a line; on standard error where standard output belongs to the JSON object."""
    click.echo(text, err=error)


def complain(sentence: str) -> None:
    """Prints what went wrong on standard error."""
    click.echo(sentence, err=True)


def say_json(data: Any) -> None:
    """Prints one JSON object on one line."""
    click.echo(json.dumps(data, ensure_ascii=False, default=str))


def note_details(error: Exception) -> str:
    """Writes the traceback to a file and returns its path; the traceback where that fails."""
    details = "".join(traceback.format_exception(error))
    try:
        path = folders.log() / "error.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(details, encoding="utf-8")
        return str(path)
    except OSError:
        return details
