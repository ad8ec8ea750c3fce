"""What people type as numbers, in four locales: taken where it is clear, refused elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QLocale, Qt

from app.ui.text.typed_numbers import UnclearNumber, own_decimal_point, typed_number
from app.ui.widgets.settings.number_box import NumberBox

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytestqt.qtbot import QtBot

LOCALES = ("en_US", "de_DE", "fr_FR", "de_CH")
NO = None
"""It is refused."""

FRACTIONS: dict[str, float | tuple[float | None, ...] | None] = {
    "0": 0.0,
    "5": 5.0,
    "-5": -5.0,
    "−5": -5.0,
    "+5": 5.0,
    "0.5": 0.5,
    "0,5": 0.5,
    ".5": 0.5,
    ",5": 0.5,
    "5.": 5.0,
    "-0,05": -0.05,
    "0.001": 0.001,
    "0,001": 0.001,
    "1.50": 1.5,
    "1,50": 1.5,
    "1.5000": 1.5,
    "12,3456": 12.3456,
    "1234.5": 1234.5,
    "1234,500": 1234.5,
    "1e-3": 0.001,
    "1E3": 1000.0,
    "2,5e-4": 0.00025,
    "1.234,5": 1234.5,
    "1,234.5": 1234.5,
    "1.234.567": 1234567.0,
    "1,234,567": 1234567.0,
    "1.234.567,8": 1234567.8,
    "1 234 567": 1234567.0,
    "1\u202f234,5": 1234.5,
    "1\u00a0234,5": 1234.5,
    "1'234.5": 1234.5,
    "1’234,5": 1234.5,
    # en, de, fr, Swiss German (whose decimals follow a point)
    "1.500": (1.5, NO, NO, 1.5),
    "1,500": (1500.0, 1.5, 1.5, 1500.0),
    "12.000": (12.0, NO, NO, 12.0),
    "12,000": (12000.0, 12.0, 12.0, 12000.0),
    "1.2.3": NO,
    "1,2,3": NO,
    "1.234,567.8": NO,
    "12.34,5": NO,
    "1 23": NO,
    "e5": NO,
    "-": NO,
    ".": NO,
}

WHOLE: dict[str, float | None] = {
    "5": 5,
    "1.500": 1500,
    "1,500": 1500,
    "1 500": 1500,
    "1'500": 1500,
    "1.234.567": 1234567,
    "2.0": 2,
    "2,0": 2,
    "1e3": 1000,
    "1.234,0": 1234,
    "1.5": NO,
    "1,5": NO,
    "0.500": NO,
    "1e-3": NO,
}


@pytest.fixture(params=LOCALES)
def locale(request: pytest.FixtureRequest) -> Iterator[str]:
    before = QLocale()
    QLocale.setDefault(QLocale(request.param))
    yield request.param
    QLocale.setDefault(before)


def meant(text: str, whole: bool) -> float | None:
    try:
        return typed_number(text, whole, own_decimal_point())
    except UnclearNumber as unclear:
        assert text in str(unclear)
        return NO


@pytest.mark.parametrize("text", FRACTIONS)
def test_a_number_is_what_was_meant_or_refused(text: str, locale: str) -> None:
    expected = FRACTIONS[text]
    if isinstance(expected, tuple):
        expected = expected[LOCALES.index(locale)]
    assert meant(text, whole=False) == expected


@pytest.mark.parametrize("text", WHOLE)
def test_a_whole_number_has_no_fraction_and_may_have_groups(text: str, locale: str) -> None:
    assert meant(text, whole=True) == WHOLE[text]


def test_what_can_be_two_numbers_is_refused_with_both() -> None:
    with pytest.raises(UnclearNumber, match=r"'1\.500' can be 1500 or 1\.5: type one of these"):
        typed_number("1.500", False, ",")


@pytest.mark.parametrize("whole", [False, True], ids=["fraction", "whole"])
@pytest.mark.parametrize("value", [0.0, 0.000009, 0.5, 1500.0, 1234567.0, 1e-8])
def test_what_a_field_shows_is_read_as_the_same_number(
    qtbot: QtBot, locale: str, whole: bool, value: float
) -> None:
    if whole and not value.is_integer():
        return

    box = NumberBox(whole)
    qtbot.addWidget(box)
    box.show_value(value)
    assert "e" not in box.text()
    box.interpretText()
    assert box.value() == value


def test_a_field_takes_what_is_typed_and_says_what_it_does_not_take(
    qtbot: QtBot, locale: str
) -> None:
    box = NumberBox(whole=True, unit="examples")
    qtbot.addWidget(box)
    box.show_value(32)
    box.show()
    refused: list[str] = []
    box.refused.connect(refused.append)

    box.selectAll()
    qtbot.keyClicks(box, "1.5")
    qtbot.keyClick(box, Qt.Key.Key_Return)
    assert refused == ["'1.5' is not a whole number."]
    assert box.value() == 32 and box.text() == "32 examples"

    box.selectAll()
    qtbot.keyClicks(box, "1.500")
    qtbot.keyClick(box, Qt.Key.Key_Return)
    assert box.value() == 1500 and box.text() == "1,500 examples"


def test_one_has_a_unit_in_the_singular(qtbot: QtBot) -> None:
    box = NumberBox(whole=True, unit="blocks a stage")
    qtbot.addWidget(box)
    box.show_value(1)
    box.show()
    assert box.text() == "1 block a stage"
    box.stepBy(1)
    assert box.value() == 2 and box.text() == "2 blocks a stage"
    box.stepBy(-1)
    assert box.text() == "1 block a stage"
    for typed, value in (("3", 3), ("1", 1), ("4", 4)):
        box.selectAll()
        qtbot.keyClicks(box, typed)
        qtbot.keyClick(box, Qt.Key.Key_Return)
        assert box.value() == value and box.text() == f"{value} block{'s'[: value - 1]} a stage"
