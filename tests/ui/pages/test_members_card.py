"""The card "Its members" on Results: quarters of the examples by how far members disagree."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from PySide6.QtWidgets import QLabel

from app.ui.pages.results.page import ResultsPage
from app.ui.state.record import read_record
from tests.ui.harness import PATIENCE_MS, Harness
from tests.ui.trained_runs import train_on

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from app.engine.runs.run import Run

TABM = {"template": "tabm", "members": 8, "width": 16}


def shown(qtbot: QtBot, harness: Harness, run: Run) -> ResultsPage:
    page = ResultsPage(harness.parts)
    qtbot.addWidget(page)
    page.resize(900, 900)
    page.show()
    harness.parts.session.show(read_record(run.path))
    qtbot.waitUntil(lambda: page.stack.currentIndex() == 1 and not page.live, timeout=PATIENCE_MS)
    return page


def settle(qtbot: QtBot, harness: Harness) -> None:
    """Waits until all work in the background has been done and delivered."""
    done: list[bool] = []
    workers = harness.parts.background, harness.parts.measuring
    for worker in workers:
        worker.run(lambda _: None, lambda _: done.append(True))

    qtbot.waitUntil(lambda: len(done) == len(workers), timeout=PATIENCE_MS)


def texts(page: ResultsPage) -> list[str]:
    return [
        label.text()
        for label in page.members.findChildren(QLabel)
        if label.text() and label.isVisibleTo(page.members)
    ]


@pytest.mark.parametrize(
    ("sample", "heads"),
    [
        ("iris", ("say something else", "accuracy")),
        ("diabetes", ("nine of ten within", "mean error")),
    ],
)
def test_a_line_a_quarter_once_the_data_are_open(
    qtbot: QtBot, harness: Harness, tmp_path: Path, sample: str, heads: tuple[str, ...]
) -> None:
    run = train_on(tmp_path / "runs", {"source": f"sample:{sample}"}, TABM)
    page = shown(qtbot, harness, run)
    qtbot.waitUntil(lambda: page.members.isVisible(), timeout=PATIENCE_MS)
    assert any("Open the data" in text for text in texts(page))

    harness.open(f"sample:{sample}")
    qtbot.waitUntil(lambda: "disagree most" in texts(page), timeout=PATIENCE_MS)
    found = texts(page)
    assert not any("Open the data" in text for text in found)
    for text in (*heads, "agree most", "The quarter on which its 8 members"):
        assert text in found, (text, found)


def test_what_comes_late_is_not_shown_with_another_epoch(
    qtbot: QtBot, harness: Harness, tmp_path: Path
) -> None:
    run = train_on(tmp_path / "runs", {"source": "sample:iris"}, TABM)
    page = shown(qtbot, harness, run)
    qtbot.waitUntil(lambda: page.members.isVisible(), timeout=PATIENCE_MS)
    content = page._content(page.selection)
    page.members.show_results(replace(content, past=True))
    assert not page.members.isVisible()
    page.members.show_results(content)
    page.members.show_results(replace(content, past=True))
    settle(qtbot, harness)
    assert not page.members.isVisible()


def test_a_network_without_members_has_no_such_card(
    qtbot: QtBot, harness: Harness, tmp_path: Path
) -> None:
    run = train_on(tmp_path / "runs", {"source": "sample:iris"}, {"template": "mlp", "width": 8})
    harness.open("sample:iris")
    page = shown(qtbot, harness, run)
    settle(qtbot, harness)
    assert page.members.isHidden()
