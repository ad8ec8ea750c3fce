"""What a process of its own does for a run on another computer: it brings the folder here.

It holds the run here while it goes on there, so that window and terminal follow it as any other.
A connection that is lost is made again, for as long as it takes.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from app.engine import files
from app.engine.detached import control_file
from app.engine.errors import UserError
from app.engine.remote import place as places
from app.engine.remote.connection import Connection
from app.engine.remote.failures import Disconnected
from app.engine.remote.mirror import Mirror, begin
from app.engine.runs.run import Run
from app.engine.runs.storage import manifest

if TYPE_CHECKING:
    from app.engine.remote.place import Place

ROUND_SECONDS = 1.0
FIRST_WAIT = 1.0
MOST_WAIT = 30.0
"""Seconds until a lost connection is tried again: twice as long every time, up to this."""

COMPLETED = 0
FAILED = 1


def main(argument: str) -> int:
    """Follows the run that the argument names, to its end; returns the exit code.

    Prints one line of JSON as soon as the run is claimed here, or why it is not.
    """
    run = Run(Path(json.loads(argument)["run"]))
    try:
        place = places.read(run.path)
        if place is None:
            raise UserError(f"The run '{run.name}' trains on no other computer.")

        run.claim()
        control_file.create(run.path)
    except UserError as error:
        _answer({"what": error.what, "remedy": error.remedy})
        return FAILED

    _answer({"process": os.getpid()})
    try:
        _follow(run, place)
    except UserError as error:
        run.log(str(error))
        _note(run, place, "lost", str(error))
        return FAILED
    finally:
        run.release()

    return COMPLETED


def _answer(plain: dict[str, object]) -> None:
    sys.stdout.buffer.write(files.json_line(plain, ascii_only=True))
    sys.stdout.buffer.flush()
    sys.stdout.close()


def _follow(run: Run, place: Place) -> None:
    """Brings the run here until it has ended there. Raises UserError where a retry is of no use."""
    wait = FIRST_WAIT
    mirror: Mirror | None = None
    while True:
        try:
            with Connection(place["host"]) as connection:
                mirror = Mirror(connection, place["folder"], run.path)
                if not mirror.is_there():
                    begin(connection, place["folder"].rsplit("/", 1)[-1])

                _note(run, place, "following")
                wait = FIRST_WAIT
                while mirror.is_trained():
                    mirror.round()
                    run.touch()
                    time.sleep(ROUND_SECONDS)

                mirror.round(everything=True)
                _adopt(run, place)
                _note(run, place, "fetched")
                return
        except Disconnected as error:
            _note(run, place, "lost", str(error))
            time.sleep(wait)
            wait = min(MOST_WAIT, 2 * wait)


def _note(run: Run, place: Place, state: str, why: str = "") -> None:
    """Keeps how the connection stands; a change of that is told in the log."""
    if place["state"] == state and place.get("why", "") == why:
        return

    place["state"] = state  # type: ignore[typeddict-item]
    place["why"] = why
    places.write(run.path, place)
    run.log(f"{place['host']}: {state}. {why}".strip())


def _adopt(run: Run, place: Place) -> None:
    """Names the data of this computer in the experiment again, whose path there is another."""
    from app.engine.experiment import toml_file  # noqa: PLC0415 - at the end only

    experiment = run.experiment()
    own = experiment.replace(data=experiment.data.replace(source=place["source"]))
    manifest.write(run.path, "experiment.toml", toml_file.dumps(own).encode())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
