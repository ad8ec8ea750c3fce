"""Names in too little room: those that are alike stay apart, and words without spaces break."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetrics

from app.ui.pages.parts import GuideCard
from app.ui.shell.guide_panel import GuidePanel
from app.ui.text.short_names import (
    BREAK,
    alike,
    breakable,
    shared_beginnings,
    short_names,
    two_lines,
    unbroken,
)
from app.ui.widgets.label import Label

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytestqt.qtbot import QtBot

    from app.ui.style.theme import Theme

OPTIMIZERS = ["digits, Adam", "digits, AdamW", "digits, SGD with momentum"]
LONG = [f"A very long class name that says what is seen, {end}" for end in ("first", "second")]
NUMBERED = [f"class_of_things_{number:05}" for number in (1, 2, 13)]
NO_WORDS = ["abcdefghijklmnopqrstuvwxyz1", "abcdefghijklmnopqrstuvwxyz2"]


def letters(count: int) -> Callable[[str], bool]:
    """Returns `fits` for a room of so many letters."""
    return lambda text: len(text) <= count


@pytest.mark.parametrize("names", [OPTIMIZERS, LONG, NUMBERED, NO_WORDS])
@pytest.mark.parametrize("room", [40, 20, 12, 9, 7])
def test_names_that_are_alike_read_differently(names: list[str], room: int) -> None:
    shown = short_names(names, letters(room))
    assert len(set(shown)) == len(names)
    assert all(len(text) <= room for text in shown)

    lines = [
        two_lines(name, shared, letters(room))
        for name, shared in zip(names, shared_beginnings(names), strict=True)
    ]
    assert len(set(lines)) == len(names)
    assert all(len(line) <= room for text in lines for line in text.split("\n"))
    assert all(text.count("\n") <= 1 for text in lines)


def test_the_common_beginning_is_shortened_and_the_difference_stays() -> None:
    assert short_names(OPTIMIZERS[:2], letters(11)) == ["digits…Adam", "digit…AdamW"]
    assert short_names(LONG, letters(16)) == ["A very lon…first", "A very lo…second"]
    assert short_names(NUMBERED, letters(10)) == ["clas…00001", "clas…00002", "clas…00013"]


def test_names_that_fit_and_names_of_their_own_stay_as_they_begin() -> None:
    assert short_names(OPTIMIZERS, letters(30)) == OPTIMIZERS
    assert short_names(["Adam", "stochastic gradient descent"], letters(12)) == [
        "Adam",
        "stochastic…",
    ]
    assert short_names([], letters(3)) == []


def test_two_lines_break_between_words() -> None:
    shared = shared_beginnings(OPTIMIZERS)
    lines = [
        two_lines(name, share, letters(9)) for name, share in zip(OPTIMIZERS, shared, strict=True)
    ]
    assert lines == ["digits,\nAdam", "digits,\nAdamW", "digits,\nSGD with…"]


def test_the_room_is_measured_in_pixels(theme: Theme) -> None:
    metrics = QFontMetrics(theme.font(12))
    shown = [alike(LONG).short(name, metrics, 120) for name in LONG]
    assert all(metrics.horizontalAdvance(text) <= 120 for text in shown)
    assert shown[0].endswith("first") and shown[1].endswith("second")


def test_only_long_words_may_be_broken() -> None:
    text = "An ordinary sentence with a_file_name_of_very_many_parts.tar.gz in it."
    assert breakable("An ordinary sentence.") == "An ordinary sentence."
    assert unbroken(breakable(text)) == text
    words = breakable(text).split(" ")
    assert [BREAK in word for word in words] == [False] * 4 + [True, False, False]


def test_the_guide_wraps_a_word_without_spaces(qtbot: QtBot, theme: Theme) -> None:
    """Qt breaks lines between words only, and cuts off what is longer than the Guide is wide."""
    panel = GuidePanel(theme)
    qtbot.addWidget(panel)
    panel.resize(264, 500)
    word = "Donaudampfschifffahrtsgesellschaftskapitaenswitwe" * 2
    panel.show_cards([GuideCard(word, f"{word} is hard.")])
    panel.show()

    labels = [label for label in panel.findChildren(Label) if word in label.text()]
    assert [label.text() for label in labels] == [word, f"{word} is hard."]
    for label in labels:
        drawn = label.fontMetrics().boundingRect(
            label.rect(), int(Qt.TextFlag.TextWordWrap), super(Label, label).text()
        )
        assert label.width() <= panel.width()
        assert drawn.width() <= label.width() and drawn.height() <= label.height()


def test_what_can_be_copied_has_no_hidden_letters(qtbot: QtBot) -> None:
    label = Label("x" * 60)
    qtbot.addWidget(label)
    label.setWordWrap(True)
    assert BREAK in super(Label, label).text()

    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    assert super(Label, label).text() == "x" * 60
