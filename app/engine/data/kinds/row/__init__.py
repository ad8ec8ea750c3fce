"""Rows of a table: numbers and categories."""

from __future__ import annotations

from app.engine.data.kinds.kind import Kind

KIND = Kind(
    name="row",
    singular="row",
    plural="rows",
    order=20,
    brought_to="scale",
    enters="What comes in: one row, numbers first, then its categories as numbers.",
    prepared="One row: numbers brought to mean 0 and spread 1, categories as their numbers.",
    advice_title="Numbers",
    advice="Numbers are brought to mean 0 and spread 1 by the training rows alone, so that no "
    "column counts more because of its unit. Far-out numbers of columns with long tails, such as "
    "incomes, are brought near first. A category that training never saw is 'unseen'.",
    tile=(152, 88),
    side_by_side=3,
)
"""The declaration of this kind."""
