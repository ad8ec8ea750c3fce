"""A sample of the damaged inputs and run folders; the whole is `-m long` or the command."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.forked import python
from tests.house.import_graph import ROOT

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="needs fork, and /proc to measure"
)


def _failures(inputs: int, runs: int, seed: int) -> str:
    """Returns the table of verdicts where a case failed; else an empty text."""
    command = ["--inputs", str(inputs), "--runs", str(runs), "--seed", str(seed)]
    done = subprocess.run(
        [*python(), "-m", "tests.fuzz", *command], cwd=ROOT, capture_output=True, text=True
    )
    return "" if done.returncode == 0 else done.stdout + done.stderr


@pytest.mark.parametrize(("inputs", "runs"), ((100, 0), (0, 30)), ids=("inputs", "runs"))
def test_a_sample_of_damage_is_told_in_sentences(inputs: int, runs: int) -> None:
    failures = _failures(inputs, runs, seed=1)
    assert not failures, failures


@pytest.mark.long
@pytest.mark.timeout(4 * 3600)
def test_all_damage_is_told_in_sentences() -> None:
    failures = _failures(inputs=10_000, runs=5_000, seed=2)
    assert not failures, failures
