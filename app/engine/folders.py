"""The folders of runs, the queue, preferences, own blocks and networks, pictures and logs.

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


def data() -> Path:
    """Returns the folder of what is kept beside the runs: the register of runs and the queue."""
    return _below("data", platformdirs.user_data_path("netwright", appauthor=False))


def cache() -> Path:
    """Returns the folder of decoded data, which may be deleted at any time."""
    return _below("cache", platformdirs.user_cache_path("netwright", appauthor=False))


def own_blocks() -> Path:
    """Returns the folder of the kinds of blocks that the user made."""
    return _below("blocks", platformdirs.user_data_path("netwright", appauthor=False) / "blocks")


def own_networks() -> Path:
    """Returns the folder of the networks that the user keeps under names."""
    return _below(
        "networks", platformdirs.user_data_path("netwright", appauthor=False) / "networks"
    )


def log() -> Path:
    """Returns the folder in which unexpected failures are written down."""
    return _below("log", platformdirs.user_log_path("netwright", appauthor=False))


def _below(part: str, usual: Path) -> Path:
    home = os.environ.get("NETWRIGHT_HOME", "")
    return Path(home).expanduser() / part if home else usual
