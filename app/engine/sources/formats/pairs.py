"""A folder of pairs: name.png, or any other picture, beside name.txt, which says what is on it."""

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
from app.engine.data.splits import UNASSIGNED, split_of
from app.engine.errors import UserError
from app.engine.files import open_regular
from app.engine.learning.tasks import task
from app.engine.sources.folder_walk import FolderWalk, SourceFile, is_junk
from app.engine.sources.format import Check, Format, OpenOptions
from app.engine.sources.formats import image_folder
from app.engine.sources.loaded import Examples
from app.engine.sources.parts.pictures import picture_part
from app.engine.sources.parts.texts import TextPart
from app.engine.sources.plain_text import UnreadableText, read_text
from app.engine.sources.targets import pair_targets
from app.engine.text import bytes_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.engine.experiment.data_settings import DataSettings

TEXTS = (".txt", ".text", ".caption")
DEFAULT_TASK = "matching"
SAMPLE = 3_000
"""At most so many files are counted to find out whether a folder holds pairs."""

PROBED = 5
"""So many texts are looked into.

Beside pictures there may be files of boxes in numbers, which are no words.
"""

LONGEST = 100_000
"""Bytes of a text beside a picture; what is larger is no caption."""

ABOUT = re.compile(
    r"(readme|licen[cs]e|copying|authors|notes?|about|classes|labels|requirements).*", re.IGNORECASE
)
"""Texts of these names are about the folder and nobody would miss them as halves of pairs."""

TRANSLATION = re.compile(r"^[a-z]{2,3}(?:_[A-Z]{2})?(?:@\w+)?\.utf8=.*$", re.MULTILINE)
"""Lines such as "de.utf8=Ein Apfel" in the texts of Tux Paint's stamps, for a hundred languages."""


class PairWalk(FolderWalk):
    """Finds pictures and texts."""

    def refusal(self, name: str) -> tuple[str, bool] | None:
        return None if os.path.splitext(name)[1].lower() in TEXTS else super().refusal(name)


@dataclass(frozen=True)
class CaptionedPicture:
    """A picture and its text.

    name: of the picture, below the source. folder: the sub-folder both stand in, "" at the top.
    split: the index in SPLITS, else UNASSIGNED.
    """

    picture: Path
    text: Path
    name: str
    folder: str
    split: int


class Pairs(Format):
    """Reads pictures and the texts beside them."""

    kind = "pairs"
    label = "Pictures with texts"
    order = 45

    def matches(self, source: str) -> bool:
        if not os.path.isdir(source):
            return False

        pictures, texts = _names_in(source)
        paired = [texts[name] for name in pictures if name in texts]
        return 2 * len(paired) > len(pictures) and _in_words(paired)

    def open(self, source: str, data: DataSettings, options: OpenOptions) -> Examples:
        task_kind = data.task or DEFAULT_TASK
        if not task(task_kind).pairs:  # then the folders are classes, and the texts are not read
            return image_folder.FORMAT.open(source, data, options)

        options.progress("Looking for pictures and texts", 0, 0)
        pairs, skipped = find_pairs(source, options.check)
        readable_pairs, texts = _read_captions(pairs, data, options, skipped)

        part, rows, unreadable, notes = picture_part(
            [pair.picture for pair in readable_pairs],
            data,
            options,
            [pair.name for pair in readable_pairs],
        )
        skipped += unreadable
        remaining = [readable_pairs[row] for row in rows.tolist()]
        texts = [texts[row] for row in rows.tolist()]
        _refuse_nothing(source, len(remaining), len(pairs), skipped)

        return Examples(
            task_kind,
            (part, TextPart(texts, data)),
            pair_targets(texts),
            np.array([pair.split for pair in remaining], np.int8),
            [pair.name for pair in remaining],
            _groups(remaining, data),
            tuple(skipped),
            (*notes, *_note_on_equal_texts(texts)),
            ("picture", "text"),
        )


def _read_captions(
    pairs: list[CaptionedPicture], data: DataSettings, options: OpenOptions, skipped: list[Skipped]
) -> tuple[list[CaptionedPicture], list[str]]:
    """Returns the pairs whose text can be read, and the texts; the others are added to skipped."""
    readable_pairs = []
    texts = []
    for number, pair in enumerate(pairs):
        options.check()
        options.progress("Reading texts", number, len(pairs))

        try:
            texts.append(_read_caption(pair.text, data.encoding))
            readable_pairs.append(pair)
        except UnreadableText as error:
            skipped.append(Skipped(pair.name, f"its text cannot be used: {error.reason}"))
        except OSError as error:
            reason = error.strerror or "disk error"
            skipped.append(Skipped(pair.name, f"its text could not be opened ({reason})"))

    return readable_pairs, texts


def find_pairs(source: str, check: Check) -> tuple[list[CaptionedPicture], list[Skipped]]:
    """Finds every picture with a text of the same name in its folder; what stands alone is skipped.

    Raises OSError for the source itself, and whatever `check` raises.
    """
    walk = PairWalk(source)
    walk.run(check)
    skipped = list(walk.skipped)
    pictures: list[SourceFile] = []
    texts: dict[str, SourceFile] = {}

    for file in sorted(walk.files, key=lambda file: natural_key(file.path)):
        if _is_text(file):
            texts.setdefault(_pair_key(file), file)
        else:
            pictures.append(file)

    pairs: list[CaptionedPicture] = []
    for picture in pictures:
        name = walk.name_of(picture)
        text = texts.get(_pair_key(picture))
        if text is None:
            skipped.append(Skipped(name, "there is no text of the same name beside it"))
            continue

        splits = [split_of(part) for part in picture.parts]
        split = next((split for split in splits if split != UNASSIGNED), UNASSIGNED)
        folder = readable("/".join(picture.parts))
        pairs.append(CaptionedPicture(Path(picture.path), Path(text.path), name, folder, split))

    used = {str(pair.text) for pair in pairs}
    for file in walk.files:
        if _is_text(file) and file.path not in used:
            about_folder = bool(ABOUT.fullmatch(os.path.basename(file.path)))
            reason = "there is no picture of the same name beside it"
            skipped.append(Skipped(walk.name_of(file), reason, about_folder))

    return pairs, skipped


def _is_text(file: SourceFile) -> bool:
    return os.path.splitext(file.path)[1].lower() in TEXTS


def _pair_key(file: SourceFile) -> str:
    """Returns the same key for a picture and its text: "Cat.PNG" and "cat.txt" are a pair."""
    return os.path.splitext(file.path)[0].casefold()


def _read_caption(path: Path, encoding: str | None) -> str:
    """Raises UnreadableText for what is no caption, and OSError."""
    size = path.stat().st_size
    if size > LONGEST:
        raise UnreadableText(f"it has {bytes_text(size)}; at most {bytes_text(LONGEST)} are read")

    text = TRANSLATION.sub("", read_text(path, encoding)[0]).strip()
    if not text:
        raise UnreadableText("it is empty")

    return text


def _names_in(source: str) -> tuple[set[str], dict[str, str]]:
    """Returns the first thousands of names: of pictures without endings, of texts with paths."""
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

        if len(pictures) + len(texts) >= SAMPLE:
            break

    return pictures, texts


def _in_words(paths: Sequence[str]) -> bool:
    """Returns whether the first texts are not all numbers.

    Those would be boxes or measurements of what is on a picture.
    """
    any_numbers = False
    for path in paths[:PROBED]:
        try:
            with open_regular(Path(path)) as file:
                beginning = file.read(1000)
        except OSError:
            continue

        if re.search(rb"[^\s\d.,;:+\-eE]", beginning):
            return True

        any_numbers = any_numbers or bool(beginning.strip())

    return not any_numbers


def _groups(pairs: list[CaptionedPicture], data: DataSettings) -> list[str] | None:
    """Returns the group of each pair, as the settings say; None for no groups."""
    if data.group == "none":
        return None
    if data.group == "folder":
        return [pair.folder for pair in pairs]

    return splits.groups_by_name([pair.name for pair in pairs])


def _note_on_equal_texts(texts: list[str]) -> tuple[str, ...]:
    """Returns a sentence where several pictures have one text."""
    counts = Counter(texts)
    several = sum(count for count in counts.values() if count > 1)
    if not several:
        return ()

    return (
        f"{several:,} pictures share their text with others: each of these counts as a right "
        "answer.",
    )


def _refuse_nothing(source: str, remaining: int, candidates: int, skipped: list[Skipped]) -> None:
    """Raises UserError where no pair remains of the candidates."""
    if remaining:
        return

    bad = [item for item in skipped if not item.ignored]
    first = f"; '{bad[0].path}': {bad[0].reason}" if bad else ""
    what = (
        f"None of the {candidates:,} pairs"
        if candidates
        else "There are no pairs of picture and text"
    )
    verb = " could be used" if candidates else ""

    raise UserError(
        f"{what} in '{readable(source)}'{verb}{first}.",
        "Put a text file of the same name beside every picture, such as 'cat.txt' beside "
        "'cat.png'.",
        "data.source",
    )


FORMAT = Pairs()
