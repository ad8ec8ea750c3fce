"""Pictures and labels as NumPy arrays, under the names that people give them.

They stand in one NPZ file, or each in a file of its own: x.npy beside y.npy.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.engine.sources.arrays.files import find_files, is_array_source, open_source
from app.engine.sources.arrays.pictures import FORM, list_pictures
from app.engine.sources.arrays.preview import choices_of, roles_or_none
from app.engine.sources.arrays.roles import ArrayRoles, choose_roles
from app.engine.sources.arrays.trained import with_trained_arrays
from app.engine.sources.picture_format import PictureFormat
from app.engine.sources.picture_list import PictureList, ScanResult
from app.engine.sources.stamps import stamp

if TYPE_CHECKING:
    from app.engine.experiment.data_settings import DataSettings
    from app.engine.sources.arrays.choices import ArrayChoice
    from app.engine.sources.format import Check, OpenOptions
    from app.engine.sources.loaded import Examples


class Arrays(PictureFormat):
    """Reads pictures and their labels from NPZ and NPY files."""

    kind = "arrays"
    label = "NumPy arrays"
    order = 40

    def matches(self, source: str) -> bool:
        return is_array_source(source)

    def open(self, source: str, data: DataSettings, options: OpenOptions) -> Examples:
        return super().open(source, with_trained_arrays(source, data, options.trained), options)

    def cache_settings(self, data: DataSettings) -> list[Any]:
        return [data.inputs, data.task]

    def array_choices(self, source: str, data: DataSettings) -> tuple[ArrayChoice, ...]:
        with open_source(source) as (files, headers):
            free = data.replace(inputs=None, target=None)

            def find(settings: DataSettings) -> ArrayRoles | None:
                return choose_roles(files.path, headers, FORM, files.with_own(settings, headers))

            return choices_of(headers, data, roles_or_none(find, free), roles_or_none(find, data))

    def scan(self, source: str, data: DataSettings, check: Check) -> ScanResult:
        stamps = tuple(stamp(path) for path in find_files(source).files)
        return ScanResult(stamps, lambda: _picture_list(source, data, check))


def _picture_list(source: str, data: DataSettings, check: Check) -> PictureList:
    """Raises UserError for what is damaged or holds no pictures with labels."""
    with open_source(source) as (files, headers):
        return list_pictures(Path(source), headers, files.with_own(data, headers), check)


FORMAT = Arrays()
