"""A folder with a sub-folder of text files for each class.

Folders train/, val/ and test/ are recognised as with pictures.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from app.engine.data.dataset import Skipped
from app.engine.learning.tasks import task
from app.engine.sources.class_folders import (
    holds_mostly,
    list_files,
    lost_classes,
    refuse_one_class,
)
from app.engine.sources.format import Format, OpenOptions
from app.engine.sources.loaded import Examples
from app.engine.sources.parts.texts import TextPart
from app.engine.sources.plain_text import UnreadableText, read_text
from app.engine.sources.targets import encode_classes, targets_for_task

if TYPE_CHECKING:
    from app.engine.experiment.data_settings import DataSettings

SUFFIXES = (".txt", ".text", ".md")
DEFAULT_TASK = "classification"
UNICODE = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32")


class TextFolder(Format):
    """Reads texts from a folder for each class."""

    kind = "text-folder"
    label = "Folder of texts"
    order = 80

    def matches(self, source: str) -> bool:
        return holds_mostly(source, SUFFIXES)

    def open(self, source: str, data: DataSettings, options: OpenOptions) -> Examples:
        task_kind = data.task or DEFAULT_TASK
        options.progress("Looking for texts", 0, 0)
        file_list = list_files(source, SUFFIXES, "text", data, options)
        skipped = list(file_list.skipped)
        rows = []
        texts = []
        encodings: Counter[str] = Counter()

        for row, file in enumerate(file_list.files):
            options.check()
            options.progress("Reading texts", row, len(file_list.files))

            try:
                text, encoding = read_text(file.path, data.encoding)
            except UnreadableText as error:
                skipped.append(Skipped(file.name, error.reason))
                continue
            except OSError as error:
                reason = f"it could not be opened ({error.strerror or 'disk error'})"
                skipped.append(Skipped(file.name, reason))
                continue

            rows.append(row)
            texts.append(text)
            if encoding not in UNICODE:
                encodings[encoding] += 1

        labels = [file_list.files[row].label for row in rows]
        refuse_one_class(file_list, labels, skipped)
        notes = [
            f"{count:,} {'text is' if count == 1 else 'texts are'} not in Unicode: read as "
            f"{encoding}."
            for encoding, count in encodings.items()
        ]

        return Examples(
            task_kind,
            (TextPart(texts, data),),
            targets_for_task(task(task_kind), *encode_classes(labels)),
            np.array([file_list.files[row].split for row in rows], np.int8),
            [file_list.files[row].name for row in rows],
            file_list.groups(data, rows),
            tuple(skipped),
            (*file_list.notes, *notes, *lost_classes(file_list, labels)),
            chosen=file_list.chosen,
            reading=file_list.reading,
        )


FORMAT = TextFolder()
