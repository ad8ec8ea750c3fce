"""Files of several pages: the question what is read of them, and an example for each page."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np

from app.engine.data import pictures
from app.engine.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from app.engine.data.kinds.image.preparation import ImagePreparation
    from app.engine.experiment.data_settings import DataSettings
    from app.engine.sources.format import Check
    from app.engine.sources.picture_list import PictureList

PAGE = " page "
"""What stands in a name between the file and the number of its page."""


def require_answer(
    remarks: Sequence[str], name: str, preparation: ImagePreparation, data: DataSettings
) -> None:
    """Raises UserError where a file has several pages and nobody said what is read of them.

    remarks: on the picture. The pages of a network are known.
    """
    if "pages" not in remarks or preparation.pages is not None or data.pages is not None:
        return

    raise UserError(
        f"'{name}' holds several pages of one size. Each can be a picture of its own, or the first "
        "or the brightest of all can stand for the file.",
        'Choose data.pages: "first" for the first page, "each" for every page, "maximum" for the '
        "largest value of every pixel (a maximum projection).",
        "data.pages",
    )


def with_each_page(picture_list: PictureList, check: Check) -> PictureList:
    """Returns a list with a row for every page of its files, which stay together in splits."""
    if picture_list.paths is None:
        return picture_list

    rows: list[int] = []
    pages: list[int] = []
    names: list[str] = []
    groups: list[str] = []
    for row, path in enumerate(picture_list.paths):
        check()
        found = each_page(path)
        name = picture_list.names[row]
        rows += [row] * len(found)
        pages += found
        names += [f"{name}{PAGE}{page + 1}" for page in found] if len(found) > 1 else [name]
        folder = picture_list.folders[row] if picture_list.folders is not None else ""
        groups += [folder or name] * len(found)

    index = np.array(rows, np.int64)
    return dataclasses.replace(
        picture_list,
        names=names,
        targets=picture_list.targets[index],
        predefined_splits=picture_list.predefined_splits[index],
        paths=[picture_list.paths[row] for row in rows],
        pages=pages,
        folders=groups,
    )


def each_page(path: Path | bytes) -> list[int]:
    """Returns the pages of a file, the first alone where it has one or cannot be read."""
    if isinstance(path, bytes) or not pictures.may_have_pages(path):
        return [0]

    try:
        return pictures.pages_of(path) or [0]
    except pictures.UnreadablePicture:
        return [0]  # is listed as skipped when it is read
