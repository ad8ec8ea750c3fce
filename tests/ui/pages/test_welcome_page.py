"""The Start page: one's own data first, three samples with pictures, the others one click away."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QAbstractButton, QLabel, QWidget

from app.engine.sources.samples import SAMPLES
from app.ui.pages.welcome.page import WelcomePage

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from tests.ui.harness import Harness

PATIENCE_MS = 30_000


@pytest.fixture
def page(qtbot: QtBot, harness: Harness, tmp_path: Path) -> WelcomePage:
    recent = tmp_path / "prices.csv"
    recent.write_text("a,b\n1,2\n", encoding="utf-8")
    harness.parts.preferences.remember(str(recent))
    welcome = WelcomePage(harness.parts)
    qtbot.addWidget(welcome)
    welcome.resize(840, 610)
    welcome.show()

    return welcome


def button(page: WelcomePage, name: str) -> QAbstractButton:
    found = page.findChild(QAbstractButton, name)
    assert isinstance(found, QAbstractButton), name
    return found


def top(page: WelcomePage, widget: QWidget) -> int:
    return widget.mapTo(page, QPoint(0, 0)).y()


def shown(page: WelcomePage) -> set[str]:
    tiles = page._samples.tiles
    return {name for name, tile in tiles.items() if tile.isVisible()}


def test_own_data_and_recent_work_stand_above_three_samples_with_pictures(
    qtbot: QtBot, page: WelcomePage
) -> None:
    assert shown(page) == {"digits", "fashion", "shapes"}
    heights = [
        top(page, button(page, name))
        for name in ("welcome.open_folder", "welcome.recent.prices.csv", "welcome.sample.digits")
    ]
    assert heights == sorted(set(heights))

    tile = button(page, "welcome.sample.digits")
    qtbot.waitUntil(
        lambda: (
            len(pictures_in(tile)) == 6
            and max(picture.geometry().right() for picture in pictures_in(tile)) < tile.width()
        ),
        timeout=PATIENCE_MS,
    )


def pictures_in(tile: QWidget) -> list[QLabel]:
    return [label for label in tile.findChildren(QLabel) if not label.pixmap().isNull()]


def test_every_other_sample_is_one_click_away(
    qtbot: QtBot, harness: Harness, page: WelcomePage
) -> None:
    opened: list[str] = []
    page._samples._opened = opened.append
    others = button(page, "welcome.more_samples")
    assert others.text().startswith(f"{len(SAMPLES) - 3} more")

    qtbot.mouseClick(others, Qt.MouseButton.LeftButton)
    assert shown(page) == set(SAMPLES)
    qtbot.mouseClick(button(page, "welcome.sample.iris"), Qt.MouseButton.LeftButton)
    assert opened == ["sample:iris"]

    qtbot.mouseClick(others, Qt.MouseButton.LeftButton)
    assert len(shown(page)) == 3
    qtbot.mouseClick(button(page, "welcome.fashion"), Qt.MouseButton.LeftButton)
    assert harness.actions == ["fashion"]
