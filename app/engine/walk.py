"""Finds what the modules of a package declare, so that to add a thing is to add a file."""

from __future__ import annotations

import importlib
import pkgutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import ModuleType


def modules_with(attribute: str, path: Iterable[str], package: str) -> list[ModuleType]:
    """Imports every module of a package and returns those with such an attribute, by name.

    path: the package's `__path__`. Modules without the attribute are helpers of the others.
    """
    names = [module.name for module in pkgutil.iter_modules(path, package + ".")]
    modules = [importlib.import_module(name) for name in sorted(names)]

    return [module for module in modules if hasattr(module, attribute)]
