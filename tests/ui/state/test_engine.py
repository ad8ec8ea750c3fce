"""The engine is loaded on a thread, in an order that leaves the window's collector little to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.engine.compute import fake_tensors
from app.engine.training import warm_up
from app.ui.state.engine import Engine, EngineLoader

if TYPE_CHECKING:
    import pytest
    from pytestqt.qtbot import QtBot


def test_what_measuring_needs_is_there_before_what_lasts_is_set_apart(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    monkeypatch.setattr(fake_tensors, "load", lambda: done.append("fake tensors"))
    monkeypatch.setattr(warm_up, "warm_up", lambda: done.append("set apart"))
    loader = EngineLoader()
    with qtbot.waitSignal(loader.loaded, timeout=60_000) as found:
        loader.load("cpu")

    assert loader.close(60.0)
    assert done == ["fake tensors", "set apart"]
    assert isinstance(found.args[0], Engine) and found.args[0].device == "cpu"
