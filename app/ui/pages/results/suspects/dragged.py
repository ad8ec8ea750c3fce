"""Examples on their way from the list to a label."""

from __future__ import annotations

import os

from PySide6.QtCore import QMimeData

EXAMPLES = "application/x-netwright-examples"
"""The format of examples that are dragged. They are those that are chosen in the list."""


def dragged_examples() -> QMimeData:
    """Returns what stands for the chosen examples while they are dragged, in this process."""
    data = QMimeData()
    data.setData(EXAMPLES, str(os.getpid()).encode())
    return data


def are_examples(data: QMimeData) -> bool:
    """Returns whether examples of this process are dragged, not those of another window."""
    return bytes(data.data(EXAMPLES).data()) == str(os.getpid()).encode()
