"""The Model page: the gallery, the settings and the drawing agree, and follow each other."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QLabel, QWidget

from app.ui.pages.model.gallery.card import EMPTY
from app.ui.pages.model.gallery.drawings import BY_KIND
from app.ui.pages.model.page import ModelPage
from models.template import TEMPLATES
from tests.ui.harness import PATIENCE_MS, Harness

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot


@pytest.fixture
def page(qtbot: QtBot, harness: Harness) -> ModelPage:
    """Returns the page on the built-in digits, with the network measured."""
    model_page = ModelPage(harness.parts)
    qtbot.addWidget(model_page)
    model_page.resize(840, 610)
    model_page.show()
    harness.open("sample:digits")
    qtbot.waitUntil(lambda: harness.document.data_state == "ready", timeout=PATIENCE_MS)
    wait_for_measurement(qtbot, harness)

    return model_page


def wait_for_measurement(qtbot: QtBot, harness: Harness) -> None:
    qtbot.waitUntil(lambda: not harness.parts.network_measurer.busy, timeout=PATIENCE_MS)


def card(page: ModelPage, kind: str) -> QAbstractButton:
    button = page.findChild(QAbstractButton, f"model.template.{kind}")
    assert isinstance(button, QAbstractButton)
    return button


def test_every_template_has_a_card_with_its_size(qtbot: QtBot, page: ModelPage) -> None:
    assert isinstance(page.findChild(QWidget, "model.template"), QWidget)
    assert set(page.gallery.cards) == {EMPTY, *(template.kind for template in TEMPLATES.all())}
    qtbot.waitUntil(
        lambda: all(card.parameters or card.reason for card in page.gallery.cards.values()),
        timeout=PATIENCE_MS,
    )

    for card in page.gallery.cards.values():
        assert card.isEnabled() == (not card.reason)
        assert (
            card.reason or "parameters"
        ) in card.toolTip() and card.template.summary in card.toolTip()


def test_sizes_for_other_data_are_not_shown(
    qtbot: QtBot, harness: Harness, page: ModelPage
) -> None:
    mlp = page.gallery.cards["mlp"]
    qtbot.waitUntil(lambda: bool(mlp.parameters), timeout=PATIENCE_MS)
    problem = harness.document.problem()

    page._describe_templates(replace(problem, outputs=problem.outputs + 1))
    assert not mlp.parameters
    page._describe_templates(problem)
    qtbot.waitUntil(lambda: bool(mlp.parameters), timeout=PATIENCE_MS)


def test_what_does_not_fit_is_folded_away_and_says_why(qtbot: QtBot, page: ModelPage) -> None:
    fold = page.findChild(QAbstractButton, "model.template.others")
    assert isinstance(fold, QAbstractButton) and fold.isVisible() and "do not fit" in fold.text()
    gpt = page.gallery.cards["gpt"]
    assert not gpt.isVisible() and page.gallery.cards["resnet"].isVisible()

    qtbot.mouseClick(fold, Qt.MouseButton.LeftButton)
    assert gpt.isVisible() and not gpt.isEnabled() and not gpt.compact
    assert "answers after every token" in gpt.toolTip()


def test_every_template_has_a_drawing_of_its_own() -> None:
    assert {template.kind for template in TEMPLATES.all()} <= set(BY_KIND)


def test_a_click_takes_the_template_and_draws_it(
    qtbot: QtBot, harness: Harness, page: ModelPage
) -> None:
    qtbot.mouseClick(card(page, "vit"), Qt.MouseButton.LeftButton)
    wait_for_measurement(qtbot, harness)
    assert harness.document.experiment.model is not None
    assert harness.document.experiment.model.kind == "vit"
    assert card(page, "vit").isChecked() and not card(page, "resnet").isChecked()
    assert any("Transformer" in block.title for block in page.network.view.blocks)
    assert "model.heads" in {f"model.{name}" for name in page.form.fields}


def test_the_keyboard_takes_a_template(qtbot: QtBot, harness: Harness, page: ModelPage) -> None:
    card(page, "cnn").setFocus()
    qtbot.keyClick(card(page, "cnn"), Qt.Key.Key_Right)
    qtbot.keyClick(card(page, "resnet"), Qt.Key.Key_Space)
    assert harness.document.experiment.model is not None
    assert harness.document.experiment.model.kind == "resnet"


def test_a_setting_changes_the_drawing_and_the_totals(
    qtbot: QtBot, harness: Harness, page: ModelPage
) -> None:
    before = page.network._totals.text()
    blocks = page.network.view.blocks
    assert harness.document.replace("model", width=64) == ""

    wait_for_measurement(qtbot, harness)
    assert page.network.view.blocks != blocks
    assert page.network._totals.text() != before
    assert "with AdamW (4n)" in page.network._totals.text()

    inspection = harness.parts.network_measurer.inspection
    assert inspection is not None
    assert f"{inspection.parameters:,} parameters" in page.network._totals.text()


def test_the_shares_of_all_blocks_make_the_whole(page: ModelPage) -> None:
    assert sum(block.share for block in page.network.view.blocks) == pytest.approx(1)
    assert page.network.view.blocks[0].shape == "1 channel of 8 × 8"


def test_an_impossible_setting_marks_its_block_and_undo_mends_it(
    qtbot: QtBot, harness: Harness, page: ModelPage
) -> None:
    harness.document.choose("model", "vit")
    harness.document.replace("model", heads=7)
    wait_for_measurement(qtbot, harness)
    fault = next(block for block in page.network.view.blocks if block.error)
    assert "7 heads" in fault.error and fault.remedy

    shown = page.network.view.mapToScene(page.network.view.viewport().rect()).boundingRect()
    assert shown.intersects(page.network.view.item(fault.name).sceneBoundingRect())
    assert page.ready() == (False, fault.error)
    assert page.guide()[0].level == "problem"

    harness.document.undo()
    wait_for_measurement(qtbot, harness)
    assert page.ready() == (True, "")
    assert not any(block.error for block in page.network.view.blocks)


def test_the_guide_explains_the_selected_block(harness: Harness, page: ModelPage) -> None:
    changes: list[int] = []
    page.guide_changed.connect(lambda: changes.append(1))
    name = page.network.view.blocks[3].name
    page.network.view.choose(name)

    assert changes
    inspection = harness.parts.network_measurer.inspection
    assert inspection is not None

    block = next(block for block in inspection.blocks if block.name == name)
    card_of_block = next(card for card in page.guide() if card.title == block.title)
    assert card_of_block.text.startswith(block.help) and f"'{block.name}'" in card_of_block.text
    assert any("1,797 grey pictures" in card.text for card in page.guide())


def test_trouble_with_the_experiment_stands_in_place_of_the_drawing(
    qtbot: QtBot, harness: Harness, page: ModelPage
) -> None:
    harness.document.choose("loss", "binary-cross-entropy")
    wait_for_measurement(qtbot, harness)
    message = page.findChild(QLabel, "model.message")
    assert isinstance(message, QLabel) and message.isVisible()
    assert "does not fit the task" in message.text()


@pytest.mark.parametrize("zoom", [1.0, 1.5, 2.0])
def test_nothing_asks_for_more_than_a_small_window_has(
    qtbot: QtBot, harness: Harness, page: ModelPage, zoom: float
) -> None:
    harness.parts.theme.set_zoom(zoom)
    page.resize(840 if zoom == 1 else 1180, 540)
    page.grab()
    assert page.minimumSizeHint().width() <= page.width()
    assert page.network.view.viewport().height() >= 80


def test_a_page_that_is_not_seen_catches_up_when_it_is(
    qtbot: QtBot, harness: Harness, page: ModelPage
) -> None:
    page.hide()
    harness.document.choose("model", "cnn")
    wait_for_measurement(qtbot, harness)
    page.show()

    assert card(page, "cnn").isChecked()
    assert page.network.view.blocks[1].title.startswith("Convolution")
