"""Short work off the window's thread."""

from __future__ import annotations

import ctypes
import sys
import threading
from typing import TYPE_CHECKING

import psutil
import pytest
from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QLabel

from app.engine.errors import UserError
from app.ui.state.background import Background, Failure

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytestqt.qtbot import QtBot

    from app.engine.runs.control import Control


@pytest.fixture
def background(qtbot: QtBot) -> Iterator[Background]:
    background = Background()
    yield background
    background.close()


def test_a_result_arrives_on_the_windows_thread(qtbot: QtBot, background: Background) -> None:
    threads: list[threading.Thread] = []
    background.run(
        lambda control: threads.append(threading.current_thread()),
        lambda result: threads.append(threading.current_thread()),
    )

    qtbot.waitUntil(lambda: len(threads) == 2)
    assert threads[0] is not threads[1]
    assert threads[1] is threading.main_thread()


def test_a_failure_is_put_into_words(qtbot: QtBot, background: Background) -> None:
    def fail(control: Control) -> None:
        raise UserError("The disk is full.", "Free some space.")

    failures: list[Failure] = []
    background.run(fail, lambda _: None, failures.append)
    qtbot.waitUntil(lambda: bool(failures))
    assert (failures[0].what, failures[0].remedy) == ("The disk is full.", "Free some space.")
    assert "Traceback" in failures[0].details

    with qtbot.waitSignal(background.failed):
        background.run(fail, lambda _: None)


def test_a_newer_job_of_the_same_key_replaces_the_older(
    qtbot: QtBot, background: Background
) -> None:
    started = threading.Event()
    release = threading.Event()
    results = []

    def slow(control: Control) -> str:
        started.set()
        release.wait()
        return "old"

    control = background.run(slow, results.append, key="data")
    assert started.wait(10)
    background.run(lambda _: "new", results.append, key="data")
    assert control.stopping

    release.set()
    qtbot.waitUntil(lambda: bool(results))
    assert results == ["new"]


def test_a_job_that_is_forgotten_is_stopped_and_delivers_nothing(
    qtbot: QtBot, background: Background
) -> None:
    started = threading.Event()
    release = threading.Event()
    results = []

    def slow(control: Control) -> str:
        started.set()
        release.wait()
        return "old"

    control = background.run(slow, results.append, key="data")
    assert started.wait(10)
    background.forget("data")
    background.forget("another key")
    assert control.stopping

    release.set()
    background.run(lambda _: "other", results.append, key="other")
    qtbot.waitUntil(lambda: bool(results))
    assert results == ["other"]


def test_closing_stops_what_runs_and_delivers_nothing(qtbot: QtBot) -> None:
    background = Background()
    started = threading.Event()
    results = []

    def work(control: Control) -> str:
        started.set()
        while not control.stopping:
            pass

        return "late"

    background.run(work, results.append, key="data")
    assert started.wait(10)
    background.close()
    qtbot.waitUntil(lambda: True)

    assert not results


class Teller(QObject):
    finished = Signal(bool)


def test_no_signal_and_no_label_takes_a_reference_away(qtbot: QtBot) -> None:
    """PySide6 6.12.0 on Python 3.11 drops one reference to True or None at each of these.

    The program aborts when none is left.
    """
    import sys

    teller = Teller()
    label = QLabel()
    qtbot.addWidget(label)
    teller.finished.connect(lambda _: None)
    before = (sys.getrefcount(True), sys.getrefcount(None))

    for number in range(200):
        teller.finished.emit(True)
        label.setText(str(number))

    after = (sys.getrefcount(True), sys.getrefcount(None))
    assert after[0] >= before[0] - 10
    assert after[1] >= before[1] - 10


@pytest.mark.skipif(
    sys.platform != "linux" or not hasattr(ctypes.CDLL(None), "malloc_trim"),
    reason="another C library gives memory back by itself, or has no way to",
)
def test_what_a_job_freed_goes_back_when_no_other_comes(
    qtbot: QtBot, background: Background
) -> None:
    process = psutil.Process()
    held: list[int] = []

    def free_pieces(_: Control) -> list[bytearray]:
        pieces = [bytearray(64_000) for _ in range(1_000)]
        kept = pieces[::30]
        del pieces
        held.append(process.memory_info().rss)

        return kept

    kept: list[list[bytearray]] = []
    background.run(free_pieces, kept.append)

    qtbot.waitUntil(lambda: bool(kept))
    qtbot.waitUntil(lambda: held[0] - process.memory_info().rss > 30e6, timeout=60_000)
