"""Dialogs for files begin where the last one for the same purpose ended, after a restart too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QFileDialog, QWidget

from app.ui.state.preferences import Preferences
from app.ui.widgets.file_dialogs import LastFolders, ask_to_open, ask_to_save

if TYPE_CHECKING:
    from pathlib import Path

    import pytest
    from pytestqt.qtbot import QtBot


def _widget_in_window(qtbot: QtBot, preferences: Path) -> tuple[QWidget, Preferences]:
    window = QWidget()
    qtbot.addWidget(window)
    kept = Preferences(preferences)
    LastFolders(window, kept)
    return QWidget(window), kept


def test_each_purpose_begins_in_its_last_folder(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "pictures").mkdir()
    begun: list[str] = []
    picture = str(tmp_path / "pictures" / "a.png")

    def answer(_parent: QWidget, _title: str, start: str, _kinds: str) -> tuple[str, str]:
        begun.append(start)
        return picture, ""

    monkeypatch.setattr(QFileDialog, "getOpenFileName", answer)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", answer)
    widget, kept = _widget_in_window(qtbot, tmp_path / "window.json")
    for _ in range(2):
        assert str(ask_to_open(widget, "example", "Open", "All files (*)")) == picture

    ask_to_save(widget, "figures", "Save", "loss.png", "PNG (*.png)")
    assert begun == ["", str(tmp_path / "pictures"), "loss.png"]

    kept.save()
    after_restart, _ = _widget_in_window(qtbot, tmp_path / "window.json")
    ask_to_save(after_restart, "figures", "Save", "loss.png", "PNG (*.png)")
    ask_to_save(after_restart, "figures", "Save", str(tmp_path / "b.csv"), "CSV (*.csv)")
    assert begun[3:] == [str(tmp_path / "pictures" / "loss.png"), str(tmp_path / "b.csv")]


def test_a_folder_that_is_gone_is_not_offered(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    begun: list[str] = []

    def cancel(_parent: QWidget, _title: str, start: str, _kinds: str) -> tuple[str, str]:
        begun.append(start)
        return "", ""

    monkeypatch.setattr(QFileDialog, "getOpenFileName", cancel)
    widget, kept = _widget_in_window(qtbot, tmp_path / "window.json")
    kept.set("folders", {"example": str(tmp_path / "gone"), "answers": 5})
    assert ask_to_open(widget, "example", "Open", "") is None
    assert ask_to_open(widget, "answers", "Open", "") is None
    assert begun == ["", ""]
    assert kept.get("folders", {}) == {"example": str(tmp_path / "gone"), "answers": 5}
