"""A folder with a sub-folder of files for each class, of any kind that reads its own files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from app.engine.data.dataset import Skipped
from app.engine.data.kinds import Kind, all_kinds
from app.engine.errors import UserError
from app.engine.learning.tasks import task
from app.engine.sources.class_folders import holds_mostly, list_files, lost_classes, need_classes
from app.engine.sources.format import Format, OpenOptions, encode_classes
from app.engine.sources.loaded import Examples
from app.engine.sources.parts.prepared import PreparedPart
from app.engine.sources.targets import labelled

if TYPE_CHECKING:
    from app.engine.experiment.data_settings import DataSettings

USUAL = "classification"


class KindFolder(Format):
    """Class folders of a kind that declares its files: see Kind.files."""

    kind = "kind-folder"
    label = "Folder of files"
    order = 85

    def matches(self, source: str) -> bool:
        return _kind_in(source) is not None

    def open(self, source: str, data: DataSettings, options: OpenOptions) -> Examples:
        kind = _kind_in(source)
        assert kind is not None and kind.files is not None
        options.progress(f"Looking for {kind.plural}", 0, 0)
        listing = list_files(source, kind.files.suffixes, kind.singular, options.check)
        skipped = list(listing.skipped)
        rows = []
        raws = []

        for row, file in enumerate(listing.files):
            options.check()
            options.progress(f"Reading {kind.plural}", row, len(listing.files))
            try:
                raws.append(kind.files.read(file.path))
                rows.append(row)
            except UserError as error:
                skipped.append(Skipped(file.name, error.what))
            except OSError as error:
                reason = error.strerror or "error of the disk"
                skipped.append(Skipped(file.name, f"it could not be opened ({reason})"))

        labels = [listing.files[row].label for row in rows]
        need_classes(source, listing, labels, skipped, kind.singular)
        classes, numbers = encode_classes(labels)

        task_name = data.task or USUAL
        return Examples(
            task_name,
            (PreparedPart(kind, raws),),
            labelled(task(task_name), classes, numbers),
            np.array([listing.files[row].hint for row in rows], np.int8),
            [listing.files[row].name for row in rows],
            listing.groups(data, rows),
            tuple(skipped),
            (*listing.notes, *lost_classes(listing, labels)),
        )


def _kind_in(source: str) -> Kind | None:
    """Returns the kind whose files the folder mostly holds, None where there is none."""
    for kind in all_kinds():
        if kind.files is not None and holds_mostly(source, kind.files.suffixes):
            return kind

    return None


FORMAT = KindFolder()
