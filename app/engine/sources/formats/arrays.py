"""Pictures and labels as NumPy arrays in one NPZ file, under the names that people give them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.engine.data.array_file import open_arrays
from app.engine.sources.arrays.headers import SETTING, read_headers
from app.engine.sources.arrays.pictures import list_pictures
from app.engine.sources.arrays.trained import with_trained_arrays
from app.engine.sources.picture_format import PictureFormat
from app.engine.sources.picture_list import PictureList, ScanResult
from app.engine.sources.stamps import stamp

if TYPE_CHECKING:
    from app.engine.experiment.data_settings import DataSettings
    from app.engine.sources.format import Check, OpenOptions
    from app.engine.sources.loaded import Examples


class Arrays(PictureFormat):
    """Reads pictures and their labels from an NPZ file."""

    kind = "arrays"
    label = "NPZ arrays"
    order = 40

    def matches(self, source: str) -> bool:
        return source.lower().endswith(".npz") and Path(source).is_file()

    def open(self, source: str, data: DataSettings, options: OpenOptions) -> Examples:
        return super().open(source, with_trained_arrays(source, data, options.trained), options)

    def cache_settings(self, data: DataSettings) -> list[Any]:
        return [data.inputs, data.task]

    def scan(self, source: str, data: DataSettings, check: Check) -> ScanResult:
        path = Path(source)
        return ScanResult((stamp(path),), lambda: _picture_list(path, data, check))


def _picture_list(path: Path, data: DataSettings, check: Check) -> PictureList:
    """Raises UserError for what is damaged or holds no pictures with labels."""
    with open_arrays(path, SETTING) as file:
        return list_pictures(path, read_headers(file), data, check)


FORMAT = Arrays()
