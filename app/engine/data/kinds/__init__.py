"""Kinds of input, a folder each: what they are called, how they are prepared and shown.

KINDS are found by walking this folder. A kind declares itself in its `__init__.py` as KIND.
"""

from __future__ import annotations

import functools
import importlib
import pkgutil
from typing import TYPE_CHECKING, Any

from app.engine.data.kinds.kind import Kind, KindFiles

if TYPE_CHECKING:
    from app.engine.data.preparation import Preparation

__all__ = ["Kind", "KindFiles", "all_kinds", "kind_of", "read_preparation"]


@functools.cache
def all_kinds() -> tuple[Kind, ...]:
    """Returns every kind, in the order in which they are offered."""
    kinds: list[Kind] = [
        importlib.import_module(f"{__name__}.{module.name}").KIND
        for module in pkgutil.iter_modules(__path__)
        if module.ispkg
    ]
    return tuple(sorted(kinds, key=lambda kind: (kind.order, kind.name)))


def kind_of(name: str) -> Kind:
    """Returns the kind of this name; a plain one called "example" where there is none."""
    for kind in all_kinds():
        if kind.name == name:
            return kind

    return Kind(name, "example", "examples")


def read_preparation(data: dict[str, Any]) -> Preparation:
    """Returns a preparation of any kind from plain data.

    Raises:
        KeyError: where a field is missing.
        TypeError: where a field is of another type.
        ValueError: where there is no such kind, or a field has a value that cannot be.
    """
    values = dict(data)
    name = values.pop("kind", "image")
    if name not in {kind.name for kind in all_kinds()}:
        raise ValueError(f"there is no preparation '{name}'")

    module = importlib.import_module(f"{__name__}.{name}.preparation")
    preparation: Preparation = module.PREPARATION.from_plain(values)
    return preparation
