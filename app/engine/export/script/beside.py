"""The files that stand beside a script, under the same name. No torch here."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

DATA = ".npz"
WEIGHTS = ".safetensors"
NOTEBOOK = ".ipynb"
START = ".start.safetensors"
"""Only where the run began with the weights of another one."""


def names_beside(script: Path) -> tuple[str, str]:
    """Returns the names of the files that a script reads: its data, and its first weights."""
    return script.with_suffix(DATA).name, script.with_suffix(START).name
