"""The whole window, from the start to a trained network, with every way in which it can end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtWidgets import QApplication, QDialog, QLabel, QMessageBox, QPushButton

from app.engine.detached.awake import Awake
from app.ui.state.session import State
from tests.ui.conftest import OpenWindow, close
from tests.ui.window_actions import choose_little, click, find, inside, until

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

ROOT = Path(__file__).resolve().parents[3]


def test_three_clicks_lead_from_the_start_to_the_first_point(
    qtbot: QtBot, open_window: OpenWindow
) -> None:
    window = open_window()
    session = inside(window).session
    assert window.frame.page == "welcome"

    click(qtbot, window, "welcome.sample.digits")
    click(qtbot, window, "train.start")  # reading goes on: the training reads by itself
    assert window.frame.page == "training"
    assert session.record.stage is None or session.record.stage.text
    assert find(window, "status.text", QLabel).text()

    until(qtbot, lambda: len(session.record.losses) > 0)
    click(qtbot, window, "train.stop")
    until(qtbot, lambda: not session.active)


def test_every_step_of_the_rail_shows_its_page(qtbot: QtBot, open_window: OpenWindow) -> None:
    window = open_window()
    for name in ("data", "model", "learning", "training", "results", "tryit", "runs", "welcome"):
        click(qtbot, window, f"rail.{name}")
        assert window.frame.page == name
        assert window.frame.pages[name].isVisible()

    assert not inside(window).problems.problems


def test_train_says_what_is_missing(open_window: OpenWindow) -> None:
    window = open_window()
    train = find(window, "train.start", QPushButton)
    assert not train.isEnabled()
    assert "Choose data first" in find(window, "status.text", QLabel).text()
    assert "Choose data first" in train.toolTip()


def test_data_that_cannot_be_read_disable_train_with_the_reason(
    qtbot: QtBot, open_window: OpenWindow, tmp_path: Path
) -> None:
    window = open_window()
    empty = tmp_path / "nothing here"
    empty.mkdir()
    inside(window).files.open(str(empty))
    until(qtbot, lambda: inside(window).document.data_state == "failed")

    assert not find(window, "train.start", QPushButton).isEnabled()
    assert len(find(window, "status.text", QLabel).text()) > 20
    inside(window).files.open("sample:digits")
    until(qtbot, lambda: find(window, "train.start", QPushButton).isEnabled())


@pytest.mark.parametrize("phase", ["preparing", "running", "paused"])
def test_stop_in_every_phase_then_train_again(
    qtbot: QtBot, open_window: OpenWindow, folders: Path, phase: str
) -> None:
    window = open_window()
    session = inside(window).session
    choose_little(qtbot, window, folders, epochs=3000)
    click(qtbot, window, "train.start")

    if phase != "preparing":
        until(qtbot, lambda: session.state is State.RUNNING)

    if phase == "paused":
        click(qtbot, window, "train.pause")
        assert find(window, "train.pause", QPushButton).text() == "Resume"

    click(qtbot, window, "train.stop")
    assert find(window, "train.stop", QPushButton).text() == "Stopping…"
    until(qtbot, lambda: not session.active)
    assert session.record.finished.status == "stopped"
    assert find(window, "train.start", QPushButton).isEnabled()
    assert inside(window).document.replace("training", epochs=1) == ""

    click(qtbot, window, "train.start")
    until(qtbot, lambda: not session.active)
    assert session.record.finished.status == "completed"
    assert session.record.best is not None


def test_pause_and_resume_from_the_bar(
    qtbot: QtBot, open_window: OpenWindow, folders: Path
) -> None:
    window = open_window()
    session = inside(window).session
    choose_little(qtbot, window, folders, epochs=3000)
    click(qtbot, window, "train.start")
    until(qtbot, lambda: session.state is State.RUNNING)
    click(qtbot, window, "train.pause")
    assert session.state is State.PAUSED

    click(qtbot, window, "train.pause")
    assert session.state is State.RUNNING
    steps = len(session.record.losses)
    until(qtbot, lambda: len(session.record.losses) > steps)
    click(qtbot, window, "train.stop")
    until(qtbot, lambda: not session.active)


def fail(*_: object, **__: object) -> None:
    raise RuntimeError("the injected fault")


FUNCTIONS = {
    "reading": "app.engine.sources.opening.open_dataset",
    "network": "app.engine.training.build.build_model",
    "loss": "app.engine.learning.losses.cross_entropy._CrossEntropy.__call__",
    "step": "torch.optim.AdamW.step",
    "checkpoint": "app.engine.runs.checkpoint.save",
}


@pytest.mark.parametrize("stage", FUNCTIONS)
def test_a_fault_anywhere_is_one_dialog_and_train_works_again(
    qtbot: QtBot,
    open_window: OpenWindow,
    folders: Path,
    monkeypatch: pytest.MonkeyPatch,
    stage: str,
) -> None:
    window = open_window()
    session = inside(window).session
    choose_little(qtbot, window, folders, epochs=1)

    with monkeypatch.context() as patch:
        if not _break(patch, FUNCTIONS[stage]):
            pytest.fail(f"{FUNCTIONS[stage]} is not there any more: name the new place")
        click(qtbot, window, "train.start")
        until(qtbot, lambda: not session.active)

    dialogs = [
        dialog
        for dialog in window.frame.findChildren(QDialog, "problem.dialog")
        if dialog.isVisible()
    ]
    assert len(dialogs) == 1
    assert session.record.finished.status == "failed"

    dialog = dialogs[0]
    details = dialog.findChild(QPushButton, "problem.details")
    details.click()
    assert "the injected fault" in dialog.details.toPlainText()  # type: ignore[attr-defined]

    dialog.findChild(QPushButton, "problem.copy").click()
    assert "the injected fault" in QApplication.clipboard().text()
    dialog.findChild(QPushButton, "problem.close").click()
    click(qtbot, window, "train.start")
    until(qtbot, lambda: not session.active)
    assert session.record.finished.status == "completed"


def _break(patch: pytest.MonkeyPatch, target: str) -> bool:
    """Replaces a function by one that fails, wherever the engine's modules hold it by name."""
    import importlib

    parts = target.split(".")
    for length in range(len(parts) - 1, 0, -1):
        try:
            owner = importlib.import_module(".".join(parts[:length]))
        except ImportError:
            continue

        for name in parts[length:-1]:
            owner = getattr(owner, name)

        original = getattr(owner, parts[-1], None)
        if original is None:
            return False

        patch.setattr(owner, parts[-1], fail)
        for module in list(sys.modules.values()):
            if getattr(module, "__name__", "").startswith("app.engine"):
                for name, value in list(vars(module).items()):
                    if value is original:
                        patch.setattr(module, name, fail)

        return True

    return False


def test_a_fault_in_a_slot_is_one_dialog(
    qtbot: QtBot, open_window: OpenWindow, folders: Path
) -> None:
    window = open_window()
    session = inside(window).session
    choose_little(qtbot, window, folders, epochs=2)
    session.events_received.connect(fail)
    click(qtbot, window, "train.start")
    until(qtbot, lambda: not session.active)
    until(qtbot, lambda: bool(inside(window).problems.problems))
    dialogs = [
        dialog
        for dialog in window.frame.findChildren(QDialog, "problem.dialog")
        if dialog.isVisible()
    ]

    assert len(dialogs) == 1
    assert session.record.finished.status == "completed"
    assert find(window, "header.problems", QPushButton).isVisible()


def test_closing_while_training_asks_and_keeping_keeps(
    qtbot: QtBot, open_window: OpenWindow, folders: Path
) -> None:
    window = open_window()
    session = inside(window).session
    choose_little(qtbot, window, folders, epochs=3000)
    click(qtbot, window, "train.start")
    until(qtbot, lambda: session.state is State.RUNNING)
    window.frame.close()
    box = find(window, "quit.ask", QMessageBox)
    assert window.frame.isVisible()

    box.findChild(QPushButton, "quit.keep").click()
    assert session.active and window.frame.isVisible()
    window.frame.close()
    until(qtbot, lambda: len(window.frame.findChildren(QMessageBox, "quit.ask")) > 0)
    window.frame.findChildren(QMessageBox, "quit.ask")[-1].findChild(
        QPushButton, "quit.stop"
    ).click()
    until(qtbot, lambda: not window.frame.isVisible())
    assert not session.active


def test_the_computer_is_kept_awake_only_while_it_trains(
    qtbot: QtBot, open_window: OpenWindow, folders: Path
) -> None:
    held: list[str] = []

    def inhibit() -> object:
        held.append("held")
        return held.clear

    window = open_window(awake=Awake(inhibit))  # type: ignore[arg-type]
    session = inside(window).session
    choose_little(qtbot, window, folders, epochs=3000)
    assert not held

    click(qtbot, window, "train.start")
    assert held
    until(qtbot, lambda: session.state is State.RUNNING)
    click(qtbot, window, "train.pause")
    assert not held

    click(qtbot, window, "train.pause")
    assert held
    click(qtbot, window, "train.stop")
    until(qtbot, lambda: not session.active)
    assert not held


def test_a_restart_comes_back_to_what_was_open(
    qtbot: QtBot, open_window: OpenWindow, folders: Path
) -> None:
    first = open_window()
    choose_little(qtbot, first, folders, epochs=7, patience=3)
    inside(first).document.replace("optimizer", learning_rate=0.0125)
    experiment = inside(first).document.experiment
    first.frame.go("learning")
    close(first)
    second = open_window()

    assert inside(second).document.experiment == experiment
    assert second.frame.page == "learning"
    until(qtbot, lambda: inside(second).document.data_state == "ready")


# --- as a process of its own


Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def start(folders: Path) -> Iterator[Start]:
    """Returns start(script, *arguments), which runs Python until the end of the test."""
    started: list[subprocess.Popen[str]] = []
    environment = os.environ | {
        "QT_QPA_PLATFORM": "offscreen",
        "PYTHONPATH": str(ROOT),
        "OMP_NUM_THREADS": "1",
    }

    def start_one(script: str, *arguments: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(script), *arguments],
            cwd=folders,
            env=environment,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        started.append(process)
        return process

    yield start_one
    for process in started:
        with process:
            process.kill()


def test_the_first_window_is_painted_before_torch_is_imported(start: Start) -> None:
    process = start(
        """
        import sys
        from app.ui.shell.main_window import MainWindow
        emit = MainWindow.paintEvent
        def painted(self, event):
            emit(self, event)
            print("painted", "torch" in sys.modules, flush=True)
            from PySide6.QtWidgets import QApplication
            QApplication.exit(0)
        MainWindow.paintEvent = painted
        from app.ui.shell.application import main
        sys.exit(main([]))
    """,
    )
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    assert out.split()[:2] == ["painted", "False"]


CLOSES = """
    import sys
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication, QPushButton
    import app.ui.shell.application as application
    from app.ui.state.action import Action
    made = []
    begin = application.Window.__init__
    def remember(self, *a, **k):
        begin(self, *a, **k); made.append(self)
    application.Window.__init__ = remember
    phase = sys.argv[1]
    def look():
        window = made[0]
        inside = window.assembly
        if inside is None or not window.frame.filled:
            return
        session = inside.session
        if not session.active and not look.pressed and inside.document.data_state == "ready":
            look.pressed = True
            inside.document.choose("model", "cnn")
            inside.document.replace("training", epochs=500)
            inside.actions.do(Action.TRAIN)
        due = phase == "preparing" or len(session.record.losses) > 3
        if look.pressed and not look.asked and due:
            look.asked = True
            window.frame.close()
            window.frame.findChild(QPushButton, "quit.stop").click()
    look.pressed = look.asked = False
    original = application.QApplication.exec
    timer = []
    def run(*_):
        ticking = QTimer(interval=20)
        ticking.timeout.connect(look)
        ticking.start()
        timer.append(ticking)
        code = original()
        ticking.stop()
        return code
    application.QApplication.exec = run
    sys.exit(application.main(["sample:digits"]))
"""


@pytest.mark.parametrize("phase", ["preparing", "running"])
def test_closing_while_training_ends_with_zero(start: Start, phase: str) -> None:
    process = start(CLOSES, phase)
    _, err = process.communicate(timeout=150)
    assert process.returncode == 0, err
    assert "QThread" not in err and "Traceback" not in err, err


def test_a_polite_kill_ends_with_zero(start: Start) -> None:
    process = start(
        """
        import sys
        from app.ui.shell.main_window import MainWindow
        emit = MainWindow.go
        def shown(self, name):
            emit(self, name)
            print("shown", flush=True)
        MainWindow.go = shown
        from app.ui.shell.application import main
        sys.exit(main([]))
    """,
    )
    assert process.stdout is not None and process.stdout.readline().strip() == "shown"
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=120)

    assert process.returncode == 0, err
    assert "Traceback" not in err, err


def test_a_second_start_hands_its_path_to_the_first(
    qtbot: QtBot, open_window: OpenWindow, start: Start
) -> None:
    from app.engine.folders import config
    from app.ui.shell.system.single_instance import SingleInstance

    single = SingleInstance(config())
    assert single.first()
    single.listen()
    requests: list[list[str]] = []
    single.asked.connect(requests.append)

    process = start(
        """
        import sys
        from app.ui.shell.application import main
        sys.exit(main(["sample:digits"]))
    """,
    )
    try:
        until(qtbot, lambda: process.poll() is not None)
        assert process.returncode == 0, process.communicate()[1]
        assert requests == [["sample:digits"]]
    finally:
        single.close()
        process.communicate(timeout=60)
