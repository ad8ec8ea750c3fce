"""What an example is called: a picture, a row, a text, a signal, a pair."""

from __future__ import annotations

_NOUNS = {
    "image": ("picture", "pictures"),
    "row": ("row", "rows"),
    "text": ("text", "texts"),
    "signal": ("signal", "signals"),
    "pair": ("pair", "pairs"),
}
_ANY = ("example", "examples")


def noun(kind: str, count: int = 2) -> str:
    """The word for so many examples of a kind (Description.kind): "picture" for 1, "pictures" else."""
    one, many = _NOUNS.get(kind, _ANY)
    return one if count == 1 else many


def counted(kind: str, count: int) -> str:
    """The number with its word: "1 picture", "1,200 rows"."""
    return f"{count:,} {noun(kind, count)}"
