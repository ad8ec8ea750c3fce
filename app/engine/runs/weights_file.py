"""A file of weights in the safetensors format, of this program or of another one."""

from __future__ import annotations

import contextlib
import json
import os
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import safetensors
import safetensors.torch

from app.engine import files
from app.engine.errors import UserError
from app.engine.foreign import foreign_reader
from app.engine.runs.tensors import Tensors, separate

if TYPE_CHECKING:
    from pathlib import Path

SUFFIX = ".safetensors"

KEY = "netwright"
"""The one key of the metadata that this program writes; its value is JSON."""

MOST = 1 << 36
"""Bytes of such a file, at most: 64 GiB."""

BLOCKS = "blocks."
"""Begins the names of weights in a network of this program."""

_LENGTH = 8
"""Bytes that say how long the header is."""

_NUMBER = re.compile(r"os error (\d+)")


@dataclass(frozen=True)
class WeightsFile:
    """Weights by their names in the file. facts: what this program wrote beside them, else {}."""

    tensors: Tensors
    facts: dict[str, Any] = field(default_factory=dict)

    def by_block(self) -> Tensors:
        """Returns the weights under the names that a network of this program has for them.

        The first part of a name in the file is its block: "conv1.weight" is that of 'conv1'.
        """
        attributes = self.facts.get("attributes")
        blocks = {}
        if isinstance(attributes, dict):
            blocks = {name: block for block, name in attributes.items() if isinstance(name, str)}

        found: Tensors = {}
        for name, tensor in self.tensors.items():
            first, _, rest = name.removeprefix(BLOCKS).partition(".")
            found[f"{BLOCKS}{blocks.get(first, first)}.{rest}"] = tensor

        return found


def read_weights_file(path: Path) -> WeightsFile:
    """Reads a file of weights; nothing of it is run. Raises UserError."""
    try:
        content = files.read_regular(path, MOST)
    except OSError as error:
        raise files.disk_error(error, path) from error

    def damaged(text: str) -> UserError:
        return UserError(
            f"'{path.name}' cannot be read as weights: {text.rstrip('.')}.",
            "Choose a file in the safetensors format.",
        )

    with foreign_reader(damaged):
        tensors = safetensors.torch.load(content)
        length = int.from_bytes(content[:_LENGTH], "little")
        metadata = json.loads(content[_LENGTH : _LENGTH + length]).get("__metadata__") or {}

    return WeightsFile(tensors, _facts(metadata.get(KEY)))


def write_weights_file(
    path: Path, tensors: Tensors, metadata: dict[str, str] | None = None
) -> None:
    """Writes a file of weights without another copy of them in memory. Raises UserError.

    metadata: of one key at most; of several the order differs from process to process.
    """
    part = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    try:
        part.touch()
        mode = part.stat().st_mode  # the library makes files that only the owner may read
        try:
            safetensors.torch.save_file(separate(tensors), part, metadata)
        except safetensors.SafetensorError as error:
            number = int(found[1]) if (found := _NUMBER.search(str(error))) else 0
            raise OSError(number, os.strerror(number) if number else str(error)) from error

        part.chmod(mode)
        files.sync_file(part)
        files.rename(part, path)
    except OSError as error:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
        raise files.disk_error(error, path) from error

    files.sync_folder(path.parent)


def _facts(text: Any) -> dict[str, Any]:
    """Returns what this program wrote; {} of files of other programs."""
    try:
        facts = json.loads(text)
    except (TypeError, ValueError, RecursionError):
        return {}

    return facts if isinstance(facts, dict) else {}
