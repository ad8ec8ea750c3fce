"""What a process of its own does for a search: it makes one trial after the other, and listens.

Several such processes may work on one search. Each may be killed at any moment.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import threading
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

from app.engine import files
from app.engine.errors import UserError
from app.engine.runs.control import Control
from app.engine.search.search_folder import SearchFolder
from app.engine.search.workers import Worker

if TYPE_CHECKING:
    from app.engine.search.searching import Search

LISTEN_EVERY = 0.1
"""Seconds between two looks at the requests."""

DONE = 0
FAILED = 1
STOPPED = 130


class _Work:
    """Makes the trials on a thread; `search` is there once the data are open."""

    def __init__(self, folder: SearchFolder, worker: Worker, control: Control) -> None:
        self.search: Search | None = None
        self.failed = False
        self._folder = folder
        self._worker = worker
        self._control = control

    def __call__(self) -> None:
        try:
            self._make()
        except BaseException as error:
            self.failed = True
            details = "".join(traceback.format_exception(error))
            print(details, file=sys.stderr, flush=True)  # in the log of the search
            what = error.message if isinstance(error, UserError) else f"The search ended: {error}."
            self._folder.note_trouble(what)

    def _make(self) -> None:
        from app.engine.sources.opening import open_dataset  # noqa: PLC0415 - after the claim

        dataset = open_dataset(self._folder.experiment().data, lambda *_: self._control.check())
        from app.engine.search.searching import Search  # noqa: PLC0415 - torch takes seconds

        self.search = Search(
            self._folder, dataset, lambda _: None, self._control, self._worker, followed=True
        )
        self.search.run()


def main(argument: str) -> int:
    """Works on the search that the argument names and returns the exit code. See `starting`.

    Prints one line of JSON on standard output as soon as it has a place among the workers.
    """
    folder = SearchFolder(Path(json.loads(argument)["search"]))
    try:
        worker = Worker.claim(folder.path)
    except UserError as error:
        _answer({"what": error.what, "remedy": error.remedy})
        return FAILED

    _answer({"process": os.getpid()})
    control = Control()
    _stop_on_signals(control)
    work = _Work(folder, worker, control)
    thread = threading.Thread(target=work, name="search")
    thread.start()
    while thread.is_alive():
        if not folder.exists or folder.stop_requested:
            control.stop(at_once=True)
        if work.search is not None:
            work.search.poll()

        thread.join(LISTEN_EVERY)

    worker.release()
    if control.stopping:
        return STOPPED

    return FAILED if work.failed else DONE


def _answer(data: dict[str, object]) -> None:
    """Answers whoever started the process, who may be gone; prints in the log from then on."""
    with contextlib.suppress(OSError):
        os.write(1, files.json_line(data, ascii_only=True))

    os.dup2(2, 1)


def _stop_on_signals(control: Control) -> None:
    """Lets a polite kill, as when the computer is shut down, stop it; the trial is made again."""
    signal.signal(signal.SIGTERM, lambda *_: control.stop(at_once=True))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, signal.SIG_IGN)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
