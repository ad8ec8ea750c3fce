"""Shows how a source is read as a table, built-in tables too."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from app.engine.sources.format import Check, no_check
from app.engine.sources.formats.built_in import table_settings
from app.engine.sources.formats.table import table_in
from app.engine.sources.samples import PREFIX, SAMPLES, content
from app.engine.sources.tables.preview import TablePreview, preview

if TYPE_CHECKING:
    from app.engine.experiment.data_settings import DataSettings


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
