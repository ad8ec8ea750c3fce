"""The Runs page on real run folders: the list, its actions and their undo, and comparing."""

from __future__ import annotations

import socket
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QAbstractButton, QLabel, QLineEdit, QWidget

from app.engine.runs.run import Run
from app.engine.runs.storage import manifest
from app.engine.runs.storage.run_lock import OWNER, owner_content
from app.engine.text import duration_text
from app.ui.pages.runs.differences import compare
from app.ui.pages.runs.entries import read_entries, read_entry
from app.ui.pages.runs.model import BEST, NOTE, RUN, TIME, cell_text
from app.ui.pages.runs.overlay import spread
from app.ui.pages.runs.page import RunsPage
from app.ui.state.session import Session, State
from app.ui.text.run_names import label_of, labels_of
from tests.ui import fake_run
from tests.ui.harness import PATIENCE_MS, Harness, until_it_fits
from tests.ui.trained_runs import trained_run

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot


@pytest.fixture
def runs(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Run]:
    """Returns two runs, the newest first; the second one has other settings."""
    folder = tmp_path / "runs"
    return [
        trained_run(tmp_path_factory, folder, "second", "2026-11-21"),
        trained_run(tmp_path_factory, folder, "first", "2026-11-20", epochs=1, seed=5),
    ]


@pytest.fixture
def page(qtbot: QtBot, harness: Harness) -> RunsPage:
    runs_page = RunsPage(harness.parts)
    qtbot.addWidget(runs_page)
    runs_page.resize(840, 610)
    runs_page.show()

    return runs_page


@pytest.fixture
def page_with_runs(qtbot: QtBot, runs: list[Run], page: RunsPage) -> RunsPage:
    until_listed(qtbot, page, len(runs))
    return page


def until_listed(qtbot: QtBot, page: RunsPage, count: int) -> None:
    page.refresh()
    qtbot.waitUntil(lambda: len(page.table.runs.entries) == count, timeout=PATIENCE_MS)


def names(page: RunsPage) -> list[str]:
    return [entry.name for entry in page.table.runs.entries]


def button(page: QWidget, name: str) -> QAbstractButton:
    widget = page.findChild(QAbstractButton, name)
    assert isinstance(widget, QAbstractButton), name
    return widget


def press(qtbot: QtBot, page: QWidget, name: str) -> None:
    assert button(page, name).isVisible() and button(page, name).isEnabled(), name
    qtbot.mouseClick(button(page, name), Qt.MouseButton.LeftButton)


def do(page: RunsPage, name: str) -> None:
    action = page.findChild(QAction, name)
    assert isinstance(action, QAction) and action.isEnabled(), name
    action.trigger()


def message(page: RunsPage) -> str:
    label = page.findChild(QLabel, "runs.message")
    assert isinstance(label, QLabel) and label.isVisible()
    return label.text()


def lock(run: Run, process: int) -> None:
    (run.path / OWNER).write_bytes(owner_content(process, socket.gethostname()))


# --- the list


def test_without_runs_the_page_says_how_to_get_one(
    qtbot: QtBot, harness: Harness, page: RunsPage
) -> None:
    qtbot.waitUntil(lambda: page.stack.currentIndex() == 1, timeout=PATIENCE_MS)
    press(qtbot, page, "runs.begin")
    assert harness.pages_opened == ["data"]


def test_the_newest_comes_first_with_its_figures(page_with_runs: RunsPage, runs: list[Run]) -> None:
    assert names(page_with_runs) == ["second", "first"]
    first = page_with_runs.table.runs.entries[0]
    summary = runs[0].summary()
    accuracy = summary["metrics"]["validation"]["accuracy"]

    assert first.figure == pytest.approx(accuracy) and first.usable
    assert cell_text(first, BEST) == f"{100 * accuracy:.1f} %, epoch {summary['best_epoch']} of 3"
    assert cell_text(first, RUN).startswith("second: Completed, 21 Nov")
    assert len(first.losses) == 3 and np.isfinite(first.losses).all()


def test_the_time_is_of_the_work_on_the_run(
    qtbot: QtBot, harness: Harness, page_with_runs: RunsPage, runs: list[Run]
) -> None:
    """Not of its validations, which take no second: also while it trains, and interrupted."""
    whole = runs[0].summary()["seconds"]
    assert cell_text(page_with_runs.table.runs.entries[0], TIME) == duration_text(whole)

    lock(runs[0], 2**22 - 1)
    interrupted = read_entry(runs[0])
    assert interrupted.status == "interrupted" and interrupted.seconds is not None
    assert 0.8 * whole <= interrupted.seconds <= whole

    session = harness.parts.session
    session._live = fake_run.record_of(fake_run.run_started(path=runs[1].path))
    session.state = State.RUNNING
    steps = fake_run.steps_done(1, [0.5])
    session._live.add(replace(steps, elapsed=74.0))
    page_with_runs.refresh()
    entries = page_with_runs.table.runs
    qtbot.waitUntil(
        lambda: cell_text(entries.entries[entries.row_of(runs[1].path)], TIME) == "1:14",
        timeout=PATIENCE_MS,
    )
    session.state = State.IDLE


def test_the_header_sorts_and_takes_it_back(page_with_runs: RunsPage) -> None:
    header = page_with_runs.table.horizontalHeader()
    header.setSortIndicator(RUN, Qt.SortOrder.AscendingOrder)
    assert names(page_with_runs) == ["first", "second"]

    header.setSortIndicator(BEST, Qt.SortOrder.DescendingOrder)
    values = [entry.figure for entry in page_with_runs.table.runs.entries]
    assert values == sorted(values, reverse=True)

    header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
    assert names(page_with_runs) == ["second", "first"]


def test_only_what_changed_is_read_again(runs: list[Run]) -> None:
    folder = runs[0].path.parent
    known = {entry.path: entry for entry in read_entries(folder, {}, lambda: None)}
    runs[0].note = "changed"
    again = read_entries(folder, known, lambda: None)

    assert again[0] is not known[runs[0].path] and again[0].note == "changed"
    assert again[1] is known[runs[1].path]


def test_a_damaged_run_is_listed_all_the_same(
    qtbot: QtBot, page_with_runs: RunsPage, runs: list[Run]
) -> None:
    (runs[0].path / "summary.json").write_text("{ no", encoding="utf-8")
    (runs[0].path / "metrics.jsonl").write_bytes(b'{"epoch": 1, "val')
    entry = read_entry(runs[0])
    assert entry.status == "damaged" and entry.figure is None and len(entry.losses) == 0
    assert "'summary.json'" in entry.reason and "is damaged" in entry.reason


# --- interrupted


def test_a_run_whose_process_died_can_be_resumed(
    qtbot: QtBot, harness: Harness, page: RunsPage, runs: list[Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest.remove(runs[0].path, "summary.json")
    lock(runs[0], 2**22 + 1)
    until_listed(qtbot, page, 2)
    assert cell_text(page.table.runs.entries[0], RUN).startswith("second: Interrupted: Resume?")

    requests: list[tuple[Path, int | None]] = []
    monkeypatch.setattr(
        Session, "go_on", lambda self, path, epochs=None: requests.append((path, epochs))
    )
    assert any(card.button == "Resume" for card in page.guide())

    press(qtbot, page, "runs.resume")
    assert requests == [(runs[0].path, None)] and harness.pages_opened == ["training"]


def test_a_finished_run_is_trained_longer(
    qtbot: QtBot, page_with_runs: RunsPage, runs: list[Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    requests: list[tuple[Path, int | None]] = []
    monkeypatch.setattr(
        Session, "go_on", lambda self, path, epochs=None: requests.append((path, epochs))
    )
    assert button(page_with_runs, "runs.resume").text() == "Train 10 more epochs"
    press(qtbot, page_with_runs, "runs.resume")

    assert requests == [(runs[0].path, 13)]


# --- actions


def test_opening_shows_the_run_in_results(
    qtbot: QtBot, harness: Harness, page_with_runs: RunsPage, runs: list[Run]
) -> None:
    page_with_runs.table.choose([runs[1].path])
    press(qtbot, page_with_runs, "runs.open")
    qtbot.waitUntil(lambda: harness.pages_opened == ["results"], timeout=PATIENCE_MS)
    record = harness.parts.session.record

    assert record.path == runs[1].path and len(record.epochs) == 1


def test_enter_opens_and_the_arrow_walks(
    qtbot: QtBot, harness: Harness, page_with_runs: RunsPage, runs: list[Run]
) -> None:
    page_with_runs.table.setFocus()
    qtbot.keyClick(page_with_runs.table, Qt.Key.Key_Down)
    qtbot.keyClick(page_with_runs.table, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: harness.parts.session.record.path == runs[1].path, timeout=PATIENCE_MS)


def edit(qtbot: QtBot, page: RunsPage, action: str, text: str) -> None:
    """Types into the cell that an action opens."""
    do(page, action)
    editor = page.table.viewport().findChild(QLineEdit)
    assert isinstance(editor, QLineEdit)

    editor.setText(text)
    qtbot.keyClick(editor, Qt.Key.Key_Return)


def test_a_run_is_renamed_and_keeps_its_day(
    qtbot: QtBot, harness: Harness, page_with_runs: RunsPage, runs: list[Run]
) -> None:
    edit(qtbot, page_with_runs, "runs.rename", "Kleiderschrank (é)")
    qtbot.waitUntil(lambda: "Kleiderschrank (é)" in names(page_with_runs), timeout=PATIENCE_MS)
    assert (runs[0].path.parent / "2026-11-21 Kleiderschrank (é)" / "summary.json").is_file()
    assert [entry.name for entry in page_with_runs.table.chosen()] == ["Kleiderschrank (é)"]


def test_a_name_that_is_taken_is_refused(
    qtbot: QtBot, page_with_runs: RunsPage, runs: list[Run], tmp_path: Path
) -> None:
    (runs[0].path.parent / "2026-11-21 taken").mkdir()
    edit(qtbot, page_with_runs, "runs.rename", "taken")
    qtbot.waitUntil(page_with_runs.message.isVisible)
    assert "already a run called" in message(page_with_runs)
    assert runs[0].path.is_dir()


def test_a_note_is_kept(qtbot: QtBot, page_with_runs: RunsPage, runs: list[Run]) -> None:
    edit(qtbot, page_with_runs, "runs.note", "the best one")
    qtbot.waitUntil(
        lambda: cell_text(page_with_runs.table.runs.entries[0], NOTE) == "the best one",
        timeout=PATIENCE_MS,
    )
    assert runs[0].note == "the best one"


def test_a_run_is_duplicated_and_the_copy_is_chosen(
    qtbot: QtBot, page_with_runs: RunsPage, runs: list[Run]
) -> None:
    page_with_runs.table.choose([runs[0].path])
    do(page_with_runs, "runs.duplicate")
    qtbot.waitUntil(lambda: len(page_with_runs.table.runs.entries) == 3, timeout=PATIENCE_MS)

    copy = page_with_runs.table.chosen()[0]
    assert copy.name == "second copy" and message(page_with_runs) == (
        "'second copy' is a copy of 'second'."
    )
    original = read_entry(runs[0])
    assert copy.metrics == original.metrics and copy.losses.tolist() == original.losses.tolist()
    assert copy.can_go_on and copy.status == "completed"


def test_one_run_is_compared_with_the_open_one(
    harness: Harness, page_with_runs: RunsPage, runs: list[Run]
) -> None:
    page_with_runs.table.choose([runs[0].path])
    action = page_with_runs.findChild(QAction, "runs.compare")
    assert action is not None and action.text() == "Compare with 'first'"
    do(page_with_runs, "runs.compare")
    assert [entry.name for entry in page_with_runs.table.chosen()] == ["second", "first"]
    assert action.text() == "Compare"


def test_a_run_is_made_again_and_branched_only_while_nothing_trains(
    qtbot: QtBot, harness: Harness, page_with_runs: RunsPage, runs: list[Run]
) -> None:
    page_with_runs.table.choose([runs[1].path])
    do(page_with_runs, "runs.again")
    session = harness.parts.session
    assert session.active
    for name in ("runs.again", "runs.branch"):
        action = page_with_runs.findChild(QAction, name)
        assert action is not None and not action.isEnabled() and "under way" in action.toolTip()

    qtbot.waitUntil(lambda: not session.active, timeout=PATIENCE_MS)
    again = session.record
    assert again.finished is not None and again.path is not None
    assert again.finished.summary["weights_sha256"] == runs[1].summary()["weights_sha256"]
    assert harness.pages_opened[-1] == "training"


def test_deleting_can_be_undone(
    qtbot: QtBot, harness: Harness, page_with_runs: RunsPage, runs: list[Run]
) -> None:
    before = sorted(path.name for path in runs[0].path.rglob("*"))
    qtbot.keyClick(page_with_runs.table, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: names(page_with_runs) == ["first"], timeout=PATIENCE_MS)
    assert not runs[0].path.exists() and message(page_with_runs) == "'second' is in the trash."

    press(qtbot, page_with_runs, "runs.undo")
    qtbot.waitUntil(lambda: names(page_with_runs) == ["second", "first"], timeout=PATIENCE_MS)
    assert sorted(path.name for path in runs[0].path.rglob("*")) == before
    assert not page_with_runs.message.isVisible()


def test_a_run_that_runs_is_not_deleted(
    qtbot: QtBot, page_with_runs: RunsPage, runs: list[Run]
) -> None:
    owner = Run(runs[0].path)
    owner.claim()
    do(page_with_runs, "runs.delete")
    assert "is running and cannot be deleted" in message(page_with_runs)
    assert runs[0].path.is_dir()
    owner.release()


# --- comparing


def test_ticking_two_runs_lays_them_over_one_another(
    qtbot: QtBot, page_with_runs: RunsPage
) -> None:
    table = page_with_runs.table
    cell = table.visualRect(table.runs.index(1, RUN))
    qtbot.mouseClick(
        table.viewport(),
        Qt.MouseButton.LeftButton,
        pos=QPoint(cell.left() + 14, cell.center().y()),
    )

    assert [entry.name for entry in table.chosen()] == ["second", "first"]
    qtbot.waitUntil(lambda: page_with_runs.comparison.table.columnCount() == 3, timeout=PATIENCE_MS)
    overlay = page_with_runs.comparison.overlay
    curves = [curve.getData()[1] for curve in overlay._curves[:2]]
    assert [len(values) for values in curves] == [3, 1]

    press(qtbot, page_with_runs, "runs.curve.figure")
    assert (overlay._curves[0].getData()[1] == table.runs.entries[0].figures).all()
    assert "second, first" in overlay.accessibleName()
    level = table.runs.entries[0].chance
    validation = Run(table.runs.entries[0].path).dataset()["counts"]["validation"]
    assert level is not None and level in {count / sum(validation) for count in validation}
    assert overlay.chance == level and "guessing" in overlay._chance_words
    line = overlay._chance.getData()[1]
    assert overlay._chance_is_far or line.tolist() == [level, level]

    press(qtbot, page_with_runs, "runs.curve.loss")
    assert overlay.chance is None and overlay._chance_words == ""

    first = page_with_runs.comparison.table.item(0, 0)
    assert first is not None and first.text() in ("Epochs", "Seed")
    qtbot.mouseClick(
        table.viewport(),
        Qt.MouseButton.LeftButton,
        pos=QPoint(cell.left() + 14, cell.center().y()),
    )

    assert [entry.name for entry in table.chosen()] == ["second"]


def test_settings_that_differ_come_first_and_figures_say_which_is_best(runs: list[Run]) -> None:
    entries = [read_entry(run) for run in runs]
    comparison = compare(entries)
    differing = {line.label: line.texts for line in comparison.settings}
    assert differing == {"Epochs": ("3", "1"), "Seed": ("0", "5")}
    assert comparison.same > 10

    accuracy = next(line for line in comparison.figures if line.label == "Validation accuracy")
    better = int(np.argmax([entry.figure for entry in entries]))
    assert accuracy.best == better


def test_one_run_alone_shows_what_was_chosen(runs: list[Run]) -> None:
    chosen = {line.label: line.texts for line in compare([read_entry(runs[1])]).settings}
    assert chosen["Epochs"] == ("1",) and chosen["Seed"] == ("5",) and "Rotate" not in chosen


@pytest.mark.parametrize(
    "wanted", [[0.5], [0.5, 0.5, 0.5], [0.0, 0.01, 0.9, 0.91], [0.9, 0.95, 1.0, 1.0, 1.0]]
)
def test_names_beside_curves_never_lie_on_one_another(wanted: list[float]) -> None:
    placed = spread(wanted, 0.1, 0.0, 1.0)
    assert all(b - a >= 0.1 - 1e-9 for a, b in pairwise(placed))
    assert placed[0] >= -1e-9 and placed[-1] <= 1 + 1e-9


def test_names_are_short_unless_two_are_alike() -> None:
    paths = [Path("2026-11-22 fashion"), Path("2026-11-21 fashion"), Path("mine")]
    assert label_of(paths[0]) == "fashion"
    assert labels_of(paths) == ["2026-11-22 fashion", "2026-11-21 fashion", "mine"]


@pytest.mark.parametrize(("zoom", "width"), [(1.0, 840), (1.5, 840), (2.0, 1080)])
def test_nothing_is_cut_off_sideways(
    qtbot: QtBot, harness: Harness, page_with_runs: RunsPage, zoom: float, width: int
) -> None:
    """The widths are those of the page in a window of 1280 pixels, with and without the Guide."""
    harness.parts.theme.set_zoom(zoom)
    page_with_runs.resize(width, 610)
    assert page_with_runs.minimumSizeHint().width() <= width
    until_it_fits(qtbot, page_with_runs.scroller)
