"""Shows how a source is read as a table, built-in tables too, and what its arrays are taken for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from app.engine.errors import UserError
from app.engine.sources import formats
from app.engine.sources.file_lists.columns import is_class_name
from app.engine.sources.format import Check, no_check
from app.engine.sources.formats.built_in import table_settings
from app.engine.sources.formats.table import table_in
from app.engine.sources.samples import PREFIX, SAMPLES, content
from app.engine.sources.tables.preview import ColumnPreview, TablePreview, preview

if TYPE_CHECKING:
    from app.engine.experiment.data_settings import DataSettings
    from app.engine.sources.arrays.choices import ArrayChoice


def preview_source(data: DataSettings, check: Check = no_check) -> TablePreview | None:
    """Reads the table that `data.source` names as these settings say; None where it names none.

    Raises UserError, OSError, and whatever `check` raises.
    """
    if data.source.startswith(PREFIX):
        sample = SAMPLES.get(data.source.removeprefix(PREFIX))
        if sample is None or sample.form != "table":
            return None

        return preview(content.table_path(sample.name), table_settings(sample, data), check)

    path = table_in(Path(data.source).expanduser())
    if path is None:
        return None

    target = "" if data.target or data.columns else _target_of_files(path, data)
    if not target:
        return preview(path, data, check)

    shown = preview(path, data.replace(target=target), check)
    return replace(shown, columns=tuple(_as_guess(column) for column in shown.columns))


def _target_of_files(path: Path, data: DataSettings) -> str:
    """Returns the column of classes of a table that is read as a list of files, else ""."""
    source_format = formats.find(str(path))
    try:
        return source_format.guessed_target(str(path), data) if source_format is not None else ""
    except UserError:
        return ""  # the table itself is shown, and whoever reads it says what is wrong


def _as_guess(column: ColumnPreview) -> ColumnPreview:
    if column.role != "target":
        return column

    fewest = "the column of classes with the fewest different values"
    reason = "named like a class" if is_class_name(column.name) else fewest
    return replace(column, reason=f"what is predicted: {reason}", chosen=False)


def preview_arrays(data: DataSettings) -> tuple[ArrayChoice, ...]:
    """Returns the choices that a source of arrays leaves, () where there is nothing to choose.

    Raises UserError where the source is damaged, and OSError.
    """
    source = data.source
    if not source or source.startswith(PREFIX):
        return ()

    path = Path(source).expanduser().absolute()
    if not path.exists():
        return ()

    source_format = formats.find(str(path))
    choices = source_format.array_choices(str(path), data) if source_format is not None else ()
    return tuple(choice for choice in choices if len(choice.offers) > 1)
