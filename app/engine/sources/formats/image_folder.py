"""A folder with a sub-folder for each class; train/, val/, test/ above or below the classes are
recognised.
"""

from __future__ import annotations

import os
import stat
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from app.engine.data.dataset import Skipped
from app.engine.data.names import natural_key, readable
from app.engine.data.pictures import FOREIGN, SUFFIXES
from app.engine.data.splits import FREE, split_of
from app.engine.errors import UserError
from app.engine.sources.format import Check, encode_classes
from app.engine.sources.picture_decoding import PictureFormat
from app.engine.sources.picture_list import PictureList, Scan
from app.engine.text import names_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.engine.experiment.data_settings import DataSettings

JUNK = frozenset(
    {"thumbs.db", "desktop.ini", "__macosx", "ehthumbs.db", "@eadir", "$recycle.bin", "lost+found"}
)


def is_junk(name: str) -> bool:
    """Whether a file or folder of this name is hidden, or the system's own."""
    return name.startswith((".", "~$")) or name.lower() in JUNK


@dataclass(frozen=True)
class Found:
    """A file that may be a picture. parts: the folders between the source and it."""

    path: str
    parts: tuple[str, ...]
    size: int
    changed: int


@dataclass
class Walk:
    """Everything below a folder, links followed once, junk and trouble listed."""

    root: str
    files: list[Found] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    folders: set[tuple[str, ...]] = field(default_factory=set)

    def run(self, check: Check) -> None:
        """Real folders first, then folders behind links, so that a link never takes a folder's
        pictures away.
        """
        seen: set[tuple[int, int]] = set()
        waiting: list[tuple[str, tuple[str, ...]]] = [(self.root, ())]

        links: list[tuple[str, tuple[str, ...]]] = []
        while waiting or links:
            if not waiting:
                waiting.append(links.pop(0))

            folder, parts = waiting.pop()
            check()

            try:
                status = os.stat(folder)
                key = (status.st_dev, status.st_ino)
                if key in seen and status.st_ino:
                    self._skip(
                        folder, "it is a link to a folder that is read already", ignored=True
                    )
                    continue

                seen.add(key)
                entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
            except OSError as error:
                if not parts:
                    raise

                self._skip(folder, _trouble(error, "the folder"))
                continue

            self.folders.add(parts)
            for entry in entries:
                self._visit(entry, parts, waiting, links, check)

    def _visit(
        self,
        entry: os.DirEntry[str],
        parts: tuple[str, ...],
        waiting: list[tuple[str, tuple[str, ...]]],
        links: list[tuple[str, tuple[str, ...]]],
        check: Check,
    ) -> None:
        name = entry.name
        if is_junk(name):
            self._skip(entry.path, "a hidden or system file", ignored=True)
            return

        try:
            status = entry.stat()
        except OSError as error:
            self._skip(entry.path, _trouble(error, "it"))
            return

        if stat.S_ISDIR(status.st_mode):
            (links if entry.is_symlink() else waiting).append((entry.path, (*parts, name)))
            return

        check()
        if not stat.S_ISREG(status.st_mode):
            self._skip(entry.path, "it is not an ordinary file", ignored=True)
        elif refusal := self.refusal(os.path.splitext(name)[1].lower()):
            self._skip(entry.path, *refusal)
        else:
            self.files.append(Found(entry.path, parts, status.st_size, status.st_mtime_ns))

    def refusal(self, suffix: str) -> tuple[str, bool] | None:
        """Why a file of this ending is left out, and whether nobody would miss it; None for what
        may be a picture.
        """
        if suffix in FOREIGN:
            return f"{suffix[1:].upper()} pictures are not read; save it as PNG or JPEG", False
        if suffix and suffix not in SUFFIXES and not suffix[1:].isdigit():
            return "it is not a picture", True

        return None

    def _skip(self, path: str, reason: str, ignored: bool = False) -> None:
        self.skipped.append(Skipped(readable(os.path.relpath(path, self.root)), reason, ignored))


def _trouble(error: OSError, what: str) -> str:
    import errno

    if error.errno in (errno.EACCES, errno.EPERM):
        return f"{what} may not be opened (no permission)"
    if error.errno in (errno.ELOOP, errno.ENOENT):
        return f"{what} is a link that leads nowhere"

    return f"{what} could not be opened ({error.strerror or 'error of the disk'})"


@dataclass(frozen=True)
class Layout:
    """Which of the folders above a picture names its split and which its class; depth: folders to
    pass first.
    """

    depth: int = 0
    split_first: bool = False
    split_second: bool = False

    def read(self, parts: tuple[str, ...]) -> tuple[str, int]:
        """(class name, split), the name "" where the picture stands outside every class folder."""
        parts = parts[self.depth :]
        if self.split_first:
            if len(parts) < 2:
                return "", FREE
            return readable(parts[1]), _split_folder(parts[0])

        if not parts:
            return "", FREE

        hint = split_of(parts[1]) if self.split_second and len(parts) > 1 else FREE
        return readable(parts[0]), hint

    def group(self, parts: tuple[str, ...]) -> str:
        """The sub-folder of a class in which a picture stands, "" directly in the class."""
        below = parts[self.depth + (2 if self.split_first else 1) :]
        if self.split_second and below and split_of(below[0]) != FREE:
            below = below[1:]

        return readable("/".join(parts)) if below else ""


def _split_folder(name: str) -> int:
    """Beside a train folder, whatever begins with "val" or "test" is no class either."""
    found = split_of(name)
    if found == FREE and name.lower().startswith(("val", "test")):
        return 1 if name.lower().startswith("val") else 2

    return found


def layout_of(files: list[Found], depth: int = 0) -> Layout:
    """Where splits and classes stand in these folders.

    A folder "train" is a split only if it holds folders: of car, train and plane, train is a class.
    Below the classes, at least half of them must have a train folder and some a test or validation
    folder. A single folder around everything is passed through.
    """
    parts = [found.parts[depth:] for found in files]
    tops = {part[0] for part in parts if part}
    training = {top for top in tops if split_of(top) == 0}
    deeper = Counter(part[0] for part in parts if len(part) > 1)

    direct = Counter(part[0] for part in parts if len(part) == 1)
    if training and all(deeper[top] > direct[top] for top in training):
        return Layout(depth, split_first=True)

    below: dict[str, set[int]] = {}
    for part in parts:
        if part:
            below.setdefault(part[0], set()).add(split_of(part[1]) if len(part) > 1 else FREE)

    with_training = sum(0 in splits for splits in below.values())
    judged = any(splits & {1, 2} for splits in below.values())
    if len(below) > 1 and with_training * 2 >= len(below) and judged:
        return Layout(depth, split_second=True)
    if (
        len(tops) == 1
        and depth < 3
        and not direct
        and len({part[1] for part in parts if len(part) > 1}) > 1
    ):
        return layout_of(files, depth + 1)

    return Layout(depth)


class ImageFolder(PictureFormat):
    kind = "image-folder"
    label = "Folder of pictures"
    order = 90

    def matches(self, source: str) -> bool:
        return Path(source).is_dir()

    def scan(self, source: str, data: DataSettings, check: Check) -> Scan:
        walk = Walk(source)
        walk.run(check)
        walk.files.sort(key=lambda found: found.path)
        stamps = tuple(
            (os.path.relpath(found.path, source), found.size, found.changed) for found in walk.files
        )

        return Scan(stamps, lambda: _picture_list(walk))


def _picture_list(walk: Walk) -> PictureList:
    layout = layout_of(walk.files)
    skipped = list(walk.skipped)

    rows: list[tuple[Found, str, int]] = []
    for found in walk.files:
        name, hint = layout.read(found.parts)
        if not name or (layout.split_first and hint == FREE):
            reason = "it stands outside the folders of the classes"
            skipped.append(Skipped(readable(os.path.relpath(found.path, walk.root)), reason))
        else:
            rows.append((found, name, hint))

    if (
        layout.depth == 0
        and not layout.split_first
        and rows
        and all(split_of(name) != FREE for _, name, _ in rows)
    ):
        folders = sorted({name for _, name, _ in rows}, key=natural_key)
        raise UserError(
            f"The pictures in '{readable(walk.root)}' stand directly in "
            f"{names_text(folders, len(folders))}, "
            "not in folders of their classes.",
            "Put the pictures of every class in a sub-folder of its own, or open a table that "
            "names their classes.",
            "data.source",
        )

    rows.sort(key=lambda row: (row[2], natural_key(row[1]), natural_key(readable(row[0].path))))
    skipped += _empty_folders(walk, layout, {name for _, name, _ in rows})
    classes, targets = encode_classes([name for _, name, _ in rows])

    notes = []
    if layout.depth:
        notes.append(
            "The classes are the folders in "
            f"'{readable('/'.join(rows[0][0].parts[: layout.depth]))}'."
        )

    return PictureList(
        classes,
        [readable(os.path.relpath(found.path, walk.root)) for found, _, _ in rows],
        targets,
        np.array([hint for _, _, hint in rows], np.int8),
        paths=[Path(found.path) for found, _, _ in rows],
        folders=[layout.group(found.parts) for found, _, _ in rows],
        skipped=tuple(skipped),
        notes=tuple(notes),
    )


def _empty_folders(walk: Walk, layout: Layout, classes: set[str]) -> Iterator[Skipped]:
    """Folders that would be classes if there were a picture in them."""
    level = layout.depth + (2 if layout.split_first else 1)
    for parts in sorted(parts for parts in walk.folders if len(parts) == level):
        name, _ = layout.read(parts)
        if name and name not in classes:
            yield Skipped(
                readable("/".join(parts)), "the folder holds no pictures, so it is no class"
            )


FORMAT = ImageFolder()
