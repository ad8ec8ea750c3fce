"""How the other processes of a run come: they are started here, or torchrun has started them."""

from __future__ import annotations

import signal
import subprocess
import time
from typing import TYPE_CHECKING, Any

from app.engine import files, own_process
from app.engine.errors import UserError
from app.engine.training.ranks.world import LOOPBACK, World, name_of, open_store

if TYPE_CHECKING:
    from pathlib import Path

FOLLOWER = "app.engine.training.ranks.follower"

LAST_SECONDS = 5.0
"""So long the others may take to end by themselves."""

MOST_PROCESSES = 64


class Others:
    """The other processes of a run. `world`: where this one stands, from `start` on."""

    world: World
    size: int

    def start(self, log: Path) -> None:
        """Starts them. log: where they write what nobody catches. Raises UserError."""

    def gone(self) -> str:
        """Returns which of them has ended, as a sentence; "" where none is known to have."""
        return ""

    def close(self) -> None:
        """Ends those that do not end by themselves."""


class Torchrun(Others):
    """Processes that torchrun has started and ends, on this computer or on several."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.size = world.size


class Here(Others):
    """Processes of this computer, which this one starts and ends; they end with it."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._server: Any = None
        self._children: list[subprocess.Popen[bytes]] = []

    def start(self, log: Path) -> None:
        self._server = open_store(LOOPBACK, 0, hosts=True)
        port = self._server.port
        self.world = World(0, self.size, 0, self.size, LOOPBACK, port)
        try:
            with files.open_to_append(log) as errors:
                for rank in range(1, self.size):
                    world = World(rank, self.size, rank, self.size, LOOPBACK, port)
                    self._children.append(
                        own_process.start(FOLLOWER, world.to_text(), errors.fileno())
                    )
        except OSError as error:
            raise UserError(
                f"{len(self._children) + 1} of {self.size} processes could be started: "
                f"{error.strerror or error}.",
                "Close other programs, or start fewer.",
            ) from error

    def gone(self) -> str:
        codes = {rank: child.poll() for rank, child in enumerate(self._children, 1)}
        ended = {rank: code for rank, code in codes.items() if code is not None}
        if not ended:
            return ""

        # One that was killed is the cause; the rest have lost their line to it.
        rank = min(ended, key=lambda rank: ended[rank])
        return f"{name_of(rank, self.size)} {how_it_ended(ended[rank])}."

    def close(self) -> None:
        end = time.monotonic() + LAST_SECONDS
        for child in self._children:
            try:
                child.wait(max(0.0, end - time.monotonic()))
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()

            for stream in (child.stdin, child.stdout):
                if stream is not None:
                    stream.close()

        self._children = []
        self._server = None


def how_it_ended(code: int) -> str:
    """Returns how a process ended, from its exit code."""
    if code >= 0:
        return f"ended with code {code}"

    known = {each.value for each in signal.Signals}
    name = signal.Signals(-code).name if -code in known else f"signal {-code}"
    why = ": perhaps the system had no memory left" if name == "SIGKILL" else ""
    return f"was ended by {name}{why}"
