"""How a run of another tool was trained, from the file that Lightning writes beside its log."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from app.engine.files import read_regular

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.runs.logs.curves import Settings

HYPERPARAMETERS = "hparams.yaml"

LARGEST = 1 << 20
"""Bytes of such a file at most."""

NAMES = {
    "lr": ("optimizer", "learning_rate"),
    "learning_rate": ("optimizer", "learning_rate"),
    "weight_decay": ("optimizer", "weight_decay"),
    "batch_size": ("training", "batch_size"),
    "epochs": ("training", "epochs"),
    "max_epochs": ("training", "epochs"),
    "seed": ("training", "seed"),
}
"""What settings are called there and here; no others mean the same for certain."""

_LINE = re.compile(r"(\w+): *([+-]?[0-9][0-9_.]*(?:[eE][+-]?[0-9]+)?) *$")


def whole_if_whole(number: float) -> int | float:
    """Returns a number, as a whole one where it is."""
    return int(number) if number.is_integer() else number


def settings_beside(log: Path) -> Settings:
    """Returns the settings in the file beside a log, or in its folder; {} where there is none.

    Of the YAML in it only names with a number behind them on the same line are read.
    """
    folder = log if log.is_dir() else log.parent
    try:
        text = read_regular(folder / HYPERPARAMETERS, LARGEST).decode("utf-8", "replace")
    except (OSError, ValueError):
        return {}

    found: dict[tuple[str, str], int | float] = {}
    for line in text.splitlines():
        match = _LINE.fullmatch(line)
        if match is not None and match[1].lower() in NAMES:
            number = float(match[2].replace("_", ""))
            found[NAMES[match[1].lower()]] = whole_if_whole(number)

    return found
