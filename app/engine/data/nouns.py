"""What examples are called: pictures, rows, texts, signals, pairs."""

from __future__ import annotations

from app.engine.data.kinds import kind_of


def noun(kind: str, count: int = 2) -> str:
    """Returns the word for so many examples of a kind: "picture" for 1, "pictures" else.

    Args:
        kind: the name of a kind, as in Description.kind.
        count: how many examples there are.
    """
    return kind_of(kind).noun(count)


def counted(kind: str, count: int) -> str:
    """Returns the number with its word: "1 picture", "1,200 rows"."""
    return f"{count:,} {noun(kind, count)}"
