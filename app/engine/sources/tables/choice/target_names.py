"""Names of columns that are usually what is predicted."""

from __future__ import annotations

TARGET_NAMES = (
    "target",
    "targets",
    "label",
    "labels",
    "class",
    "classes",
    "class_name",
    "y",
    "outcome",
    "outcomes",
    "output",
    "response",
    "diagnosis",
    "result",
    "ziel",
    "klasse",
    "kategorie",
    "category",
    "species",
    "breed",
    "survived",
    "churn",
    "tags",
    "topic",
    "sentiment",
    "price",
    "sales",
    "kind",
    "type",
)
"""Names of columns that are taken for the target, the likeliest first."""


def plain_name(name: str) -> str:
    """Returns a column's name in small letters, with underscores between its words."""
    return name.strip().lower().replace(" ", "_").replace("-", "_")
