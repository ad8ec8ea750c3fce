"""Names in too little room: what sets a name apart from those beside it stays, the rest goes.

Of "A very long class name that ends in Adam" and "... in AdamW" the common beginning is shortened,
since two names that read the same name nothing.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from PySide6.QtGui import QFontMetrics, QFontMetricsF

ELLIPSIS = "…"
WORD_START = re.compile(r"(?<![^\W_])[^\W_]")
"""The first letter or digit of a word; "_" stands between words."""

FEW = 3
"""Letters before a difference that are shown at least, where no word starts near it."""

LONG_WORD = 20
"""Letters in a row from which on a word may be broken."""

BREAK = "\u200b"
"""A place without width at which a line may end."""


class AlikeNames:
    """The names that are seen beside each other, and what each shares with the one most like it."""

    def __init__(self, names: Sequence[str]) -> None:
        self._shared = dict(zip(names, shared_beginnings(names), strict=True))

    def short(self, name: str, metrics: QFontMetrics | QFontMetricsF, room: float) -> str:
        """Returns a name that is at most `room` pixels wide in the font of `metrics`."""
        shared = self._shared.get(name, 0)
        return short_name(name, shared, lambda text: metrics.horizontalAdvance(text) <= room)

    def two_lines(self, name: str, metrics: QFontMetrics | QFontMetricsF, room: float) -> str:
        """Returns a name in one line or two, each at most `room` pixels wide."""
        shared = self._shared.get(name, 0)
        return two_lines(name, shared, lambda text: metrics.horizontalAdvance(text) <= room)


def alike(names: Iterable[str]) -> AlikeNames:
    """Returns the names as AlikeNames; those asked for lately are not compared again."""
    return _alike(tuple(names))


@lru_cache(maxsize=32)
def _alike(names: tuple[str, ...]) -> AlikeNames:
    return AlikeNames(names)


def short_names(names: Sequence[str], fits: Callable[[str], bool]) -> list[str]:
    """Returns each name as it can be shown in the same room as the others.

    fits: whether a text has room. A name that fits is returned as it is.
    """
    if all(map(fits, names)):
        return list(names)

    return [
        name if fits(name) else short_name(name, shared, fits)
        for name, shared in zip(names, shared_beginnings(names), strict=True)
    ]


def shared_beginnings(names: Sequence[str]) -> list[int]:
    """Returns how many letters each name shares with the beginning of the one most like it."""
    ordered = sorted(set(names))
    shared = dict.fromkeys(ordered, 0)
    for first, second in pairwise(ordered):
        common = _common(first, second)
        shared[first] = max(shared[first], common)
        shared[second] = max(shared[second], common)

    return [shared[name] for name in names]


def short_name(name: str, shared: int, fits: Callable[[str], bool]) -> str:
    """Returns a name with an ellipsis, so that it fits.

    shared: so many letters of its beginning stand in another name too. They go first; then the end
    goes, but not the letter behind them.
    """
    if fits(name):
        return name
    if not shared:
        return _longest(len(name), lambda kept: _joined(name[:kept], ""), fits)

    start = min(_word_start(name, shared), len(name) - 1)
    end = name[start:]
    if fits(_joined("", end)):
        return _longest(start, lambda kept: _joined(name[:kept], end), fits)

    # No room for all of the end: its own beginning tells it apart, if that is near.
    if shared - start > FEW and not fits(_joined("", name[start : shared + 1] + ELLIPSIS)):
        start = shared - FEW

    end = name[start:]
    if fits(_joined("", end)):
        return _longest(start, lambda kept: _joined(name[:kept], end), fits)

    return _longest(len(end), lambda kept: _joined("", end[:kept].rstrip() + ELLIPSIS), fits)


def two_lines(name: str, shared: int, fits: Callable[[str], bool]) -> str:
    """Returns a name in one line, or in two with a line break between words, the second shortened.

    shared: as in `short_name`.
    """
    if fits(name):
        return name

    starts = [match.start() for match in WORD_START.finditer(name) if match.start()]
    wholes = [start for start in starts if fits(name[:start].rstrip())]
    if wholes:
        start = wholes[-1]
        rest = short_name(name[start:], max(0, shared - start), fits)
        if shared <= start or fits(name[start:]) or ELLIPSIS in rest:
            return f"{name[:start].rstrip()}\n{rest}"

    return short_name(name, shared, fits)


def breakable(text: str) -> str:
    """Returns a text in which long words may be broken, at "_", "/" and the like or in between."""
    return re.sub(rf"\S{{{LONG_WORD},}}", lambda match: _with_breaks(match.group()), text)


def unbroken(text: str) -> str:
    """Returns a text without the breaks of `breakable`."""
    return text.replace(BREAK, "")


def _with_breaks(word: str) -> str:
    parts = re.findall(rf"[^_/\\.,;:\-]{{1,{LONG_WORD // 2}}}[_/\\.,;:\-]*|[_/\\.,;:\-]+", word)
    return BREAK.join(parts)


def _common(first: str, second: str) -> int:
    pairs = zip(first, second, strict=False)
    shorter = min(len(first), len(second))
    return next((number for number, (a, b) in enumerate(pairs) if a != b), shorter)


def _word_start(name: str, place: int) -> int:
    """Returns where the word begins in which a place lies, or the one that ends before it."""
    starts = [match.start() for match in WORD_START.finditer(name, 0, place + 1)]
    return starts[-1] if starts else 0


def _joined(beginning: str, end: str) -> str:
    return f"{beginning.rstrip()}{ELLIPSIS}{end}"


def _longest(most: int, text: Callable[[int], str], fits: Callable[[str], bool]) -> str:
    """Returns the text with as many letters as fit, 0 to `most`, with one at least of an end."""
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        if fits(text(middle)):
            low = middle
        else:
            high = middle - 1

    return text(low)
