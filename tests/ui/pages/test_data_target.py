"""What is predicted from a table: the first card of the Data page, on a messy table."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QPoint, Qt

from app.engine.experiment.data_settings import DataSettings
from app.engine.experiment.experiment import Experiment
from app.ui.pages.data.page import TABS, DataPage
from app.ui.pages.data.tables.columns import NAME, ROLE, WHY
from app.ui.pages.data.tables.target_card import TITLE, TargetCard

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from tests.ui.harness import Harness

PATIENCE_MS = 30_000
HEADS = (
    "fare",
    "fee",
    "share",
    "fans",
    "people",
    "steps",
    "region",
    "seats",
    "late",
    "comment",
)


@pytest.fixture
def orders(tmp_path: Path) -> Path:
    """Writes 60 rows with amounts as people write them, and comments that are mostly missing."""
    path = tmp_path / "orders.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow(HEADS)
        writer.writerows(_order(row) for row in range(60))

    return path


def _order(row: int) -> tuple[object, ...]:
    return (
        f"{39 + row % 7}.{row:02d} $",
        f"EUR {5 + row % 9}",
        f"{12 + row % 40} %",
        f"{1 + row % 8}.{row % 10}k",
        f"{1 + row % 9} {100 + row}",
        f"{1 + row % 9}\u202f{100 + row % 13}",
        "NSEW"[row % 4],
        f"{1.5 + row:.1f}",
        "" if row == 3 else f"{row % 11}.5",
        ("paid", "call back")[row % 2] if row % 5 == 0 else "",
    )


@pytest.fixture
def page(qtbot: QtBot, harness: Harness) -> DataPage:
    data_page = DataPage(harness.parts)
    qtbot.addWidget(data_page)
    data_page.resize(840, 610)
    data_page.show()

    return data_page


def open_table(qtbot: QtBot, harness: Harness, page: DataPage, path: Path) -> TargetCard:
    harness.document.set(Experiment(data=DataSettings(source=str(path))))
    qtbot.waitUntil(
        lambda: (
            harness.document.data_state in ("ready", "failed") and page.table.preview is not None
        ),
        timeout=PATIENCE_MS,
    )
    return page.overview.target


def choose(qtbot: QtBot, harness: Harness, card: TargetCard, text: str) -> None:
    """Chooses an entry by the keys of a person, and waits until the data are read by it."""
    before = harness.document.dataset
    card.box.setFocus()
    card.box.showPopup()
    card.box.view().setCurrentIndex(card.box.model().index(card.box.findText(text), 0))
    qtbot.keyClick(card.box.view(), Qt.Key.Key_Return)
    qtbot.waitUntil(
        lambda: (
            harness.document.data_state == "ready"
            and harness.document.dataset is not before
            and text.split(" ")[0] in (*card.box.currentText().split(" "), "As")
        ),
        timeout=PATIENCE_MS,
    )


def test_the_first_card_asks_what_is_predicted_and_says_why_it_guessed(
    qtbot: QtBot, harness: Harness, page: DataPage, orders: Path
) -> None:
    card = open_table(qtbot, harness, page, orders)
    assert page.tab == TABS[0] and card.isVisible() and card.title.text() == TITLE
    assert card.box.currentText() == "seats (a guess)"
    assert card.words.text() == "A guess: it is the last column without gaps."

    others = (page.overview.balance, page.overview.examples)
    here = card.mapTo(page, QPoint(0, card.height())).y()
    assert all(here <= other.mapTo(page, QPoint(0, 0)).y() for other in others)

    description = harness.document.description
    assert description is not None and description.total == 60 and not description.skipped


def test_another_target_says_what_its_gaps_cost_and_the_guess_comes_back(
    qtbot: QtBot, harness: Harness, page: DataPage, orders: Path
) -> None:
    card = open_table(qtbot, harness, page, orders)
    choose(qtbot, harness, card, "late")
    qtbot.waitUntil(lambda: "Chosen" in card.words.text(), timeout=PATIENCE_MS)
    assert card.words.text() == "Chosen by you. 1 row has no value here and is left out."
    assert harness.document.description.total == 59  # type: ignore[union-attr]

    choose(qtbot, harness, card, "As guessed")
    qtbot.waitUntil(lambda: card.box.currentText() == "seats (a guess)", timeout=PATIENCE_MS)
    assert harness.document.experiment.data.target is None


def test_amounts_as_people_write_them_are_shown_and_can_be_changed(
    qtbot: QtBot, harness: Harness, page: DataPage, orders: Path
) -> None:
    open_table(qtbot, harness, page, orders)
    model = page.table.columns.model()
    shown = {
        str(model.index(row, NAME).data()): (
            model.index(row, ROLE).data(),
            model.index(row, WHY).data(),
        )
        for row in range(model.rowCount())
    }
    assert {name: shown[name] for name in HEADS[:6]} == {
        "fare": ("Number", "numbers in $"),
        "fee": ("Number", "whole numbers in €"),
        "share": ("Number", "whole numbers in %"),
        "fans": ("Number", "whole numbers"),
        "people": ("Number", "whole numbers"),
        "steps": ("Number", "whole numbers"),
    }
    dataset = harness.document.dataset
    assert dataset is not None
    assert page.table.written.boxes["thousands"].currentText() == "Space (found)"

    page.table.columns.chosen.emit("fee", "role", "category")
    qtbot.waitUntil(
        lambda: harness.document.data_state == "ready" and harness.document.dataset is not dataset,
        timeout=PATIENCE_MS,
    )
    inputs = harness.document.description.preparation.columns  # type: ignore[union-attr]
    assert next(column.role for column in inputs if column.name == "fee") == "category"


def test_a_table_without_a_target_asks_beside_the_failure(
    qtbot: QtBot, harness: Harness, page: DataPage, tmp_path: Path
) -> None:
    path = tmp_path / "one.csv"
    path.write_text("nr,same,word\n" + "".join(f"{n},7,{'ab'[n % 2]}\n" for n in range(1, 30)))
    harness.document.set(Experiment(data=DataSettings(source=str(path))))
    failed = page._states["failed"]
    qtbot.waitUntil(
        lambda: any(card.isVisible() for card in failed.findChildren(TargetCard)),
        timeout=PATIENCE_MS,
    )
    (card,) = failed.findChildren(TargetCard)
    assert card.box.currentIndex() == -1 and "No column" in card.words.text()
    assert [card.box.itemText(row) for row in range(1, card.box.count())] == ["nr", "word"]
