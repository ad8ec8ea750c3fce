"""The examples that the cells of a later table are, or name as files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.engine.data.kinds import kind_of
from app.engine.data.picture_files.formats import SUFFIXES as PICTURES
from app.engine.sources.file_lists.finder import FileFinder
from app.engine.sources.formats.sound_folder import SUFFIXES as SOUNDS
from app.engine.sources.formats.text_folder import SUFFIXES as TEXTS
from app.engine.sources.plain_text import UnreadableText, read_text
from app.engine.sources.saved.contents import PictureColumn

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.engine.data.preparation import Preparation
    from app.engine.sources.tables.columns import Column, Table

FILES = {"image": tuple(PICTURES), "text": TEXTS, "signal": SOUNDS}
"""The endings of files that a table may name, by the kind of what is in them."""


def cells_of(table: Table, column: Column, kind: str) -> list[Any]:
    """Returns the cells of a column as inputs of a kind; pictures as paths beside the table."""
    if isinstance(column, PictureColumn):
        return [content or b"" for content in column.files()]

    cells = column.texts.to_pylist()
    if kind != "image":
        return list(cells)

    folder = Path(table.path).parent
    finder = FileFinder(folder, PICTURES)
    return [finder.any_file(cell) or folder / cell if cell else b"" for cell in cells]


def named_files(table: Table, column: Column, preparation: Preparation) -> Iterator[Any]:
    """Yields the files that a column names, of texts what is in them.

    A text that cannot be read is nothing, so that it alone is refused.
    """
    kind_files = kind_of(preparation.kind).files
    suffixes = FILES.get(preparation.kind, kind_files.suffixes if kind_files is not None else ())
    finder = FileFinder(Path(table.path).parent, suffixes)
    for cell in column.texts.to_pylist():
        path = finder.any_file(cell) or finder.folder / cell
        if preparation.kind != "text":
            yield path
            continue

        try:
            yield read_text(path)[0]
        except (UnreadableText, OSError, ValueError):
            yield ""
