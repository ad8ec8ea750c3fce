"""Spreadsheets (Excel, OpenDocument) and Parquet."""

from __future__ import annotations

import datetime
import os
import zipfile
from typing import TYPE_CHECKING, Any

import numpy as np

from app.engine.data.numbers import NumberStyle, find_style, plain
from app.engine.errors import UserError
from app.engine.sources.format import Check, unusable
from app.engine.sources.tables.columns import Column, Manner, Table, limited, unique_heads
from app.engine.sources.tables.delimiters import has_header
from app.engine.text import bytes_text

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.experiment.data_settings import DataSettings

UNPACKED_LIMIT = 4 << 30
"""Bytes: a spreadsheet that unpacks to more is an attack, or should be a Parquet file."""

REMEDY = "Open it in the program that made it and save it again, or save it as CSV."


def read_sheet(path: Path, data: DataSettings, check: Check, most: int | None = None) -> Table:
    """One sheet of a spreadsheet. Raises UserError, and whatever `check` raises."""
    import python_calamine as calamine

    _refuse_bombs(path)
    try:
        book = calamine.CalamineWorkbook.from_path(os.fspath(path))
        sheets = tuple(book.sheet_names)
        name, why = _sheet_of(path, sheets, data)
        sheet = book.get_sheet_by_name(name)
        start = sheet.start or (0, 0)
        most = limited(most, sheet.total_width)
        rows = sheet.to_python(nrows=None if most is None else most + 1)
    except (UserError, MemoryError):
        raise
    except calamine.PasswordError as error:
        raise unusable(path, "is protected by a password", "Save it without one.") from error
    except (
        Exception
    ) as error:  # whatever a damaged file makes the reader raise, its panics among it
        if _encrypted(path):
            raise unusable(path, "is protected by a password", "Save it without one.") from error
        raise unusable(path, f"is a spreadsheet that cannot be read ({error})", REMEDY) from error

    check()
    first = start[0] + 1

    numbered = [
        (first + place, row)
        for place, row in enumerate(rows)
        if any(cell not in ("", None) for cell in row)
    ]
    if not numbered:
        raise unusable(
            path, f"has nothing in its sheet '{name}'", "Choose another sheet, or another file."
        )

    texts = [[_text(cell) for cell in row] for _, row in numbered[:400]]
    style = find_style(
        [_loose(numbered[1:400], place) for place in range(len(texts[0]))],
        ";",
        data.decimal,
        data.thousands,
    )

    header, head_why = (
        has_header(texts, NumberStyle()) if data.header is None else (data.header, "as chosen")
    )
    heads, notes = unique_heads(texts[0] if header else [""] * len(texts[0]))
    body = numbered[1:] if header else numbered
    manner = Manner(
        "spreadsheet",
        header,
        style,
        sheet=name,
        sheets=sheets,
        reasons={
            "sheet": f"'{name}': {why}",
            "header": f"the first row {'has the names' if header else 'is an example'}: {head_why}",
        },
    )

    columns = []
    for place, head in enumerate(heads):
        if place % 500 == 0:
            check()
        columns.append(_column(head, style, [row[place] for _, row in body]))

    total = sheet.total_height or len(body)
    return Table(
        os.fspath(path),
        tuple(columns),
        np.array([number for number, _ in body], np.int64),
        manner,
        (),
        tuple(notes),
        most is None or total <= most + 1,
        max(len(body), total - header),
    )


def _sheet_of(path: Path, sheets: tuple[str, ...], data: DataSettings) -> tuple[str, str]:
    if not sheets:
        raise unusable(path, "has no sheet", "Choose another file.")
    if data.sheet is None:
        return sheets[0], "the only sheet" if len(
            sheets
        ) == 1 else f"the first of {len(sheets)} sheets"

    if data.sheet not in sheets:
        known = ", ".join(f"'{sheet}'" for sheet in sheets[:10])
        raise UserError(
            f"'{path.name}' has no sheet '{data.sheet}'.", f"Choose one of: {known}.", "data.sheet"
        )

    return data.sheet, "as chosen"


def _refuse_bombs(path: Path) -> None:
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
    """Whether it is what Excel makes of a workbook with a password: a container with one encrypted
    stream.
    """
    with path.open("rb") as file:
        return "EncryptedPackage".encode("utf-16-le") in file.read(64 << 20)


def _text(cell: Any) -> str:
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


def _loose(rows: list[tuple[int, list[Any]]], place: int) -> list[str]:
    """Cells of a column that were typed as texts: of them alone it must be told how numbers are
    written.
    """
    return [row[place].strip() for _, row in rows if isinstance(row[place], str)]


def _column(name: str, style: NumberStyle, cells: list[Any]) -> Column:
    """Of numbers where the sheet has nothing else in it, else of texts."""
    import pyarrow as pa

    numbers = [
        cell for cell in cells if isinstance(cell, (int, float)) and not isinstance(cell, bool)
    ]
    if numbers and len(numbers) == sum(cell not in ("", None) for cell in cells):
        values = np.array(
            [float(cell) if isinstance(cell, (int, float)) else np.nan for cell in cells]
        )
        return Column(name, style, values=values)

    loose = any(isinstance(cell, str) and cell for cell in cells)
    if numbers and loose and style.decimal == ",":
        return Column(
            name,
            style,
            pa.array(
                [
                    _text(cell).replace(".", ",") if isinstance(cell, float) else _text(cell)
                    for cell in cells
                ],
                pa.large_string(),
            ),
        )

    return Column(name, style, pa.array([_text(cell) for cell in cells], pa.large_string()))


def read_parquet(path: Path, data: DataSettings, check: Check, most: int | None = None) -> Table:
    """Raises UserError, and whatever `check` raises."""
    import pyarrow as pa
    import pyarrow.parquet as parquet

    try:
        file = parquet.ParquetFile(path)
        total = file.metadata.num_rows

        most = limited(most, file.metadata.num_columns)
        if most is None or total <= most:
            found = file.read()
        else:
            batch = next(file.iter_batches(batch_size=most))
            found = pa.Table.from_batches([batch])
    except (pa.ArrowException, OSError, ValueError, KeyError, StopIteration) as error:
        raise unusable(path, "is a damaged Parquet file", "Save it again.") from error

    check()
    heads, notes = unique_heads([str(name).strip() for name in found.column_names])
    style = NumberStyle()

    texts = [place for place, field in enumerate(found.schema) if pa.types.is_string(field.type)]
    if texts:
        style = find_style(
            [_sample(found.column(place)) for place in texts[:300]],
            ";",
            data.decimal,
            data.thousands,
        )

    columns = []
    for place, head in enumerate(heads):
        if place % 500 == 0:
            check()
        columns.append(_arrow_column(head, style, found.column(place)))

    return Table(
        os.fspath(path),
        tuple(columns),
        np.arange(1, found.num_rows + 1),
        Manner("Parquet", True, style),
        (),
        tuple(notes),
        found.num_rows == total,
        total,
    )


def _sample(column: Any) -> list[str]:
    return [str(cell).strip() for cell in column.slice(0, 200).to_pylist() if cell is not None]


def _arrow_column(name: str, style: NumberStyle, column: Any) -> Column:
    import pyarrow as pa
    import pyarrow.compute as pc

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
