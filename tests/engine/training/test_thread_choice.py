"""The thread count is chosen once for the same work, and two starts give the same weights."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
import torch

from app.engine.compute import device as devices
from app.engine.training import thread_choice
from app.engine.training.thread_choice import ThreadChoice

if TYPE_CHECKING:
    from pathlib import Path

BUSY = "while True: pass"
LONG_AGO = "2020-01-01"
EXPERIMENT = """
netwright = 2
[data]
source = "sample:digits"
[model]
template = "cnn"
[training]
epochs = 1
seed = 4
device = "cpu"
"""


def _train(experiment: Path, run: Path, *options: str) -> dict[str, Any]:
    """Trains in a process of its own with the threads that it chooses; returns the summary."""
    environment = {name: value for name, value in os.environ.items() if name != "OMP_NUM_THREADS"}
    result = subprocess.run(
        [
            sys.executable,
            "-m",
            "app",
            "train",
            str(experiment),
            *("--run-dir", str(run)),
            *("--json", *options),
        ],
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    summary: dict[str, Any] = json.loads(result.stdout)
    return summary


def _environment(run: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((run / "environment.json").read_text())
    return read


def test_a_busy_computer_gives_the_same_weights_until_it_is_measured_again(
    tmp_path: Path,
) -> None:
    experiment = tmp_path / "digits.toml"
    experiment.write_text(EXPERIMENT)
    quiet = _train(experiment, tmp_path / "quiet")
    kept: list[Path] = []
    if devices.cores() > 1:  # one core leaves nothing to choose
        kept = list(thread_choice.folder().iterdir())
        assert len(kept) == 1
        kept[0].write_text(json.dumps(json.loads(kept[0].read_text()) | {"measured": LONG_AGO}))

    loops = [subprocess.Popen([sys.executable, "-c", BUSY]) for _ in range(2)]
    try:
        busy = _train(experiment, tmp_path / "busy")
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()

    assert quiet["weights_sha256"] == busy["weights_sha256"]
    before, after = _environment(tmp_path / "quiet"), _environment(tmp_path / "busy")
    assert before["threads"] == after["threads"] and before["precision"] == after["precision"]

    if kept:
        assert before["prepared"]["threads_measured"] > LONG_AGO
        assert after["prepared"]["threads_measured"] == LONG_AGO
        assert list(thread_choice.folder().iterdir()) == kept

        _train(experiment, tmp_path / "again", "--measure-threads")
        measured = _environment(tmp_path / "again")["prepared"]["threads_measured"]
        assert measured >= before["prepared"]["threads_measured"]
        assert json.loads(kept[0].read_text())["measured"] == measured


# --- what is kept


def test_the_first_choice_stays() -> None:
    first = ThreadChoice(2, "2026-11-29")
    assert thread_choice.kept("a") is None
    assert thread_choice.keep("a", first) == first

    assert thread_choice.keep("a", ThreadChoice(1, "2026-11-30")) == first
    assert thread_choice.kept("a") == first and thread_choice.kept("b") is None
    assert [path.name for path in thread_choice.folder().iterdir()] == ["a.json"]


@pytest.mark.parametrize(
    "content",
    (
        b"",
        b'{"threads": 2, "mea',
        b"\xff\x00",
        b"[1]",
        b"2",
        b'{"threads": "2", "measured": "2026-11-29"}',
        b'{"threads": 0, "measured": "2026-11-29"}',
        b'{"threads": true, "measured": "2026-11-29"}',
        b'{"threads": 2, "measured": "yesterday"}',
        b'{"threads": 2, "measured": 5}',
        b" " * 20_000,
    ),
)
def test_a_damaged_file_is_no_file(content: bytes) -> None:
    thread_choice.folder().mkdir(parents=True)
    (thread_choice.folder() / "a.json").write_bytes(content)
    assert thread_choice.kept("a") is None

    choice = ThreadChoice(2, date.today().isoformat())
    assert thread_choice.keep("a", choice) == choice
    assert thread_choice.kept("a") == choice


def test_a_folder_that_cannot_be_written_ends_nothing() -> None:
    thread_choice.folder().parent.mkdir(parents=True, exist_ok=True)
    thread_choice.folder().write_text("a file")

    choice = ThreadChoice(2, "2026-11-29")
    assert thread_choice.keep("a", choice) == choice and thread_choice.kept("a") is None


def test_forgotten_choices_are_measured_again() -> None:
    thread_choice.forget()  # nothing is kept yet
    thread_choice.keep("a", ThreadChoice(2, "2026-11-29"))
    thread_choice.forget()
    assert thread_choice.kept("a") is None


@pytest.mark.parametrize(
    ("cost", "most_steps", "chosen"), [(0.4, 3, 4), (1.5, 1, 4), (0.01, 39, 1)]
)
def test_no_step_is_begun_after_a_second(
    cost: float, most_steps: int, chosen: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = {"now": 0.0, "steps": 0.0}
    monkeypatch.setattr(time, "perf_counter", lambda: clock["now"])

    monkeypatch.setattr(torch, "set_num_threads", lambda _: None)

    def step() -> None:
        clock["now"] += cost
        clock["steps"] += 1

    threads, _ = devices.fastest_threads(step, (1, 2, 4), lambda: None)
    assert clock["steps"] <= most_steps and threads == chosen
