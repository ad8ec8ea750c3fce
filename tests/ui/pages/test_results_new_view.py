"""A new view of results is one file with a report, which terminal and window show."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest
from PySide6.QtWidgets import QLabel, QTableWidget

from app import cli
from app.engine.learning.tasks import TASKS
from app.engine.results import reports
from app.ui.pages.results.page import ResultsPage
from app.ui.pages.results.views.generic import GenericView
from app.ui.pages.tryit.answer_cards.generic import GenericAnswerCard
from app.ui.pages.tryit.page import TryItPage
from app.ui.state.record import read_record
from tests.ui.harness import PATIENCE_MS, Harness

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from app.engine.runs.run import Run

REPORT = """
from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from app.engine.results.answer import Answer, Item
from app.engine.results.reports.base import Listing, SplitReport


@dataclass(frozen=True)
class GrumpyReport(SplitReport):
    view: ClassVar[str] = "grumpy"
    worst_title: ClassVar[str] = "What it grumbles about"

    @classmethod
    def of(cls, name, description, task, rows, targets, predictions, loss):
        figures = task.compute_metrics(description, targets, predictions)
        return cls(name, len(rows), figures, loss, rows, targets, predictions)

    def verdict(self):
        return f"It grumbles about {self.subject}.", "warning"

    def line(self):
        return f"grumbled {self.count} times"

    def listing(self):
        return Listing(("Mood", "times"), (("grumpy", str(self.count)), ("sulking", "0")))

    def worst(self, most=100):
        return [(int(row), "no good") for row in self.rows[:3]]

    @classmethod
    def answer(cls, description, predictions):
        share = float(predictions.max())
        return Answer(cls.view, "humph", (Item("grumble", share, f"{share:.3f}"),), note="As ever.")

    @classmethod
    def columns(cls, description):
        return ("mood",)

    @classmethod
    def cells(cls, description, predictions):
        return ("grumpy",)


REPORT = GrumpyReport
"""


@pytest.fixture
def grumpy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A report in a file of its own, as if it lay in engine/results/reports, for classification."""
    folder = tmp_path / "reports"
    folder.mkdir()
    (folder / "grumpy.py").write_text(REPORT, encoding="utf-8")

    monkeypatch.setattr(reports, "__path__", [*reports.__path__, str(folder)])
    monkeypatch.setattr(type(TASKS["classification"]), "view", "grumpy")
    reports.all_reports.cache_clear()
    yield

    reports.all_reports.cache_clear()
    sys.modules.pop(f"{reports.__name__}.grumpy", None)


def text_of(page: QLabel | ResultsPage | TryItPage, name: str) -> str:
    label = page.findChild(QLabel, name)
    assert isinstance(label, QLabel), name
    return label.text()


@pytest.mark.usefixtures("grumpy")
def test_the_terminal_shows_it(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["evaluate", str(run.path)]) == 0
    out = capsys.readouterr().out
    assert "It grumbles about" in out
    assert "Test: grumbled " in out
    assert "sulking" in out
    assert "What it grumbles about:" in out and "no good" in out


@pytest.mark.usefixtures("grumpy")
def test_the_results_page_shows_it(qtbot: QtBot, harness: Harness, run: Run) -> None:
    page = ResultsPage(harness.parts)
    qtbot.addWidget(page)
    page.resize(840, 610)
    page.show()
    harness.parts.session.show(read_record(run.path))
    qtbot.waitUntil(lambda: isinstance(page.view, GenericView), timeout=PATIENCE_MS)

    assert text_of(page, "results.verdict").startswith("It grumbles about")
    assert text_of(page, "results.line").startswith("grumbled ")
    assert page.view.examples.title.text() == "What it grumbles about"
    assert page.guide()

    table = page.findChild(QTableWidget, "results.listing")
    assert isinstance(table, QTableWidget) and table.rowCount() == 2
    assert [table.horizontalHeaderItem(column).text() for column in range(2)] == ["Mood", "times"]
    assert table.item(1, 0).text() == "sulking"
    assert page.grab().width() == page.width()


@pytest.mark.usefixtures("grumpy")
def test_try_it_answers_with_it(qtbot: QtBot, harness: Harness, run: Run) -> None:
    harness.open("sample:digits")
    qtbot.waitUntil(lambda: harness.document.data_state == "ready", timeout=PATIENCE_MS)
    page = TryItPage(harness.parts)
    qtbot.addWidget(page)
    page.show()
    qtbot.waitUntil(lambda: page._loaded is not None, timeout=PATIENCE_MS)

    page.take_random()
    qtbot.waitUntil(lambda: page._result is not None, timeout=PATIENCE_MS)
    assert isinstance(page.answer.card, GenericAnswerCard)
    assert text_of(page, "tryit.best") == "humph"
    assert text_of(page, "tryit.answers").startswith("grumble: 0.")
    assert "As ever." in text_of(page, "tryit.judged")
    assert page.guide()


def test_every_view_of_a_task_has_a_report() -> None:
    assert {task.view for task in TASKS.values()} == set(reports.all_reports())


def test_an_unknown_view_is_refused_by_name() -> None:
    with pytest.raises(KeyError, match="no report for the view 'nothing', only for amounts, "):
        reports.report_for("nothing")
