"""A long time of use at random: does the window stay quick, and does its memory stay where it is?

The window runs in a process of its own, under Xvfb where that is installed, and gets real events of
mouse and keys (see soak_user.py). Every minute its figures are printed. Stopped early (Ctrl+C,
SIGTERM), it judges what there is.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]


def main(minutes: float, seed: int) -> int:
    """Runs the soak, and returns 0 where both limits hold and nothing went wrong."""
    with tempfile.TemporaryDirectory() as folder, _display() as display:
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


@contextmanager
def _display() -> Iterator[dict[str, str]]:
    """Yields the environment of a display of its own: Xvfb, or Qt's drawing in memory."""
    program = shutil.which("Xvfb")
    if program is None:
        yield {"QT_QPA_PLATFORM": "offscreen"}
        return

    read, write = os.pipe()
    server = subprocess.Popen(
        [program, "-displayfd", str(write), "-screen", "0", "1600x1000x24", "-nolisten", "tcp"],
        pass_fds=(write,),
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    os.close(write)
    try:
        with os.fdopen(read) as answer:
            number = answer.readline().strip()
        on_screen = {"DISPLAY": f":{number}", "QT_QPA_PLATFORM": "xcb"}
        yield on_screen if number and _can_draw(on_screen) else {"QT_QPA_PLATFORM": "offscreen"}
    finally:
        server.terminate()
        server.wait()


def _can_draw(display: dict[str, str]) -> bool:
    """Returns whether Qt finds its libraries for this display: without them it aborts."""
    script = "from PySide6.QtWidgets import QApplication; QApplication([])"
    done = subprocess.run(
        [sys.executable, "-c", script], env=os.environ | display, capture_output=True, check=False
    )
    return done.returncode == 0
