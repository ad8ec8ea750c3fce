"""`python -m tests.paths OUT`: three paths through the real window, from the first click to an
answer, on an X display of its own, by events that the X server makes. Prints how many clicks and
keys each took, and what was answered; OUT gets a picture of each end, or of where it failed.

With `--drawn` the networks of resources/networks are drawn by hand instead, each from an empty one,
trained, saved and opened again; a newcomer changes a template; and what cannot be is refused.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from tests.bench.display import own_display

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.paths.person import Person
    from tests.paths.ways import Answer

ROOT = Path(__file__).resolve().parents[2]


def main() -> int:
    """Runs all paths, each in a process and on a display of its own; 0 where all came through."""
    parser = argparse.ArgumentParser(prog="python -m tests.paths", description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--drawn", action="store_true", help="networks that are drawn by hand")
    parser.add_argument("--only", default="", help="the beginning of a path's name")
    parser.add_argument("--here", default="", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.here:
        return _here(arguments.here, arguments.out)

    arguments.out.mkdir(parents=True, exist_ok=True)
    failed = 0
    for name in ways(arguments.drawn):
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


def ways(drawn: bool) -> dict[str, Callable[[Person, Path], Answer]]:
    """Returns what a person does, by name. drawn: with networks that are drawn by hand."""
    from tests.paths.edits import EDITED
    from tests.paths.networks import DRAWN
    from tests.paths.ways import WAYS

    return DRAWN | EDITED if drawn else WAYS


def _here(name: str, out: Path) -> int:
    from PySide6.QtWidgets import QApplication

    from tests.bench.window import OpenWindow
    from tests.paths.networks import DRAWN
    from tests.paths.person import OnWindow, Person
    from tests.paths.x_events import XEvents

    with tempfile.TemporaryDirectory() as folder, OpenWindow() as opened:
        if name in DRAWN:
            opened.window.frame.setGeometry(QApplication.primaryScreen().geometry())
        opened.window.frame.activateWindow()
        assert opened.window.assembly is not None
        session = opened.window.assembly.session
        person = Person(session, XEvents(os.environ["DISPLAY"]), OnWindow(), out)
        status = 1

        def go() -> None:
            nonlocal status
            try:
                answer = (ways(False) | ways(True))[name](person, Path(folder))
                print(
                    f"{name}: {answer.first_curve} clicks to the first point of the curve, "
                    f"{person.effort} to the answer: {answer.text}",
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
