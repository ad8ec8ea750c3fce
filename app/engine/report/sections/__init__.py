"""Sections of a report: a file each, found by walking this folder.

A new section is a file with an object `SECTION`, see section.Section.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from app.engine.walk import modules_with

if TYPE_CHECKING:
    from app.engine.report.section import Section


@cache
def all_sections() -> tuple[Section, ...]:
    """Returns every section in its order."""
    sections: list[Section] = [
        module.SECTION for module in modules_with("SECTION", __path__, __name__)
    ]
    return tuple(sorted(sections, key=lambda section: section.order))
