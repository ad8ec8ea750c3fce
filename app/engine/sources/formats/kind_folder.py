"""A folder with a sub-folder of files for each class, of any kind that reads its own files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from app.engine.data.dataset import Skipped
from app.engine.data.kinds import Kind, all_kinds
from app.engine.errors import UserError
from app.engine.learning.tasks import task
from app.engine.sources.class_folders import (
    holds_mostly,
    list_files,
    lost_classes,
    names_files,
    refuse_one_class,
)
from app.engine.sources.format import Format, OpenOptions
from app.engine.sources.loaded import Examples
from app.engine.sources.parts.prepared import PreparedPart
from app.engine.sources.targets import encode_classes, targets_for_task

if TYPE_CHECKING:
    from app.engine.experiment.data_settings import DataSettings

DEFAULT_TASK = "classification"


class KindFolder(Format):
    """Reads class folders of a kind that declares its files: see Kind.files."""

    kind = "kind-folder"
    label = "Folder of files"
    order = 85

    def matches(self, source: str) -> bool:
        return _kind_in(source) is not None

    def open(self, source: str, data: DataSettings, options: OpenOptions) -> Examples:
        kind = _kind_in(source)
        assert kind is not None and kind.files is not None
        options.progress(f"Looking for {kind.plural}", 0, 0)
        file_list = list_files(source, kind.files.suffixes, kind.singular, data, options)
        skipped = list(file_list.skipped)
        rows = []
        raws = []

        for row, file in enumerate(file_list.files):
            options.check()
            options.progress(f"Reading {kind.plural}", row, len(file_list.files))
            try:
                raws.append(kind.files.read(file.path))
                rows.append(row)
            except UserError as error:
                skipped.append(Skipped(file.name, error.what))
            except OSError as error:
                reason = error.strerror or "disk error"
                skipped.append(Skipped(file.name, f"it could not be opened ({reason})"))

        labels = [file_list.files[row].label for row in rows]
        refuse_one_class(file_list, labels, skipped)
        classes, numbers = encode_classes(labels)

        task_kind = data.task or DEFAULT_TASK
        return Examples(
            task_kind,
            (PreparedPart(kind, raws),),
            targets_for_task(task(task_kind), classes, numbers),
            np.array([file_list.files[row].split for row in rows], np.int8),
            [file_list.files[row].name for row in rows],
            file_list.groups(data, rows),
            tuple(skipped),
            (*file_list.notes, *lost_classes(file_list, labels)),
            chosen=file_list.chosen,
            reading=file_list.reading,
        )


def _kind_in(source: str) -> Kind | None:
    """Returns the kind whose files the folder mostly holds, None where there is none."""
    for kind in all_kinds():
        if kind.files is None:
            continue
        if holds_mostly(source, kind.files.suffixes) or names_files(source, kind.files.suffixes):
            return kind

    return None


FORMAT = KindFolder()
