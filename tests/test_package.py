"""The program as a folder: built, started and driven on a display. The long tier."""

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import openpyxl
import pytest

from app.engine.runs.run import default_folder
from tests.bench.display import own_display
from tests.package import build, size

if TYPE_CHECKING:
    from pathlib import Path

MOST_BYTES = 1.5e9
"""Of the folder with PyTorch for the CPU; the README gives its size."""

PATIENCE = 240.0
"""Seconds until the window trains; a quiet computer needs ten."""

pytestmark = [
    pytest.mark.long,
    pytest.mark.timeout(3600),
    pytest.mark.skipif(sys.platform != "linux", reason="the folder is for Linux"),
    pytest.mark.skipif(not importlib.util.find_spec("PyInstaller"), reason="needs PyInstaller"),
]


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("package"))


def surroundings(**more: str) -> dict[str, str]:
    without = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM", "PYTHONPATH")
    kept = {name: value for name, value in os.environ.items() if name not in without}
    return {**kept, "PYTHONIOENCODING": "utf-8", **more}


def said(program: Path, *arguments: str) -> str:
    """Runs the program without a display; returns what it printed."""
    done = subprocess.run(
        [str(program), *arguments], capture_output=True, text=True, env=surroundings()
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout


def test_its_size_is_that_of_the_page(program: Path) -> None:
    assert size(program.parent) < MOST_BYTES


def test_everything_that_is_found_by_walking_is_in_it(program: Path) -> None:
    assert said(program, "settings") == _from_the_code("settings")
    assert said(program, "samples") == _from_the_code("samples")


def _from_the_code(command: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "app", command], capture_output=True, text=True, check=True
    )
    return done.stdout


def test_it_trains_and_reads_a_spreadsheet_in_a_process_of_its_own(
    program: Path, tmp_path: Path
) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["length", "kind"])
    for number in range(60):
        sheet.append([number % 7, "xy"[number % 2]])
    book.save(tmp_path / "table.xlsx")

    experiment = '[data]\nsource = "table.xlsx"\n[training]\nepochs = 1\n'
    (tmp_path / "mine.toml").write_text(experiment, encoding="utf-8")
    run = tmp_path / "run"
    said(program, "train", str(tmp_path / "mine.toml"), "--run-dir", str(run))
    assert (run / "summary.json").exists()
    assert "Validation:" in said(program, "evaluate", str(run))


def test_the_window_trains_and_ends_when_asked(program: Path) -> None:
    with own_display() as display:
        process = subprocess.Popen(
            [str(program), "demo"], env=surroundings(**display), stderr=subprocess.PIPE, text=True
        )
        try:
            end = time.monotonic() + PATIENCE
            while not list(default_folder().glob("*/metrics.jsonl")):
                assert process.poll() is None, process.communicate()[1]
                assert time.monotonic() < end, "no training has begun"
                time.sleep(0.2)

            process.send_signal(signal.SIGTERM)
            _, errors = process.communicate()
        finally:
            process.kill()

    assert process.returncode == 0, errors
    assert "Traceback" not in errors
