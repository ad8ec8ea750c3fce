"""A folder of pairs: name.png (or any other picture) beside name.txt, which says what is on it."""

from __future__ import annotations

import os
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from app.engine.data import splits
from app.engine.data.dataset import Skipped
from app.engine.data.names import natural_key, readable
from app.engine.data.pictures import SUFFIXES as PICTURES
from app.engine.data.splits import FREE, split_of
from app.engine.errors import UserError
from app.engine.learning.tasks import task
from app.engine.sources.format import Check, Format, OpenOptions
from app.engine.sources.formats import image_folder
from app.engine.sources.formats.image_folder import Found, Walk, is_junk
from app.engine.sources.loaded import Examples
from app.engine.sources.parts.pictures import picture_part
from app.engine.sources.parts.texts import TextPart
from app.engine.sources.plain_text import NoText, read_text
from app.engine.sources.targets import partners_of
from app.engine.text import bytes_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.engine.experiment.data_settings import DataSettings

TEXTS = (".txt", ".text", ".caption")
USUAL = "matching"
LOOKED_AT = 3_000
"""At most so many files are counted to find out whether a folder holds pairs."""

PROBED = 5
"""So many texts are looked into: beside pictures there may be boxes in numbers, which are no words."""

LONGEST = 100_000
"""Bytes of a text beside a picture; what is larger is no caption."""

ABOUT = re.compile(
    r"(readme|licen[cs]e|copying|authors|notes?|about|classes|labels|requirements).*", re.IGNORECASE
)
"""Texts of these names are about the folder and nobody would miss them as halves of pairs."""

TRANSLATION = re.compile(r"^[a-z]{2,3}(?:_[A-Z]{2})?(?:@\w+)?\.utf8=.*$", re.MULTILINE)
"""Lines such as "de.utf8=Ein Apfel", by which the stamps of Tux Paint say the same in a hundred
languages.
"""


class PairWalk(Walk):
    """Finds pictures and texts."""

    def refusal(self, suffix: str) -> tuple[str, bool] | None:
        return None if suffix in TEXTS else super().refusal(suffix)


@dataclass(frozen=True)
class Pair:
    """name: of the picture, below the source.

    folder: the sub-folder both stand in, "" at the top.
    """

    picture: Path
    text: Path
    name: str
    folder: str
    hint: int


class Pairs(Format):
    kind = "pairs"
    label = "Pictures with texts"
    order = 45

    def matches(self, source: str) -> bool:
        if not os.path.isdir(source):
            return False

        pictures, texts = _names_in(source)
        told = sum(1 for name in pictures if name in texts)
        return 2 * told > len(pictures) and _in_words(
            texts[name] for name in pictures if name in texts
        )

    def open(self, source: str, data: DataSettings, options: OpenOptions) -> Examples:
        kind = data.task or USUAL
        if not task(kind).pairs:  # then the folders are classes, and the texts are not read
            return image_folder.FORMAT.open(source, data, options)

        options.progress("Looking for pictures and texts", 0, 0)
        pairs, skipped = find_pairs(source, options.check)
        told = []

        texts = []
        for number, pair in enumerate(pairs):
            options.check()
            options.progress("Reading texts", number, len(pairs))

            try:
                texts.append(_caption(pair.text, data.encoding))
                told.append(pair)
            except NoText as error:
                skipped.append(Skipped(pair.name, f"its text cannot be used: {error.reason}"))
            except OSError as error:
                reason = error.strerror or "error of the disk"
                skipped.append(Skipped(pair.name, f"its text could not be opened ({reason})"))

        part, rows, unreadable, notes = picture_part(
            [pair.picture for pair in told], data, options, [pair.name for pair in told]
        )
        skipped += unreadable
        kept = [told[row] for row in rows.tolist()]
        texts = [texts[row] for row in rows.tolist()]
        _refuse_nothing(source, len(kept), len(pairs), skipped)

        return Examples(
            kind,
            (part, TextPart(texts, data)),
            partners_of(texts),
            np.array([pair.hint for pair in kept], np.int8),
            [pair.name for pair in kept],
            _groups(kept, data),
            tuple(skipped),
            (*notes, *_often(texts)),
            ("picture", "text"),
        )


def find_pairs(source: str, check: Check) -> tuple[list[Pair], list[Skipped]]:
    """Every picture with the text of the same name in the same folder; whatever stands alone is
    skipped.

    Raises OSError for the source itself, and whatever `check` raises.
    """
    walk = PairWalk(source)
    walk.run(check)
    skipped = list(walk.skipped)
    pairs: list[Pair] = []
    pictures: list[Found] = []

    texts: dict[str, Found] = {}
    for found in sorted(walk.files, key=lambda found: natural_key(found.path)):
        if os.path.splitext(found.path)[1].lower() in TEXTS:
            texts.setdefault(_key(found), found)
        else:
            pictures.append(found)

    for found in pictures:
        name = readable(os.path.relpath(found.path, walk.root))
        text = texts.get(_key(found))
        if text is None:
            skipped.append(Skipped(name, "there is no text of the same name beside it"))
            continue

        hint = next((place for place in map(split_of, found.parts) if place != FREE), FREE)
        pairs.append(
            Pair(Path(found.path), Path(text.path), name, readable("/".join(found.parts)), hint)
        )

    used = {str(pair.text) for pair in pairs}
    for found in walk.files:
        if os.path.splitext(found.path)[1].lower() in TEXTS and found.path not in used:
            description = bool(ABOUT.fullmatch(os.path.basename(found.path)))
            name = readable(os.path.relpath(found.path, walk.root))
            skipped.append(
                Skipped(name, "there is no picture of the same name beside it", description)
            )

    return pairs, skipped


def _key(found: Found) -> str:
    """Equal for a picture and its text: "Cat.PNG" and "cat.txt" are one pair."""
    return os.path.splitext(found.path)[0].casefold()


def _caption(path: Path, encoding: str | None) -> str:
    """Raises NoText for what is no caption, and OSError."""
    size = path.stat().st_size
    if size > LONGEST:
        raise NoText(f"it has {bytes_text(size)}; at most {bytes_text(LONGEST)} are read")

    text = TRANSLATION.sub("", read_text(path, encoding)[0]).strip()
    if not text:
        raise NoText("it is empty")

    return text


def _names_in(source: str) -> tuple[set[str], dict[str, str]]:
    """What pictures and texts are called, without endings, and where each text is; the first few
    thousand.
    """
    pictures: set[str] = set()
    texts: dict[str, str] = {}
    for folder, folders, files in os.walk(source):
        folders[:] = sorted(name for name in folders if not is_junk(name))
        for file in files:
            stem, suffix = os.path.splitext(os.path.join(folder, file))
            if is_junk(file):
                continue

            if suffix.lower() in PICTURES:
                pictures.add(stem.casefold())
            elif suffix.lower() in TEXTS:
                texts[stem.casefold()] = stem + suffix

        if len(pictures) + len(texts) >= LOOKED_AT:
            break

    return pictures, texts


def _in_words(paths: Iterable[str]) -> bool:
    """Whether the first texts are not all numbers: those are boxes or measurements of what is on a
    picture.
    """
    numbers = False
    for _, path in zip(range(PROBED), paths, strict=False):
        try:
            with open(path, "rb") as file:
                begin = file.read(1000)
        except OSError:
            continue

        if re.search(rb"[^\s\d.,;:+\-eE]", begin):
            return True

        numbers = numbers or bool(begin.strip())

    return not numbers


def _groups(pairs: list[Pair], data: DataSettings) -> list[str] | None:
    """What is kept together, as asked for."""
    if data.group == "none":
        return None
    if data.group == "folder":
        return [pair.folder for pair in pairs]

    return splits.groups_by_name([pair.name for pair in pairs])


def _often(texts: list[str]) -> tuple[str, ...]:
    """A sentence where many pictures have one text, for then few things tell them apart."""
    counts = Counter(texts)
    several = sum(count for count in counts.values() if count > 1)
    if not several:
        return ()

    return (
        f"{several:,} pictures share their text with others: each of these counts as a right "
        "answer.",
    )


def _refuse_nothing(source: str, kept: int, found: int, skipped: list[Skipped]) -> None:
    if kept:
        return

    bad = [item for item in skipped if not item.ignored]
    first = f"; '{bad[0].path}': {bad[0].reason}" if bad else ""
    what = f"None of the {found:,} pairs" if found else "There are no pairs of picture and text"
    verb = " could be used" if found else ""

    raise UserError(
        f"{what} in '{readable(source)}'{verb}{first}.",
        "Put a text file of the same name beside every picture, such as 'cat.txt' beside "
        "'cat.png'.",
        "data.source",
    )


FORMAT = Pairs()
