"""Runs that are killed at random go on to the same bits; the whole is `-m long` or the command."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests import faults
from tests.forked import python
from tests.house.import_graph import ROOT

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(not faults.AVAILABLE, reason="processes are forked on Linux only")


@pytest.mark.parametrize(
    ("number", "seed"),
    [(8, 1), pytest.param(1000, 2, marks=[pytest.mark.long, pytest.mark.timeout(7200)])],
)
def test_killed_anywhere_and_resumed_it_ends_with_the_same_bits(
    number: int, seed: int, tmp_path: Path
) -> None:
    """SIGKILL in steps, in file-system calls and at random moments."""
    command = ["kills", "--number", str(number), "--seed", str(seed), "--keep", str(tmp_path)]
    done = subprocess.run(
        [*python(), "-m", "tests.crashes", *command], capture_output=True, text=True, cwd=ROOT
    )

    trials = [json.loads(line) for line in done.stdout.splitlines()]
    assert [trial for trial in trials if trial.get("differs")] == []
    assert done.returncode == 0, done.stderr
    assert trials[-1]["kills"] >= number
