"""Shows how a source is read as a table, built-in tables too, and what its arrays are taken for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from app.engine.sources import formats
from app.engine.sources.format import Check, no_check
from app.engine.sources.formats.built_in import table_settings
from app.engine.sources.formats.table import table_in
from app.engine.sources.samples import PREFIX, SAMPLES, content
from app.engine.sources.tables.preview import TablePreview, preview

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
    return preview(path, data, check) if path is not None else None


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
