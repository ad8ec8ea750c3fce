"""Why this answer: the card on Try it shows the map that the engine makes, and its verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from app.engine.explain.explaining import explain
from app.engine.results.predictor import Predictor
from app.ui.pages.tryit.page import TryItPage
from tests.ui.harness import PATIENCE_MS, Harness
from tests.ui.pages.test_tryit_kinds import houses, random_example, result_on, texts, with_run
from tests.ui.trained_runs import train_on

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot


@pytest.fixture
def page(qtbot: QtBot, harness: Harness) -> TryItPage:
    page = TryItPage(harness.parts)
    qtbot.addWidget(page)
    page.resize(840, 610)
    return page


def test_the_columns_of_a_row_are_ranked_as_the_engine_does(
    qtbot: QtBot, harness: Harness, page: TryItPage, tmp_path: Path
) -> None:
    data = {"source": str(houses(tmp_path / "houses.csv")), "target": "price"}
    run = train_on(tmp_path / "runs", data, {"template": "mlp"}, epochs=4)
    with_run(qtbot, harness, page, run)
    card = page.explanation
    assert not card.verdict.isVisible(), "it costs time, so it waits to be asked"

    result = random_example(qtbot, page)
    card.button.click()
    view = card.views[0]
    qtbot.waitUntil(view.isVisible, timeout=PATIENCE_MS)
    expected = explain(Predictor.load(run), result.arrays).halves[0]
    assert view._half is not None
    assert np.allclose(view._half.relevance, expected.relevance, atol=1e-5)
    assert card.verdict.text() == expected.truth.verdict
    assert expected.method.summary in card.meaning.text()
    assert not card.views[1].isVisible()
    assert not view.grab().isNull()


def test_it_stays_on_for_the_next_example_and_goes_with_its_button(
    qtbot: QtBot, harness: Harness, page: TryItPage, tmp_path: Path
) -> None:
    data = {"source": str(texts(tmp_path / "texts"))}
    with_run(qtbot, harness, page, train_on(tmp_path / "runs", data, {"template": "text-cnn"}))
    card = page.explanation
    page.input_card.edit.setPlainText("red and green")  # type: ignore[attr-defined]
    result_on(qtbot, page)
    card.button.click()
    qtbot.waitUntil(card.views[0].isVisible, timeout=PATIENCE_MS)
    first = card.views[0]._half
    assert first is not None and "red" in "".join(first.names)

    page.input_card.edit.setPlainText("a boat and a chair")  # type: ignore[attr-defined]
    qtbot.waitUntil(
        lambda: (half := card.views[0]._half) is not None and "boat" in "".join(half.names),
        timeout=PATIENCE_MS,
    )

    page.input_card.clear.click()  # type: ignore[attr-defined]
    qtbot.waitUntil(lambda: not card.views[0].isVisible(), timeout=PATIENCE_MS)
    assert not card.verdict.isVisible(), "without an answer there is nothing to explain"
    assert not card.button.isEnabled()

    page.input_card.edit.setPlainText("a fish and a hat")  # type: ignore[attr-defined]
    qtbot.waitUntil(card.views[0].isVisible, timeout=PATIENCE_MS)
    card.button.click()
    assert not card.views[0].isVisible() and not card.verdict.isVisible()
