"""Writes a bundle: the same files give the same bytes."""

from __future__ import annotations

import hashlib
import stat
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.engine import files
from app.engine.errors import UserError
from app.engine.export.bundle import layout

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from app.engine.sources.format import Progress

PART = 1 << 20
"""Bytes that are copied at a time."""

STORED = (".safetensors", ".npz")
"""Files that packing makes hardly smaller."""


@dataclass(frozen=True)
class FileContent:
    """A file that is copied as it is. sha256: what it must have."""

    path: Path
    size: int
    sha256: str


Content = bytes | FileContent


def write_archive(
    path: Path, facts: Mapping[str, Any], members: Mapping[str, Content], progress: Progress
) -> None:
    """Writes an archive with `members` by name, and the list of them with `facts` before them.

    Raises UserError where a file is not what was written; OSError.
    """
    names = sorted(members)
    listed = {name: _entry(members[name]) for name in names}
    total = sum(entry["bytes"] for entry in listed.values())
    with zipfile.ZipFile(path, "w") as archive:
        _write(archive, layout.LIST, files.json_bytes({**facts, "files": listed}))
        done = 0
        for name in names:
            progress("Writing the bundle", done, total)
            _write(archive, name, members[name])
            done += listed[name]["bytes"]


def _entry(content: Content) -> dict[str, Any]:
    if isinstance(content, FileContent):
        return {"sha256": content.sha256, "bytes": content.size}

    return {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}


def _write(archive: zipfile.ZipFile, name: str, content: Content) -> None:
    info = zipfile.ZipInfo(name)  # its time is the first that an archive knows
    info.create_system = 3
    info.external_attr = (stat.S_IFREG | 0o644) << 16
    info.file_size = len(content) if isinstance(content, bytes) else content.size
    stored = name.endswith(STORED)
    info.compress_type = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED

    digest = hashlib.sha256()
    with archive.open(info, "w") as target:
        for part in _parts(content):
            digest.update(part)
            target.write(part)

    if isinstance(content, FileContent) and digest.hexdigest() != content.sha256:
        raise UserError(
            f"The file '{content.path.name}' of the run is damaged: it is not what was written.",
            "Resume the run, or train it again.",
        )


def _parts(content: Content) -> Iterator[bytes]:
    if isinstance(content, bytes):
        yield content
        return

    yield from files.regular_parts(content.path, content.size, PART)
