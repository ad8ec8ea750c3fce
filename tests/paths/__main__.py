"""`python -m tests.paths OUT`: three paths through the real window, from the first click to an
answer, on an X display of its own, by events that the X server makes. Prints how many clicks and
keys each took, and what was answered; OUT gets a picture of each end, or of where it failed.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

from tests.bench.display import own_display

ROOT = Path(__file__).resolve().parents[2]


def main() -> int:
    """Runs all paths, each in a process and on a display of its own; 0 where all came through."""
    parser = argparse.ArgumentParser(prog="python -m tests.paths", description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--only", default="", help="the beginning of a path's name")
    parser.add_argument("--here", default="", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.here:
        return _here(arguments.here, arguments.out)

    from tests.paths.ways import WAYS

    arguments.out.mkdir(parents=True, exist_ok=True)
    failed = 0
    for name in WAYS:
        if not name.startswith(arguments.only):
            continue
        with tempfile.TemporaryDirectory() as home, own_display() as display:
            if "DISPLAY" not in display:
                print("Xvfb or Qt's libraries for it are missing.")
                return 2

            environment = os.environ | display | {"NETWRIGHT_HOME": home, "HOME": home}
            command = [sys.executable, "-m", "tests.paths", str(arguments.out), "--here", name]
            failed += subprocess.run(command, env=environment, cwd=ROOT, check=False).returncode > 0

    return failed


def _here(name: str, out: Path) -> int:
    from PySide6.QtWidgets import QApplication

    from tests.bench.window import OpenWindow
    from tests.paths.person import OnWindow, Person
    from tests.paths.ways import WAYS
    from tests.paths.x_events import XEvents

    with tempfile.TemporaryDirectory() as folder, OpenWindow() as opened:
        opened.window.frame.activateWindow()
        assert opened.window.assembly is not None
        session = opened.window.assembly.session
        person = Person(session, XEvents(os.environ["DISPLAY"]), OnWindow())
        status = 1

        def go() -> None:
            nonlocal status
            try:
                answer = WAYS[name](person, Path(folder))
                print(
                    f"{name}: {answer.first_curve} clicks to the first point of the curve, "
                    f"{person.clicks} clicks, {person.keys} keys and {person.turns} turns of the "
                    f"wheel to the answer: {answer.text}",
                    flush=True,
                )
                status = 0
            except (AssertionError, TimeoutError) as error:
                print(f"{name}: failed after {person.clicks} clicks: {error}", flush=True)

        thread = threading.Thread(target=go)
        thread.start()
        opened.wait(lambda: not thread.is_alive())
        screen = QApplication.primaryScreen().grabWindow(0)
        screen.save(str(out / f"{name.replace(' ', '-')}.png"))

    return status


if __name__ == "__main__":
    sys.exit(main())
