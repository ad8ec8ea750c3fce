"""Writes kept answers into a file: a text table, Parquet, or records of JSON, a line each."""

from __future__ import annotations

import contextlib
import csv
import io
import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from app.engine import files
from app.engine.csv_cells import csv_row
from app.engine.data.numbers import plain
from app.engine.errors import UserError
from app.engine.files import disk_error
from app.engine.predicting.open_source import CsvStyle
from app.engine.sources.format import Check, no_check

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from app.engine.predicting.answer_store import AnswerStore, KeptRow

SPREADSHEETS = (".xlsx", ".xlsm", ".xls", ".ods")

FORMATS = "CSV (.csv), TSV (.tsv), Parquet (.parquet) or JSON Lines (.jsonl)"


def require_known(path: str | Path) -> None:
    """Raises UserError where the name of a file asks for what is not written."""
    suffix = Path(path).suffix.lower()
    if suffix in SPREADSHEETS:
        raise UserError(
            f"Answers are not saved as {suffix}.", f"Give the file another ending: {FORMATS}."
        )


def write_answers(store: AnswerStore, path: str | Path, check: Check = no_check) -> Path:
    """Writes all answers with their examples before them, in the form that the ending asks for.

    Any other ending than those of FORMATS is CSV. The file is there when it is whole, or not at
    all. Returns its path. Raises UserError where it cannot be written, and what `check` raises.
    """
    require_known(path)
    target = Path(path).expanduser()
    write = WRITERS.get(target.suffix.lower(), _write_csv)
    with _replaced(target) as file:
        write(store, file, check)

    return target


@contextlib.contextmanager
def _replaced(target: Path) -> Iterator[BinaryIO]:
    """Opens a file that takes the place of another when all is written, else is removed."""
    part = target.with_name(f"{target.name}.{os.getpid()}-{threading.get_ident()}.tmp")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        files.rename(part, target)
    except BaseException as error:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise disk_error(error, target) from error
        raise

    files.sync_folder(target.parent)


# --- text tables


def _write_csv(store: AnswerStore, file: BinaryIO, check: Check) -> None:
    """Writes a table that spreadsheets open, in the style of the table of the examples."""
    _write_text(store, file, store.style, check)


def _write_tsv(store: AnswerStore, file: BinaryIO, check: Check) -> None:
    _write_text(store, file, CsvStyle("\t", store.style.decimal), check)


def _write_text(store: AnswerStore, file: BinaryIO, style: CsvStyle, check: Check) -> None:
    content = io.TextIOWrapper(file, "utf-8-sig", "surrogateescape", newline="", write_through=True)
    writer = csv.writer(content, delimiter=style.delimiter, lineterminator="\n")
    problem_heads = store.problem_heads
    writer.writerow(csv_row([*store.heads, *store.columns, *problem_heads]))
    nothing = [""] * len(store.columns)

    for rows in store:
        check()
        for row in rows:
            example = [plain(cell) if isinstance(cell, float) else cell for cell in row.example]
            answer = row.answer if row.answer is not None else nothing
            cells = [_text(cell, style.decimal) for cell in answer]
            problem = [row.problem] if problem_heads else []
            writer.writerow(csv_row([*example, *cells, *problem]))

    content.detach()


def _text(cell: Any, decimal: str) -> str:
    return str(cell).replace(".", decimal) if isinstance(cell, float) else str(cell)


# --- typed files


def _write_json_lines(store: AnswerStore, file: BinaryIO, check: Check) -> None:
    """Writes an object for every example; what is not there is null."""
    for rows in store:
        check()
        for row in rows:
            text = files.json_text(_record(store, row)) + "\n"
            file.write(text.encode("utf-8", "backslashreplace"))  # names of files may be no text


def _record(store: AnswerStore, row: KeptRow) -> dict[str, Any]:
    answer = row.answer if row.answer is not None else [None] * len(store.columns)
    problem = [row.problem or None] * len(store.problem_heads)
    names = (*store.heads, *store.columns, *store.problem_heads)
    return dict(zip(names, (*row.example, *answer, *problem), strict=True))


def _write_parquet(store: AnswerStore, file: BinaryIO, check: Check) -> None:
    """Writes columns of whole numbers, of fractions and of texts."""
    import pyarrow as pa  # noqa: PLC0415 - pyarrow takes 0.1 s to load; only tables need it
    import pyarrow.parquet as parquet  # noqa: PLC0415 - as above

    types = {"whole": pa.int64(), "fraction": pa.float64(), "text": pa.string()}
    heads = [*store.heads, *store.columns, *store.problem_heads]
    sorts = [*store.sorts, *("text" for _ in store.problem_heads)]
    schema = pa.schema(
        [(_unicode(head), types[sort]) for head, sort in zip(heads, sorts, strict=True)]
    )
    with parquet.ParquetWriter(file, schema) as writer:
        waiting: list[KeptRow] = []
        for rows in store:
            check()
            waiting += rows
            if len(waiting) >= ROW_GROUP:
                writer.write_table(_arrow(store, waiting, schema, sorts))
                waiting = []

        writer.write_table(_arrow(store, waiting, schema, sorts))


ROW_GROUP = 1 << 16
"""Rows of a Parquet file that stand together."""


def _arrow(store: AnswerStore, rows: list[KeptRow], schema: Any, sorts: list[str]) -> Any:
    import pyarrow as pa  # noqa: PLC0415 - pyarrow takes 0.1 s to load; only tables need it

    records = [list(_record(store, row).values()) for row in rows]
    columns = list(zip(*records, strict=True)) if records else [()] * len(schema)
    arrays = [
        pa.array([_typed(value, sort) for value in column], field.type)
        for column, sort, field in zip(columns, sorts, schema, strict=True)
    ]
    return pa.Table.from_arrays(arrays, schema=schema)


def _typed(value: Any, sort: str) -> Any:
    if value is None or sort == "fraction":
        return value
    if sort == "whole":
        return int(value)

    return _unicode(value if isinstance(value, str) else plain(value))


def _unicode(text: str) -> str:
    """Returns a text that can be written as UTF-8: names of files may hold other bytes."""
    return text.encode("utf-8", "replace").decode()


WRITERS: dict[str, Callable[[AnswerStore, BinaryIO, Check], None]] = {
    ".tsv": _write_tsv,
    ".tab": _write_tsv,
    ".parquet": _write_parquet,
    ".pq": _write_parquet,
    ".jsonl": _write_json_lines,
    ".ndjson": _write_json_lines,
}
