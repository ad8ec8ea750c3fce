"""A folder with a sub-folder of pictures for each class.

Folders train/, val/ and test/ above or below the classes are recognised as splits.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from app.engine.data.dataset import Skipped
from app.engine.data.names import natural_key, readable
from app.engine.sources.folder_walk import FolderWalk
from app.engine.sources.layout.file_classes import class_files
from app.engine.sources.picture_format import PictureFormat
from app.engine.sources.picture_list import FilePaths, PictureList, ScanResult
from app.engine.sources.targets import encode_classes

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from app.engine.experiment.data_settings import DataSettings
    from app.engine.sources.folder_walk import SourceFile
    from app.engine.sources.format import OpenOptions
    from app.engine.sources.layout.class_layout import Layout, Place


class ImageFolder(PictureFormat):
    """Reads pictures from a folder for each class; the last resort for every folder."""

    kind = "image-folder"
    label = "Folder of pictures"
    order = 90

    def matches(self, source: str) -> bool:
        return Path(source).is_dir()

    def scan_with(self, source: str, data: DataSettings, options: OpenOptions) -> ScanResult:
        walk = FolderWalk(source)
        walk.run(options.check)
        walk.files.sort(key=lambda file: file.path)
        stamps = tuple((walk.below(file.path), *file.stamp[1:]) for file in walk.files)
        known = options.trained.classes if options.trained is not None else ()

        return ScanResult(stamps, lambda: _list_pictures(walk, data, known), (data.labels, known))


def _list_pictures(walk: FolderWalk, data: DataSettings, known: Collection[str]) -> PictureList:
    found = class_files(walk, data, "pictures", known)
    label_key = functools.cache(natural_key)  # of few labels, asked for every picture

    def order(picture: tuple[SourceFile, Place]) -> tuple[object, ...]:
        file, place = picture
        return place.split, label_key(place.label), natural_key(walk.name_of(file))

    pictures = sorted(zip(found.files, found.places, strict=True), key=order)
    labels = [place.label for _, place in pictures]
    classes, targets = encode_classes(labels)
    empty = _empty_folders(walk, found.layout, set(labels))

    return PictureList(
        classes,
        [walk.name_of(file) for file, _ in pictures],
        targets,
        np.array([place.split for _, place in pictures], np.int8),
        paths=FilePaths([file.path for file, _ in pictures]),
        folders=[place.group for _, place in pictures],
        skipped=(*walk.skipped, *found.skipped, *empty),
        notes=found.layout.notes(),
    )


def _empty_folders(walk: FolderWalk, layout: Layout, classes: set[str]) -> Iterator[Skipped]:
    """Yields the folders that would be classes if there were a picture in them."""
    for parts in sorted(filter(layout.is_class_folder, walk.folders)):
        if parts and readable(parts[-1]) not in classes:
            reason = "the folder holds no pictures, so it is no class"
            yield Skipped(readable("/".join(parts)), reason)


FORMAT = ImageFolder()
