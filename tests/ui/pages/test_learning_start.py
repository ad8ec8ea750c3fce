"""The Learning page says what fits of the weights that are to be the start."""

from __future__ import annotations

from typing import TYPE_CHECKING

import safetensors.torch
import torch

from app.ui.pages.learning.page import LearningPage
from app.ui.pages.learning.start_note import StartNote

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from tests.ui.harness import Harness

PATIENCE_MS = 60_000


def test_what_fits_is_said_where_the_weights_are_chosen(
    harness: Harness, qtbot: QtBot, tmp_path: Path
) -> None:
    harness.open("sample:iris")
    document = harness.document
    qtbot.waitUntil(lambda: document.data_state == "ready", timeout=PATIENCE_MS)
    page = LearningPage(harness.parts)
    qtbot.addWidget(page)
    page.resize(1000, 700)
    with qtbot.waitExposed(page):
        page.show()

    note = page.findChild(StartNote)
    assert note is not None and note.isHidden()
    weights = {"answer.weight": torch.zeros(3, 9), "head.weight": torch.zeros(3)}
    path = tmp_path / "a <b>.safetensors"
    path.write_bytes(safetensors.torch.save(weights))

    document.replace("training", start_from=str(path))
    qtbot.waitUntil(note.isVisible, timeout=PATIENCE_MS)
    assert note.text().startswith("The weights of 0 of ") and "Not used of it: " in note.text()
    assert "its weights were 3 × 9" in note.text() and "head.weight' (3)" in note.toolTip()

    document.replace("training", start_from="nowhere")
    qtbot.waitUntil(lambda: "no run 'nowhere'" in note.text(), timeout=PATIENCE_MS)
    document.replace("training", start_from=None)
    qtbot.waitUntil(note.isHidden, timeout=PATIENCE_MS)
