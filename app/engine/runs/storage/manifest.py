"""The manifest of a run: a SHA-256 of every file that is read back, so that damage is seen.

manifest.json has an entry for each file. Two writes cannot be one, so an entry is written before
its file and names what stood there before as well: after a kill between the two, the file is one of
them. The next write of the manifest settles it.

A file that only grows (metrics.jsonl) has the length and the hash that it had at the last save;
whole lines after it are accepted. It is noted with no length before it is made. Checkpoints have
manifests of their own, and the records of epochs have their hashes in metrics.jsonl. note.txt is a
person's and free.

A run without a manifest was made by an older version: its files are read as they are.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from typing import TYPE_CHECKING, NotRequired

from pydantic import TypeAdapter, ValidationError
from typing_extensions import TypedDict

from app.engine import files
from app.engine.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Container, Iterator
    from pathlib import Path

MANIFEST = "manifest.json"
MOST = 1 << 30
"""Bytes of a file in a run folder, at most."""

BLOCK = 1 << 18
"""Bytes of a growing file that are read at once: large enough for speed, too small to be seen."""

GROWING = ("metrics.jsonl", "memory.jsonl")
LISTED = ("experiment.toml", "dataset.json", "environment.json", "summary.json", "kept.json")


class Entry(TypedDict):
    """What is known of a file. before: the hash of what it replaced, None for nothing.

    bytes: of a file that only grows, the length that the hash is of.
    """

    sha256: str | None
    before: NotRequired[str | None]
    bytes: NotRequired[int]


_ENTRIES = TypeAdapter(dict[str, Entry])


class RunFileError(UserError):
    """A file of a run is missing or damaged, and the message says which of the two."""


def missing(folder: Path, name: str) -> RunFileError:
    """Returns the error for a file that was written and is not there."""
    return RunFileError(
        f"The file '{name}' of the run '{folder.name}' is missing.",
        "Put it back, or train the run again from its settings.",
    )


def damaged(folder: Path, name: str, why: str = "it is not what was written") -> RunFileError:
    """Returns the error for a file that is not what was written. why: a clause for the sentence."""
    return RunFileError(
        f"The file '{name}' of the run '{folder.name}' is damaged: {why}.",
        "Put back a copy of it, or train the run again from its settings.",
    )


def read(folder: Path, name: str) -> bytes | None:
    """Returns the content of a file, compared with its entry; None where there is none.

    Raises RunFileError where it is damaged, or missing although it was written.
    """
    if name in GROWING:
        blocks = list(line_blocks(folder, name))
        return b"".join(blocks) if blocks or (folder / name).exists() else None

    entries = _read_entries(folder)
    content = _content(folder, name)
    if entries is None:
        return content

    entry = entries.get(name)
    if entry is None:
        if content is not None:
            raise damaged(folder, name, "the run did not write it")
        return None

    digest = None if content is None else sha256_of(content)
    if digest not in (entry["sha256"], entry.get("before", entry["sha256"])):
        raise missing(folder, name) if content is None else damaged(folder, name)

    return content


def _entry(folder: Path, name: str) -> Entry | None:
    """Returns the entry of a file; None where it has none, or the run has no manifest."""
    return (_read_entries(folder) or {}).get(name)


def _compare_grown(folder: Path, name: str, entry: Entry, size: int, digest: str) -> None:
    """Raises RunFileError where the first bytes of a file that only grows are others.

    size: bytes that it has. digest: SHA-256 of those that the entry is of.
    """
    length = entry.get("bytes", 0)
    if size < length:
        raise damaged(folder, name, f"only {size:,} of {length:,} bytes are left")
    if digest != entry["sha256"]:
        raise damaged(folder, name)


def line_blocks(folder: Path, name: str, verified: bool = True) -> Iterator[bytes]:
    """Yields a file that only grows in blocks of whole lines; nothing where it was not made.

    The last block may end with a line that is not whole. The file is compared with its entry when
    all of it was read: raises RunFileError then, and nothing that was yielded may be used. Raises
    UserError where the disk refuses it. verified: compare it, else take what is there.
    """
    entry = _entry(folder, name) if verified else None
    length = 0 if entry is None else entry.get("bytes", 0)
    digest = hashlib.sha256()
    size = 0
    rest = b""

    try:
        for part in files.regular_parts(folder / name, MOST, BLOCK):
            digest.update(part[: max(0, length - size)])
            size += len(part)
            block = rest + part
            end = block.rfind(b"\n") + 1
            rest = block[end:]
            if end:
                yield block[:end]
    except FileNotFoundError:
        if entry is None or (not length and "before" in entry):
            return
        raise missing(folder, name) from None
    except OSError as error:
        if verified:
            raise _unreadable(error, folder, name) from error
        raise files.disk_error(error, folder / name) from error

    if entry is not None:
        _compare_grown(folder, name, entry, size, digest.hexdigest())
    elif verified and exists(folder):
        raise damaged(folder, name, "the run did not write it")
    if rest:
        yield rest


def write(folder: Path, name: str, content: bytes) -> None:
    """Writes a file of the run with its entry. Raises UserError where the disk refuses.

    name: relative to the folder, with "/".
    """
    write_all(folder, {name: content})


def write_all(folder: Path, contents: dict[str, bytes]) -> None:
    """Writes several files with their entries, which are noted all at once before the first.

    Raises UserError where the disk refuses one. Each is then what it was or what it was to be, and
    its entry names both. contents: by name, see `write`.
    """
    _expect(folder, {name: sha256_of(content) for name, content in contents.items()})
    for name, content in contents.items():
        files.write_atomically(folder / name, content)


def remove(folder: Path, name: str) -> None:
    """Removes a file with its entry, if it is there. Raises UserError where the disk refuses."""
    if not (folder / name).exists():
        return

    _expect(folder, {name: None})
    try:
        (folder / name).unlink(missing_ok=True)
    except OSError as error:
        raise files.disk_error(error, folder / name) from error


def note_grown(folder: Path, lengths: dict[str, int] | None = None) -> None:
    """Notes length and hash of the files that only grow. Raises UserError.

    lengths: bytes of a file that are to be kept when it is cut; its whole length otherwise.
    """
    entries = _entries_to_change(folder)
    for name in GROWING:
        content = _content(folder, name)
        if content is None:
            # It is about to be made: a kill may come between its making and the next note.
            entries[name] = {"sha256": sha256_of(b""), "before": None, "bytes": 0}
            continue

        length = min((lengths or {}).get(name, len(content)), len(content))
        entries[name] = {"sha256": sha256_of(content[:length]), "bytes": length}

    _write_entries(folder, entries)


def exists(folder: Path) -> bool:
    """Returns whether the run has a manifest; older ones have none."""
    return (folder / MANIFEST).exists()


def _expect(folder: Path, hashes: dict[str, str | None]) -> None:
    """Notes what files are going to be, beside what they are. hashes: by name, None for nothing."""
    entries = _entries_to_change(folder)
    for name, sha256 in hashes.items():
        content = _content(folder, name)
        before = None if content is None else sha256_of(content)
        entries[name] = {"sha256": sha256, "before": before}

    _write_entries(folder, entries, open_names=hashes)


def _entries_to_change(folder: Path) -> dict[str, Entry]:
    """Returns the entries; of an older run those of the files as they are now."""
    entries = _read_entries(folder)
    if entries is not None:
        return entries

    names = [*LISTED, *GROWING]
    with contextlib.suppress(OSError):
        names += [f"results/{path.name}" for path in (folder / "results").glob("*.npz")]

    found: dict[str, Entry] = {}
    for name in names:
        content = _content(folder, name)
        if content is not None:
            found[name] = {"sha256": sha256_of(content)}
            if name in GROWING:
                found[name]["bytes"] = len(content)

    return found


def _read_entries(folder: Path) -> dict[str, Entry] | None:
    content = _content(folder, MANIFEST)
    if content is None:
        return None

    try:
        return _ENTRIES.validate_python(json.loads(content)["files"])
    except (ValidationError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise RunFileError(
            f"The file '{MANIFEST}' of the run '{folder.name}' is damaged: it cannot be read.",
            "Put back a copy of it. Without it the run is opened as one of an older version, whose "
            "files are not compared with what was written.",
        ) from error


def settle(folder: Path) -> None:
    """Notes that the files are what was written last, where they are. Raises UserError.

    From then on the file before, or a missing one, is seen.
    """
    entries = _read_entries(folder)
    if entries is not None:
        _write_entries(folder, entries)


def _write_entries(
    folder: Path, entries: dict[str, Entry], open_names: Container[str] = ()
) -> None:
    """Writes the entries; those of `open_names`, which are about to be written, stay open."""
    for name, entry in entries.items():
        if name not in open_names and "before" in entry:
            content = _content(folder, name)
            if (None if content is None else sha256_of(content)) == entry["sha256"]:
                del entry["before"]

    files.write_json(folder / MANIFEST, {"netwright": 1, "files": entries})


def _content(folder: Path, name: str) -> bytes | None:
    try:
        return files.read_regular(folder / name, MOST)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _unreadable(error, folder, name) from error


def _unreadable(error: OSError, folder: Path, name: str) -> RunFileError:
    return RunFileError(
        f"The file '{name}' of the run '{folder.name}' cannot be read: {error.strerror or error}.",
        "Check it, or train the run again from its settings.",
    )


def sha256_of(content: bytes) -> str:
    """Returns the hash of a content as an entry has it."""
    return hashlib.sha256(content).hexdigest()
