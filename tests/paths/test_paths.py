"""The three paths come to an answer, and networks are drawn, by real events on an X display."""

from __future__ import annotations

import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.house.import_graph import ROOT

if TYPE_CHECKING:
    from pathlib import Path

NETWORKS = ROOT / "resources" / "networks"

DRAWN = [*sorted(path.stem for path in NETWORKS.glob("*.toml")), "newcomer", "refusals"]

needs_xvfb = pytest.mark.skipif(shutil.which("Xvfb") is None, reason="needs Xvfb")


@pytest.mark.long
@needs_xvfb
def test_every_path_comes_to_an_answer(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.paths", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("to the answer") == 3


@pytest.mark.long
@pytest.mark.timeout(1_200)
@needs_xvfb
@pytest.mark.parametrize("name", DRAWN)
def test_a_network_is_drawn_by_hand(name: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.paths", str(tmp_path), "--drawn", "--only", name]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("to the answer") == 1
