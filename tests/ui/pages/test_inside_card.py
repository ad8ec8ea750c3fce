"""Inside the network on Try it: the example in every block, and what if a part were missing."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton

from app.engine.insight.part_change import PartChange
from app.engine.insight.what_if import WhatIf
from app.engine.results.predictor import Predictor
from app.engine.text import percent_text
from app.ui.pages.tryit.inside.card import JUDGING
from app.ui.pages.tryit.inside.words import TEST
from app.ui.pages.tryit.page import TryItPage
from tests.ui.harness import PATIENCE_MS, Harness
from tests.ui.pages.test_tryit_kinds import houses, random_example, with_run
from tests.ui.trained_runs import train_on

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from app.engine.runs.run import Run
    from app.ui.pages.tryit.inside.card import InsideCard


@pytest.fixture
def page(qtbot: QtBot, harness: Harness) -> TryItPage:
    page = TryItPage(harness.parts)
    qtbot.addWidget(page)
    page.resize(1000, 700)
    return page


def seen(qtbot: QtBot, card: InsideCard, opened: str = "") -> None:
    """Waits until the example has gone through the network as it is chosen now."""

    def there() -> bool:
        found = card._seen
        return (
            found is not None
            and found.result is card._result
            and found.opened == opened
            and found.changes == card.what_if.changes
        )

    qtbot.waitUntil(there, timeout=PATIENCE_MS)


def open_block(qtbot: QtBot, card: InsideCard, name: str) -> None:
    table = card.blocks.table
    table.setCurrentIndex(table.blocks.index(table.blocks.names.index(name), 0))
    seen(qtbot, card, name)


def press(qtbot: QtBot, card: InsideCard, name: str) -> None:
    found = card.findChild(QPushButton, f"tryit.inside.{name}")
    button = card.button if name == "look" else found
    assert button is not None and button.isVisible() and button.isEnabled(), name
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def test_a_muted_channel_changes_answer_and_accuracy_as_the_engine_says(
    qtbot: QtBot, harness: Harness, page: TryItPage, run: Run
) -> None:
    with_run(qtbot, harness, page, run)
    card = page.below.inside
    assert not card.button.isEnabled() and not card.blocks.isVisible()
    result = random_example(qtbot, page)
    press(qtbot, card, "look")
    seen(qtbot, card)
    assert card.blocks.table.blocks.names[0] == "input" and not card.what_if.isVisible()
    assert not card.measure.isVisible(), "nothing is changed"

    open_block(qtbot, card, "conv1")
    cell = card.blocks.large._sections[0].canvas.cells()[2].center().toPoint()
    canvas = card.blocks.large._sections[0].canvas
    qtbot.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=cell)
    assert (
        int(card.what_if.number.value() or 0) == 3 and card.what_if.kind.currentText() == "Channel"
    )
    press(qtbot, card, "mute")
    seen(qtbot, card, "conv1")
    change = PartChange("conv1", "unit", 2)
    assert card.what_if.changes == (change,)
    assert card._seen is not None and card._seen.outputs["conv1"].dead >= 1
    assert card.answer.text().startswith("The answer ")

    press(qtbot, card, "measure")
    qtbot.waitUntil(lambda: "before" in card.effect.text(), timeout=PATIENCE_MS)
    dataset = harness.document.dataset
    assert dataset is not None
    for split in ("validation", "test"):
        expected = WhatIf(Predictor.load(run)).effect(dataset, split, (change,))
        assert f"{expected.examples:,} {split} pictures: {percent_text(expected.before)}" in (
            card.effect.text()
        )

    assert card.effect.text().endswith(TEST)
    before = Predictor.load(run).predictions(*(array[None] for array in result.arrays))
    assert card._seen.before is not None, before


def test_changes_can_be_scaled_pruned_and_taken_back(
    qtbot: QtBot, harness: Harness, page: TryItPage, run: Run
) -> None:
    with_run(qtbot, harness, page, run)
    card = page.below.inside
    random_example(qtbot, page)
    press(qtbot, card, "look")
    seen(qtbot, card)
    open_block(qtbot, card, "conv1")
    press(qtbot, card, "prune")
    card.what_if.number.setValue(2)
    card.what_if.factor.setValue(15)
    press(qtbot, card, "scale")
    seen(qtbot, card, "conv1")
    assert card.what_if.changes == (
        PartChange("conv1", "unit", 0, 0.0, True),
        PartChange("conv1", "unit", 1, 1.5),
    )
    chips = [button.text() for button in card.what_if.list.findChildren(QPushButton)]
    assert any("channel 1: pruned" in chip for chip in chips)
    assert any("channel 2: × 1.5" in chip for chip in chips)

    press(qtbot, card, "mute")  # the same part: it is changed, not added
    seen(qtbot, card, "conv1")
    assert [change.factor for change in card.what_if.changes] == [0.0, 0.0]
    press(qtbot, card, "reset")
    seen(qtbot, card, "conv1")
    assert card.what_if.changes == () and not card.answer.isVisible()

    press(qtbot, card, "look")
    assert not card.blocks.isVisible() and card._seen is None


def test_a_measurement_that_is_given_up_is_not_said_to_go_on(
    qtbot: QtBot, harness: Harness, page: TryItPage, run: Run
) -> None:
    with_run(qtbot, harness, page, run)
    card = page.below.inside
    random_example(qtbot, page)
    press(qtbot, card, "look")
    seen(qtbot, card)
    open_block(qtbot, card, "conv1")
    press(qtbot, card, "mute")
    seen(qtbot, card, "conv1")
    press(qtbot, card, "measure")
    assert card.effect.text() == JUDGING
    press(qtbot, card, "look")
    press(qtbot, card, "look")
    seen(qtbot, card, "conv1")
    assert card.measure.isVisible() and card.effect.text() == "" and not card.effect.isVisible()

    press(qtbot, card, "measure")
    qtbot.waitUntil(lambda: "before" in card.effect.text(), timeout=PATIENCE_MS)
    found = card.effect.text()
    press(qtbot, card, "look")
    press(qtbot, card, "look")
    seen(qtbot, card, "conv1")
    assert card.effect.text() == found, "it is of these changes still"


def test_a_block_can_be_opened_again_in_another_run_of_the_same_network(
    qtbot: QtBot, harness: Harness, page: TryItPage, run: Run
) -> None:
    with_run(qtbot, harness, page, run)
    card = page.below.inside
    random_example(qtbot, page)
    press(qtbot, card, "look")
    seen(qtbot, card)
    open_block(qtbot, card, "conv1")
    assert card.blocks.title.isVisible()

    other = run.path.parent / "2026-11-23 other"
    shutil.copytree(run.path, other)
    page._pick(other)
    qtbot.waitUntil(lambda: card._path == other, timeout=PATIENCE_MS)
    seen(qtbot, card)
    table = card.blocks.table
    assert not table.currentIndex().isValid() and not table.selectedIndexes()
    place = table.visualRect(table.blocks.index(table.blocks.names.index("conv1"), 0)).center()
    qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    seen(qtbot, card, "conv1")
    assert card.blocks.title.text() == "conv1" and card.blocks.title.isVisible()


def test_a_network_for_rows_is_looked_into_too(
    qtbot: QtBot, harness: Harness, page: TryItPage, tmp_path: Path
) -> None:
    data = {"source": str(houses(tmp_path / "houses.csv")), "target": "price"}
    run = train_on(tmp_path / "runs", data, {"template": "ft-transformer", "depth": 1, "width": 16})
    with_run(qtbot, harness, page, run)
    card = page.below.inside
    random_example(qtbot, page)
    press(qtbot, card, "look")
    seen(qtbot, card)
    nodes = Predictor.load(run).network.graph.nodes
    block = next(node.name for node in nodes if node.kind == "transformer")
    open_block(qtbot, card, block)
    kinds = [card.what_if.kind.itemText(row) for row in range(card.what_if.kind.count())]
    assert kinds == ["Head", "Feature"]
    press(qtbot, card, "mute")
    seen(qtbot, card, block)
    assert "head 1: muted" in card.what_if.list.findChildren(QPushButton)[0].text()
    press(qtbot, card, "measure")
    qtbot.waitUntil(lambda: "R²" in card.effect.text(), timeout=PATIENCE_MS)
