"""Calls that fail and disks that are full: a sample; the whole is `-m long` or the commands."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests import faults
from tests.crashes import traced
from tests.house.import_graph import ROOT

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(not faults.AVAILABLE, reason="processes are forked on Linux only")

needs_strace = pytest.mark.skipif(not traced.AVAILABLE, reason="needs strace")
long = (pytest.mark.long, pytest.mark.timeout(6 * 3600))


@pytest.mark.parametrize(
    ("what", "every"),
    [
        ("calls", 797),
        ("full", 13),
        pytest.param("cache", 23, marks=needs_strace),
        pytest.param("calls", 1, marks=long),
        pytest.param("full", 1, marks=long),
        pytest.param("cache", 1, marks=(*long, needs_strace)),
        pytest.param("calls --strace", 1, marks=(*long, needs_strace)),
    ],
)
def test_what_the_disk_refuses_is_told_and_nothing_else_is_lost(
    what: str, every: int, tmp_path: Path
) -> None:
    command = [*what.split(), "--every", str(every), "--keep", str(tmp_path)]
    done = subprocess.run(
        [sys.executable, "-m", "tests.crashes", *command], capture_output=True, text=True, cwd=ROOT
    )

    assert done.returncode == 0, done.stdout[-4000:] + done.stderr
    cases = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    assert cases[-1]["cases"] >= 3
