"""The help of the window: a page of first steps and the terms of the field, each in sentences.

A file of resources/help is a subject: "# " begins its title, "## " a term.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path

from app.engine.files import read_regular

FOLDER = Path(__file__).resolve().parents[3] / "resources" / "help"
MOST_BYTES = 1 << 20


@dataclass(frozen=True)
class Entry:
    """A term and what it means. subject: the title of its file."""

    subject: str
    term: str
    text: str


@functools.cache
def entries() -> tuple[Entry, ...]:
    """Returns all entries, in the order of the files. Raises OSError where one cannot be read."""
    found: list[Entry] = []
    for path in sorted(FOLDER.glob("*.md")):
        head, *sections = read_regular(path, MOST_BYTES).decode("utf-8").split("\n## ")
        subject = head.strip().removeprefix("# ").strip()
        for section in sections:
            term, _, text = section.partition("\n")
            found.append(Entry(subject, term.strip(), " ".join(text.split())))

    return tuple(found)


def search(words: str) -> tuple[Entry, ...]:
    """Returns the entries that have all of these words, those with them in the term first.

    All entries where there are no words.
    """
    wanted = words.casefold().split()
    matching = [
        entry
        for entry in entries()
        if all(word in f"{entry.term} {entry.text}".casefold() for word in wanted)
    ]

    def in_text_only(entry: Entry) -> bool:
        return not all(word in entry.term.casefold() for word in wanted)

    return tuple(sorted(matching, key=in_text_only))
