"""The card "Exports" on Results: a line for each file, what proved it, and when."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import pytest
from PySide6.QtWidgets import QLabel

from app.engine.export.proof import FILE, keep, read_proofs
from app.engine.runs.weights_in_use import best_weights
from app.ui.pages.results.page import ResultsPage
from app.ui.state.exports.exporter import ExportEnd, ExportOrder
from app.ui.state.record import read_record
from app.ui.text.run_names import moment_text
from tests.engine.export.proofs import a_proof
from tests.ui.harness import PATIENCE_MS, Harness

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from app.engine.export.proof import Proof
    from app.engine.runs.run import Run

MOMENT = datetime(2026, 11, 22, 10, 5)


def proof_now(run: Run, **changes: object) -> Proof:
    """Returns a proof of the weights in use, with other values."""
    best = best_weights(run)
    assert best is not None
    return a_proof(**{"epoch": best.epoch, "step": best.step, **changes})


def texts(page: ResultsPage) -> list[str]:
    """Returns what the card says, without what is hidden."""
    return [
        label.text()
        for label in page.exports.findChildren(QLabel)
        if label.text() and label.isVisibleTo(page.exports)
    ]


@pytest.fixture
def page(qtbot: QtBot, harness: Harness, run: Run) -> ResultsPage:
    page = ResultsPage(harness.parts)
    qtbot.addWidget(page)
    page.resize(900, 700)
    page.show()
    harness.parts.session.show(read_record(run.path))
    qtbot.waitUntil(lambda: page.stack.currentIndex() == 1 and not page.live, timeout=PATIENCE_MS)
    return page


def test_it_comes_with_the_first_export_and_says_what_proved_it(
    qtbot: QtBot, harness: Harness, page: ResultsPage, run: Run
) -> None:
    assert page.exports.isHidden()
    proof = proof_now(run, time=MOMENT.timestamp(), changed=0, max_difference=0.0)
    keep(run, proof)
    order = ExportOrder(run.path, proof.format, run.path.parent / "digits.pt2")
    harness.parts.exporter.ended.emit(ExportEnd(order, proof))
    qtbot.waitUntil(lambda: page.exports.isVisible(), timeout=PATIENCE_MS)
    found = texts(page)
    for text in (
        "PyTorch program",
        "digits.pt2",
        "None of 5,700",
        "96.7 %",
        "here 96.9 %",
        moment_text(MOMENT),
        f"best epoch ({proof.epoch})",
    ):
        assert text in found, (text, found)

    assert "Other weights" not in " ".join(found)


def test_what_is_marked_or_of_other_weights_says_so(
    qtbot: QtBot, page: ResultsPage, run: Run
) -> None:
    keep(run, proof_now(run, changed=4, allowed=0.0))
    keep(run, proof_now(run, format="onnx", out="a.onnx", epoch=99, step=999, time=0.0))
    page.exports.read(run.path)
    qtbot.waitUntil(lambda: "a.onnx" in texts(page), timeout=PATIENCE_MS)
    found = texts(page)
    # In the order of the formats, and without a date that is not known.
    assert found.index("ONNX") < found.index("PyTorch program")
    assert "–" in found and "more than stated" in found
    assert any(text.startswith("No answer should have changed") for text in found)
    assert any(text.startswith("Other weights are in use now") for text in found)


def test_a_damaged_record_is_said_and_another_run_shows_nothing_of_it(
    qtbot: QtBot, page: ResultsPage, run: Run
) -> None:
    keep(run, proof_now(run))
    (run.path / FILE).write_bytes(b"{} ")
    page.exports.read(run.path)
    qtbot.waitUntil(lambda: page.exports.isVisible(), timeout=PATIENCE_MS)
    assert texts(page)[-1].endswith("The next export writes it anew.")

    keep(run, proof_now(run))
    assert read_proofs(run)
    page.exports.read(run.path.parent / "another")
    assert page.exports.isHidden()
