"""The formats of datasets, a file each, found by walking this folder."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.engine.sources.format import Format


@cache
def all_formats() -> tuple[Format, ...]:
    """Returns every format in its order. To add one is to add a file with an object `FORMAT`."""
    modules = [
        importlib.import_module(info.name)
        for info in pkgutil.iter_modules(__path__, __name__ + ".")
    ]
    return tuple(
        sorted((module.FORMAT for module in modules), key=lambda item: (item.order, item.kind))
    )


def find(source: str, like: str = "") -> Format | None:
    """Returns the first format that would read the source.

    like: the label of the format that a training read; where it reads this source too, it is taken:
    a later table of rows is no list of pictures because some lie beside it.
    """
    found = sorted(all_formats(), key=lambda item: item.label != like)
    return next((item for item in found if item.matches(source)), None)
