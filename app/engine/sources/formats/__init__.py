"""The formats of datasets: a file each, found by walking this folder."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.engine.sources.format import Format


@cache
def all_formats() -> tuple[Format, ...]:
    """Every format, in the order in which they are asked: to add one is to add a file with a class
    `FORMAT`.
    """
    modules = [
        importlib.import_module(found.name)
        for found in pkgutil.iter_modules(__path__, __name__ + ".")
    ]
    return tuple(
        sorted((module.FORMAT for module in modules), key=lambda item: (item.order, item.kind))
    )


def find(source: str) -> Format | None:
    """The first format that would read the source."""
    return next((item for item in all_formats() if item.matches(source)), None)
