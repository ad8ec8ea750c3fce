"""Which computer trains a run, and where its folder is there: remote.json in the run's folder."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Literal, NotRequired

from pydantic import TypeAdapter, ValidationError
from typing_extensions import TypedDict

from app.engine import files
from app.engine.errors import UserError
from app.engine.runs.storage.own_names import REMOTE

if TYPE_CHECKING:
    from pathlib import Path

MOST_BYTES = 1 << 16

BASE = "~/netwright"
"""The folder on other computers that is this program's own."""

CODE = f"{BASE}/code"
RUNS = f"{BASE}/runs"
DATA = f"{BASE}/data"


class Place(TypedDict):
    """host: as ssh knows it. folder: of the run there. source: of its data here.

    state: "starting" until the run there was seen, then "following"; "lost" while there is no
    connection, of which `why` says the reason; "fetched" once the run ended and all of it is here.
    """

    host: str
    folder: str
    source: str
    state: Literal["starting", "following", "lost", "fetched"]
    why: NotRequired[str]


_PLACE = TypeAdapter(Place)


def read(folder: Path) -> Place | None:
    """Returns where a run trains; None where it is one of this computer.

    Raises UserError for a file that is damaged.
    """
    try:
        content = files.read_regular(folder / REMOTE, MOST_BYTES)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise files.disk_error(error, folder / REMOTE) from error

    try:
        return _PLACE.validate_python(json.loads(content), strict=True)
    except (ValueError, ValidationError, RecursionError) as error:
        raise UserError(
            f"'{REMOTE}' in the run '{folder.name}' is damaged: it is not known where it trains.",
            "Look on the other computer, in the folder netwright/runs.",
        ) from error


def write(folder: Path, place: Place) -> None:
    """Writes where a run trains. Raises UserError where the disk refuses."""
    files.write_atomically(folder / REMOTE, files.json_line(place))
