"""Help: the terms of the lecture are explained offline, and more data are one copied command."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QDialog, QLabel, QPushButton

from app.engine.sources.samples import MORE_DATA
from app.ui.shell.help.glossary import SUBJECTS, GlossaryWindow
from app.ui.shell.help.more_data import MoreData
from app.ui.text.glossary import entries, search
from tests.ui.window_actions import click, find, inside, until

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from tests.ui.conftest import OpenWindow

LECTURE = [
    "dataset",
    "batch",
    "epoch",
    "loss",
    "cross-entropy",
    "gradient",
    "optimizer",
    "SGD",
    "momentum",
    "Adam",
    "weight-decay",
    "learning-rate",
    "schedule",
    "overfitting",
    "validation",
    "test",
    "convolution",
    "attention",
    "transformer",
    "embedding",
    "dropout",
    "accuracy",
    "precision",
    "recall",
    "F1",
    "median",
    "separator",
    "token",
    "seed",
    "augmentation",
    "MLP",
    "CNN",
]


def test_every_entry_is_a_few_sentences_and_no_term_stands_twice() -> None:
    terms = [(entry.subject, entry.term) for entry in entries()]
    assert len(terms) == len(set(terms)) > 50
    for entry in entries():
        assert entry.text.endswith((".", ":")) and 40 < len(entry.text) < 500, entry.term
        assert not re.search(r"[#*`<>]", entry.text), entry.term


@pytest.mark.parametrize("term", LECTURE)
def test_the_terms_of_the_lecture_are_found_by_their_names(term: str) -> None:
    words = term.replace("-", " ") if term != "cross-entropy" else term
    found = search(words)
    assert found and words.casefold() in found[0].term.casefold()


def test_pages_lead_to_subjects_that_are_there() -> None:
    assert set(SUBJECTS.values()) <= {entry.subject for entry in entries()}
    assert search("xyzzy") == () and len(search("")) == len(entries())


def test_f1_explains_a_term_that_is_typed(qtbot: QtBot, open_window: OpenWindow) -> None:
    window = open_window()
    window.frame.go("learning")
    window.frame.activateWindow()
    until(qtbot, window.frame.isActiveWindow)
    qtbot.keyClick(window.frame, Qt.Key.Key_F1)
    dialog = find(window, "help.glossary", QDialog)
    assert isinstance(dialog, GlossaryWindow)
    assert (dialog.subject.text(), dialog.term.text()) == ("Learning", "Loss")

    qtbot.keyClicks(dialog.field, "recall")
    assert dialog.term.text() == "Recall" and "that was found" in dialog.text.text()
    qtbot.keyClick(dialog.field, Qt.Key.Key_Down)
    assert dialog.term.text() == "Recall at 1 and at 5"

    qtbot.keyClicks(dialog.field, " xyzzy")
    assert dialog.term.text() == "Nothing found" and dialog.list.count() == 0
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    until(qtbot, lambda: not window.frame.findChildren(QDialog, "help.glossary"))


def test_more_data_are_a_sentence_and_a_button_that_copies(
    qtbot: QtBot, open_window: OpenWindow
) -> None:
    window = open_window()
    window.frame.go("welcome")
    click(qtbot, window, "welcome.fashion")
    dialog = find(window, "help.fashion", QDialog)
    assert isinstance(dialog, MoreData)
    shown = " ".join(label.text() for label in dialog.findChildren(QLabel))
    assert "apt-get" not in shown and "awk" not in shown

    for data in MORE_DATA:
        copy = find(window, f"help.more_data.{data.name}", QPushButton)
        qtbot.mouseClick(copy, Qt.MouseButton.LeftButton)
        assert QApplication.clipboard().text() == data.command
        assert any(data.then in label.text() for label in dialog.findChildren(QLabel))

    dialog.reject()
    assert inside(window).document.data_state == "none"
