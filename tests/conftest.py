"""Fixtures of every test: fresh folders, no network, no window on a screen, nothing left behind."""

from __future__ import annotations

import gc
import os
import socket
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest

from app.ui.shell.system.plain_imports import use_plain_imports

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault(
    "OMP_NUM_THREADS", "1"
)  # before torch: two test processes on two cores must not fight

# Dozens of processes are started that import the same modules.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# A test that fails because the computer is busy says nothing.
hypothesis.settings.register_profile(
    "untimed", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("untimed")

FOLDERS = {
    "HOME": "home",
    "USERPROFILE": "home",
    "APPDATA": "config",
    "LOCALAPPDATA": "cache",
    "XDG_CONFIG_HOME": "config",
    "XDG_CACHE_HOME": "cache",
    "XDG_DATA_HOME": "data",
    "XDG_STATE_HOME": "state",
    "XDG_DOCUMENTS_DIR": "documents",
}
PATIENCE = 10.0
"""Seconds a thread gets to end after its test; none needs more than a moment."""

LASTING_THREADS = ("pydevd", "execnet", "tqdm", "asyncio", "pytest_timeout")
"""Threads of the tools, which outlive a test rightly."""

LASTING_WIDGETS = (
    "QTipLabel",
    "QComboBoxPrivateContainer",
    "QFocusFrame",
    "QShapedPixmapWidget",
    "QDesktopWidget",
)
"""Widgets that Qt itself makes and keeps."""


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[object]:
    """Leaves the tests themselves out of all garbage collections: they stay to the end.

    pytest-qt has loaded Qt by now, and what is imported from here on is as with a window.
    """
    use_plain_imports()
    gc.disable()
    result = yield
    gc.freeze()
    gc.enable()
    return result


@pytest.fixture(scope="module", autouse=True)
def _what_lasts_is_not_collected() -> Iterator[None]:
    """Leaves what a file's tests have loaded out of the later garbage collections.

    A window that closes collects several times; late in the suite each took half a second, for the
    modules and caches of all the tests before.
    """
    yield
    gc.collect()
    gc.freeze()


def _fresh(factory: pytest.TempPathFactory, patch: pytest.MonkeyPatch) -> Path:
    base = factory.mktemp("person")
    for variable, name in FOLDERS.items():
        (base / name).mkdir(exist_ok=True)
        patch.setenv(variable, str(base / name))

    return base


@pytest.fixture(scope="session", autouse=True)
def _folders_of_the_session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keeps what lives longer than a test out of the person's own folders."""
    with pytest.MonkeyPatch.context() as patch:
        _fresh(tmp_path_factory, patch)
        yield


@pytest.fixture(autouse=True)
def _detached_processes_are_let_go() -> Iterator[None]:
    """Lets go of processes that a test started detached and that have ended."""
    yield
    if process := sys.modules.get("app.engine.own_process"):
        process.reap()


@pytest.fixture(scope="session", autouse=True)
def _unhurried() -> Iterator[None]:
    """Skips fsync: waiting for the disk is a third of a short run, and nothing outlives its test.

    Who dies by a signal loses nothing that was written; only a power failure would.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda handle: None)
        yield


@pytest.fixture(scope="session", autouse=True)
def _memory_goes_back() -> Iterator[None]:
    """Keeps commands that run in this process from changing how it frees memory, to the end."""
    from app.engine import garbage

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(garbage, "only_train", lambda: None)
        yield


@pytest.fixture(scope="session", autouse=True)
def _fake_tensors_are_remembered() -> Iterator[None]:
    """Lets torch remember more operations with shapes than the program: its tests have more."""
    from app.engine.compute import fake_tensors

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fake_tensors, "MOST_REMEMBERED", 20_000)
        yield


@pytest.fixture
def forked_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets processes that the program starts be forks of one that has imported torch."""
    from tests.forked import fork_own_processes

    fork_own_processes(monkeypatch)


@pytest.fixture(autouse=True)
def folders(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Gives every test fresh settings, cache, data and home folders; returns their parent."""
    return _fresh(tmp_path_factory, monkeypatch)


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes a connection to another machine fail the test."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in (
            "127.0.0.1",
            "localhost",
            "::1",
        ):
            raise AssertionError(f"a test tried to reach {address}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture(autouse=True)
def nothing_survives() -> Iterator[None]:
    """Fails a test that leaves a thread or a top-level widget behind."""
    threads = set(threading.enumerate())
    widgets = set(_top_level_widgets())
    yield
    left = _threads_left(threads)

    assert not left, f"threads survive the test: {', '.join(left)}"
    windows = _widgets_left(widgets)
    assert not windows, f"top-level widgets survive the test: {', '.join(windows)}"


def _threads_left(before: set[threading.Thread]) -> list[str]:
    end = time.monotonic() + PATIENCE
    left = []
    for thread in set(threading.enumerate()) - before:
        if thread.name.lower().startswith(LASTING_THREADS) or isinstance(
            thread, threading._DummyThread
        ):
            continue

        thread.join(max(0.0, end - time.monotonic()))
        if thread.is_alive():
            left.append(thread.name)

    return left


def _top_level_widgets() -> dict[int, str]:
    """Returns address -> description of each window without a parent; {} without an application."""
    if "PySide6.QtWidgets" not in sys.modules:
        return {}

    import shiboken6
    from PySide6.QtWidgets import QApplication

    if not isinstance(QApplication.instance(), QApplication):
        return {}

    widgets = {}
    for widget in QApplication.topLevelWidgets():
        if widget.parent() is None and widget.metaObject().className() not in LASTING_WIDGETS:
            widgets[shiboken6.getCppPointer(widget)[0]] = (
                f"{widget.metaObject().className()} {widget.objectName()!r}, "
                f"text {widget.property('text')!r}"
            )

    return widgets


def _widgets_left(before: set[int]) -> list[str]:
    """Returns the widgets that are still there after all deferred deletions."""
    for attempt in range(2):
        left = [name for address, name in _top_level_widgets().items() if address not in before]
        if not left:
            return []

        from PySide6.QtCore import QCoreApplication, QEvent

        if attempt == 0:
            gc.collect()
            QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
            QCoreApplication.processEvents()

    return left
