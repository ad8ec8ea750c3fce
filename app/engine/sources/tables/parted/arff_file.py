"""ARFF: its columns are known before its first row."""

from __future__ import annotations

import itertools
import os
from typing import TYPE_CHECKING

import numpy as np
from typing_extensions import override

from app.engine.data.numbers import NumberStyle
from app.engine.sources.tables.arrow_cells import Cells
from app.engine.sources.tables.columns import Table
from app.engine.sources.tables.dialect import Dialect
from app.engine.sources.tables.doors.arff import (
    arff_attributes,
    arff_lines,
    arff_row,
    in_arff_style,
)
from app.engine.sources.tables.parted.parted_file import ROWS, PartedFile
from app.engine.sources.tables.written.column_names import refuse_many_columns, unique_names
from app.engine.sources.tables.written.table import column_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.engine.experiment.data_settings import DataSettings


class ArffFile(PartedFile):
    """A file of Weka or OpenML."""

    @override
    def parts(self, data: DataSettings) -> Iterator[Table]:
        import pyarrow as pa  # noqa: PLC0415 - pyarrow takes 0.1 s to load; only tables need it

        lines = arff_lines(self.path, self.check)
        attributes = arff_attributes(self.path, lines)
        refuse_many_columns(self.path, len(attributes))
        names, _ = unique_names([attribute.name for attribute in attributes])
        rows = (arff_row(self.path, number, line, attributes) for number, line in lines)
        style = NumberStyle()
        first = 1
        while portion := list(itertools.islice(rows, ROWS)):
            texts = [pa.array(cells, pa.large_string()) for cells in zip(*portion, strict=True)]
            columns = [
                column_of(name, Cells(name, cells, nominal=attribute.kind == "nominal"), style)
                for name, cells, attribute in zip(names, texts, attributes, strict=True)
            ]
            numbers = np.arange(first, first + len(portion))
            yield Table(os.fspath(self.path), tuple(columns), numbers, Dialect("ARFF", True, style))
            first += len(portion)

    def finished(self, sample: Table, data: DataSettings) -> Table:
        return super().finished(sample, in_arff_style(data))
