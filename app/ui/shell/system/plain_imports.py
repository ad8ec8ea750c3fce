"""Python's own import statement, which PySide6 replaces by one of its own.

Its own looks into every module that is loaded, for modules that ask for other names of Qt's
functions. No module of this program does. It reads the source of each module for that, which took
a seventh of the processor time of loading the engine, and makes each import statement five times as
dear. Torch has such statements in functions: measuring the memory of a network passes 10,000.
"""

from __future__ import annotations

import builtins


def use_plain_imports() -> None:
    """Puts Python's own import back, for the whole process. Does nothing the second time."""
    plain = getattr(builtins, "__orig_import__", None)  # where PySide6 keeps it
    if plain is not None:
        builtins.__import__ = plain
