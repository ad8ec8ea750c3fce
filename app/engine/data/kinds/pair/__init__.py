"""Pairs of two examples, each of a kind of its own."""

from __future__ import annotations

from app.engine.data.kinds.kind import Kind

KIND = Kind(
    name="pair",
    singular="pair",
    plural="pairs",
    order=40,
    brought_to="form",
    side_by_side=2,
)
"""The declaration of this kind."""
