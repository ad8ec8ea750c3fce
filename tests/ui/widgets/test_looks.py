"""Mouse, focus and choice look different from one another, on cards and on buttons."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QRadioButton,
    QStyle,
    QStyleOptionButton,
    QWidget,
)

from app.ui.pages.model.gallery.card import Offer, TemplateCard
from app.ui.style.theme import style
from app.ui.widgets.tile import Tile
from models.template import TEMPLATES
from tests.ui.painted_texts import painted_texts

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from app.ui.style.theme import Theme


def button(kind: str, theme: Theme) -> QAbstractButton:
    if kind == "template":
        return TemplateCard(Offer.of_template(TEMPLATES.all()[0]), theme)
    if kind == "tile":
        return Tile(theme, "a", "A title", "A text")

    plain = QPushButton("A word")
    style(plain, kind)
    return plain


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("kind", ["template", "tile", "", "segment", "small"])
def test_each_state_has_a_look_of_its_own(
    qtbot: QtBot, theme: Theme, kind: str, dark: bool
) -> None:
    theme.set_dark(dark)
    window = QWidget()
    qtbot.addWidget(window)
    row = QHBoxLayout(window)
    shown = button(kind, theme)
    shown.setCheckable(True)
    other = QPushButton("Elsewhere")
    row.addWidget(shown)
    row.addWidget(other)
    window.resize(420, 140)
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)

    def look(focus: bool = False, mouse: bool = False, chosen: bool = False) -> object:
        (shown if focus else other).setFocus(Qt.FocusReason.TabFocusReason)
        qtbot.mouseMove(shown, QPoint(20, 20) if mouse else QPoint(-5, -5))
        # Without a screen, Qt does not always tell where the mouse was before.
        shown.setAttribute(Qt.WidgetAttribute.WA_UnderMouse, mouse)
        shown.setChecked(chosen)
        return shown.grab().toImage()

    looks = [look(), look(focus=True), look(mouse=True)]
    if kind != "tile":  # a tile is pressed, never chosen
        looks += [look(chosen=True), look(chosen=True, mouse=True), look(chosen=True, focus=True)]

    assert all(one != another for one, another in combinations(looks, 2))


@pytest.mark.parametrize("zoom", [0.8, 1.0, 1.25, 1.5, 1.75, 2.0])
def test_a_radio_button_is_round_at_every_size(qtbot: QtBot, theme: Theme, zoom: float) -> None:
    """Qt paints a square where the radius is more than half of the side."""
    theme.set_zoom(zoom)
    window = QWidget()
    qtbot.addWidget(window)
    row = QHBoxLayout(window)
    radio = QRadioButton("A choice")
    row.addWidget(radio)
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    for focus in (False, True):
        (radio.setFocus if focus else radio.clearFocus)()
        option = QStyleOptionButton()
        radio.initStyleOption(option)
        part = QStyle.SubElement.SE_RadioButtonIndicator
        box = radio.style().subElementRect(part, option, radio)
        picture = radio.grab().toImage()
        ground = picture.pixelColor(picture.width() - 1, 0)
        side = picture.pixelColor(box.left(), box.center().y())
        assert picture.pixelColor(box.topLeft()) == ground != side, (zoom, focus)


@pytest.mark.parametrize("zoom", [1.0, 1.5, 2.0])
def test_the_cross_that_empties_a_field_stands_in_its_middle(
    qtbot: QtBot, theme: Theme, zoom: float
) -> None:
    theme.set_zoom(zoom)
    window = QWidget()
    qtbot.addWidget(window)
    field = QLineEdit("abc")
    field.setClearButtonEnabled(True)
    row = QHBoxLayout(window)
    row.addWidget(field)
    window.resize(420, 140)
    window.show()
    cross = field.findChild(QAbstractButton)
    assert cross is not None and field.rect().contains(cross.geometry())
    assert abs(cross.geometry().center().y() - field.rect().center().y()) <= 1


@pytest.mark.parametrize(("width", "size"), [(220, "625,466 parameters"), (124, "625,466")])
def test_the_size_of_a_template_is_never_cut(
    qtbot: QtBot, theme: Theme, width: int, size: str
) -> None:
    card = TemplateCard(Offer.of_template(TEMPLATES.get("resnet")), theme)
    qtbot.addWidget(card)
    card.describe("625,466", "")
    card.setFixedSize(width, card.needed(width, compact=False))
    shown = [text for text in painted_texts(card) if text.text.startswith("625")]
    assert [text.text for text in shown] == [size] and not any(text.cut for text in shown)
