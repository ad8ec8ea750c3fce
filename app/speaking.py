"""What the command line says: lines, complaints, and the one JSON object."""

from __future__ import annotations

import json
from typing import Any

import click


def say(text: str, error: bool = False) -> None:
    click.echo(text, err=error)


def complain(sentence: str) -> None:
    click.echo(sentence, err=True)


def tell(data: Any) -> None:
    """One JSON object on one line."""
    click.echo(json.dumps(data, ensure_ascii=False, default=str))
