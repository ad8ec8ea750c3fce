"""The Data page on pictures of more than 8 bits and on files of several pages."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image
from PySide6.QtWidgets import QLabel, QWidget

from app.ui.pages.data.page import DataPage
from tests.ui.harness import PATIENCE_MS, Harness, picture_folder

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

RANDOM = np.random.default_rng(6)


@pytest.fixture
def page(qtbot: QtBot, harness: Harness) -> DataPage:
    data_page = DataPage(harness.parts)
    qtbot.addWidget(data_page)
    data_page.resize(1100, 760)
    data_page.show()

    return data_page


def read(qtbot: QtBot, harness: Harness, source: Path) -> None:
    harness.open(str(source))
    qtbot.waitUntil(lambda: harness.document.data_state in ("ready", "failed"), timeout=PATIENCE_MS)


def write(folder: Path, pages: int) -> Path:
    """Writes pictures of 12 bits into two classes."""
    for number in range(24):
        path = folder / ("dim", "bright")[number % 2] / f"{number}.tif"
        path.parent.mkdir(parents=True, exist_ok=True)
        values = RANDOM.gamma(3, 60 + 200 * (number % 2), (pages, 16, 16)).clip(0, 4_000)
        images = [Image.fromarray(page.astype(np.uint16)) for page in values]
        images[0].save(path, save_all=True, append_images=images[1:])

    return folder


def editors(widget: QWidget) -> set[str]:
    return {child.objectName() for child in widget.findChildren(QWidget) if child.isVisible()}


def grab(qtbot: QtBot, page: DataPage, name: str) -> None:
    if folder := os.environ.get("GRABS"):
        qtbot.wait(500)
        page.grab().save(f"{folder}/{name}.png")


def test_the_range_of_values_is_shown_and_can_be_changed(
    qtbot: QtBot, harness: Harness, page: DataPage, tmp_path: Path
) -> None:
    read(qtbot, harness, write(tmp_path / "deep", 1))
    page.show_tab("preparation")
    assert "data.values" in editors(page.preparing)

    card = page.preparing.range
    assert card.isVisible()
    assert "0 to 4,095" in card.words.text() and "Stored in 16 bits" in card.words.text()
    counts = sum(counts.sum() for counts in card.histogram.counts.values())
    assert counts == 24 * 16 * 16
    assert card.histogram.edges[-1] > 1_000
    qtbot.waitUntil(lambda: len(page.preparing.before.rows) == 10, timeout=PATIENCE_MS)
    grab(qtbot, page, "range")


def test_pictures_of_bytes_have_no_range_to_choose(
    qtbot: QtBot, harness: Harness, page: DataPage, tmp_path: Path
) -> None:
    read(qtbot, harness, picture_folder(tmp_path / "bytes", {"a": 4, "b": 4}))
    page.show_tab("preparation")
    assert not page.preparing.range.isVisible()
    assert "data.values" not in editors(page.preparing)
    assert "data.height" in editors(page.preparing)


def test_what_is_read_of_pages_is_asked_beside_its_editor(
    qtbot: QtBot, harness: Harness, page: DataPage, tmp_path: Path
) -> None:
    read(qtbot, harness, write(tmp_path / "volumes", 3))
    failed = page._states["failed"]
    shown = " ".join(label.text() for label in failed.findChildren(QLabel) if label.isVisible())
    assert "several pages" in shown
    assert "data.pages" in editors(failed)
    grab(qtbot, page, "pages")
