"""JSON: which columns there are, and what is in them, is seen in all records first."""

from __future__ import annotations

import itertools
import os
from typing import TYPE_CHECKING, Any

import numpy as np
from typing_extensions import override

from app.engine.data.numbers import LARGEST_WHOLE, NumberStyle
from app.engine.sources.tables.arrow_cells import Cells, cells_of, is_number, is_scalar
from app.engine.sources.tables.columns import Table
from app.engine.sources.tables.dialect import Dialect
from app.engine.sources.tables.doors.json_records import flat_records, text_of
from app.engine.sources.tables.growth import Growth
from app.engine.sources.tables.parted.parted_file import ROWS, PartedFile
from app.engine.sources.tables.written.column_names import refuse_many_columns, unique_names
from app.engine.sources.tables.written.table import column_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from app.engine.experiment.data_settings import DataSettings
    from app.engine.sources.format import Check

    Kinds = dict[str, Any]


class JsonFile(PartedFile):
    """A file of an object a line, or of one list of objects.

    kinds: the Arrow type of every column by its name in the file, in the order in which they come;
    large_string where values are of several types.
    """

    def __init__(self, path: Path, check: Check, kinds: Kinds) -> None:
        super().__init__(path, check)
        self._kinds = kinds

    @classmethod
    def of(cls, path: Path, check: Check) -> JsonFile | None:
        """Looks through a file; None where it has lists or odd values in it.

        Raises UserError for what is no JSON, OSError, and whatever `check` raises.
        """
        import pyarrow as pa  # noqa: PLC0415 - pyarrow takes 0.1 s to load; only tables need it

        kinds: Kinds = {}
        for records in _portions(path, check):
            for name in dict.fromkeys(name for record in records for name in record):
                kind = _kind([record.get(name) for record in records])
                kinds[name] = _of_both(kinds.get(name, pa.null()), kind)
                if not is_scalar(kinds[name]):
                    return None

            refuse_many_columns(path, len(kinds))

        return cls(path, check, kinds) if kinds else None

    def beginning(self, data: DataSettings) -> Table:
        return next(self.parts(data))

    @override
    def parts(self, data: DataSettings) -> Iterator[Table]:
        first = 1
        for records in _portions(self.path, self.check):
            yield self._part(records, first)
            first += len(records)

    def _part(self, records: Sequence[dict[str, Any]], first: int) -> Table:
        """Returns some rows as a table. first: the number of the first of them."""
        import pyarrow as pa  # noqa: PLC0415 - pyarrow takes 0.1 s to load; only tables need it

        growth = Growth(self.path)
        converted: list[Cells] = []
        for name, kind in self._kinds.items():
            values = [record.get(name) for record in records]
            if kind == pa.large_string():
                values = [None if value is None else text_of(value) for value in values]

            array = pa.array(values, kind)
            converted += cells_of(name.strip(), kind, [pa.chunked_array([array])], growth)

        names, _ = unique_names([cells.name for cells in converted])
        style = NumberStyle()
        columns = [column_of(*named, style) for named in zip(names, converted, strict=True)]
        return Table(
            os.fspath(self.path),
            tuple(columns),
            np.arange(first, first + len(records)),
            Dialect("JSON", True, style),
        )


def _portions(path: Path, check: Check) -> Iterator[list[dict[str, Any]]]:
    records = flat_records(path, check)
    while portion := list(itertools.islice(records, ROWS)):
        check()
        yield portion


def _kind(values: list[Any]) -> Any:
    """Returns the type that all of these values are of; large_string where there is none."""
    import pyarrow as pa  # noqa: PLC0415 - pyarrow takes 0.1 s to load; only tables need it
    import pyarrow.compute as pc  # noqa: PLC0415 - as above

    try:
        array = pa.array(values)
    except (pa.ArrowException, OverflowError, TypeError, ValueError):
        return pa.large_string()

    if pa.types.is_string(array.type):
        return pa.large_string()
    if pa.types.is_integer(array.type):
        limits = pc.min_max(array).as_py().values()
        # Numbers that no float tells apart are names of something.
        return pa.large_string() if max(map(abs, limits)) >= LARGEST_WHOLE else pa.int64()

    return array.type


def _of_both(one: Any, other: Any) -> Any:
    """Returns the type of values of two types."""
    import pyarrow as pa  # noqa: PLC0415 - pyarrow takes 0.1 s to load; only tables need it

    if pa.types.is_null(one) or one == other:
        return other
    if pa.types.is_null(other):
        return one
    if not is_scalar(one) or not is_scalar(other):
        return one if not is_scalar(one) else other

    return pa.float64() if is_number(one) and is_number(other) else pa.large_string()
