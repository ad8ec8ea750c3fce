"""The user's own networks, kept under names: a folder with a file for each.

Each file is an experiment of which only [model] is written, so that it can be opened, printed and
trained like any other.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.engine import folders
from app.engine.errors import UserError
from app.engine.experiment import toml_file
from app.engine.experiment.experiment import Experiment
from app.engine.experiment.library_folder import make, read_each
from app.engine.files import disk_error
from models.own_network import OwnNetwork

if TYPE_CHECKING:
    from pathlib import Path

MOST_FILES = 200

LONGEST = 40
"""Characters of a name, at most."""

NAME = re.compile(r"[\w][\w .+-]*")
"""What a name may be: it is the name of a file on every system."""

REMOVED = ".removed"
"""Behind the name of a file that was taken out of the library; the last of each name is there."""


@dataclass(frozen=True)
class OwnNetworkLibrary:
    """What the folder holds. problems: a sentence for each file that cannot be used."""

    networks: dict[str, OwnNetwork]
    problems: tuple[str, ...] = ()


def read_networks(folder: Path | None = None) -> OwnNetworkLibrary:
    """Reads the networks of the user, by name. folder: None for the usual place."""
    return OwnNetworkLibrary(*read_each(folder or folders.own_networks(), MOST_FILES, _read))


def check_network_name(name: str) -> str:
    """Returns a name without blanks around it. Raises UserError where a network cannot have it."""
    name = name.strip().rstrip(".")
    if not name:
        raise UserError("A network needs a name.", "Type one.")
    if len(name) > LONGEST:
        raise UserError(
            f"The name has {len(name)} characters; {LONGEST} are the most.", "Shorten it."
        )
    if NAME.fullmatch(name) is None:
        raise UserError(
            "A name holds letters, digits, blanks and any of . _ + -, and begins with a letter or "
            "a digit.",
            "Choose another name.",
        )

    return name


def keep_network(name: str, network: OwnNetwork, folder: Path | None = None) -> None:
    """Writes a network into a file of its own, in the place of one of the same name.

    Raises UserError where the name cannot be, or the file cannot be written.
    """
    name = check_network_name(name)
    place = folder or folders.own_networks()
    make(place)
    toml_file.write(Experiment(name=name, model=network), place / f"{name}.toml")


def remove_network(name: str, folder: Path | None = None) -> None:
    """Takes a network out of the library; its file stays beside it under another ending.

    Raises UserError where the disk refuses.
    """
    path = (folder or folders.own_networks()) / f"{name}.toml"
    try:
        path.replace(path.with_name(f"{path.name}{REMOVED}"))
    except FileNotFoundError:
        return
    except OSError as error:
        raise disk_error(error, path) from error


def _read(path: Path) -> OwnNetwork:
    """Raises UserError."""
    model = toml_file.read(path).model
    if not isinstance(model, OwnNetwork):
        raise UserError(f"'{path.name}' holds no network of one's own.", "Delete it.")

    return model
