"""A data set as `datasets` of Hugging Face saves it: save_to_disk, or shards of Parquet."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from app.engine.learning.tasks import TASKS
from app.engine.sources.format import Format, OpenOptions, unusable
from app.engine.sources.saved.contents import PictureColumn, SoundColumn, TagColumn
from app.engine.sources.saved.table import is_saved
from app.engine.sources.tables.as_trained import open_table
from app.engine.sources.tables.choice.target_names import TARGET_NAMES
from app.engine.sources.tables.examples import examples_of
from app.engine.text import names_text

if TYPE_CHECKING:
    from app.engine.experiment.data_settings import DataSettings
    from app.engine.sources.loaded import Examples
    from app.engine.sources.tables.columns import Table

TAGGED = next(kind for kind, task in TASKS.items() if task.targets == "tags")


class SavedDataset(Format):
    """Reads what was saved as the table that it is, with pictures in its cells."""

    kind = "saved-dataset"
    label = "Saved data set"
    order = 40

    def matches(self, source: str) -> bool:
        return is_saved(Path(source))

    def open(self, source: str, data: DataSettings, options: OpenOptions) -> Examples:
        table = open_table(source, data, options)
        sounds = [column.name for column in table.columns if isinstance(column, SoundColumn)]
        if sounds and not any(isinstance(column, PictureColumn) for column in table.columns):
            raise unusable(
                source,
                f"has sounds in the cells of {names_text(sounds)}, which are not read",
                "Save the sounds as files, with a metadata.csv beside them that names them.",
            )

        return examples_of(table, _with_tags(table, data), options)


def _with_tags(table: Table, data: DataSettings) -> DataSettings:
    """Returns settings in which the one column of tags is predicted, if nothing else may be."""
    tags = [column for column in table.columns if isinstance(column, TagColumn)]
    others = [column.name for column in table.columns if column.name.lower() in TARGET_NAMES]
    if len(tags) != 1 or data.task not in (None, TAGGED):
        return data
    if data.target not in (None, tags[0].name):
        return data
    if data.target is None and any(name != tags[0].name for name in others):
        return data

    separator = data.separator or tags[0].separator
    return data.replace(task=TAGGED, target=tags[0].name, separator=separator)


FORMAT = SavedDataset()
