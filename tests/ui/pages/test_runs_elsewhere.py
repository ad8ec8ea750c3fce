"""Runs of other tools beside runs in the comparison: added, dropped, kept, damaged, removed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDesktopServices, QDragEnterEvent, QDropEvent

from app.ui.pages.runs.compare.elsewhere import KEY, KeptLogs
from app.ui.pages.runs.page import RunsPage
from tests.engine.runs.test_comparable_logs import STATE
from tests.engine.runs.test_logs import KERAS, curve, event_file
from tests.ui.harness import PATIENCE_MS, Harness
from tests.written_runs import write_run

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from app.ui.pages.runs.compare.view import CompareView


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("beside") / "runs"
    for name, rate in (("fast", 0.01), ("slow", 0.001)):
        write_run(folder, name, settings={"optimizer": {"kind": "adam", "learning_rate": rate}})
    return folder


@pytest.fixture
def logs(tmp_path: Path) -> dict[str, Path]:
    event_file(tmp_path / "board" / "a.tfevents.1", curve("loss", [3, 2, 1]))
    (tmp_path / "keras.csv").write_text(KERAS)
    state = tmp_path / "trainer_state.json"
    state.write_text(json.dumps(STATE))
    return {"board": tmp_path / "board", "keras": tmp_path / "keras.csv", "trainer": state}


@pytest.fixture
def page(qtbot: QtBot, harness: Harness, folder: Path) -> RunsPage:
    object.__setattr__(harness.parts, "runs_folder", folder)
    runs_page = RunsPage(harness.parts)
    qtbot.addWidget(runs_page)
    runs_page.resize(1040, 610)
    runs_page.show()
    qtbot.waitUntil(lambda: len(runs_page.table.runs.entries) == 2, timeout=PATIENCE_MS)
    return runs_page


def compare(qtbot: QtBot, page: RunsPage, count: int = 2) -> CompareView:
    page.table.choose([entry.path for entry in page.table.runs.entries])
    qtbot.mouseClick(page.comparison.full, Qt.MouseButton.LeftButton)
    view = page.pages.full
    until(qtbot, view, count)
    return view


def until(qtbot: QtBot, view: CompareView, count: int) -> None:
    """Waits until so many runs are compared and drawn."""

    def done() -> bool:
        drawn = sum(series.visible for series in view.curves.compare_plot.series)
        return len(view.runs.subjects) == count and drawn >= min(count, 2)

    qtbot.waitUntil(done, timeout=PATIENCE_MS)


def cells(view: CompareView, title: str) -> dict[str, str]:
    column = next(each for each in view.table.model.columns if each.title == title)
    return dict(zip(view.runs.labels, column.texts, strict=True))


def test_logs_stand_beside_runs(
    qtbot: QtBot, page: RunsPage, logs: dict[str, Path], harness: Harness
) -> None:
    view = compare(qtbot, page)
    view.elsewhere.take(list(logs.values()))
    until(qtbot, view, 5)
    assert view.runs.labels[2:] == ("board", "keras", logs["trainer"].parent.name)
    assert cells(view, "State")["keras"] == "From elsewhere"
    assert cells(view, "Validation accuracy")["keras"] == "60 %"
    assert cells(view, "Best epoch")["keras"] == "2" and cells(view, "Best epoch")["board"] == "–"
    assert cells(view, "Learning rate")["keras"] == "–"
    assert cells(view, "Batch size")[logs["trainer"].parent.name] == "16"
    assert view.about.text() == "2 runs, 3 from elsewhere"
    assert any(name.startswith("fast · ") or name == "fast" for name in view.runs.names)

    assert harness.parts.preferences.get(KEY, []) == [str(path) for path in logs.values()]
    plot = view.curves.compare_plot
    remark = view.curves.remark
    qtbot.waitUntil(
        lambda: "1 run does not say how many steps" in remark.text(), timeout=PATIENCE_MS
    )
    view.curves.tools_row.axes.buttons["step"].click()
    qtbot.waitUntil(lambda: plot.x_title == "step", timeout=PATIENCE_MS)
    assert sum(series.visible for series in plot.series) == 4


def drop(view: CompareView, *paths: Path) -> bool:
    """Drops files on the comparison; returns whether it takes them."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    copy, left, none = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier
    enter = QDragEnterEvent(view.rect().center(), copy, data, left, none.NoModifier)
    view.dragEnterEvent(enter)
    if enter.isAccepted():
        view.dropEvent(QDropEvent(QPointF(9, 9), copy, data, left, none.NoModifier))
    return enter.isAccepted()


def test_a_log_can_be_dropped_and_other_files_go_to_the_window(
    qtbot: QtBot, page: RunsPage, logs: dict[str, Path], tmp_path: Path
) -> None:
    view = compare(qtbot, page)
    assert drop(view, logs["board"])
    until(qtbot, view, 3)
    (tmp_path / "cat.png").write_bytes(b"")
    assert not drop(view, tmp_path / "cat.png") and not drop(view, tmp_path)


def test_a_log_that_is_missing_or_damaged_later_is_a_sentence(
    qtbot: QtBot, page: RunsPage, logs: dict[str, Path], harness: Harness
) -> None:
    KeptLogs(harness.parts.preferences).add(logs.values())
    view = compare(qtbot, page, 5)
    logs["keras"].unlink()
    events = logs["board"] / "a.tfevents.1"
    events.write_bytes(events.read_bytes()[:-5])
    logs["trainer"].write_text("{")
    page.pages.show_list()
    page.pages.compare(page.table.chosen())
    until(qtbot, view, 3)
    remark = view.curves.remark
    for words in ("keras.csv", "read to that place only", "cut off or damaged"):
        qtbot.waitUntil(lambda words=words: words in remark.text(), timeout=PATIENCE_MS)

    assert view.runs.labels == ("slow", "fast", "board") or view.runs.labels[2] == "board"
    view.elsewhere.menu().aboutToShow.emit()
    actions = [each for each in view.elsewhere.menu().actions() if "Remove" in each.text()]
    assert len(actions) == 3
    for action in actions:
        action.trigger()
    until(qtbot, view, 2)
    assert KeptLogs(harness.parts.preferences).paths == ()
    qtbot.waitUntil(lambda: "keras" not in remark.text(), timeout=PATIENCE_MS)


def test_the_report_of_a_comparison_has_them(
    qtbot: QtBot,
    page: RunsPage,
    logs: dict[str, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    out = tmp_path / "a report.html"
    monkeypatch.setattr("app.ui.pages.run_actions.ask_to_save", lambda *_: out)
    opened: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(url.toLocalFile()))
    view = compare(qtbot, page)
    view.elsewhere.take([logs["keras"]])
    until(qtbot, view, 3)
    qtbot.mouseClick(view.report, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bool(opened), timeout=PATIENCE_MS)
    assert "3 runs compared" in out.read_text(encoding="utf-8")
