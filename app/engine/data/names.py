"""Puts names of files and classes into natural order, and makes text of them."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Sequence
from typing import TYPE_CHECKING, overload

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np


MOST_DIGITS = 4000
"""Digits of a number in a name that count: Python turns no more than 4300 into a number."""


_NUMBERS = re.compile(r"(\d+)")


def natural_key(text: str) -> tuple[object, ...]:
    """Returns a key that sorts as people count: 2 before 10, upper and lower case alike."""
    parts = _NUMBERS.split(text)
    keys = [
        (0, int(part[:MOST_DIGITS])) if index % 2 else (1, part.casefold())
        for index, part in enumerate(parts)
    ]
    return (*keys, (2, text))


def natural(names: Iterable[str]) -> tuple[str, ...]:
    """Returns the distinct names in natural order."""
    return tuple(sorted(set(names), key=natural_key))


def readable(name: str | os.PathLike[str]) -> str:
    """Returns a file's name as text that can be shown and stored, whatever its bytes are.

    Letters with accents are written in one way (Unicode NFC).
    """
    text = os.fsencode(name).decode("utf-8", "replace") if os.name != "nt" else os.fspath(name)
    return unicodedata.normalize("NFC", text)


_UNSEEN = ("Cc", "Cs", "Zl", "Zp")
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def visible(text: str) -> str:
    r"""Returns text for one line of a terminal or a log.

    Control characters, line breaks and overrides of the writing direction become escapes such as
    \x1b: a name must not colour a terminal, forge a line, or read other than it is written.
    """
    if text.isascii() and text.isprintable():
        return text

    return "".join(
        letter.encode("unicode_escape").decode() if is_unseen(letter) else letter for letter in text
    )


def visible_lines(text: str) -> str:
    """Returns text like `visible` whose line breaks and tabs are its own, such as a written one."""
    return re.sub(r"[^\n\t]+", lambda part: visible(part.group()), text)


def is_unseen(letter: str) -> bool:
    """Whether a letter is a control character, a line break or an override of the direction."""
    return letter in _BIDI or unicodedata.category(letter) in _UNSEEN


class NumberedNames(Sequence[str]):
    """A word with a number for each example, as "row 17"; a text is made when it is asked for.

    A million texts would take 60 MB and a second.
    """

    def __init__(self, word: str, numbers: np.ndarray) -> None:
        self._word = word
        self._numbers = numbers

    def __len__(self) -> int:
        return len(self._numbers)

    @overload
    def __getitem__(self, index: int) -> str: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[str]: ...

    def __getitem__(self, index: int | slice) -> str | Sequence[str]:
        if isinstance(index, slice):
            return NumberedNames(self._word, self._numbers[index])

        return f"{self._word} {int(self._numbers[index])}"
