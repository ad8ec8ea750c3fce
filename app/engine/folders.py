"""Where things are kept: runs, settings, decoded pictures, logs.

NETWRIGHT_HOME moves them all below one folder.
"""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs


def _below(part: str, usual: Path) -> Path:
    home = os.environ.get("NETWRIGHT_HOME", "")
    return Path(home).expanduser() / part if home else usual


def runs() -> Path:
    """A place that a person finds."""
    return _below("runs", platformdirs.user_documents_path() / "Netwright" / "runs")


def config() -> Path:
    return _below("config", platformdirs.user_config_path("netwright", appauthor=False))


def cache() -> Path:
    return _below("cache", platformdirs.user_cache_path("netwright", appauthor=False))


def log() -> Path:
    return _below("log", platformdirs.user_log_path("netwright", appauthor=False))
