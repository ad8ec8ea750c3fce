"""What a person does in a window, for tests: find, press, wait."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QWidget

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from app.ui.shell.application import Window
    from app.ui.shell.assembly import Assembly

W = TypeVar("W", bound=QWidget)
PATIENCE_MS = 60_000


def inside(window: Window) -> Assembly:
    assert window.assembly is not None
    return window.assembly


def find(window: Window, name: str, kind: type[W] = QWidget) -> W:  # type: ignore[assignment]
    """Returns the widget of this objectName."""
    widget = window.frame.findChild(kind, name)
    assert widget is not None, f"there is no {name}"
    return widget


def click(qtbot: QtBot, window: Window, name: str) -> None:
    """Clicks with the left mouse button on a button that is visible and enabled."""
    button = find(window, name, QAbstractButton)
    assert button.isVisible(), f"{name} cannot be seen"
    assert button.isEnabled(), f"{name} cannot be pressed: {button.toolTip()}"
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def until(qtbot: QtBot, condition: object) -> None:
    qtbot.waitUntil(condition, timeout=PATIENCE_MS)


def choose_little(qtbot: QtBot, window: Window, folder: Path, **training: object) -> None:
    """Opens sixty pictures of two classes, with the smallest network and these settings."""
    light = np.random.default_rng(0).integers(0, 100, (60, 8, 8))
    labels = np.arange(60) % 2
    path = folder / "little.npz"
    np.savez(path, images=(light + 120 * labels[:, None, None]).astype(np.uint8), labels=labels)
    inside(window).files.open(str(path))
    document = inside(window).document
    until(qtbot, lambda: document.data_state == "ready")
    document.choose("model", "cnn")

    assert document.replace("training", batch_size=16, cpu_use="gentle", **training) == ""
