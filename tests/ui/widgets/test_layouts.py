"""A layout that is emptied leaves nothing behind: no item, and no widget where it is deleted."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import shiboken6
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QLayout, QVBoxLayout, QWidget

from app.ui.widgets.flow_layout import FlowLayout
from app.ui.widgets.layouts import clear, take_out

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

LAYOUTS = (QHBoxLayout, QVBoxLayout, QGridLayout, FlowLayout)
APP = Path(__file__).resolve().parents[3] / "app"


def filled(qtbot: QtBot, kind: type[QLayout]) -> tuple[QLayout, list[QLabel]]:
    holder = QWidget()
    qtbot.addWidget(holder)
    layout = kind(holder)
    labels = [QLabel(str(number)) for number in range(4)]
    for label in labels:
        layout.addWidget(label)

    return layout, labels


@pytest.mark.parametrize("kind", LAYOUTS)
def test_what_is_taken_out_keeps_its_parent_and_leaves_no_item(
    qtbot: QtBot, kind: type[QLayout]
) -> None:
    layout, labels = filled(qtbot, kind)
    items = [layout.itemAt(row) for row in range(4)]

    assert take_out(layout, but_last=1) == labels[:3]
    assert [shiboken6.isValid(item) for item in items] == [False, False, False, True]
    assert take_out(layout) == labels[3:]
    assert layout.count() == 0 and not shiboken6.isValid(items[3])
    assert {label.parent() for label in labels} == {layout.parentWidget()}


@pytest.mark.parametrize("kind", LAYOUTS)
def test_what_is_cleared_is_deleted(qtbot: QtBot, kind: type[QLayout]) -> None:
    layout, labels = filled(qtbot, kind)
    clear(layout)
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)

    assert layout.count() == 0
    assert [shiboken6.isValid(label) for label in labels] == [False] * 4


def test_layouts_are_emptied_in_one_place_only() -> None:
    """PySide gives an item that `takeAt` returns to nobody, and nothing deletes it."""
    uses = [path.name for path in APP.rglob("*.py") if ".takeAt(" in path.read_text("utf-8")]
    assert uses == ["layouts.py"]
