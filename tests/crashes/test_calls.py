"""Calls that fail and disks that are full: a sample; the whole is `-m long` or the commands."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests import faults
from tests.crashes import traced
from tests.forked import python
from tests.house.import_graph import ROOT

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(not faults.AVAILABLE, reason="processes are forked on Linux only")

needs_strace = pytest.mark.skipif(not traced.AVAILABLE, reason="needs strace")
ALL = 0
long = (pytest.mark.long, pytest.mark.timeout(6 * 3600))


@pytest.mark.parametrize(
    ("what", "sample"),
    [
        ("calls", 4),
        ("full", 3),
        pytest.param("cache", 8, marks=needs_strace),
        pytest.param("calls", ALL, marks=long),
        pytest.param("full", ALL, marks=long),
        pytest.param("cache", ALL, marks=(*long, needs_strace)),
        pytest.param("calls --strace", ALL, marks=(*long, needs_strace)),
    ],
)
def test_what_the_disk_refuses_is_told_and_nothing_else_is_lost(
    what: str, sample: int, tmp_path: Path
) -> None:
    command = [*what.split(), "--sample", str(sample), "--keep", str(tmp_path)]
    done = subprocess.run(
        [*python(), "-m", "tests.crashes", *command], capture_output=True, text=True, cwd=ROOT
    )

    assert done.returncode == 0, done.stdout[-4000:] + done.stderr
    *cases, sums = [json.loads(line) for line in done.stdout.splitlines() if line[:1] == "{"]
    assert len(cases) == sums["cases"] == (sample or len(cases)) > 0
