"""Which files hold networks, by the endings of their names. No torch here."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

SUFFIXES = (".onnx", ".pt2", ".safetensors")


def is_network_file(path: Path) -> bool:
    """Returns whether a file's name is that of a network's."""
    return path.suffix.lower() in SUFFIXES
