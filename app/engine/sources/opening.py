"""From a source to a Dataset: find the format, list the examples, decode or take from the cache,
divide, describe.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from app.engine.data.names import readable
from app.engine.errors import UserError
from app.engine.files import disk_error
from app.engine.sources import formats
from app.engine.sources.build import assemble
from app.engine.sources.cache import Cache
from app.engine.sources.format import Check, Format, OpenOptions, Progress, no_check, no_progress
from app.engine.sources.samples import PREFIX
from app.engine.text import names_text

if TYPE_CHECKING:
    from app.engine.data.dataset import Dataset, Description
    from app.engine.data.preparation import Preparation
    from app.engine.experiment.data_settings import DataSettings


def open_dataset(
    data: DataSettings,
    progress: Progress = no_progress,
    check: Check = no_check,
    cache: Cache | None = None,
    reuse_preparation: Preparation | None = None,
) -> Dataset:
    """Opens what `data.source` names.

    `progress(text, done, total)` is told what happens; `check` is called for every file and may
    raise (Stopped) to cancel, which leaves nothing behind. reuse_preparation: the preparation of a
    network that is to be judged on these data; left out, they get one of their own.

    Raises UserError when there is nothing to train on; files that cannot be read are listed in the
    description.
    """
    source, form = _format_of(data.source)
    try:
        examples = form.open(
            source, data, OpenOptions(cache or Cache(), progress, check, reuse_preparation)
        )
    except OSError as error:
        raise disk_error(error, Path(error.filename or source)) from error

    progress("Dividing the examples", 0, 0)
    return assemble(data, form.label, examples, reuse_preparation)


def same_classes(ours: Description, theirs: Description) -> str:
    """Why data described by `theirs` cannot be used with a network trained on `ours`; "" when the
    classes are equal.
    """
    if ours.classes == theirs.classes:
        return ""

    missing = [name for name in ours.classes if name not in theirs.classes]
    added = [name for name in theirs.classes if name not in ours.classes]
    if not missing and not added:
        return "The classes are the same but in another order."

    parts = []
    if missing:
        parts.append(f"{names_text(missing)} {'is' if len(missing) == 1 else 'are'} missing")
    if added:
        parts.append(f"{names_text(added)} {'is' if len(added) == 1 else 'are'} new")

    return f"The classes differ from those of the training: {' and '.join(parts)}."


def _format_of(source: str) -> tuple[str, Format]:
    """The source as an absolute path (or as it is, for a sample) and the format that reads it.

    Raises UserError.
    """
    if not source.strip():
        raise UserError(
            "No data are chosen.", "Open a folder or file, or a built-in data set.", "data.source"
        )

    if not source.startswith(PREFIX):
        path = Path(source).expanduser().absolute()
        try:
            path.stat()
            if path.is_dir():
                with os.scandir(path) as entries:
                    if next(entries, None) is None:
                        raise UserError(
                            f"The folder '{readable(path)}' is empty.",
                            "Put the pictures, texts or sounds of every class in a sub-folder of "
                            "its own.",
                            "data.source",
                        )
            else:
                path.open("rb").close()
        except (OSError, ValueError) as error:
            failure = (
                disk_error(error, path)
                if isinstance(error, OSError)
                else UserError(f"'{source}' is no path.")
            )
            raise UserError(failure.what, failure.remedy, "data.source") from error

        source = str(path)

    form = formats.find(source)
    if form is None:
        raise UserError(
            f"'{readable(source)}' is of a sort that is not read.",
            "Open a folder of pictures, texts or sounds, a table (CSV, Excel, Parquet), a text, or "
            "NPZ or IDX files.",
            "data.source",
        )

    return source, form
