"""Matrices, pictures and tables use the room of their card; headings stand over their values."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt

from app.engine.results.reports.classes import ClassRow
from app.ui.pages.results.confusion import paint
from app.ui.pages.results.confusion.class_table import COUNT, PRECISION, RECALL, ClassTable
from app.ui.pages.results.confusion.counts import Confusion
from app.ui.pages.results.confusion.matrix import ConfusionMatrix
from app.ui.pages.results.confusion.side_card import SideCard
from app.ui.pages.results.confusion.top_confusions import FROM
from app.ui.pages.training.probe_strip import ProbePrediction, ProbeStrip
from app.ui.widgets.examples.example import Example
from app.ui.widgets.examples.thumbnails import ThumbnailGrid
from tests.ui.painted_texts import overlaps, painted_texts

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget
    from pytestqt.qtbot import QtBot

    from app.ui.style.theme import Theme

PICTURE = np.zeros((1, 8, 8), np.uint8)


def show(qtbot: QtBot, widget: QWidget, width: int, height: int) -> None:
    qtbot.addWidget(widget)
    widget.resize(width, height)
    with qtbot.waitExposed(widget):
        widget.show()


def confusion(classes: int) -> Confusion:
    counts = np.random.default_rng(0).integers(0, 9, (classes, classes)) + 40 * np.eye(
        classes, dtype=np.int64
    )
    return Confusion(counts, tuple(f"class {number}" for number in range(classes)))


@pytest.mark.parametrize("size", [(450, 300), (630, 700), (900, 500)])
def test_a_matrix_of_two_classes_fills_its_card(
    qtbot: QtBot, theme: Theme, size: tuple[int, int]
) -> None:
    matrix = ConfusionMatrix(theme)
    matrix.show_confusion(confusion(2))
    show(qtbot, matrix, *size)
    layout = paint.geometry(confusion(2), theme, size[0], size[1])
    full = min(size[0] / layout.width, size[1] / layout.height)
    assert full < 1.1

    texts = painted_texts(matrix)
    assert not overlaps(texts) and not [text for text in texts if text.cut]
    numbers = [text.rect.height() for text in texts if text.text.isdigit()]
    assert len(numbers) == 4 and min(numbers) > 14


@pytest.mark.parametrize(("count", "least"), [(3, 150), (12, 90), (2000, 40)])
def test_few_pictures_grow_with_their_card(
    qtbot: QtBot, theme: Theme, count: int, least: int
) -> None:
    grid = ThumbnailGrid(theme, 44)
    grid.show_rows([(PICTURE, "a class\n97 %", "normal")] * count)
    hint = grid.minimumSizeHint()
    show(qtbot, grid, 620, 420)
    assert grid.tile.width() >= least
    assert not grid.verticalScrollBar().isVisible() or grid.growth == 1.0
    assert grid.minimumSizeHint() == hint  # what has grown asks for no more room

    grid.resize(140, 120)
    assert grid.growth == 1.0 or not grid.verticalScrollBar().isVisible()


def test_the_probe_takes_several_rows_where_they_are_larger(qtbot: QtBot, theme: Theme) -> None:
    strip = ProbeStrip(theme)
    example = Example("image", picture=PICTURE)
    strip.show_predictions([ProbePrediction(example, "Boot", "Bag", 0.5)] * 6)
    show(qtbot, strip, 600, 110)
    flat = strip.side()
    assert len({cell.top() for cell in strip.cells()}) == 1

    strip.resize(600, 420)
    assert strip.side() > 1.4 * flat and len({cell.top() for cell in strip.cells()}) == 2
    texts = painted_texts(strip)
    assert len(texts) == 18 and not overlaps(texts)
    assert not [text for text in texts if text.cut]


# --- tables


def rows() -> list[ClassRow]:
    return [
        ClassRow(f"class {number}", 1 - number / 20, 0.5 + number / 20, 0.7, 10 * number, 12)
        for number in range(1, 5)
    ]


def test_headings_stand_over_their_values_and_sort_by_a_click(qtbot: QtBot, theme: Theme) -> None:
    table = ClassTable(theme)
    table.show_classes(rows())
    show(qtbot, table, 560, 240)
    header = table.horizontalHeader()

    for column in (RECALL, PRECISION, COUNT, 0):
        place = QPoint(header.sectionViewportPosition(column) + 10, header.height() // 2)
        qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=place)
        shown = [line.cells[column] for line in table.model_.rows]
        assert shown in (sorted(shown), sorted(shown, reverse=True))
        check_sides(table)


def check_sides(table: ClassTable) -> None:
    texts = painted_texts(table)
    height = table.horizontalHeader().height()
    heads = [text for text in texts if text.rect.bottom() <= height]
    values = [text for text in texts if text.rect.top() >= height]
    assert len(heads) == 6 and not overlaps(texts)

    right = sorted({round(value.rect.right()) for value in values})
    left = min(value.rect.left() for value in values)
    for head in heads:
        if head.text.startswith("Class"):
            assert abs(head.rect.left() - left) <= 2
        else:
            assert min(abs(head.rect.right() - edge) for edge in right) <= 2, head.text


def test_beyond_thirty_classes_the_confusions_are_listed(qtbot: QtBot, theme: Theme) -> None:
    side = SideCard(theme)
    show(qtbot, side, 460, 400)
    side.show_confusion(confusion(3), "pictures")
    assert side.sides.buttons["confusions"].isHidden() and side.sides.value == "pictures"

    many = confusion(FROM)
    side.show_confusion(many, "pictures")
    side.suggest("classes")
    assert side.sides.buttons["confusions"].isVisible() and side.sides.value == "confusions"

    first = side.confusions.model_.rows[0]
    true, answer, count = many.mistakes()[0]
    assert first.cells[:2] == (f"class {true} → class {answer}", count)

    picked: list[tuple[int, int]] = []
    side.confusions.confusion_picked.connect(lambda true, answer: picked.append((true, answer)))
    place = side.confusions.visualRect(side.confusions.model_.index(0, 0)).center()
    qtbot.mouseClick(side.confusions.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert picked == [(true, answer)] and side.sides.value == "pictures"


def test_shares_with_a_decimal_have_room(qtbot: QtBot, theme: Theme) -> None:
    table = ClassTable(theme)
    table.show_classes([ClassRow("class 1", 0.412, 0.265, 0.345, 1000, 1200)])
    show(qtbot, table, 420, 200)
    texts = [text.text for text in painted_texts(table)]
    assert {"41.2 %", "26.5 %", "34.5 %", "1,000"} <= set(texts)
