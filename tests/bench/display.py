"""A display of its own for a window that is driven by events: Xvfb, where it is installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def own_display() -> Iterator[dict[str, str]]:
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
