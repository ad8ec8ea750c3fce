"""What keeps the computer awake ends with the process that asked for it, however that ends."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import psutil
import pytest

from app.engine.detached.awake import Awake
from app.engine.detached.process import StayAwake
from app.engine.runs.control import Control
from tests.engine.detached.following import wait_for
from tests.house.import_graph import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="asks as systemd is asked")

INHIBITOR = """#!/bin/sh
echo "$$" >> "$INHIBITED"
exec cat
"""
HOLDER = """
from app.engine.detached.awake import Awake
import sys, time
Awake().hold()
print("held", flush=True)
time.sleep(1000)
"""


@pytest.fixture
def living(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """Returns what counts the inhibitors that are alive; each notes its number as it begins."""
    program = tmp_path / "bin" / "systemd-inhibit"
    program.parent.mkdir()
    program.write_text(INHIBITOR, encoding="utf-8")
    program.chmod(0o755)
    noted = tmp_path / "inhibited"
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    monkeypatch.setenv("INHIBITED", str(noted))

    def count() -> int:
        numbers = noted.read_text(encoding="utf-8").split() if noted.exists() else []
        return sum(is_alive(int(number)) for number in numbers)

    return count


def is_alive(process: int) -> bool:
    try:
        return psutil.Process(process).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_a_run_holds_it_but_for_the_time_that_it_is_paused(living: Callable[[], int]) -> None:
    control = Control()
    awake = StayAwake(control)
    wait_for(lambda: living() == 1)
    awake.check()
    control.pause()
    awake.check()
    assert living() == 0
    control.resume()
    awake.check()
    awake.check()
    wait_for(lambda: living() == 1)
    awake.close()
    assert living() == 0


def test_it_is_let_go_when_the_process_is_killed(living: Callable[[], int]) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    with holder.stdout as answers:
        assert answers.readline() == "held\n"

    wait_for(lambda: living() == 1)
    holder.kill()
    holder.wait()
    wait_for(lambda: living() == 0)


def test_where_nobody_can_be_asked_nothing_is_held(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    awake = Awake()
    awake.hold()
    assert not awake.held
    awake.release()
