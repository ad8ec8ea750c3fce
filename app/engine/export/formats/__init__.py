"""Export formats: a file each, found by walking this folder.

A new format is a file with FORMAT, an object of ExportFormat.
"""

from __future__ import annotations

from functools import cache

from app.engine.errors import UserError
from app.engine.export.format import ExportFormat
from app.engine.walk import modules_with

__all__ = ["ExportFormat", "all_formats", "format_called"]


@cache
def all_formats() -> dict[str, ExportFormat]:
    """Returns every format by its kind, in the order in which they are offered."""
    found: list[ExportFormat] = [
        module.FORMAT for module in modules_with("FORMAT", __path__, __name__)
    ]
    return {each.kind: each for each in sorted(found, key=lambda each: (each.order, each.kind))}


def format_called(kind: str) -> ExportFormat:
    """Returns the format of this kind. Raises UserError for an unknown one."""
    if kind not in all_formats():
        raise UserError(
            f"There is no format '{kind}'.", f"Choose one of: {', '.join(all_formats())}."
        )

    return all_formats()[kind]
