"""The planner's table: rows are applied, undone, fitted and measured, but not during a training."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
import torch
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QPushButton, QWidget

from app.engine.compute.passes import Passes
from app.engine.planning import fit_to_memory, template_options
from app.engine.planning.memory_estimate import MARGIN
from app.ui.pages.learning.cards import PredictedCard
from app.ui.pages.learning.planner import Planner
from app.ui.pages.learning.planner_rows import FitBar, Row
from app.ui.state.session import State
from app.ui.state.trials import BUSY, NO_DATA, Trials
from models.template import TEMPLATES
from tests.engine.training.small import pictures

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from tests.ui.harness import Harness

PATIENCE_MS = 60_000
PREDICTIONS: dict[str, dict[str, int]] = {}
"""Made once for all tests here."""


@pytest.fixture(autouse=True)
def few_templates(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leaves only one template: estimating others at their usual size takes seconds."""
    monkeypatch.setattr(
        template_options, "TEMPLATES", SimpleNamespace(all=lambda: (TEMPLATES.get("cnn"),))
    )


@pytest.fixture
def small(harness: Harness, qtbot: QtBot, tmp_path: Path) -> Harness:
    """Returns the parts of a window with pictures open and a small network chosen."""
    harness.parts.network_measurer.close()
    harness.open(str(pictures(tmp_path / "pictures.npz", 160)))
    qtbot.waitUntil(lambda: harness.document.data_state == "ready", timeout=PATIENCE_MS)
    harness.document.choose("model", "cnn")
    harness.document.replace("model", depth=1, width=8)
    harness.document.replace(
        "training", batch_size=32, threads=1, device="cpu", precision="float32"
    )

    return harness


def open_planner(harness: Harness, qtbot: QtBot) -> Planner:
    """Returns the table with all its rows."""
    around = QWidget()
    around.resize(1280, 720)
    qtbot.addWidget(around)
    trials = Trials(harness.document, harness.parts.session)
    trials.predictions = PREDICTIONS
    parts = harness.parts
    planner = Planner(parts.document, parts.session, parts.background, parts.theme, trials, around)
    planner.show()
    wait_for_rows(planner, qtbot)

    return planner


def wait_for_rows(planner: Planner, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: not planner._filling, timeout=PATIENCE_MS)


def row_of(planner: Planner, key: str) -> Row:
    return next(row for row in planner.rows if row.option is not None and row.option.key == key)


def tight(planner: Planner, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, free: int) -> None:
    """Limits the free memory to so many bytes from here on."""
    from app.engine.memory import device_monitor

    real = device_monitor.DeviceMonitor.sample

    def sample(self: device_monitor.DeviceMonitor) -> Any:
        readings, reasons = real(self)
        return {**readings, "free": float(free)}, reasons

    monkeypatch.setattr(device_monitor.DeviceMonitor, "sample", sample)
    planner._refresh()
    wait_for_rows(planner, qtbot)


def test_rows_are_applied_and_taken_back_in_one_step(small: Harness, qtbot: QtBot) -> None:
    planner = open_planner(small, qtbot)
    now = row_of(planner, "now")
    assert not now.button.isVisible() and now.fits.text() == "It fits"
    assert "CPU" in planner.budget.text() and planner.bar.isVisible()

    before = small.document.experiment
    row = row_of(planner, "accumulate")
    needed = row.option.estimate.needed  # type: ignore[union-attr]
    row.button.click()
    training = small.document.experiment.training
    assert (training.batch_size, training.accumulation) == (16, 2)
    assert planner.notice.text().startswith("Applied: Batch 16, 2 of them a step")

    wait_for_rows(planner, qtbot)
    assert row_of(planner, "now").option.estimate.needed == needed  # type: ignore[union-attr]
    planner.undo.click()
    assert small.document.experiment == before and not planner.undo.isEnabled()

    wait_for_rows(planner, qtbot)
    assert row_of(planner, "now").option.changes == {}  # type: ignore[union-attr]
    planner.reject()


def test_it_is_fitted_to_what_is_free(
    small: Harness, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    planner = open_planner(small, qtbot)
    planner.fit.click()
    qtbot.waitUntil(lambda: "It fits as it is" in planner.notice.text(), timeout=PATIENCE_MS)
    assert planner._estimator is not None

    eight = planner._estimator.estimate(fit_to_memory.batch_changes(8, 4))
    assert eight is not None
    tight(planner, qtbot, monkeypatch, int(eight.needed / MARGIN) + 50)
    assert row_of(planner, "now").fits.text() == "Does not fit"

    planner.fit.click()
    qtbot.waitUntil(lambda: "8 examples at once" in planner.notice.text(), timeout=PATIENCE_MS)
    training = small.document.experiment.training
    assert (training.batch_size, training.accumulation) == (8, 4)

    wait_for_rows(planner, qtbot)
    assert row_of(planner, "now").fits.text() == "It fits"
    tight(planner, qtbot, monkeypatch, 100)
    planner.fit.click()
    qtbot.waitUntil(lambda: "It lacks" in planner.notice.text(), timeout=PATIENCE_MS)
    assert (training.batch_size, training.accumulation) == (
        8,
        4,
    )  # nothing that would help, so nothing is changed

    planner.reject()


def test_times_are_measured_row_by_row(small: Harness, qtbot: QtBot) -> None:
    planner = open_planner(small, qtbot)
    assert row_of(planner, "now").time.text() == "–"  # never a guess
    came: list[str] = []
    planner.trials.measured.connect(came.append)
    planner.measure.click()
    assert planner.trials.busy and planner.measure.text() == "Stop measuring"

    qtbot.waitUntil(lambda: len(came) == 2, timeout=PATIENCE_MS)
    now = row_of(planner, "now").time
    assert now.text() not in ("–", "failed") and "a step" in now.toolTip()

    planner.measure.click()
    assert not planner.trials.busy and planner.measure.text() == "Measure times"
    known = len(came)
    row_of(planner, "accumulate").button.click()
    wait_for_rows(planner, qtbot)
    assert (
        row_of(planner, "now").time.text() != "–" and len(came) == known
    )  # what was measured stays known

    planner.reject()


def test_memory_that_runs_out_in_a_trial_is_reported(
    small: Harness, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def runs_out(*_: Any) -> torch.Tensor:
        raise torch.OutOfMemoryError("out of memory")

    monkeypatch.setattr(Passes, "_pass", runs_out)
    planner = open_planner(small, qtbot)
    with qtbot.waitSignal(planner.trials.measured, timeout=PATIENCE_MS):
        planner.measure.click()

    assert row_of(planner, "now").time.text() == "ran out of memory"
    assert "does not fit" in row_of(planner, "now").time.toolTip()
    planner.reject()
    planner.trials.wait()


def test_nothing_is_measured_beside_a_training(small: Harness, qtbot: QtBot) -> None:
    planner = open_planner(small, qtbot)
    session = small.parts.session
    planner.measure.click()
    assert planner.trials.busy

    session.start(small.document.experiment, small.parts.runs_folder)
    assert not planner.trials.busy  # it gives way
    assert not planner.measure.isEnabled() and planner.measure.toolTip() == BUSY

    planner.trials.start([("now", small.document.experiment)])
    assert not planner.trials.busy
    session.stop_at_once()
    qtbot.waitUntil(lambda: session.state is State.IDLE, timeout=PATIENCE_MS)
    assert planner.measure.isEnabled()

    planner.reject()


def test_without_data_it_is_predicted_and_not_measured(harness: Harness, qtbot: QtBot) -> None:
    harness.parts.network_measurer.close()
    harness.document.choose("model", "cnn")
    harness.document.replace("model", depth=1, width=8)
    planner = open_planner(harness, qtbot)

    assert row_of(planner, "now").option.estimate.needed > 0  # type: ignore[union-attr]
    assert not planner.measure.isEnabled() and planner.measure.toolTip() == NO_DATA
    assert "No data are open yet" in planner.budget.text()

    harness.document.choose("loss", "binary-cross-entropy")  # does not fit
    assert "does not fit the task" in planner.notice.text() and not planner.fit.isEnabled()
    planner.reject()


def test_closing_in_the_middle_of_it(small: Harness, qtbot: QtBot) -> None:
    planner = open_planner(small, qtbot)
    planner.measure.click()
    planner.fit.click()
    planner._refresh()
    trials = planner.trials
    planner.reject()

    assert not trials.busy
    with qtbot.waitSignal(planner_idle(small), timeout=PATIENCE_MS):
        pass  # what was under way comes to nobody


def planner_idle(harness: Harness) -> Any:
    """Returns a signal that comes after everything that waits on the background thread."""
    from PySide6.QtCore import QObject, Signal

    class Signals(QObject):
        done = Signal()

    signals = Signals()
    harness.parts.background.run(lambda _: signals, lambda signals: signals.done.emit())
    return signals.done


@pytest.mark.parametrize(("zoom", "dark"), [(1.0, False), (1.5, True)])
def test_every_control_can_be_reached_and_says_what_it_is(
    small: Harness, qtbot: QtBot, zoom: float, dark: bool
) -> None:
    small.parts.theme.set_zoom(zoom)
    small.parts.theme.set_dark(dark)
    planner = open_planner(small, qtbot)
    assert planner.width() <= 1280 and planner.height() <= 720
    assert planner.area.horizontalScrollBar().maximum() == 0

    for button in planner.findChildren(QAbstractButton):
        if button.isVisible() and isinstance(button, QPushButton):
            assert button.objectName() and button.accessibleName() and button.toolTip(), (
                button.text()
            )
            assert button.focusPolicy() & Qt.FocusPolicy.TabFocus

    assert all(bar.accessibleName() for bar in planner.findChildren(FitBar) if bar.isVisible())
    planner.grab()
    planner.reject()


def test_the_memory_card_opens_it(harness: Harness, qtbot: QtBot) -> None:
    card = PredictedCard(harness.parts)
    qtbot.addWidget(card)
    card.planner.click()
    assert harness.actions == ["plan"] and card.planner.objectName() == "learning.planner"


def test_a_bar_to_scale(harness: Harness, qtbot: QtBot) -> None:
    bar = FitBar(harness.parts.theme)
    qtbot.addWidget(bar)
    bar.resize(100, 8)

    for needed, free, share in ((50, 100, 0.5), (200, 100, 1.0), (0, 0, 0.0)):
        bar.show_need(needed, free, "accent")
        assert bar.filled == share
        bar.grab()


def test_what_was_measured_is_known_until_other_data_come(
    small: Harness, qtbot: QtBot, tmp_path: Path
) -> None:
    trials = Trials(small.document, small.parts.session)
    with qtbot.waitSignal(trials.ended, timeout=PATIENCE_MS):
        trials.start([("a", small.document.experiment), ("b", small.document.experiment)])

    assert list(trials.times) == ["a", "b"] and trials.threads == 1
    assert small.document.replace("data", source=str(pictures(tmp_path / "others.npz", 80))) == ""
    qtbot.waitUntil(lambda: not trials.times, timeout=PATIENCE_MS)
    trials.wait()
