"""The judge tells every verdict, also of a process that ends, hangs or fills the memory."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.fuzz.judge import CRASH, HANG, HARNESS, MEMORY, OK, SENTENCE, TRACEBACK
from tests.house.import_graph import ROOT

PROGRAM = """
import os, sys, time
from pathlib import Path
from app.engine.errors import UserError
from tests.fuzz.judge import Outcome, guarded, judge

def say(): raise UserError("It is damaged.", "Save it again.")
def fail(): raise KeyError("rate")
def wait(outcome, folder): time.sleep(60)
def spin(outcome, folder):
    while True: pass
def fill(outcome, folder):
    content = bytearray(400 * 1024**2)
    content[::4096] = bytes(len(content[::4096]))
    return 10
def read_pipe(outcome, folder):
    os.mkfifo(folder / "pipe")
    (folder / "pipe").read_bytes()
def ends(outcome, folder): os.abort()
def exits(outcome, folder): os._exit(0)
def own_fault(outcome, folder): raise ValueError("of the test")

CASES = {
    "fine": lambda outcome, folder: 0,
    "says": lambda outcome, folder: guarded(outcome, "open", say) or 0,
    "fails": lambda outcome, folder: guarded(outcome, "open", fail) or 0,
    "waits": wait, "spins": spin, "fills": fill, "pipe": read_pipe, "ends": ends, "exits": exits,
    "own fault": own_fault,
}
wanted = sys.argv[2:]
for name, outcome, _ in judge([(name, CASES[name]) for name in wanted], Path(sys.argv[1]), 2):
    print(name, outcome.verdict, sep=":")
"""

QUICK = {
    "fine": OK,
    "says": SENTENCE,
    "fails": TRACEBACK,
    "fills": MEMORY,
    "ends": CRASH,
    "exits": CRASH,
    "own fault": HARNESS,
}
SLOW = {"waits": HANG, "spins": HANG, "pipe": HANG}


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="measures by /proc")
@pytest.mark.parametrize(
    "wanted", (QUICK, pytest.param(SLOW, marks=pytest.mark.long)), ids=("quick", "slow")
)
def test_every_verdict_is_told(tmp_path, wanted: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path / "cases"), *wanted],
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
    )

    assert done.returncode == 0, done.stderr
    assert dict(line.split(":") for line in done.stdout.splitlines()) == wanted
