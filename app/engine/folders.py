"""The folders in which runs, preferences, own blocks, decoded pictures and logs are kept.

The environment variable NETWRIGHT_HOME moves them all below one folder.
"""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs


def runs() -> Path:
    """Returns the folder of runs, which a person finds among their documents."""
    return _below("runs", platformdirs.user_documents_path() / "Netwright" / "runs")


def config() -> Path:
    """Returns the folder of the window's preferences."""
    return _below("config", platformdirs.user_config_path("netwright", appauthor=False))


def cache() -> Path:
    """Returns the folder of decoded data, which may be deleted at any time."""
    return _below("cache", platformdirs.user_cache_path("netwright", appauthor=False))


def own_blocks() -> Path:
    """Returns the folder of the kinds of blocks that the user made."""
    return _below("blocks", platformdirs.user_data_path("netwright", appauthor=False) / "blocks")


def log() -> Path:
    """Returns the folder in which unexpected failures are written down."""
    return _below("log", platformdirs.user_log_path("netwright", appauthor=False))


def _below(part: str, usual: Path) -> Path:
    home = os.environ.get("NETWRIGHT_HOME", "")
    return Path(home).expanduser() / part if home else usual
