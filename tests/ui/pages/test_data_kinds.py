"""The Data page for tables, texts, signals and pairs: what it shows, offers and leaves out."""

from __future__ import annotations

import wave
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QComboBox, QLabel, QMenu, QTabBar, QWidget

from app.engine.experiment.data_settings import DataSettings
from app.engine.runs.events import RunPrepared
from app.ui.pages.data.cutting import TokenView, visible
from app.ui.pages.data.histogram import Histogram, bins_of, edge_words
from app.ui.pages.data.page import TABS, DataPage
from app.ui.pages.data.tables.columns import NAME, POLICY, ROLE, TOO, ColumnTable, offers
from app.ui.pages.data.tables.roles import with_role
from app.ui.pages.data.task_box import TaskBox, unfit

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


def read(qtbot: QtBot, harness: Harness, source: Path | str, **data: object) -> None:
    harness.document.set(
        harness.document.experiment.replace(data=DataSettings(source=str(source)).replace(**data))
    )
    qtbot.waitUntil(lambda: harness.document.data_state in ("ready", "failed"), timeout=PATIENCE_MS)


def wait_for_preview(qtbot: QtBot, page: DataPage) -> None:
    qtbot.waitUntil(lambda: page.table.preview is not None, timeout=PATIENCE_MS)


def wait_until_read_again(qtbot: QtBot, harness: Harness) -> None:
    """Waits until the data are read in another way."""
    before = harness.document.dataset
    qtbot.waitUntil(
        lambda: harness.document.dataset is not before and harness.document.data_state == "ready",
        timeout=PATIENCE_MS,
    )


def tabs(page: DataPage) -> list[str]:
    bar = page.findChild(QTabBar, "data.tabs")
    assert isinstance(bar, QTabBar)
    return [name for index, name in enumerate(TABS) if bar.isTabVisible(index)]


def tiles(folder: Path, rows: int = 60) -> Path:
    """Writes a table as a German spreadsheet saves it, with gaps and a target in few integers."""
    random = np.random.default_rng(0)
    lines = ["nr;Größe (cm);farbe;güte"]
    for row in range(rows):
        size = "" if row % 9 == 4 else f"{random.normal(30, 4):.1f}".replace(".", ",")
        lines.append(f"{row + 1};{size};{('rot', 'blau', 'grün')[row % 3]};{3 + row % 4}")

    path = folder / "fliesen.csv"
    path.write_bytes("\n".join(lines).encode("cp1252"))
    return path


def test_a_table_shows_how_it_was_read_and_what_its_columns_are(
    qtbot: QtBot, harness: Harness, page: DataPage, tmp_path: Path
) -> None:
    read(qtbot, harness, tiles(tmp_path))
    wait_for_preview(qtbot, page)
    assert "table" in tabs(page) and "augmentation" not in tabs(page)

    page.show_tab("table")
    delimiter, encoding = (
        page.findChild(QComboBox, f"data.{name}") for name in ("delimiter", "encoding")
    )
    assert isinstance(delimiter, QComboBox) and delimiter.currentText() == "Semicolon (found)"
    assert isinstance(encoding, QComboBox) and "Windows" in encoding.currentText()

    model = page.table.columns.model()
    shown = {
        str(model.index(row, NAME).data()): str(model.index(row, ROLE).data())
        for row in range(model.rowCount())
    }

    assert shown == {
        "güte": "Target: to predict",
        "nr": "Ignored",
        "Größe (cm)": "Number",
        "farbe": "Category",
    }
    assert page.table.rows.model().index(0, 1).data().count(",") == 1
    assert page.table.rows.model().rowCount() == 20


def test_another_role_is_applied_and_the_preview_follows(
    qtbot: QtBot, harness: Harness, page: DataPage, tmp_path: Path
) -> None:
    read(qtbot, harness, tiles(tmp_path))
    wait_for_preview(qtbot, page)
    page.table.columns.chosen.emit("farbe", "role", "target")
    wait_until_read_again(qtbot, harness)
    description = harness.document.description

    assert description is not None and description.classes == ("blau", "grün", "rot")
    qtbot.waitUntil(lambda: page.table.preview.targets == ("farbe",), timeout=PATIENCE_MS)
    harness.document.undo()
    wait_until_read_again(qtbot, harness)

    assert (
        harness.document.description is not None and len(harness.document.description.classes) == 4
    )


def test_rows_that_are_no_examples_are_shown_and_can_be_kept(
    qtbot: QtBot, harness: Harness, page: DataPage, tmp_path: Path
) -> None:
    rows = [f"{n}.5,{n % 7},{('red', 'blue')[n % 2]},{n % 3 + 0.5}" for n in range(40)]
    lines = ["Report,,,", "length,count,colour,price", "mm,pcs,,", *rows, "Total,90,,60"]
    (tmp_path / "report.csv").write_text("\n".join([*lines, ""]))
    read(qtbot, harness, tmp_path / "report.csv")
    wait_for_preview(qtbot, page)
    page.show_tab("table")

    found = {"skip_rows": "1 row (found)", "second_row": "The units (found)"}
    found |= {"skip_footer": "1 row (found)", "comment": "Nothing (found)"}
    for name, words in found.items():
        box = page.findChild(QComboBox, f"data.{name}")
        assert isinstance(box, QComboBox) and box.currentText() == words and box.isVisible()

    box = page.findChild(QComboBox, "data.skip_footer")
    assert isinstance(box, QComboBox)
    box.setCurrentIndex(box.findData(0))
    box.activated.emit(box.currentIndex())
    wait_until_read_again(qtbot, harness)
    assert harness.document.experiment.data.skip_footer == 0
    qtbot.waitUntil(lambda: page.table.preview.total == 41, timeout=PATIENCE_MS)


def test_the_menu_of_a_column_offers_roles_and_policies(
    qtbot: QtBot, harness: Harness, page: DataPage, tmp_path: Path
) -> None:
    read(qtbot, harness, tiles(tmp_path))
    wait_for_preview(qtbot, page)
    columns = page.table.preview.columns
    index = next(index for index, column in enumerate(columns) if column.name == "farbe")
    assert [choice.value for choice in offers(columns, index, ROLE)][:2] == ["target", TOO]

    index = next(index for index, column in enumerate(columns) if column.missing)
    assert [choice.value for choice in offers(columns, index, POLICY)] == [
        "median",
        "mean",
        "zero",
        "drop",
    ]

    page.show_tab("table")
    table = page.findChild(ColumnTable, "data.columns")
    assert isinstance(table, ColumnTable)

    table.setFocus()
    table.setCurrentIndex(table.model().index(1, ROLE))
    qtbot.keyClick(table, Qt.Key.Key_Return)
    menu = table.findChild(QMenu, "data.columns.menu")
    assert isinstance(menu, QMenu) and menu.isVisible() and len(menu.actions()) >= 7

    menu.close()


def test_the_question_of_few_whole_numbers_is_answered_with_a_click(
    qtbot: QtBot, harness: Harness, page: DataPage, tmp_path: Path
) -> None:
    read(qtbot, harness, tiles(tmp_path))
    wait_for_preview(qtbot, page)
    assert (
        page.question.isVisible()
        and "classes or amounts" in page.question.findChildren(QLabel)[-1].text()
    )

    amounts = page.findChild(QAbstractButton, "data.question.amounts")
    assert isinstance(amounts, QAbstractButton)
    qtbot.mouseClick(amounts, Qt.MouseButton.LeftButton)
    wait_until_read_again(qtbot, harness)

    assert harness.document.task().kind == "regression"
    qtbot.waitUntil(lambda: not page.question.isVisible(), timeout=PATIENCE_MS)
    assert page.overview.balance.amounts.isVisible() and not page.overview.bars.isVisible()


def test_a_target_gives_way_or_stands_beside(harness: Harness) -> None:
    data = DataSettings(source="x.csv")
    assert with_role(data, ("a",), "b", "target") == {"columns": {}, "missing": {}, "target": "b"}
    assert with_role(data, ("a",), "b", TOO)["target"] == ["a", "b"]

    both = data.replace(target=["a", "b"], missing={"b": "mean"})
    assert with_role(both, ("a", "b"), "b", "category") == {
        "columns": {"b": "category"},
        "missing": {},
        "target": "a",
    }

    assert with_role(data.replace(columns={"b": "ignore"}), (), "b", "")["columns"] == {}


@pytest.mark.parametrize(
    ("source", "words", "shown"),
    [
        (
            "sample:breast-cancer",
            "569 rows of 30 columns: yes or no",
            ["overview", "table", "preparation", "skipped"],
        ),
        (
            "sample:signals",
            "900 signals of 128 values in 6 classes",
            ["overview", "preparation", "skipped"],
        ),
        (
            "sample:emoji",
            "1,885 pairs of picture and text",
            ["overview", "preparation", "augmentation", "skipped"],
        ),
    ],
)
def test_what_does_not_concern_the_data_is_hidden(
    qtbot: QtBot, harness: Harness, page: DataPage, source: str, words: str, shown: list[str]
) -> None:
    read(qtbot, harness, source)
    if "table" in shown:
        wait_for_preview(qtbot, page)

    assert page._heading.text() == words
    assert tabs(page) == shown
    assert not page.overview.pictures.isVisible() and len(page.overview.examples.rows) > 0

    page.show_tab("preparation")
    heights = [widget for widget in page.findChildren(QWidget, "data.height") if widget.isVisible()]
    assert bool(heights) == ("augmentation" in shown)


def test_a_text_is_cut_before_ones_eyes(
    qtbot: QtBot, harness: Harness, page: DataPage, tmp_path: Path
) -> None:
    for kind, sentence in (("warm", "the sun is out again"), ("cold", "snow fell on the roof")):
        (tmp_path / "texts" / kind).mkdir(parents=True)
        for number in range(12):
            (tmp_path / "texts" / kind / f"{number}.txt").write_text(
                f"{sentence} {number * 'so '}", encoding="utf-8"
            )

    read(qtbot, harness, tmp_path / "texts")
    assert isinstance(page.overview.tokens, TokenView) and page.overview.tokens.isVisible()
    assert "".join(page.overview.tokens.pieces).startswith(("the sun", "snow"))
    assert page.overview.balance.lengths.isVisible()

    page.grab()
    assert (visible(" a\n"), visible("b")) == ("·a↵", "b")


def test_tasks_that_cannot_be_are_greyed_with_the_reason(
    qtbot: QtBot, harness: Harness, page: DataPage
) -> None:
    read(qtbot, harness, "sample:digits")
    box = page.findChild(TaskBox, "data.task")
    assert isinstance(box, TaskBox) and "found" in box.currentText()

    states = {box.itemData(row): box.model().item(row).isEnabled() for row in range(1, box.count())}
    assert states["classification"] and states["regression"] and not states["matching"]
    assert not states["language-modelling"] and not states["binary-classification"]

    row = box.findData("matching")
    assert "pairs" in box.itemData(row, Qt.ItemDataRole.ToolTipRole)
    harness.document.choose("loss", "cross-entropy")
    harness.document.choose("model", "resnet")
    box.activated.emit(box.findData("reconstruction"))
    assert harness.document.experiment.loss is None and harness.document.experiment.model is None

    wait_until_read_again(qtbot, harness)
    assert harness.document.task().kind == "reconstruction"
    assert harness.document.dataset is not None

    from app.engine.learning.tasks import TASKS

    assert unfit(TASKS["classification"], harness.document.dataset) == ""


def test_a_table_that_cannot_be_learned_from_can_be_mended(
    qtbot: QtBot, harness: Harness, page: DataPage, tmp_path: Path
) -> None:
    path = tmp_path / "prices.csv"
    lines = [f"{row * 7 % 11},{row % 5},{'dear' if row % 3 else row}" for row in range(60)]
    path.write_text("size,rooms,price\n" + "\n".join(lines), encoding="utf-8")
    read(qtbot, harness, path, task="regression", target="price")
    assert harness.document.data_state == "failed"

    failed = page._states["failed"]
    qtbot.waitUntil(
        lambda: failed.findChild(ColumnTable, "data.columns") is not None, timeout=PATIENCE_MS
    )
    table = failed.findChild(ColumnTable, "data.columns")
    assert isinstance(table, ColumnTable)

    qtbot.waitUntil(table.isVisible, timeout=PATIENCE_MS)
    table.chosen.emit("rooms", "role", "target")
    qtbot.waitUntil(lambda: harness.document.data_state == "ready", timeout=PATIENCE_MS)
    assert (
        harness.document.description is not None
        and harness.document.description.amounts[0].name == "rooms"
    )


def test_bars_of_a_histogram_count_every_value(qtbot: QtBot, harness: Harness) -> None:
    values = np.random.default_rng(0).normal(150, 40, 500)
    edges = bins_of(values)
    assert edges[0] <= values.min() and edges[-1] >= values.max() and len(edges) <= 26
    assert np.histogram(values, edges)[0].sum() == 500
    assert edge_words(np.array([0.0, 0.25, 0.5])) == ["0.00", "0.25", "0.50"]
    assert edge_words(np.array([0.0, 1000.0])) == ["0", "1,000"]
    assert len(bins_of(np.full(5, 3.0))) == 2

    shown = Histogram(harness.parts.theme)
    qtbot.addWidget(shown)
    shown.show_values({"training": values, "test": np.zeros(0)}, "weight (kg)")
    assert list(shown.counts) == ["training"] and "weight (kg)" in shown.accessibleDescription()
    assert "examples" in shown.words(int(np.argmax(shown.counts["training"])))

    shown.grab()


def test_the_length_of_sounds_is_shown_in_seconds(
    qtbot: QtBot, harness: Harness, page: DataPage, tmp_path: Path
) -> None:
    random = np.random.default_rng(0)
    for name in ("bell", "drum"):
        (tmp_path / name).mkdir()
        for number in range(8):
            with wave.open(str(tmp_path / name / f"{number}.wav"), "wb") as file:
                file.setnchannels(1)
                file.setsampwidth(2)
                file.setframerate(8000)
                file.writeframes(random.integers(-9000, 9000, 4000, np.int16).tobytes())

    read(qtbot, harness, tmp_path)
    assert page._heading.text() == "16 signals of 0.5 s at 8,000 Hz in 2 classes"


def test_a_long_text_is_about_so_many_pieces_until_a_training_has_read_it(
    qtbot: QtBot,
    harness: Harness,
    page: DataPage,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("app.engine.sources.formats.long_text.READ_WHOLE", 0)
    path = tmp_path / "book.txt"
    words = np.random.default_rng(0).choice(["the", "old", "house", "by", "a", "river"], 60_000)
    path.write_text(" ".join(words.tolist()), encoding="utf-8")
    read(qtbot, harness, path)
    heading, where = page._heading, page._where
    qtbot.waitUntil(lambda: heading.text().startswith("About "))
    assert "pieces of text of" in heading.text() and "about" in where.text()
    sample = harness.document.dataset
    assert sample is not None and sample.is_sample
    assert any("Judged by" in note for note in sample.description.notes)

    # A training reads all of it, and the page follows.
    from app.engine.sources.opening import open_dataset

    whole = open_dataset(harness.document.experiment.data)
    prepared = RunPrepared("CPU", "", 1, 1, 1, 1, 1, 0, 8, 1, (), {}, {})
    harness.data_loader.complete([prepared])
    wait_until_read_again(qtbot, harness)
    assert harness.document.description == whole.description
    qtbot.waitUntil(lambda: not heading.text().startswith("About "))

    before = harness.document.dataset
    harness.data_loader.complete([prepared])
    assert harness.document.dataset is before and harness.document.data_state == "ready"
