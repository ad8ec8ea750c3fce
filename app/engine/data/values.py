"""Which spellings stand for one value: TRUE and true, Yes and YES, 1 and 1.0.

Programs write one value in several ways: a spreadsheet TRUE, pandas True, DuckDB true; a column of
whole numbers with a gap becomes 1.0 in one of them and stays 1 in another.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from app.engine.data.numbers import LARGEST_WHOLE, NumberStyle

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

NO_VALUE = "(no value)"
"""The category of cells in which nothing stands."""

TRUTHS = {"true": 1.0, "false": 0.0}
"""The words that programs write for a boolean, in small letters."""

ANSWERS = {
    **TRUTHS,
    **dict.fromkeys(("yes", "y", "ja", "oui", "sí", "si", "sim"), 1.0),
    **dict.fromkeys(("no", "n", "nein", "non", "não"), 0.0),
}
"""These, and the words that people write for one, in small letters.

Of single letters only y and n: others are codes of something else as often.
"""

_LEADING_ZERO = re.compile(r"[+-]?0\d")


def value_of(word: str, style: NumberStyle | None = None) -> float | None:
    """Returns the number that a word stands for, 1 and 0 for true and false; None for other words.

    style: how numbers are written; where it is no number so, one with a decimal point is tried.
    """
    truth = TRUTHS.get(word.lower())
    if truth is not None:
        return truth

    value = style.parse(word) if style is not None else None
    return value if value is not None else NumberStyle().parse(word)


def unify(words: Sequence[str], counts: Sequence[int], style: NumberStyle) -> list[int]:
    """Returns for each distinct word of a column the index of the word that stands for its value.

    Booleans are one value however they are written, and so are numbers, where all words are
    booleans (some yes, some no) or all are numbers. Numbers with leading zeros are codes ("01"
    beside "1"), and stay as they are, as do whole numbers that floating point cannot tell apart. Of
    several spellings the shortest stands for the value, then the most frequent.

    counts: how often each word comes up.
    """
    apart = list(range(len(words)))
    booleans = all(word.lower() in TRUTHS for word in words) or _are_answers(words)
    values = []
    for word in words:
        value = ANSWERS[word.lower()] if booleans else style.parse(word)
        if value is None or abs(value) >= LARGEST_WHOLE or _LEADING_ZERO.match(word):
            return apart
        values.append(value)

    first_best = sorted(apart, key=lambda index: (len(words[index]), -counts[index]))
    spelled: dict[float, int] = {}
    for index in first_best:
        spelled.setdefault(values[index], index)

    return [spelled[value] for value in values]


def _are_answers(words: Iterable[str]) -> bool:
    """Returns whether words say yes or no, and both come up: "n" alone may be a letter."""
    return {ANSWERS.get(word.lower()) for word in words} == {0.0, 1.0}


class Spellings:
    """Finds the number of a word among known ones, also where another program wrote it.

    A word that is not among them stands for the only one of the same value, if there is one. Where
    the known words are one for yes and one for no, every way to write a boolean is one of them.
    """

    def __init__(self, numbers: Mapping[str, int]) -> None:
        self._numbers = dict(numbers)
        self._by_value: dict[float, int | None] = {}
        for word, number in numbers.items():
            value = value_of(word)
            if value is not None:
                self._by_value[value] = None if value in self._by_value else number

        answers = [word for word in numbers if word != NO_VALUE]
        self._answers = len(answers) == 2 and _are_answers(answers)
        if self._answers:
            self._by_value = {ANSWERS[word.lower()]: numbers[word] for word in answers}

    def find(self, word: str, style: NumberStyle | None = None) -> int | None:
        """Returns the number of a word, None where it is not known.

        style: how the file with the word writes numbers.
        """
        if word in self._numbers:
            return self._numbers[word]

        value = value_of(word, style)
        if value is None and self._answers:
            value = ANSWERS.get(word.lower())

        return None if value is None else self._by_value.get(value)
