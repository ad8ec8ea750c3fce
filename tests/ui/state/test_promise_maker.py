"""Beside Train stands what earlier trainings promise, and only where there are some."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING

import pytest
from PySide6.QtWidgets import QLabel

from app.engine.runs.promises import curves
from app.engine.runs.promises.curves import Curve
from app.ui.state.action import Action
from app.ui.state.promises import promise_maker
from app.ui.state.promises.promise_maker import PromiseMaker
from tests.ui.harness import PATIENCE_MS, Harness, picture_folder
from tests.ui.window_actions import choose_little, find, inside, until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from tests.ui.conftest import OpenWindow

CURVE = Curve("accuracy", ((0.5, 0.91, 0.91, 0.91),) * 3, (1.0, 2.0, 3.0, 4.0))


@contextmanager
def maker_of(harness: Harness) -> Iterator[PromiseMaker]:
    parts = harness.parts
    maker = PromiseMaker(parts.document, parts.session, parts.background, parts.preferences)
    maker.set_device("cpu")
    yield maker
    maker.close()


def open_little(qtbot: QtBot, harness: Harness, folder: Path) -> str:
    """Opens a few pictures; returns the key of a training on them."""
    harness.open(str(picture_folder(folder / "pictures", {"a": 12, "b": 12}, (8, 8))))
    document = harness.document
    qtbot.waitUntil(lambda: document.data_state == "ready", timeout=PATIENCE_MS)
    document.choose("model", "cnn")
    document.replace("model", width=8, depth=1)
    description = document.description
    assert description is not None
    return curves.key_of(document.resolved(), description.size("training"))


def test_a_training_like_one_before_is_promised(
    qtbot: QtBot, harness: Harness, tmp_path: Path
) -> None:
    key = open_little(qtbot, harness, tmp_path)
    curves.learn(key, "cpu", CURVE)
    with maker_of(harness) as maker:
        qtbot.waitUntil(lambda: maker.promise is not None, timeout=PATIENCE_MS)
        assert maker.promise == maker.of_now() == CURVE.promise()
        harness.document.replace("training", epochs=7)
        assert maker.of_now() is None, "what is started at once is promised nothing"
        qtbot.waitUntil(lambda: maker.promise is None, timeout=PATIENCE_MS)


@pytest.fixture
def recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Returns a file of recorded curves of this test alone."""
    path = tmp_path / "curves.json"
    monkeypatch.setattr(curves, "RECORDED", path)
    curves.recorded.cache_clear()
    yield path
    curves.recorded.cache_clear()


def test_steps_are_timed_once_for_a_curve_of_another_computer(
    qtbot: QtBot,
    harness: Harness,
    tmp_path: Path,
    recorded: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(promise_maker, "IDLE_MS", 0)
    key = open_little(qtbot, harness, tmp_path)
    curve = Curve(CURVE.figure, CURVE.values, CURVE.seconds, step=1e-5)
    recorded.write_text(json.dumps({"curves": [{"key": key, "curve": asdict(curve)}]}))
    with maker_of(harness) as maker:
        qtbot.waitUntil(lambda: maker.promise is not None, timeout=PATIENCE_MS)
        (step,) = harness.parts.preferences.get("steps", {"": 0.0}).values()
        assert step > 1e-5 and maker.promise == curve.promise(step)

    # Known now, also where nothing can be timed.
    monkeypatch.setattr(promise_maker, "IDLE_MS", PATIENCE_MS)
    with maker_of(harness) as maker:
        qtbot.waitUntil(lambda: maker.promise == curve.promise(step), timeout=PATIENCE_MS)


def test_a_gpu_has_no_promise_of_a_cpu(qtbot: QtBot, harness: Harness, tmp_path: Path) -> None:
    curves.learn(open_little(qtbot, harness, tmp_path), "cpu", CURVE)
    with maker_of(harness) as maker:
        qtbot.waitUntil(lambda: maker.promise is not None, timeout=PATIENCE_MS)
        maker.set_device("cuda:0")
        qtbot.waitUntil(lambda: maker.promise is None, timeout=PATIENCE_MS)


def test_the_window_promises_what_it_has_seen_and_tells_what_came(
    qtbot: QtBot, open_window: OpenWindow, folders: Path
) -> None:
    window = open_window()
    choose_little(qtbot, window, folders, epochs=3)
    assembly = inside(window)
    label = find(window, "status.text", QLabel)
    until(qtbot, lambda: assembly.run_bar.engine is not None)
    assert "on this computer" not in label.text()

    document = assembly.document
    resolved, description = document.resolved(), document.description
    assert description is not None
    shorter = resolved.replace(training=resolved.training.replace(epochs=2))
    key = curves.key_of(shorter, description.size("training"))
    curves.learn(key, "cpu", CURVE)
    document.replace("training", epochs=2)
    until(qtbot, lambda: assembly.run_bar.promises.promise is not None)
    assert label.text().startswith("accuracy 90 % in about 2 s on this computer · ready")
    assert "earlier trainings" in assembly.frame.bottom.train.toolTip()

    assembly.actions.do(Action.TRAIN)
    until(qtbot, lambda: assembly.session.active)
    until(qtbot, lambda: not assembly.session.active)
    finished = assembly.session.live_record.finished
    assert finished is not None and finished.summary["promise"]["value"] == 0.9
    assert "was promised" in label.text()
