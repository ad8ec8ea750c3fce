"""A folder with a sub-folder of pictures for each class.

Folders train/, val/ and test/ above or below the classes are recognised as splits.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from app.engine.data.dataset import Skipped
from app.engine.data.names import natural_key, readable
from app.engine.errors import UserError
from app.engine.sources.class_layout import Layout, layout_of
from app.engine.sources.folder_walk import FolderWalk, SourceFile
from app.engine.sources.picture_format import PictureFormat
from app.engine.sources.picture_list import PictureList, ScanResult
from app.engine.sources.targets import encode_classes
from app.engine.text import names_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.engine.experiment.data_settings import DataSettings
    from app.engine.sources.format import Check


class ImageFolder(PictureFormat):
    """Reads pictures from a folder for each class; the last resort for every folder."""

    kind = "image-folder"
    label = "Folder of pictures"
    order = 90

    def matches(self, source: str) -> bool:
        return Path(source).is_dir()

    def scan(
        self,
        source: str,
        data: DataSettings,  # noqa: ARG002 - nothing in a folder is read by settings
        check: Check,
    ) -> ScanResult:
        walk = FolderWalk(source)
        walk.run(check)
        walk.files.sort(key=lambda file: file.path)
        stamps = tuple((os.path.relpath(file.path, source), *file.stamp[1:]) for file in walk.files)

        return ScanResult(stamps, lambda: _list_pictures(walk))


@dataclass(frozen=True)
class _Picture:
    file: SourceFile
    label: str
    split: int

    @property
    def order(self) -> tuple[object, ...]:
        return self.split, natural_key(self.label), natural_key(readable(self.file.path))


def _list_pictures(walk: FolderWalk) -> PictureList:
    layout = layout_of(walk.files)
    skipped = list(walk.skipped)

    pictures: list[_Picture] = []
    for file in walk.files:
        label, split = layout.class_and_split(file.parts)
        if layout.outside(label, split):
            reason = "it stands outside the folders of the classes"
            skipped.append(Skipped(walk.name_of(file), reason))
        else:
            pictures.append(_Picture(file, label, split))

    labels = [picture.label for picture in pictures]
    if layout.holds_only_splits(labels):
        folders = sorted(set(labels), key=natural_key)
        raise UserError(
            f"The pictures in '{readable(walk.root)}' stand directly in "
            f"{names_text(folders, len(folders))}, not in folders of their classes.",
            "Put the pictures of every class in a sub-folder of its own, or open a table that "
            "names their classes.",
            "data.source",
        )

    pictures.sort(key=lambda picture: picture.order)
    skipped += _empty_folders(walk, layout, set(labels))
    classes, targets = encode_classes([picture.label for picture in pictures])

    return PictureList(
        classes,
        [walk.name_of(picture.file) for picture in pictures],
        targets,
        np.array([picture.split for picture in pictures], np.int8),
        paths=[Path(picture.file.path) for picture in pictures],
        folders=[layout.group(picture.file.parts) for picture in pictures],
        skipped=tuple(skipped),
        notes=layout.note([picture.file for picture in pictures]),
    )


def _empty_folders(walk: FolderWalk, layout: Layout, classes: set[str]) -> Iterator[Skipped]:
    """Yields the folders that would be classes if there were a picture in them."""
    level = layout.depth + (2 if layout.split_first else 1)
    for parts in sorted(parts for parts in walk.folders if len(parts) == level):
        label, _ = layout.class_and_split(parts)
        if label and label not in classes:
            reason = "the folder holds no pictures, so it is no class"
            yield Skipped(readable("/".join(parts)), reason)


FORMAT = ImageFolder()
