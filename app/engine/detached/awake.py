"""Keeps the computer from going to sleep while it trains; the display may go dark."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress

Release = Callable[[], None]


class Awake:
    """Holds the computer awake; `hold` and `release` may be called any number of times.

    `inhibit` begins to hold and returns what ends it.
    """

    def __init__(self, inhibit: Callable[[], Release | None] | None = None) -> None:
        self._inhibit = inhibit or inhibit_sleep
        self._release: Release | None = None

    @property
    def held(self) -> bool:
        return self._release is not None

    def hold(self) -> None:
        if self._release is None:
            self._release = self._inhibit()

    def release(self) -> None:
        release = self._release
        self._release = None

        if release is not None:
            release()


def inhibit_sleep() -> Release | None:
    """Asks the system not to sleep; None where there is nobody to ask."""
    if sys.platform == "win32":
        return _on_windows()
    if sys.platform == "darwin":
        return _by_command(["caffeinate", "-i", "-w", str(os.getpid())])

    # `cat` ends when this process does, however it ends, so the inhibitor cannot outlive it.
    return _by_command(
        [
            "systemd-inhibit",
            "--what=sleep:idle",
            "--who=Netwright",
            "--why=A network is training",
            "cat",
        ]
    )


def _by_command(command: list[str]) -> Release | None:
    try:
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
    except OSError:
        return None

    def release() -> None:
        if process.stdin is not None:
            with suppress(OSError):
                process.stdin.close()

        process.terminate()
        try:
            process.wait(2)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    return release


def _on_windows() -> Release | None:
    windll = getattr(ctypes, "windll", None)
    if windll is None:
        return None

    continuous = 0x80000000
    system_required = 0x00000001
    windll.kernel32.SetThreadExecutionState(continuous | system_required)

    def release() -> None:
        windll.kernel32.SetThreadExecutionState(continuous)

    return release
