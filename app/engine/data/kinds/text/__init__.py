"""Texts, as tokens."""

from __future__ import annotations

from app.engine.data.kinds.kind import Kind

KIND = Kind(
    name="text",
    singular="text",
    plural="texts",
    order=30,
    brought_to="tokens",
    enters="What comes in: one text, one number for each token.",
    prepared="One text as the numbers of its tokens, filled up to the longest with padding.",
    advice_title="Tokens",
    advice="A text is read in pieces: parts of words that occur often, or single bytes. Short "
    "pieces make long texts; what is longer than the context is cut.",
    tile=(208, 64),
    side_by_side=3,
)
"""The declaration of this kind."""
