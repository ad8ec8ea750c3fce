"""The user's own kinds of blocks, beside those of an experiment: a folder with a file for each.

An experiment never reads them. Where one is put into a network, its definition is copied into the
experiment, so that the experiment stays whole on another computer.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.engine import folders
from app.engine.errors import UserError
from app.engine.experiment.block_lines import own_blocks_text
from app.engine.experiment.library_folder import make, read_each
from app.engine.files import disk_error, read_regular, write_atomically
from models.graph import BlockDefinition, Graph, GraphError, node_of
from models.own_blocks import OWN_BLOCKS, definitions_in, plain_definitions, read_definitions

if TYPE_CHECKING:
    from pathlib import Path

MOST = 1 << 20
"""Bytes of a file, at most; a large one has some kilobytes."""

MOST_FILES = 500


@dataclass(frozen=True)
class OwnBlockLibrary:
    """What the folder holds. problems: a sentence for each file that cannot be used."""

    blocks: dict[str, BlockDefinition]
    problems: tuple[str, ...] = ()


def read_library(folder: Path | None = None) -> OwnBlockLibrary:
    """Reads the kinds of the user. folder: where they lie, None for the usual place."""
    return OwnBlockLibrary(*read_each(folder or folders.own_blocks(), MOST_FILES, _read))


def keep(definition: BlockDefinition, folder: Path | None = None) -> None:
    """Writes a kind, with those that it holds, into a file of its own.

    Raises UserError where another kind of that name is there, or the file cannot be written.
    """
    place = folder or folders.own_blocks()
    path = place / f"{definition.kind}.toml"
    if path.exists():
        if _read(path) == definition:
            return

        raise UserError(
            f"Your library has another block called '{definition.kind}'.",
            f"Choose another name, or delete '{path}'.",
        )

    held = definitions_in(Graph((node_of("block", definition),)))
    text = own_blocks_text(plain_definitions(held), OWN_BLOCKS)
    make(place)
    write_atomically(path, text.encode())


def _read(path: Path) -> BlockDefinition:
    """Returns the kind that a file is named after. Raises UserError."""
    try:
        data = tomllib.loads(read_regular(path, MOST).decode("utf-8-sig"))
        definitions = read_definitions(data.get(OWN_BLOCKS))
    except OSError as error:
        raise disk_error(error, path) from error
    except GraphError as error:
        raise UserError(f"In '{path.name}', {error.place}: {error.what}", error.remedy) from error
    except (ValueError, RecursionError) as error:
        raise UserError(f"'{path.name}' is not valid TOML.", "Correct or delete it.") from error

    if path.stem not in definitions:
        raise UserError(
            f"'{path.name}' holds no block called '{path.stem}'.",
            f"It begins with [{OWN_BLOCKS}.{path.stem}].",
        )

    return definitions[path.stem]
