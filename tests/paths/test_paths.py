"""The three paths come to an answer, by real events on an X display."""

from __future__ import annotations

import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.house.import_graph import ROOT

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.long
@pytest.mark.skipif(shutil.which("Xvfb") is None, reason="needs Xvfb")
def test_every_path_comes_to_an_answer(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.paths", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("to the answer") == 3
