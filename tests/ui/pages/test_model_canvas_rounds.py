"""A network that is opened, changed by hand and closed again and again leaves no object behind."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QCoreApplication, QEvent

from app.engine.experiment.experiment import Experiment
from app.ui.canvas.editor import Drop
from app.ui.pages.model.page import ModelPage
from models.own_network import OwnNetwork
from tests.models.test_edits import RESIDUAL
from tests.ui.cycles import inventory
from tests.ui.hand import Hand
from tests.ui.harness import PATIENCE_MS, Harness

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot


def one_round(qtbot: QtBot, harness: Harness) -> None:
    """Opens the page and a network, changes it in many ways, takes that back, and closes."""
    page = ModelPage(harness.parts)
    page.resize(1_000, 700)
    page.show()
    harness.document.open(Experiment(model=OwnNetwork(blocks=RESIDUAL)))
    measurer = harness.parts.network_measurer
    qtbot.waitUntil(lambda: not measurer.busy, timeout=PATIENCE_MS)
    view, editor = page.network.view, page.editor
    view.zoom_to_fit()
    hand = Hand(qtbot, view)
    hand.drag(hand.port("input"), hand.middle("sum"))
    hand.drag(hand.beside(), hand.middle("sum"))
    hand.drop("dropout", hand.on_wire("conv1", "conv2"))
    assert editor.move({"norm": (300.0, 90.0)}, {}) == ""
    assert editor.add_note("a note", (10.0, 10.0)) == ""
    assert editor.insert("add", Drop(behind="conv1")) == ""
    view.commands.do("add")
    view.commands.do("find")
    menu = view.commands.menu()
    menu.deleteLater()
    view.grab()
    while harness.document.can_undo:
        harness.document.undo()

    qtbot.waitUntil(lambda: not measurer.busy, timeout=PATIENCE_MS)
    page.hide()
    page.deleteLater()
    del page, view, editor, hand, menu
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.mark.parametrize(
    ("warm_up", "count"),
    [
        pytest.param(3, 6, id="some"),
        pytest.param(60, 500, id="many", marks=[pytest.mark.long, pytest.mark.timeout(3_600)]),
    ],
)
def test_rounds_leave_nothing(qtbot: QtBot, harness: Harness, warm_up: int, count: int) -> None:
    for _ in range(warm_up):
        one_round(qtbot, harness)

    before = inventory()
    for _ in range(count):
        one_round(qtbot, harness)

    growth = inventory().growth_since(before)
    memory = growth.pop("memory")
    print(f"{count} rounds: {growth}, {memory / 1e6:+.1f} MB")
    assert {name: more for name, more in growth.items() if more > 0} == {}
