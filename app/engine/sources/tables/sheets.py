"""Spreadsheets (Excel, OpenDocument) and Parquet."""

from __future__ import annotations

import datetime
import os
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import python_calamine as calamine

from app.engine.data.numbers import NumberStyle, find_style, plain
from app.engine.errors import UserError
from app.engine.files import open_regular
from app.engine.sources.format import Check, unusable
from app.engine.sources.tables.columns import (
    Column,
    Dialect,
    Table,
    rows_within_limit,
    unique_names,
)
from app.engine.sources.tables.delimiters import has_header
from app.engine.text import bytes_text

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.experiment.data_settings import DataSettings

UNPACKED_LIMIT = 4 << 30
"""Bytes: a spreadsheet that unpacks to more is an attack, or should be a Parquet file."""

SAMPLE_ROWS = 400
"""Rows from which header and number style are found out."""

SAMPLE_COLUMNS = 300
"""At most so many columns of texts of a Parquet file decide about the number style."""

COLUMNS_PER_CHECK = 500

REMEDY = "Open it in the program that made it and save it again, or save it as CSV."


def read_sheet(path: Path, data: DataSettings, check: Check, most: int | None = None) -> Table:
    """Reads one sheet of a spreadsheet; `most`: only its first rows.

    Raises UserError, and whatever `check` raises.
    """
    sheet = _open_sheet(path, data, most)
    check()

    numbered = [
        (number, row)
        for number, row in enumerate(sheet.rows, sheet.first_row)
        if any(cell not in ("", None) for cell in row)
    ]
    if not numbered:
        raise unusable(
            path,
            f"has nothing in its sheet '{sheet.name}'",
            "Choose another sheet, or another file.",
        )

    texts = [[_text(cell) for cell in row] for _, row in numbered[:SAMPLE_ROWS]]
    width = len(texts[0])
    style = find_style(
        [_typed_texts(numbered[1:SAMPLE_ROWS], index) for index in range(width)],
        ";",
        data.decimal,
        data.thousands,
    )

    dialect = _dialect(sheet, texts, style, data)
    names, notes = unique_names(texts[0] if dialect.header else [""] * width)
    body = numbered[1:] if dialect.header else numbered

    columns = []
    for index, name in enumerate(names):
        if index % COLUMNS_PER_CHECK == 0:
            check()
        columns.append(_column(name, style, [row[index] for _, row in body]))

    total = sheet.total_rows or len(body)
    return Table(
        os.fspath(path),
        tuple(columns),
        np.array([number for number, _ in body], np.int64),
        dialect,
        (),
        tuple(notes),
        sheet.most is None or total <= sheet.most + 1,
        max(len(body), total - dialect.header),
    )


@dataclass(frozen=True)
class _Sheet:
    """The cells of a sheet. reason: why it is this one. most: rows that were read below the first.

    first_row: the number of the first one in the sheet, from 1. total_rows: of the whole sheet.
    """

    name: str
    reason: str
    all_names: tuple[str, ...]
    rows: list[list[Any]]
    first_row: int
    total_rows: int
    most: int | None


def _dialect(
    sheet: _Sheet, sample: list[list[str]], style: NumberStyle, data: DataSettings
) -> Dialect:
    """Returns how a sheet is written, as chosen or as its first rows suggest."""
    header, header_reason = (
        has_header(sample, NumberStyle()) if data.header is None else (data.header, "as chosen")
    )
    first_row = "has the names" if header else "is an example"

    return Dialect(
        "spreadsheet",
        header,
        style,
        sheet=sheet.name,
        sheets=sheet.all_names,
        reasons={
            "sheet": f"'{sheet.name}': {sheet.reason}",
            "header": f"the first row {first_row}: {header_reason}",
        },
    )


def _open_sheet(path: Path, data: DataSettings, most: int | None) -> _Sheet:
    """Raises UserError for what cannot be read."""
    _refuse_bombs(path)
    try:
        book = calamine.CalamineWorkbook.from_path(os.fspath(path))
        all_names = tuple(book.sheet_names)
        name, reason = _sheet_of(path, all_names, data)
        sheet = book.get_sheet_by_name(name)
        start = sheet.start or (0, 0)
        most = rows_within_limit(most, sheet.total_width)
        rows = sheet.to_python(nrows=None if most is None else most + 1)
    except (UserError, MemoryError):
        raise
    except calamine.PasswordError as error:
        raise unusable(path, "is protected by a password", "Save it without one.") from error
    except Exception as error:  # whatever a damaged file makes the reader raise, its panics too
        if _encrypted(path):
            raise unusable(path, "is protected by a password", "Save it without one.") from error
        raise unusable(path, f"is a spreadsheet that cannot be read ({error})", REMEDY) from error

    return _Sheet(name, reason, all_names, rows, start[0] + 1, sheet.total_height, most)


def _sheet_of(path: Path, sheets: tuple[str, ...], data: DataSettings) -> tuple[str, str]:
    """Returns the name of the sheet to read, and why it is this one. Raises UserError."""
    if not sheets:
        raise unusable(path, "has no sheet", "Choose another file.")
    if data.sheet is None:
        only = len(sheets) == 1
        return sheets[0], "the only sheet" if only else f"the first of {len(sheets)} sheets"

    if data.sheet not in sheets:
        known = ", ".join(f"'{sheet}'" for sheet in sheets[:10])
        raise UserError(
            f"'{path.name}' has no sheet '{data.sheet}'.", f"Choose one of: {known}.", "data.sheet"
        )

    return data.sheet, "as chosen"


def _refuse_bombs(path: Path) -> None:
    """Raises UserError for an archive that unpacks to far more than a spreadsheet holds."""
    if not zipfile.is_zipfile(path):
        return

    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(item.file_size for item in archive.infolist())
    except (zipfile.BadZipFile, OSError, ValueError, RuntimeError, NotImplementedError):
        return  # the reader says what is wrong

    if size > UNPACKED_LIMIT:
        raise unusable(
            path,
            f"unpacks to {bytes_text(size)}, too much for a spreadsheet",
            "Save it as CSV or Parquet.",
        )


def _encrypted(path: Path) -> bool:
    """Returns whether a workbook has a password: it is then a container of one encrypted stream."""
    with open_regular(path) as file:
        return "EncryptedPackage".encode("utf-16-le") in file.read(64 << 20)


def _text(cell: Any) -> str:
    """Returns a cell as text, as a person would write it in a CSV file."""
    if isinstance(cell, bool):
        return str(cell)
    if isinstance(cell, (int, float)):
        return plain(float(cell))
    if isinstance(cell, datetime.datetime):
        return (
            cell.isoformat(" ", "seconds")
            if cell.time() != datetime.time()
            else cell.date().isoformat()
        )

    return "" if cell is None else str(cell).strip()


def _typed_texts(rows: list[tuple[int, list[Any]]], index: int) -> list[str]:
    """Returns the cells of a column that are texts: only of them the number style is in doubt."""
    return [row[index].strip() for _, row in rows if isinstance(row[index], str)]


def _column(name: str, style: NumberStyle, cells: list[Any]) -> Column:
    """Returns a column of numbers where the sheet has nothing else in it, else one of texts."""
    import pyarrow as pa  # noqa: PLC0415 - pyarrow takes 0.1 s to load; only tables need it

    numbers = [
        cell for cell in cells if isinstance(cell, (int, float)) and not isinstance(cell, bool)
    ]
    if numbers and len(numbers) == sum(cell not in ("", None) for cell in cells):
        values = np.array(
            [float(cell) if isinstance(cell, (int, float)) else np.nan for cell in cells]
        )
        return Column(name, style, values=values)

    texts = [_text(cell) for cell in cells]
    has_texts = any(isinstance(cell, str) and cell for cell in cells)
    if numbers and has_texts and style.decimal == ",":
        # The numbers are written like the texts among them.
        texts = [
            text.replace(".", ",") if isinstance(cell, float) else text
            for cell, text in zip(cells, texts, strict=True)
        ]

    return Column(name, style, pa.array(texts, pa.large_string()))


def read_parquet(path: Path, data: DataSettings, check: Check, most: int | None = None) -> Table:
    """Reads a Parquet file; `most`: only its first rows.

    Raises UserError, and whatever `check` raises.
    """
    import pyarrow as pa  # noqa: PLC0415 - pyarrow takes 0.1 s to load; only tables need it
    import pyarrow.parquet as parquet  # noqa: PLC0415 - as above

    try:
        file = parquet.ParquetFile(path)
        total = file.metadata.num_rows

        most = rows_within_limit(most, file.metadata.num_columns)
        if most is None or total <= most:
            table = file.read()
        else:
            batch = next(file.iter_batches(batch_size=most))
            table = pa.Table.from_batches([batch])
    except (pa.ArrowException, OSError, ValueError, KeyError, StopIteration) as error:
        raise unusable(path, "is a damaged Parquet file", "Save it again.") from error

    check()
    names, notes = unique_names([str(name).strip() for name in table.column_names])
    style = NumberStyle()

    texts = [index for index, field in enumerate(table.schema) if pa.types.is_string(field.type)]
    if texts:
        samples = [_sample(table.column(index)) for index in texts[:SAMPLE_COLUMNS]]
        style = find_style(samples, ";", data.decimal, data.thousands)

    columns = []
    for index, name in enumerate(names):
        if index % COLUMNS_PER_CHECK == 0:
            check()
        columns.append(_arrow_column(name, style, table.column(index)))

    return Table(
        os.fspath(path),
        tuple(columns),
        np.arange(1, table.num_rows + 1),
        Dialect("Parquet", True, style),
        (),
        tuple(notes),
        table.num_rows == total,
        total,
    )


def _sample(column: Any) -> list[str]:
    return [str(cell).strip() for cell in column.slice(0, 200).to_pylist() if cell is not None]


def _arrow_column(name: str, style: NumberStyle, column: Any) -> Column:
    """Returns a column of a Parquet file: numbers stay numbers, all else becomes texts."""
    import pyarrow as pa  # noqa: PLC0415 - pyarrow takes 0.1 s to load; only tables need it
    import pyarrow.compute as pc  # noqa: PLC0415 - as above

    kind = column.type
    if pa.types.is_dictionary(kind):
        column = column.cast(kind.value_type)
        kind = column.type

    if pa.types.is_null(kind):
        return Column(name, style, pa.array([""] * len(column), pa.large_string()))

    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        numbers = column.cast(pa.float64(), safe=False).combine_chunks()
        return Column(name, style, values=np.array(pc.fill_null(numbers, float("nan")), np.float64))

    if pa.types.is_temporal(kind):
        texts = [_text(cell) if cell is not None else "" for cell in column.to_pylist()]
        return Column(name, style, pa.array(texts, pa.large_string()))

    if pa.types.is_boolean(kind):
        texts = ["" if cell is None else str(cell) for cell in column.to_pylist()]
        return Column(name, style, pa.array(texts, pa.large_string()))

    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        joined = pa.concat_arrays(
            column.cast(pa.large_string()).chunks or [pa.array([], pa.large_string())]
        )
        return Column(name, style, pc.utf8_trim_whitespace(pc.fill_null(joined, "")))

    return Column(name, style, pa.array([""] * len(column), pa.large_string()), nested=True)
