"""`netwright queue`: experiments that wait, and train one after the other."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from app.command_options import as_json
from app.engine.text import rough_duration_text
from app.output import say, say_json

if TYPE_CHECKING:
    from app.engine.queue.items import Item, Queue

number_argument = click.argument("number", type=click.IntRange(1))


@click.group()
def queue() -> None:
    """Train several experiments one after the other, also without a terminal."""


@queue.command()
@click.argument("experiment")
@as_json
def add(experiment: str, json_: bool) -> None:
    """Put a copy of an experiment (a .toml file) at the end."""
    from app.engine.experiment import toml_file  # noqa: PLC0415 - not for --help

    item = _queue().add(toml_file.read(Path(experiment).expanduser()))
    if json_:
        say_json(_plain(item))
        return

    say(f"{item.number}  {item.name}")
    say("To train what waits: netwright queue start")


@queue.command("list")
@as_json
def list_(json_: bool) -> None:
    """Show what waits, what trains and what has ended, in order."""
    items = _queue().items()
    if json_:
        say_json([_plain(item) for item in items])
        return
    if not items:
        say("The queue is empty.")

    width = len(str(max((item.number for item in items), default=0)))
    for item in items:
        seconds = item.seconds if item.state == "waiting" else None
        words = item.why if seconds is None else rough_duration_text(seconds)
        say(f"{item.number:>{width}}  {item.state:<10} {item.name}  {words}".rstrip())


@queue.command()
@number_argument
@click.argument("place", type=click.IntRange(1))
@as_json
def move(number: int, place: int, json_: bool) -> None:
    """Move what waits to another place among those that wait; 1 is the next."""
    found = _queue()
    found.move(number, place)
    if json_:
        say_json([_plain(item) for item in found.items()])


@queue.command()
@number_argument
@as_json
def remove(number: int, json_: bool) -> None:
    """Take something out of the queue. Its run stays."""
    item = _queue().remove(number)
    if json_:
        say_json(_plain(item))
    else:
        say(f"'{item.name}' is no more in the queue.")


@queue.command()
@as_json
def start(json_: bool) -> None:
    """Train what waits, in a process of its own that goes on without this terminal."""
    from app.engine.queue import runner  # noqa: PLC0415 - not for --help

    found = _queue()
    waiting = sum(item.state in ("waiting", "running") for item in found.items())
    process = runner.start(found) if waiting else None
    if json_:
        say_json({"pid": process, "waiting": waiting})
    elif not waiting:
        say("Nothing waits in the queue.")
    elif process is None:
        say(f"The queue trains already: {waiting} to go.")
    else:
        say(f"The queue trains without this terminal: {waiting} to go.")


def _queue() -> Queue:
    from app.engine.queue.items import Queue  # noqa: PLC0415 - not for --help

    return Queue()


def _plain(item: Item) -> dict[str, Any]:
    return asdict(item)
