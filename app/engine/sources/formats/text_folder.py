"""A folder with a sub-folder of text files for each class; train/, val/, test/ are recognised as
with pictures.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from app.engine.data.dataset import Skipped
from app.engine.learning.tasks import task
from app.engine.sources.class_folders import holds_mostly, list_files, lost_classes, need_classes
from app.engine.sources.format import Format, OpenOptions, encode_classes
from app.engine.sources.loaded import Examples
from app.engine.sources.parts.texts import TextPart
from app.engine.sources.plain_text import NoText, read_text
from app.engine.sources.targets import labelled

if TYPE_CHECKING:
    from app.engine.experiment.data_settings import DataSettings

SUFFIXES = (".txt", ".text", ".md")
USUAL = "classification"
UNICODE = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32")


class TextFolder(Format):
    kind = "text-folder"
    label = "Folder of texts"
    order = 80

    def matches(self, source: str) -> bool:
        return holds_mostly(source, SUFFIXES)

    def open(self, source: str, data: DataSettings, options: OpenOptions) -> Examples:
        kind = data.task or USUAL
        options.progress("Looking for texts", 0, 0)
        listing = list_files(source, SUFFIXES, "text", options.check)
        skipped = list(listing.skipped)
        rows = []
        texts = []

        guessed: dict[str, int] = {}
        for row, file in enumerate(listing.files):
            options.check()
            options.progress("Reading texts", row, len(listing.files))

            try:
                text, encoding = read_text(file.path, data.encoding)
            except NoText as error:
                skipped.append(Skipped(file.name, error.reason))
            except OSError as error:
                skipped.append(
                    Skipped(
                        file.name,
                        f"it could not be opened ({error.strerror or 'error of the disk'})",
                    )
                )
            else:
                rows.append(row)
                texts.append(text)

                if encoding not in UNICODE:
                    guessed[encoding] = guessed.get(encoding, 0) + 1

        labels = [listing.files[row].label for row in rows]
        need_classes(source, listing, labels, skipped, "text")
        notes = [
            f"{count:,} {'text is' if count == 1 else 'texts are'} not in Unicode: read as "
            f"{encoding}."
            for encoding, count in guessed.items()
        ]

        return Examples(
            kind,
            (TextPart(texts, data),),
            labelled(task(kind), *encode_classes(labels)),
            np.array([listing.files[row].hint for row in rows], np.int8),
            [listing.files[row].name for row in rows],
            listing.groups(data, rows),
            tuple(skipped),
            (*listing.notes, *notes, *lost_classes(listing, labels)),
        )


FORMAT = TextFolder()
