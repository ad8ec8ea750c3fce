"""Widgets that refer to each other are destroyed on the window's thread, whoever makes garbage."""

from __future__ import annotations

import gc
import threading
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QWidget

from app.engine.training.memory_shortage import release_memory
from app.ui.state.collector import Collector, collect_due

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytestqt.qtbot import QtBot


@pytest.fixture
def automatic() -> Iterator[None]:
    """Lets Python collect by itself, as it does before a window opens."""
    gc.enable()
    yield
    gc.disable()


def leave_garbage(destroyed_on: list[str]) -> None:
    widget = QWidget()
    widget.itself = widget  # type: ignore[attr-defined]
    widget.destroyed.connect(
        lambda: destroyed_on.append(threading.current_thread().name),
        Qt.ConnectionType.DirectConnection,
    )


def leave_lists(count: int = 100_000) -> None:
    """Leaves lists that hold themselves, so many that Python would collect again and again."""
    for _ in range(count):
        circle: list[object] = []
        circle.append(circle)


@pytest.mark.usefixtures("automatic")
def test_a_thread_that_makes_many_objects_destroys_no_widget(qtbot: QtBot) -> None:
    parent = QObject()
    collector = Collector(parent)
    destroyed_on: list[str] = []
    leave_garbage(destroyed_on)

    thread = threading.Thread(target=leave_lists, name="training")
    thread.start()
    thread.join()
    assert destroyed_on == []

    qtbot.waitUntil(lambda: bool(destroyed_on))
    assert destroyed_on == [threading.main_thread().name]

    collector.close()
    assert gc.isenabled()


@pytest.mark.usefixtures("automatic")
def test_garbage_that_the_training_wants_collected_is_destroyed_on_the_window_s_thread(
    qtbot: QtBot,
) -> None:
    parent = QObject()
    collector = Collector(parent)
    destroyed_on: list[str] = []
    leave_garbage(destroyed_on)

    thread = threading.Thread(target=release_memory, name="training")
    thread.start()
    qtbot.waitUntil(lambda: not thread.is_alive())
    assert destroyed_on == [threading.main_thread().name]

    collector.close()


def test_older_generations_are_collected_in_their_turn() -> None:
    before = [generation["collections"] for generation in gc.get_stats()]
    for _ in range(300):
        leave_lists(2 * gc.get_threshold()[0])
        collect_due()

    now = [generation["collections"] for generation in gc.get_stats()]
    youngest, middle, oldest = (new - old for new, old in zip(now, before, strict=True))
    assert youngest > middle > oldest > 0
