"""The Results and Training pages on small, trained runs of other tasks than classification."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from app.engine.experiment import toml_file
from app.engine.results.report import load_report
from app.engine.runs.control import Control
from app.engine.runs.run import Run
from app.ui.pages.results.page import ResultsPage
from app.ui.pages.training.page import TrainingPage
from app.ui.state.record import read_record
from app.ui.state.session import State
from tests.ui.harness import PATIENCE_MS, Harness, until_it_fits

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

Make = Callable[[str], Run]
_kept: dict[str, Run] = {}


@pytest.fixture
def make(tmp_path_factory: pytest.TempPathFactory) -> Make:
    """make(name) -> a run, trained once."""

    def run(name: str) -> Run:
        if name not in _kept:
            _kept[name] = _train(tmp_path_factory.mktemp(name), name)
        return _kept[name]

    return run


def _train(folder: Path, name: str) -> Run:
    from app.engine.training.trainer import train

    data: dict[str, Any] = {"source": str(folder / "data")}
    if name == "amounts":
        generator = np.random.default_rng(0)
        x = generator.normal(size=(90, 2))
        lines = [f"{a:.3f},{b:.3f},{3 * a - b + 20:.3f}" for a, b in x]
        (folder / "data.csv").write_text("\n".join(["a,b,height (cm)", *lines]))
        data = {"source": str(folder / "data.csv"), "task": "regression", "target": "height (cm)"}
    elif name == "language":
        (folder / "data.txt").write_text("the old house by the river is not so old. " * 80)
        data = {
            "source": str(folder / "data.txt"),
            "task": "language-modelling",
            "tokens": "bytes",
            "context": 32,
        }
    else:
        light = np.random.default_rng(0).integers(0, 200, (80, 8, 8)).astype(np.uint8)
        np.savez(folder / "data.npz", images=light, labels=np.arange(80) % 2)
        data = {"source": str(folder / "data.npz"), "task": "reconstruction"}

    model = {"template": "gpt", "depth": 1, "width": 16} if name == "language" else {}
    plain = {"name": name, "data": data, "training": {"epochs": 3, "device": "cpu", "threads": 1}}
    experiment = toml_file.from_plain(plain | ({"model": model} if model else {}))
    run = Run.create(folder / "runs", experiment)
    ended = train(experiment, run, lambda event: None, Control())

    assert ended.status == "completed", ended.reason
    return run


def opened(qtbot: QtBot, harness: Harness, run: Run) -> ResultsPage:
    page = ResultsPage(harness.parts)
    qtbot.addWidget(page)
    page.resize(840, 610)
    page.show()
    harness.document.set(run.experiment())
    qtbot.waitUntil(lambda: harness.document.data_state == "ready", timeout=PATIENCE_MS)
    harness.parts.session.show(read_record(run.path))
    qtbot.waitUntil(lambda: page.stack.currentIndex() == 1 and not page.live, timeout=PATIENCE_MS)

    return page


def test_amounts_go_back_in_time(qtbot: QtBot, harness: Harness, make: Make) -> None:
    run = make("amounts")
    page = opened(qtbot, harness, run)
    report = load_report(run).splits["test"]
    assert page.view is not None and page.view.scatter.x.tolist() == report.targets[:, 0].tolist()

    figures = [shown.accessibleName() for shown in page.summary._figures if not shown.isHidden()]
    assert any(
        figure.startswith("mean error (MAE) ") and figure.endswith(" cm") for figure in figures
    )
    assert page.summary.intervals.isHidden()

    page.show_split("validation")
    after = page.view.scatter.y.copy()  # type: ignore[attr-defined]
    used = page.selection.used
    page.header.slider.setValue(0 if used is None or used.epoch != 1 else 2)
    assert page.summary.verdict.text().startswith("After epoch ")
    assert not np.allclose(after, page.view.scatter.y)  # type: ignore[attr-defined]
    assert page.selection.report.metrics == page.selection.past.metrics  # type: ignore[union-attr]


@pytest.mark.parametrize("zoom", [1.0, 1.5])
def test_nothing_is_cut_off_sideways(
    qtbot: QtBot, harness: Harness, make: Make, zoom: float
) -> None:
    harness.parts.theme.set_zoom(zoom)
    for name in ("amounts", "language"):
        page = opened(qtbot, harness, make(name))
        qtbot.waitUntil(lambda page=page: not page._fit.isActive())  # type: ignore[misc]
        until_it_fits(qtbot, page.scroller)
        assert page.width() == 840

        if zoom == 1:
            assert page.scroller.verticalScrollBar().maximum() == 0, (
                "all of it is in view at 1280 x 720"
            )


def test_amounts_are_shown_while_it_trains(qtbot: QtBot, harness: Harness, make: Make) -> None:
    page = opened(qtbot, harness, make("amounts"))
    session = harness.parts.session
    seen = set[str]()
    words = page.summary.verdict
    session.events_received.connect(
        lambda _: seen.add(words.text() if page.stack.currentIndex() and page.live else "")
    )
    experiment = make("amounts").experiment()
    training = experiment.training.replace(epochs=10_000)  # no few epochs are seen for sure
    session.start(experiment.replace(name="again", training=training), harness.parts.runs_folder)
    qtbot.waitUntil(
        lambda: any(text.startswith("After epoch ") for text in seen), timeout=PATIENCE_MS
    )
    session.stop()
    qtbot.waitUntil(lambda: session.state is State.IDLE, timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: not page.live, timeout=PATIENCE_MS)


def test_it_writes_on_piece_by_piece(qtbot: QtBot, harness: Harness, make: Make) -> None:
    page = opened(qtbot, harness, make("language"))
    card = page.view.writing  # type: ignore[union-attr]
    pieces: list[str] = []
    card._piece.connect(lambda _, piece: pieces.append(piece))
    card.prompt.setText("the old ")
    card.slider.setValue(0)
    card.button.click()
    assert card.button.text() == "Stop"

    qtbot.waitUntil(lambda: card.button.text() == "Write", timeout=PATIENCE_MS)
    assert card.text.toPlainText() == "the old " + "".join(pieces) and len(pieces) > 20
    card.button.click()
    card.button.click()
    assert card.button.text() == "Write" and card.text.toPlainText() == "the old "


def test_restored_examples_stand_side_by_side(qtbot: QtBot, harness: Harness, make: Make) -> None:
    run = make("restored")
    page = opened(qtbot, harness, run)
    view = page.view
    qtbot.waitUntil(lambda: len(view.grid.rows) > 0, timeout=PATIENCE_MS)
    report = load_report(run).splits["test"]
    dataset = harness.document.dataset
    assert dataset is not None

    clean, damaged, restored = view.grid.rows[0][0].halves  # type: ignore[union-attr]
    worst = report.worst(1)[0][0]
    assert (clean.picture == dataset.inputs[worst]).all()
    assert (
        damaged.picture != clean.picture
    ).any() and restored.picture.shape == clean.picture.shape


@pytest.mark.parametrize(
    ("name", "words"),
    [("amounts", "R²"), ("language", "Bits per byte"), ("restored", "Mean error")],
)
def test_training_speaks_of_the_task(
    qtbot: QtBot, harness: Harness, make: Make, name: str, words: str
) -> None:
    run = make(name)
    page = TrainingPage(harness.parts)
    qtbot.addWidget(page)
    page.resize(840, 610)
    page.show()
    harness.document.set(run.experiment())
    qtbot.waitUntil(lambda: harness.document.data_state == "ready", timeout=PATIENCE_MS)
    record = read_record(run.path)
    harness.parts.session.show(record)
    assert page.run.metric_card.title.text().startswith(words)
    assert len(page.run.headline.validation.y) == 3
    assert page.run.probe_card.content is not None and page.run.probe_card.note.isHidden()
    assert words.lower() in page.notice.text.text().lower()

    page.grab()
