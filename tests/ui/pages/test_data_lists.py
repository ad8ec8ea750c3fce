"""The Data page for lists of whole numbers as the target: tags, amounts, or a question."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as parquet
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QComboBox

from app.engine.experiment.data_settings import DataSettings
from app.ui.pages.data.page import DataPage

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from tests.ui.harness import Harness

PATIENCE_MS = 30_000


@pytest.fixture
def page(qtbot: QtBot, harness: Harness) -> Iterator[DataPage]:
    data_page = DataPage(harness.parts)
    qtbot.addWidget(data_page)
    data_page.resize(840, 600)
    data_page.show()
    yield data_page


def read(qtbot: QtBot, harness: Harness, path: Path, name: str, target: str | None = None) -> None:
    """Reads a table of lists of two whole numbers, none twice in a row."""
    columns = {
        "size": [row / 7 for row in range(60)],
        "width": [row % 9 + 0.5 for row in range(60)],
        name: [[row % 6, (row + 1 + row % 5) % 6] for row in range(60)],
    }
    parquet.write_table(pa.table(columns), path / "lists.parquet")
    data = DataSettings(source=str(path / "lists.parquet"), target=target)
    harness.document.set(harness.document.experiment.replace(data=data))
    qtbot.waitUntil(lambda: harness.document.data_state in ("ready", "failed"), timeout=PATIENCE_MS)


def is_offered(box: QComboBox, kind: str) -> bool:
    index = box.model().index(box.findData(kind), 0)
    return bool(box.model().flags(index) & Qt.ItemFlag.ItemIsEnabled)


def test_numbers_that_may_be_tags_are_amounts_by_a_click(
    qtbot: QtBot, harness: Harness, page: DataPage, tmp_path: Path
) -> None:
    read(qtbot, harness, tmp_path, "labels")
    qtbot.waitUntil(page.question.isVisible, timeout=PATIENCE_MS)
    assert harness.document.task().kind == "multi-label"

    buttons = {}
    for name in ("tags", "classes", "amounts"):
        found = page.findChild(QAbstractButton, f"data.question.{name}")
        assert isinstance(found, QAbstractButton)
        buttons[name] = found
    assert [name for name in buttons if buttons[name].isVisible()] == ["tags", "amounts"]

    qtbot.mouseClick(buttons["amounts"], Qt.MouseButton.LeftButton)
    box = page.overview.target.box
    words = "labels: 2 numbers (a guess)"
    qtbot.waitUntil(lambda: box.currentText() == words, timeout=PATIENCE_MS)

    def has_amounts() -> bool:
        description = harness.document.description
        return description is not None and description.task == "regression"

    qtbot.waitUntil(has_amounts, timeout=PATIENCE_MS)
    assert not page.question.isVisible() and box.findData("labels") > 0
    assert is_offered(page.task, "multi-label") and not is_offered(page.task, "classification")


def test_a_question_about_the_task_has_its_answers_below(
    qtbot: QtBot, harness: Harness, page: DataPage, tmp_path: Path
) -> None:
    read(qtbot, harness, tmp_path, "found", "found")
    assert harness.document.data_state == "failed"

    def shown() -> list[QComboBox]:
        return [box for box in page.findChildren(QComboBox, "data.task") if box.isVisible()]

    qtbot.waitUntil(lambda: len(shown()) == 1, timeout=PATIENCE_MS)
    (box,) = shown()
    box.setCurrentIndex(box.findData("multi-label"))
    box.activated.emit(box.currentIndex())
    qtbot.waitUntil(lambda: harness.document.data_state == "ready", timeout=PATIENCE_MS)
    description = harness.document.description
    assert description is not None and description.classes == tuple("012345")
