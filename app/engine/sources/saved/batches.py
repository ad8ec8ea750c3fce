"""The rows of one file of a saved data set, Arrow or Parquet, in valid record batches."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from app.engine.files import open_regular, read_regular
from app.engine.foreign import foreign_reader
from app.engine.free_memory import require_memory
from app.engine.sources.format import Check, unusable
from app.engine.sources.saved.shards import PARQUET
from app.engine.sources.tables.growth import Growth, too_much

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LARGEST = 64 << 30
"""Bytes of an Arrow file at most."""

PART_ROWS = 1_000
"""Rows of a Parquet file that are read at a time: there may be a picture in each."""

SHORTEST = 12
"""Bytes of an Arrow file at least."""

MARK = b"ARROW1"
"""The beginning of an Arrow file; a stream of Arrow has none."""


@contextmanager
def guard(path: Path) -> Iterator[None]:
    """Goes around every call of pyarrow, so that whatever it raises is one of two sentences."""
    try:
        with foreign_reader(lambda _: unusable(path, "is damaged", "Save it again.")):
            yield
    except MemoryError as error:
        raise too_much(path, "a part of it needs more") from error


def read_batches(
    path: Path, growth: Growth, check: Check, as_a_whole: bool = True
) -> Iterator[Any]:
    """Yields the rows of a file in record batches that are valid.

    as_a_whole: whether all of it is to be held. Raises UserError, OSError, and whatever `check`
    raises.
    """
    if path.suffix.lower() == PARQUET:
        parts = _parquet_batches(path)
    else:
        parts = _arrow_batches(path) if as_a_whole else _arrow_batches_in_turn(path)

    while True:
        check()
        with guard(path):
            part = next(parts, None)
            if part is None:
                return

            part.validate(full=True)  # offsets that lead outside would be read all the same

        growth.add(part.nbytes)
        yield part


def _parquet_batches(path: Path) -> Iterator[Any]:
    import pyarrow.parquet as parquet  # noqa: PLC0415 - pyarrow takes 0.1 s to load

    with open_regular(path) as stream:
        file = parquet.ParquetFile(stream)
        metadata = file.schema_arrow.metadata
        for part in file.iter_batches(PART_ROWS):
            yield part.replace_schema_metadata(metadata)


def _arrow_batches(path: Path) -> Iterator[Any]:
    """Yields the batches of an Arrow file, of the streaming sort or the other.

    It is read as a whole, so that what it announces is compared with what is there.
    """
    import pyarrow as pa  # noqa: PLC0415 - pyarrow takes 0.1 s to load; only tables need it

    size = path.stat().st_size
    require_memory(size, path, "data")
    content = read_regular(path, LARGEST)
    if size < SHORTEST:
        raise unusable(path, "is damaged", "Save it again.")

    yield from _batches_in(pa.BufferReader(content), content[: len(MARK)])


def _arrow_batches_in_turn(path: Path) -> Iterator[Any]:
    """Yields the batches of an Arrow file, of which one is held at a time."""
    import pyarrow as pa  # noqa: PLC0415 - pyarrow takes 0.1 s to load; only tables need it

    with open_regular(path) as stream:
        head = stream.read(len(MARK))
        stream.seek(0)
        yield from _batches_in(pa.PythonFile(stream, "r"), head)


def _batches_in(source: Any, head: bytes) -> Iterator[Any]:
    import pyarrow as pa  # noqa: PLC0415 - pyarrow takes 0.1 s to load; only tables need it

    if head == MARK:
        file = pa.ipc.open_file(source)
        for index in range(file.num_record_batches):
            yield file.get_batch(index)
        return

    yield from pa.ipc.open_stream(source)
