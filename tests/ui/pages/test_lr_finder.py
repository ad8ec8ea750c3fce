"""The learning-rate finder in the window: a real search, and a curve on which one picks a rate."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtWidgets import QProgressBar, QPushButton, QWidget

from app.engine.planning.lr_curve import SearchProgress, analyse, round_rate, smooth
from app.ui.pages.learning.lr_finder import OUTDATED, FindButton, FinderDialog
from app.ui.plots.curves.lr_finder import LrFinderPlot
from app.ui.state.action import Action
from app.ui.state.lr_search import BUSY, NO_DATA, LrSearch
from app.ui.style.theme import Theme
from tests.engine.training.small import at_step, pictures
from tests.ui.window_actions import choose_little, click, find, inside, until

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from tests.ui.conftest import OpenWindow
    from tests.ui.harness import Harness

PATIENCE_MS = 60_000
RATES = np.geomspace(1e-6, 10.0, 100)
LOSSES = 2.0 - 1.5 / (1 + np.exp(-6 * (np.log10(RATES) + 2))) + np.where(RATES > 0.1, RATES, 0.0)


def open_pictures(harness: Harness, qtbot: QtBot, folder: Path) -> None:
    """Opens pictures and chooses a network that trains in a moment."""
    document = harness.document
    harness.parts.network_measurer.close()
    harness.open(str(pictures(folder / "quarters.npz")))
    qtbot.waitUntil(lambda: document.data_state == "ready", timeout=PATIENCE_MS)
    document.choose("model", "cnn")

    assert document.replace("model", depth=1, width=4) == ""
    assert document.replace("training", batch_size=128, threads=1, device="cpu") == ""


def open_dialog(harness: Harness, qtbot: QtBot) -> tuple[FindButton, FinderDialog]:
    """Returns the dialog as the button opens it, with its search begun."""
    page = QWidget()
    page.resize(900, 700)
    qtbot.addWidget(page)
    button = FindButton(harness.parts)
    button.setParent(page)

    with qtbot.waitExposed(page):
        page.show()

    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    dialog = button.dialog
    assert dialog is not None and dialog.isVisible()

    search = button.search
    qtbot.waitUntil(
        lambda: search.busy or bool(search.trouble) or search.curve is not None, timeout=PATIENCE_MS
    )
    return button, dialog


def wait_until_finished(qtbot: QtBot, search: LrSearch) -> None:
    qtbot.waitUntil(lambda: not search.busy, timeout=PATIENCE_MS)


def test_a_value_is_found_and_applied(harness: Harness, qtbot: QtBot, tmp_path: Path) -> None:
    open_pictures(harness, qtbot, tmp_path)
    before = harness.document.experiment
    button, dialog = open_dialog(harness, qtbot)
    assert not dialog.use.isEnabled() and dialog.stop.isVisible() and not dialog.again.isVisible()

    wait_until_finished(qtbot, button.search)
    curve = button.search.curve
    assert curve is not None and curve.proposal is not None, button.search.trouble
    assert harness.document.experiment == before
    assert not (tmp_path / "runs").exists()
    assert dialog.chosen == curve.proposal and dialog.use.isEnabled()
    assert curve.why in dialog.verdict.text() and "schedule" in dialog.verdict.text()
    assert dialog.plot.present == curve.current and len(dialog.plot.smoothed.x) == len(curve.rates)
    assert (
        dialog.again.isVisible() and not dialog.stop.isVisible() and not dialog.progress.isVisible()
    )

    qtbot.mouseClick(dialog.use, Qt.MouseButton.LeftButton)
    assert harness.document.experiment.optimizer.learning_rate == curve.proposal
    assert button.dialog is None

    harness.document.undo()
    assert harness.document.experiment == before


def test_progress_is_shown_while_it_lasts(harness: Harness, qtbot: QtBot, tmp_path: Path) -> None:
    open_pictures(harness, qtbot, tmp_path)
    assert harness.document.replace("training", batch_size=16) == ""
    reached = threading.Event()

    go_on = threading.Event()

    def hold() -> None:
        reached.set()
        go_on.wait(60)

    with at_step(30, hold):
        button, dialog = open_dialog(harness, qtbot)
        qtbot.waitUntil(
            lambda: reached.is_set() and button.search.tried is not None, timeout=PATIENCE_MS
        )
        bar = dialog.findChild(QProgressBar, "learning.finder.progress")
        assert bar is not None and bar.isVisible() and bar.maximum() == 800
        assert dialog.state.text().startswith(f"Step {bar.value()} of 800, learning rate ")
        assert len(dialog.plot.smoothed.x) == bar.value()
        assert dialog.chosen is None and dialog.use.text() == "Use"

        dialog.plot.picked.emit(0.01)
        assert dialog.chosen is None
        qtbot.mouseClick(dialog.stop, Qt.MouseButton.LeftButton)
        assert "Stopped" in dialog.verdict.text() and not dialog.use.isEnabled()

        go_on.set()
        button.search.wait()

    assert button.search.curve is None
    qtbot.mouseClick(dialog.again, Qt.MouseButton.LeftButton)
    assert button.search.busy and dialog.verdict.text() == ""

    dialog.close()
    button.search.wait()
    assert not button.search.busy and button.search.curve is None


def test_a_search_needs_data(harness: Harness, qtbot: QtBot) -> None:
    harness.parts.network_measurer.close()
    _, dialog = open_dialog(harness, qtbot)
    assert dialog.verdict.text() == NO_DATA and not dialog.use.isEnabled()
    assert dialog.again.isVisible()

    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()


def test_what_goes_wrong_is_a_sentence(
    harness: Harness, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.engine.training import build

    def full(plan: object) -> object:
        raise MemoryError

    open_pictures(harness, qtbot, tmp_path)
    monkeypatch.setattr(build, "assemble", full)
    button, dialog = open_dialog(harness, qtbot)
    wait_until_finished(qtbot, button.search)

    assert "not enough memory" in dialog.verdict.text() and dialog.again.isVisible()


def test_other_settings_make_the_curve_out_of_date(
    harness: Harness, qtbot: QtBot, tmp_path: Path
) -> None:
    open_pictures(harness, qtbot, tmp_path)
    button, dialog = open_dialog(harness, qtbot)
    wait_until_finished(qtbot, button.search)
    document = harness.document
    assert (
        document.replace("training", epochs=3) == ""
        and document.replace("optimizer", learning_rate=0.5) == ""
    )

    document.choose("schedule", "constant")
    assert dialog.use.isEnabled() and "throughout" in dialog.verdict.text()
    document.choose("optimizer", "sgd")
    assert not dialog.use.isEnabled() and dialog.verdict.text() == OUTDATED

    document.undo()
    assert dialog.use.isEnabled()


def test_a_training_comes_first(open_window: OpenWindow, qtbot: QtBot, tmp_path: Path) -> None:
    """It ends a search and begins after it; while it lasts, no search begins."""
    window = open_window()
    choose_little(qtbot, window, tmp_path, epochs=2000)
    assert inside(window).document.replace("training", batch_size=64) == ""

    inside(window).frame.go("learning")
    button = find(window, "learning.find_rate", FindButton)
    reached = threading.Event()

    go_on = threading.Event()

    def hold() -> None:
        reached.set()
        go_on.wait(60)

    session = inside(window).session
    with at_step(10, hold):
        button.click()
        until(qtbot, reached.is_set)
        inside(window).actions.do(Action.TRAIN)
        assert session.active and not button.search.busy
        assert "training" in button.search.trouble

        go_on.set()
        until(qtbot, lambda: session.record.steps.values.size > 0)

    dialog = button.dialog
    assert dialog is not None
    dialog.again.click()
    assert dialog.verdict.text() == BUSY and not button.search.busy

    session.stop_at_once()
    until(qtbot, lambda: not session.active)
    dialog.again.click()
    assert button.search.busy

    wait_until_finished(qtbot, button.search)
    dialog.close()


def test_the_window_closes_while_it_searches(
    open_window: OpenWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    window = open_window()
    choose_little(qtbot, window, tmp_path)
    inside(window).frame.go("learning")
    click(qtbot, window, "learning.find_rate")
    button = find(window, "learning.find_rate", FindButton)
    until(qtbot, lambda: button.search.tried is not None)
    # nothing survives: the fixture closes the window, conftest looks for threads


# --- the curve


@pytest.fixture
def plot(qtbot: QtBot) -> LrFinderPlot:
    curve_plot = LrFinderPlot(Theme())
    qtbot.addWidget(curve_plot)
    curve_plot.resize(600, 320)

    with qtbot.waitExposed(curve_plot):
        curve_plot.show()

    curve_plot.show_tried(RATES, LOSSES, smooth(LOSSES), (1e-6, 10.0))
    return curve_plot


def test_a_click_picks_the_rate_there(plot: LrFinderPlot, qtbot: QtBot) -> None:
    for wanted in (1e-5, 0.01, 1.0):
        position = plot.box.mapViewToScene(QPointF(np.log10(wanted), 1.0))
        with qtbot.waitSignal(plot.picked) as picked:
            qtbot.mouseClick(
                plot.viewport(),
                Qt.MouseButton.LeftButton,
                pos=QPoint(round(position.x()), round(position.y())),
            )

        assert picked.args[0] == pytest.approx(wanted, rel=0.1)
    with qtbot.assertNotEmitted(plot.picked):
        qtbot.mouseClick(plot.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(2, 2))


def test_arrow_keys_pick_the_next_rate(plot: LrFinderPlot, qtbot: QtBot) -> None:
    plot.show_chosen(0.01)
    with qtbot.waitSignal(plot.picked) as picked:
        qtbot.keyClick(plot, Qt.Key.Key_Right)

    assert round_rate(picked.args[0]) == 0.011
    plot.show_chosen(10.0)

    with qtbot.waitSignal(plot.picked) as picked:
        qtbot.keyClick(plot, Qt.Key.Key_Right)

    assert picked.args[0] == pytest.approx(10.0)
    assert "10" in plot.accessibleDescription()


def test_what_blows_up_does_not_flatten_the_rest(plot: LrFinderPlot) -> None:
    losses = LOSSES.copy()
    losses[-5:] = [10.0, 1e3, 1e6, 1e9, np.inf]
    plot.show_tried(RATES, losses, smooth(losses))
    assert plot.box.viewRange()[1][1] < 4.0

    plot.show_chosen(9.9)
    plot.show_present(0.001)
    assert not plot.grab().isNull()


def test_an_empty_curve_shows_no_choice(plot: LrFinderPlot, qtbot: QtBot) -> None:
    plot.show_chosen(0.01)
    plot.show_tried(RATES[:0], LOSSES[:0], LOSSES[:0])
    assert not plot._line.isVisible()

    with qtbot.assertNotEmitted(plot.picked):
        qtbot.keyClick(plot, Qt.Key.Key_Left)


def test_a_choice_says_what_the_curve_says_of_it(harness: Harness, qtbot: QtBot) -> None:
    harness.parts.network_measurer.close()
    search = LrSearch(harness.document, harness.parts.session)
    over = QWidget()
    qtbot.addWidget(over)
    dialog = FinderDialog(harness.parts, search, over)
    dialog.show()
    end = 95
    search.tried = SearchProgress(
        end, 100, float(RATES[end]), (1e-6, 10.0), RATES[:end], LOSSES[:end], smooth(LOSSES[:end])
    )
    search.curve = analyse(RATES[: end + 1], LOSSES[: end + 1], 0.001, end)
    search.changed.emit()
    assert dialog.use.text() == f"Use {dialog.chosen:g}"

    proposal = dialog.chosen
    for rate, words in (
        (6.0, "blows up"),
        (0.9, "too large"),
        (1e-4, f"proposed was {proposal:g}"),
    ):
        dialog.plot.picked.emit(rate)
        assert dialog.chosen == rate and words in dialog.verdict.text(), dialog.verdict.text()

    names = {button.accessibleName() for button in dialog.findChildren(QPushButton)}
    assert "Use 0.0001 as the learning rate" in names

    for button in (dialog.use, dialog.again, dialog.stop, dialog.close_button, dialog.plot):
        assert button.objectName() and button.toolTip() and button.accessibleName()

    search.curve = analyse(RATES, np.full(100, 2.0), 0.001, None)
    search.changed.emit()
    assert dialog.chosen is None and not dialog.use.isEnabled()
    assert "No value can be proposed" in dialog.verdict.text()

    dialog.close()


@pytest.mark.parametrize("zoom", [1.0, 1.5])
def test_it_fits_a_small_window(harness: Harness, qtbot: QtBot, zoom: float) -> None:
    harness.parts.network_measurer.close()
    harness.parts.theme.set_zoom(zoom)
    over = QWidget()
    over.resize(1280, 680)
    qtbot.addWidget(over)

    with qtbot.waitExposed(over):
        over.show()

    dialog = FinderDialog(harness.parts, LrSearch(harness.document, harness.parts.session), over)
    dialog.show()
    assert dialog.width() <= 1280 and dialog.height() <= 680
    assert dialog.minimumSizeHint().height() <= dialog.height()

    dialog.close()
