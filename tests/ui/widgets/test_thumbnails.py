"""Thumbnails: what is painted and how it is chosen, and that thousands stay cheap."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor

from app.ui.style.theme import Theme
from app.ui.widgets.examples.pixels import crisp, image
from app.ui.widgets.examples.thumbnails import ThumbnailGrid

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot


def checks() -> np.ndarray:
    """Returns a picture (1, 2, 2) of black, white, white, black."""
    return np.array([[[0, 255], [255, 0]]], np.uint8)


def test_a_small_picture_keeps_its_pixels_equal_and_sharp(qapp: object) -> None:
    pixmap = crisp(checks(), 65).toImage()
    assert (pixmap.width(), pixmap.height()) == (65, 65)

    for x in range(65):
        expected = {True: 0, False: 255}.get(x < 32) if x != 32 else None
        if expected is not None:
            assert pixmap.pixelColor(x, 5).red() == expected


def test_colours_stand_in_the_right_channels(qapp: object) -> None:
    array = np.zeros((3, 4, 6), np.uint8)
    array[0] = 200
    array[2] = 30
    shown = image(array)

    assert (shown.width(), shown.height()) == (6, 4)
    assert shown.pixelColor(3, 2) == QColor(200, 0, 30)


def test_a_tall_picture_keeps_its_proportions(qapp: object) -> None:
    pixmap = crisp(np.zeros((3, 100, 25), np.uint8), 40)
    assert (pixmap.width(), pixmap.height()) == (10, 40)


def test_an_array_that_is_no_picture_is_refused(qapp: object) -> None:
    with pytest.raises(ValueError, match="shape"):
        image(np.zeros((2, 4, 4), np.uint8))


def test_a_click_and_enter_tell_the_row(qtbot: QtBot) -> None:
    grid = ThumbnailGrid(Theme(), 40)
    qtbot.addWidget(grid)
    grid.show_rows([(checks(), f"picture {row}", "normal") for row in range(8)])
    grid.resize(400, 200)
    grid.show()
    chosen: list[int] = []
    grid.chosen.connect(chosen.append)
    second = grid.visualRect(grid.model().index(1, 0)).center()
    qtbot.mouseClick(grid.viewport(), Qt.MouseButton.LeftButton, pos=second)
    qtbot.keyClick(grid, Qt.Key.Key_Right)
    qtbot.keyClick(grid, Qt.Key.Key_Return)
    assert chosen == [1, 2]


def test_only_visible_pictures_become_pixmaps(qtbot: QtBot) -> None:
    grid = ThumbnailGrid(Theme(), 40)
    qtbot.addWidget(grid)
    grid.show_rows([(checks(), "", "normal")] * 20_000)
    grid.resize(300, 150)
    grid.show()
    grid.grab()

    assert 0 < len(grid._model._pixmaps) < 60
    grid.scrollToBottom()
    grid.grab()
    assert len(grid._model._pixmaps) < 120


def test_a_wrong_picture_is_marked_in_its_colour_and_in_words(qtbot: QtBot) -> None:
    theme = Theme()
    grid = ThumbnailGrid(theme, 40)
    qtbot.addWidget(grid)
    grid.show_rows([(np.zeros((1, 8, 8), np.uint8), "cat\nsays dog", "wrong")])
    grid.resize(100, 120)
    grid.show()
    index = grid.model().index(0, 0)
    assert (
        grid.model().data(index, Qt.ItemDataRole.AccessibleTextRole)
        == "Picture 1 of 1: cat, says dog"
    )

    picture = grid.viewport().grab().toImage()
    cell = grid.visualRect(index)
    column = [
        picture.pixelColor(QPoint(cell.center().x(), y))
        for y in range(cell.top(), cell.center().y())
    ]

    assert theme.color("validation") in column


def test_the_grid_follows_the_zoom(qtbot: QtBot) -> None:
    theme = Theme()
    grid = ThumbnailGrid(theme, 40, rows_visible=1)
    qtbot.addWidget(grid)
    grid.show_rows([(checks(), "one", "normal")])
    before = grid.height()
    theme.set_zoom(2.0)

    assert grid.tile.width() == 80
    assert grid.height() > 1.6 * before
    theme.set_zoom(1.0)
