"""What a bundle holds, by name."""

from __future__ import annotations

import re

LIST = "bundle.json"
"""The list of all other files; it stands first in the archive, so that a bundle is known by it."""

CARD = "README.md"
DATA_CARD = "DATA-CARD.md"
LICENCE = "DATA-LICENCE.txt"
RUN = "run/"
"""Before the names of the run's files."""

VERSION = 1
"""Of the form of a bundle; raise it when a file is added or changes its meaning."""

MOST_LIST = 16 << 20
"""Bytes of the list, at most."""

CHECKPOINT_JSON = ("state.json", "description.json", "graph.json", "problem.json")
CHECKPOINT_OTHERS = (
    "model.safetensors",
    "optimizer.safetensors",
    "margins.safetensors",
    "validation.npz",
)

_FILES = (
    r"experiment\.toml|note\.txt|log\.txt|(metrics|memory)\.jsonl"
    r"|(dataset|environment|summary|kept|calibration|manifest)\.json"
)
_CHECKPOINT = "|".join(
    re.escape(name) for name in (*CHECKPOINT_JSON, *CHECKPOINT_OTHERS, "manifest.json")
)
MEMBER = re.compile(
    rf"{re.escape(CARD)}|{re.escape(DATA_CARD)}|{re.escape(LICENCE)}|{RUN}("
    rf"{_FILES}|results/(last-)?(validation|test)\.npz|epochs/[0-9]{{4,9}}(-[0-9]{{4,9}})?\.npz"
    rf"|checkpoints/(best|state-[0-9]{{6,12}})/({_CHECKPOINT}))"
)
"""The names that a bundle may hold, and no others."""
