"""The confusion matrix: readable at 2 classes, usable at 200, by mouse and by keyboard, in light
and dark.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt

from app.ui.pages.results.confusion import paint
from app.ui.pages.results.confusion.counts import Confusion, by_confusion
from app.ui.pages.results.confusion.export import EXPORT_LIMIT
from app.ui.pages.results.confusion.matrix import ConfusionMatrix

if TYPE_CHECKING:
    from PySide6.QtGui import QColor
    from pytestqt.qtbot import QtBot

    from app.ui.style.theme import Theme


def confusion(classes: int, seed: int = 0) -> Confusion:
    """Mostly right, with one class often taken for a far one."""
    counts = np.random.default_rng(seed).poisson(0.1, (classes, classes)) + 40 * np.eye(
        classes, dtype=int
    )
    counts[0, classes - 1] += 25
    return Confusion(counts, tuple(f"sort of thing {number}" for number in range(classes)))


@pytest.fixture
def matrix(qtbot: QtBot, theme: Theme) -> ConfusionMatrix:
    matrix = ConfusionMatrix(theme)
    qtbot.addWidget(matrix)
    matrix.resize(420, 360)
    matrix.show()

    return matrix


def cell(matrix: ConfusionMatrix, row: int, column: int) -> QPoint:
    """The middle of a cell as shown, in pixels of the viewport."""
    place = matrix._geometry()
    return QPointF(
        place.left + (column + 0.5) * place.cell, place.top + (row + 0.5) * place.cell
    ).toPoint()


@pytest.mark.parametrize("classes", [1, 2, 10, 200])
def test_an_order_by_confusion_has_every_class_once(classes: int) -> None:
    assert sorted(by_confusion(confusion(classes).counts)) == list(range(classes))


def test_classes_taken_for_one_another_stand_side_by_side() -> None:
    order = list(by_confusion(confusion(30).counts))
    assert abs(order.index(0) - order.index(29)) == 1


def test_an_order_of_what_is_never_wrong_is_that_of_the_data() -> None:
    assert list(by_confusion(np.eye(4, dtype=int))) == [0, 1, 2, 3]


def test_a_cell_says_what_it_is() -> None:
    counts = np.array([[8, 2], [0, 0]])
    words = Confusion(counts, ("cat", "dog"))
    assert words.words(0, 1) == "cat taken for dog: 2 of 10 (20 %)"
    assert words.words(0, 0) == "cat: 8 of 10 (80 %) recognised"
    assert words.words(1, 0) == "dog taken for cat: 0 of 0 (0 %)"


@pytest.mark.parametrize("sort", [False, True])
def test_a_click_tells_the_classes_whatever_their_order(
    qtbot: QtBot, matrix: ConfusionMatrix, sort: bool
) -> None:
    matrix.show_confusion(confusion(10))
    matrix.set_sorted(sort)
    order = by_confusion(confusion(10).counts) if sort else np.arange(10)

    with qtbot.waitSignal(matrix.picked) as picked:
        qtbot.mouseClick(matrix.viewport(), Qt.MouseButton.LeftButton, pos=cell(matrix, 2, 7))

    assert picked.args == [order[2], order[7]]


def test_a_click_beside_the_cells_tells_nothing(qtbot: QtBot, matrix: ConfusionMatrix) -> None:
    matrix.show_confusion(confusion(10))
    with qtbot.assertNotEmitted(matrix.picked):
        qtbot.mouseClick(matrix.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(3, 3))


def test_pointing_at_a_cell_says_its_names(qtbot: QtBot, matrix: ConfusionMatrix) -> None:
    matrix.show_confusion(confusion(200))
    with qtbot.waitSignal(matrix.pointed, check_params_cb=bool) as signal:
        qtbot.mouseMove(matrix.viewport(), cell(matrix, 0, 199))

    assert signal.args[0].startswith("sort of thing 0 taken for sort of thing 199: ")


def test_the_keyboard_reaches_every_cell(qtbot: QtBot, matrix: ConfusionMatrix) -> None:
    matrix.show_confusion(confusion(5))
    keys = Qt.Key
    for key in (
        keys.Key_Right,
        keys.Key_Down,
        keys.Key_Down,
        keys.Key_End,
        keys.Key_Left,
        keys.Key_Up,
    ):
        qtbot.keyClick(matrix, key)

    assert matrix.current == (1, 3)
    with qtbot.waitSignal(matrix.picked) as picked:
        qtbot.keyClick(matrix, keys.Key_Return)

    assert picked.args == [1, 3]
    assert "sort of thing 1 taken for sort of thing 3" in matrix.accessibleDescription()

    for _ in range(9):
        qtbot.keyClick(matrix, keys.Key_Up)

    qtbot.keyClick(matrix, keys.Key_Home)
    assert matrix.current == (0, 0)


def test_two_hundred_classes_fit_and_can_be_brought_near(
    qtbot: QtBot, matrix: ConfusionMatrix
) -> None:
    matrix.show_confusion(confusion(200))
    assert matrix.horizontalScrollBar().maximum() == matrix.verticalScrollBar().maximum() == 0
    matrix.set_current(150, 151)

    for _ in range(14):
        qtbot.keyClick(matrix, Qt.Key.Key_Plus)

    assert matrix._geometry().cell > 14, "a name and a number fit a cell"
    place = matrix._geometry()
    view = matrix.viewport()
    x = place.left + 151.5 * place.cell - matrix.horizontalScrollBar().value()
    y = place.top + 150.5 * place.cell - matrix.verticalScrollBar().value()
    assert place.left < x < view.width() and place.top < y < view.height(), (
        "the current cell stays in view"
    )

    qtbot.keyClick(matrix, Qt.Key.Key_0)
    assert matrix.zoomed == 1 and matrix.verticalScrollBar().maximum() == 0


def test_the_place_stays_when_the_figures_change(matrix: ConfusionMatrix) -> None:
    matrix.show_confusion(confusion(20))
    matrix.set_current(4, 5)
    matrix.zoom(3)
    matrix.show_confusion(confusion(20, seed=1))

    assert matrix.current == (4, 5) and matrix.zoomed == 3
    matrix.show_confusion(confusion(3))
    assert matrix.current is None and matrix.zoomed == 1


def test_percent_shows_other_numbers(matrix: ConfusionMatrix) -> None:
    matrix.show_confusion(confusion(4))
    counts = matrix.grab().toImage()
    matrix.set_percent(True)
    assert matrix.grab().toImage() != counts


@pytest.mark.parametrize("classes", [2, 12, 200])
def test_a_picture_for_a_file_holds_all_of_it(matrix: ConfusionMatrix, classes: int) -> None:
    matrix.show_confusion(confusion(classes))
    matrix.zoom(5)
    image = matrix.image()
    assert max(image.width(), image.height()) < EXPORT_LIMIT + 600

    place = paint.geometry(
        confusion(classes), matrix._theme, image.width() - 32, image.height() - 32
    )
    assert place.width <= image.width() and place.height <= image.height()


def luminance(color: QColor) -> float:
    """Relative luminance, WCAG 2.1."""
    parts = [
        v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in color.getRgbF()[:3]
    ]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


@pytest.mark.parametrize("dark", [False, True])
def test_numbers_can_be_read_on_the_deepest_cells(theme: Theme, dark: bool) -> None:
    theme.set_dark(dark)
    all_right = Confusion(np.eye(2, dtype=int), ("a", "b"))
    all_wrong = Confusion(1 - np.eye(2, dtype=int), ("a", "b"))

    text = luminance(theme.color("text"))
    for figures, at in ((all_right, (0, 0)), (all_wrong, (1, 0))):
        cells = paint.picture(figures, np.arange(2), theme, paint.DEEPEST)
        ground = luminance(cells.pixelColor(*at))
        high = max(text, ground)
        low = min(text, ground)

        assert (high + 0.05) / (low + 0.05) >= 4.5
