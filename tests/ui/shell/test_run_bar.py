"""The bottom bar and the rail: what they say is of the run, or of what is open, as they claim."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, cast

import numpy as np
from PySide6.QtWidgets import QLabel

from app.engine.experiment import toml_file
from app.engine.experiment.data_settings import DataSettings
from app.engine.experiment.experiment import Experiment
from app.engine.runs import events
from app.ui.state.action import Action
from app.ui.state.record import read_record
from app.ui.widgets.elided import ElidedEdit
from tests.ui.window_actions import choose_little, find, inside, until

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from app.engine.runs.summary import Summary
    from app.ui.shell.application import Window
    from tests.ui.conftest import OpenWindow

STEPS = ("data", "model", "learning", "training", "results", "tryit")


def text(window: Window, name: str) -> str:
    label = find(window, name, QLabel)
    return label.text() if label.isVisible() else ""


def save_rows(path: Path, count: int = 60) -> Path:
    rows = "".join(f"{n},{n % 7},{'yes' if n % 7 > 3 else 'no'}\n" for n in range(count))
    path.write_text("a,b,kind\n" + rows, encoding="utf-8")
    return path


def done(window: Window) -> list[str]:
    """Returns the steps with a check mark, once the rail is up to date."""
    window.frame._refresh()
    steps = window.frame.rail.steps
    return [name for name in STEPS if steps[name].accessibleDescription() == "done"]


def test_the_speed_is_in_examples_of_the_run(
    qtbot: QtBot, open_window: OpenWindow, folders: Path
) -> None:
    window = open_window()
    choose_little(qtbot, window, folders, epochs=2000)
    session = inside(window).session
    inside(window).actions.do(Action.TRAIN)
    until(qtbot, lambda: "pictures/s" in text(window, "status.speed"))

    inside(window).files.open(str(save_rows(folders / "rows.csv")))
    until(qtbot, lambda: inside(window).document.data_state == "ready")
    before = session.live_record.latest
    until(qtbot, lambda: session.live_record.latest is not before)
    assert "pictures/s" in text(window, "status.speed")
    session.stop_at_once()
    until(qtbot, lambda: not session.active)


def test_a_check_mark_means_done_for_what_is_open(
    qtbot: QtBot, open_window: OpenWindow, folders: Path
) -> None:
    window = open_window()
    assert done(window) == []

    choose_little(qtbot, window, folders, epochs=1)
    until(qtbot, lambda: done(window) == ["data", "model", "learning"])
    session = inside(window).session
    inside(window).actions.do(Action.TRAIN)
    until(qtbot, lambda: session.active)
    until(qtbot, lambda: not session.active)
    assert done(window) == list(STEPS)

    inside(window).document.replace("training", seed=4)
    assert done(window) == ["data", "model", "learning"]
    assert "other settings" in window.frame.rail.steps["training"].accessibleDescription()
    inside(window).document.undo()
    assert done(window) == list(STEPS)

    inside(window).files.open(str(save_rows(folders / "rows.csv")))
    until(qtbot, lambda: inside(window).document.data_state == "ready")
    assert "training" not in done(window) and "results" not in done(window)
    path = session.record.path
    assert path is not None
    inside(window).files.open(str(path))
    until(qtbot, lambda: done(window) == list(STEPS))
    assert read_record(path).epochs


def test_what_was_promised_of_a_run_has_no_unit_of_other_data(
    qtbot: QtBot, open_window: OpenWindow, folders: Path
) -> None:
    window = open_window()
    path = folders / "houses.csv"
    path.write_text("size,price (EUR)\n" + "".join(f"{n % 7},{n % 7 * 1.5}\n" for n in range(60)))
    document, run_bar = inside(window).document, inside(window).run_bar
    document.set(Experiment(data=DataSettings(source=str(path), target="price (EUR)")))
    until(qtbot, lambda: document.data_state == "ready")
    promise = {"figure": "mae", "value": 5.0, "seconds": 10.0, "came": 9.0}
    end = events.RunFinished("", "completed", "", cast("Summary", {"promise": promise}))
    record = inside(window).session.live_record
    record.started = events.RunStarted("", "", toml_file.to_plain(document.experiment))
    run_bar._finished(end)
    assert "5 EUR in about 10 s was promised" in text(window, "status.text")

    record.started = events.RunStarted("", "", {"data": {"source": "sample:digits"}})
    run_bar._finished(end)
    assert "5 in about 10 s was promised" in text(window, "status.text")


def test_what_train_would_start_is_named(
    qtbot: QtBot, open_window: OpenWindow, folders: Path
) -> None:
    window = open_window()
    choose_little(qtbot, window, folders, epochs=3)
    measurer = inside(window).network_measurer
    until(qtbot, lambda: not measurer.busy)
    assert text(window, "status.text").startswith("ready: little, Small CNN, 3 epochs")


def test_the_first_figures_after_opening_are_of_the_new_data(
    qtbot: QtBot, open_window: OpenWindow, folders: Path
) -> None:
    """Memory and time of the data of before are not shown beside the new ones for a moment."""
    window = open_window()
    pixels = np.random.default_rng(0).integers(0, 256, (300, 48, 48)).astype(np.uint8)
    np.savez(folders / "large.npz", images=pixels, labels=np.arange(300) % 2)
    inside(window).files.open(str(folders / "large.npz"))
    measurer = inside(window).network_measurer
    until(qtbot, lambda: inside(window).document.data_state == "ready" and not measurer.busy)
    large = text(window, "status.memory.text")
    assert re.match(r"memory needed [\d.]+ MiB", large)

    seen: list[str] = []
    document = inside(window).document
    document.data_changed.connect(lambda: seen.append(text(window, "status.memory.text")))
    measurer.changed.connect(lambda: seen.append(text(window, "status.memory.text")))
    inside(window).files.open(str(save_rows(folders / "rows.csv")))
    seen.append(text(window, "status.memory.text"))
    until(qtbot, lambda: document.data_state == "ready" and not measurer.busy)
    needed = large.partition(" of ")[0]
    assert len(seen) > 3 and not [words for words in seen if words.startswith(needed)]
    assert text(window, "status.memory.text").startswith("memory needed ")


def test_what_is_free_is_one_figure_everywhere(
    qtbot: QtBot, open_window: OpenWindow, folders: Path
) -> None:
    window = open_window()
    choose_little(qtbot, window, folders)
    measurer = inside(window).network_measurer
    window.frame.go("learning")
    until(qtbot, lambda: not measurer.busy and measurer.device.budget is not None)
    budget = measurer.device.budget
    assert budget is not None

    def shown() -> list[str]:
        texts = (text(window, "status.memory.text"), text(window, "learning.fits"))
        return [found for words in texts for found in re.findall(r"([\d.]+ [KMGT]iB) free", words)]

    until(qtbot, lambda: len(shown()) == 2)
    assert len(set(shown())) == 1
    measurer.device.take(replace(budget, free=5 << 30))
    assert shown() == ["5 GiB", "5 GiB"]

    inside(window).actions.do(Action.PLAN)
    planner = find(window, "planner.budget", QLabel)
    until(qtbot, lambda: "are free" in planner.text())
    assert f"{shown()[0]} of " in planner.text() and len(set(shown())) == 1
    planner.window().close()


def test_a_long_name_in_the_header_ends_in_an_ellipsis(
    open_window: OpenWindow,
) -> None:
    window = open_window()
    document = inside(window).document
    name = find(window, "header.name", ElidedEdit)
    window.frame.header.help.setFocus()
    document.replace("", name="Photos (second series)")
    assert not name.cuts, "it has room for its last letter"

    long = "Photos of the excursion to the mountains (second series, mornings)"
    document.replace("", name=long)
    assert name.cuts and name.toolTip().startswith(long)
    shown = name.grab().toImage()
    name.setText(long.replace("(second", "("))
    assert name.grab().toImage() == shown, "both end in the same ellipsis"
