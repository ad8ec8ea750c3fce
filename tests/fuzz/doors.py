"""The tables of the corpus in further sorts of files: JSON, ARFF, and packed ones."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import zipfile
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

Rows = Sequence[Sequence[str | float]]


def _csv(rows: Rows) -> bytes:
    return "".join(",".join(map(str, row)) + "\n" for row in rows).encode()


def _records(rows: Rows) -> list[dict[str, str | float]]:
    names = [str(name) for name in rows[0]]
    return [dict(zip(names, row, strict=True)) for row in rows[1:]]


def _arff(rows: Rows) -> bytes:
    texts = [isinstance(cell, str) for cell in rows[1]]
    lines = ["@relation r"]
    lines += [
        f"@attribute {name} {'string' if text else 'numeric'}"
        for name, text in zip(rows[0], texts, strict=True)
    ]
    return "\n".join([*lines, "@data", _csv(rows[1:]).decode()]).encode()


DOORS: dict[str, Callable[[Rows], bytes]] = {
    ".jsonl": lambda rows: "".join(json.dumps(row) + "\n" for row in _records(rows)).encode(),
    ".json": lambda rows: json.dumps(_records(rows), indent=1).encode(),
    ".arff": _arff,
    ".csv.gz": lambda rows: gzip.compress(_csv(rows), mtime=0),
    ".csv.bz2": lambda rows: bz2.compress(_csv(rows)),
    ".csv.xz": lambda rows: lzma.compress(_csv(rows)),
    ".zip": _csv,
}
"""End of the file's name -> what makes its content of a heading and rows."""


def write_door(path: Path, end: str, rows: Rows) -> None:
    """Writes rows, a heading first, as the sort of file that this end of its name says."""
    content = DOORS[end](rows)
    if end != ".zip":
        path.write_bytes(content)
        return

    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("table.csv"), content)
