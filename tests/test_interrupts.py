"""Ctrl+C at any moment: the line about it is written, and no write of the training is broken."""

from __future__ import annotations

import io
import os
import signal
import sys
import threading

import pytest

from app.engine.runs.control import Control
from app.headless import STOPPING, interrupts
from app.terminal import Display


class Interrupted(io.StringIO):
    """A stream amid whose first write Ctrl+C comes; like Python's own it cannot be re-entered."""

    def __init__(self) -> None:
        super().__init__()
        self._writing = threading.Lock()
        self._writer = 0
        self._came = False

    def write(self, text: str) -> int:
        if self._writer == threading.get_ident():
            raise RuntimeError("reentrant call")

        with self._writing:
            self._writer = threading.get_ident()
            if not self._came:
                self._came = True
                os.kill(os.getpid(), signal.SIGINT)
            written = super().write(text)
            self._writer = 0

        return written


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signal to send")
def test_ctrl_c_amid_a_write_stops_the_run_and_breaks_no_line() -> None:
    stream = Interrupted()
    display = Display(stream)
    control = Control()
    with interrupts(control, display):
        display.line("epoch 1")
        for thread in threading.enumerate():
            if thread is not threading.current_thread() and thread.name == "line of a stop":
                thread.join()

    assert control.stopping
    assert stream.getvalue() == f"epoch 1\n{STOPPING}\n"
