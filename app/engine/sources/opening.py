"""Opens a source as a Dataset: finds its format, reads the examples, divides and describes them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from app.engine.data.names import readable
from app.engine.errors import UserError
from app.engine.files import disk_error, open_regular
from app.engine.sources import formats
from app.engine.sources.build import build_dataset
from app.engine.sources.cache import Cache
from app.engine.sources.format import Check, Format, OpenOptions, Progress, no_check, no_progress
from app.engine.sources.samples import PREFIX
from app.engine.text import names_text

if TYPE_CHECKING:
    from app.engine.data.dataset import Dataset, Description
    from app.engine.experiment.data_settings import DataSettings


def open_dataset(
    data: DataSettings,
    progress: Progress = no_progress,
    check: Check = no_check,
    cache: Cache | None = None,
    trained: Description | None = None,
    sample: bool = False,
) -> Dataset:
    """Opens what `data.source` names.

    `progress(text, done, total)` is called with what happens; `check` is called for every file and
    may raise (Stopped) to cancel, which leaves nothing behind. trained: the data of a network that
    is to be tested on these, which are read and prepared as those were. sample: whether some of the
    examples are enough, for a description or to try settings; then `is_sample` may be true.

    Raises UserError when there is nothing to train on; files that cannot be read are listed in the
    description.
    """
    source = data.source
    options = OpenOptions(cache or Cache(), progress, check, trained, sample)
    try:
        source, source_format = _find_format(source, trained.format if trained is not None else "")
        examples = source_format.open(source, data, options)
    except OSError as error:
        raise disk_error(error, Path(error.filename or source)) from error
    except MemoryError as error:
        raise UserError(
            f"'{readable(source)}' needs more memory than is free.",
            "Choose a smaller part of it, or use a computer with more memory.",
            "data.source",
        ) from error

    progress("Dividing the examples", 0, 0)
    return build_dataset(data, source_format.label, examples, options.reuse_preparation)


def same_classes(ours: Description, theirs: Description) -> str:
    """Says how the classes of other data differ from those that a network was trained on.

    ours: of the training. Returns a sentence, "" when the classes are equal.
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


def _find_format(source: str, like: str = "") -> tuple[str, Format]:
    """Returns the source as an absolute path (a sample as it is) and the format that reads it.

    Raises UserError.
    """
    if not source.strip():
        raise UserError(
            "No data are chosen.", "Open a folder or file, or a built-in data set.", "data.source"
        )

    if not source.startswith(PREFIX):
        path = Path(source).expanduser().absolute()
        try:
            _refuse_unreadable(path)
        except OSError as error:
            failure = disk_error(error, path)
            raise UserError(failure.what, failure.remedy, "data.source") from error
        except ValueError as error:  # a zero byte in it
            raise UserError(f"'{source}' is not a path.", "", "data.source") from error

        source = str(path)

    source_format = formats.find(source, like)
    if source_format is None:
        raise UserError(
            f"'{readable(source)}' is of a sort that is not read.",
            "Open a folder of pictures, texts or sounds, a table (CSV, Excel, Parquet), a text, or "
            "NPZ or IDX files.",
            "data.source",
        )

    return source, source_format


def _refuse_unreadable(path: Path) -> None:
    """Raises UserError for an empty folder, OSError for what is not there or may not be read."""
    if not path.is_dir():
        open_regular(path).close()
        return

    with os.scandir(path) as entries:
        if next(entries, None) is None:
            raise UserError(
                f"The folder '{readable(path)}' is empty.",
                "Put the pictures, texts or sounds of every class in a sub-folder of its own.",
                "data.source",
            )
