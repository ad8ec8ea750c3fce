"""The words for examples in sentences."""

from __future__ import annotations

import pytest

from app.engine.data.nouns import counted, noun


@pytest.mark.parametrize(
    ("kind", "singular", "plural"),
    [
        ("image", "picture", "pictures"),
        ("row", "row", "rows"),
        ("text", "text", "texts"),
        ("signal", "signal", "signals"),
        ("pair", "pair", "pairs"),
        ("anything", "example", "examples"),
    ],
)
def test_the_word_follows_kind_and_count(kind: str, singular: str, plural: str) -> None:
    assert (noun(kind, 1), noun(kind), noun(kind, 0)) == (singular, plural, plural)


def test_numbers_are_grouped() -> None:
    assert (counted("row", 1), counted("text", 1200)) == ("1 row", "1,200 texts")
