"""A long time of use at random: does the window stay quick, and does its memory stay where it is?

The window runs in a process of its own, under Xvfb where that is installed, and gets real events of
mouse and keys (see soak_user.py). Every minute its figures are printed. Stopped early (Ctrl+C,
SIGTERM), it judges what there is.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.bench.display import own_display

ROOT = Path(__file__).resolve().parents[2]


def main(minutes: float, seed: int) -> int:
    """Runs the soak, and returns 0 where both limits hold and nothing went wrong."""
    with tempfile.TemporaryDirectory() as folder, own_display() as display:
        environment = os.environ | display | {"NETWRIGHT_HOME": folder, "HOME": folder}
        shown = (
            f"Xvfb {display['DISPLAY']}"
            if "DISPLAY" in display
            else "offscreen: Xvfb or Qt's libraries for it are missing"
        )
        print(f"soak of {minutes:g} minutes, seed {seed}, {shown}", flush=True)
        command = [sys.executable, "-m", "tests.bench.soak_window", folder, str(minutes), str(seed)]
        child = subprocess.Popen(command, env=environment, cwd=ROOT, start_new_session=True)

        def hand_on(number: int, _: Any) -> None:
            child.send_signal(number)

        before = {
            number: signal.signal(number, hand_on) for number in (signal.SIGINT, signal.SIGTERM)
        }
        try:
            return child.wait()
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
