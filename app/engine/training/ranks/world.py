"""Where a process stands among those that train together, and where they meet.

They meet at a store of torch: a few named values, kept by one process under a TCP port. torchrun
opens one; for processes of this computer the first process does.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from app.engine import files
from app.engine.errors import UserError

LOOPBACK = "127.0.0.1"

CONNECT_SECONDS = 60
"""So long the others may be started later."""

ANSWER_SECONDS = 3.0
"""So long the store may take to answer; it does so in less than a millisecond."""


@dataclass(frozen=True)
class World:
    """Says which of how many processes this one is.

    rank: from 0, over all machines. local_rank, local_size: among those of this machine. address,
    port: of the store. hosts: whether this process is to open the store. prefix: of the names in
    it; a second attempt of torchrun begins with none.
    """

    rank: int
    size: int
    local_rank: int
    local_size: int
    address: str
    port: int
    hosts: bool = False
    prefix: str = ""

    def to_text(self) -> str:
        """Returns it as the argument of a process that is started here."""
        return files.json_line(asdict(self), ascii_only=True).decode().strip()

    @classmethod
    def from_text(cls, text: str) -> World:
        return cls(**json.loads(text))

    @property
    def is_here(self) -> bool:
        """Whether all processes are on this computer."""
        return self.local_size == self.size

    @property
    def name(self) -> str:
        return name_of(self.rank, self.size)

    def store(self) -> Any:
        """Returns a connection of its own to the store, for one thread.

        Raises UserError where the port cannot be opened or nobody answers there.
        """
        from torch import distributed  # noqa: PLC0415 - torch takes seconds to load

        try:
            store = open_store(self.address, self.port, self.hosts)
        except RuntimeError as error:
            raise _no_store(self, error) from error

        store.set_timeout(timedelta(seconds=ANSWER_SECONDS))
        prefix = f"netwright{self.prefix}"
        return distributed.PrefixStore(prefix, store)  # type: ignore[attr-defined]  # star import


def open_store(address: str, port: int, hosts: bool) -> Any:
    """Returns a connection to the store at a port; where it is hosted here, it is opened.

    port: 0 for any free one, which the store then tells as `port`. Raises RuntimeError.
    """
    from torch import distributed  # noqa: PLC0415 - torch takes seconds to load

    patience = timedelta(seconds=CONNECT_SECONDS)
    return distributed.TCPStore(  # type: ignore[attr-defined]  # by a star import
        address, port, is_master=hosts, timeout=patience, wait_for_workers=False
    )


def name_of(rank: int, size: int) -> str:
    """Returns the name of a process in a sentence: "Process 2 of 4"."""
    return f"Process {rank + 1} of {size}"


def of_environment() -> World | None:
    """Returns what torchrun says of this process; None where it trains alone.

    Raises UserError where what it says makes no sense.
    """
    found = os.environ
    if "RANK" not in found or "MASTER_ADDR" not in found or found.get("WORLD_SIZE", "1") == "1":
        return None

    try:
        size = int(found["WORLD_SIZE"])
        rank = int(found["RANK"])
        world = World(
            rank,
            size,
            int(found.get("LOCAL_RANK", rank)),
            int(found.get("LOCAL_WORLD_SIZE", size)),
            found["MASTER_ADDR"],
            int(found["MASTER_PORT"]),
            hosts=rank == 0 and found.get("TORCHELASTIC_USE_AGENT_STORE") != "True",
            prefix=found.get("TORCHELASTIC_RESTART_COUNT", ""),
        )
    except (KeyError, ValueError) as error:
        raise UserError(
            f"The variables of torchrun are incomplete: {error}.",
            "Start it as: torchrun --nproc-per-node N -m app train EXPERIMENT.toml",
        ) from error

    if not 0 <= rank < size:
        raise UserError(
            f"The variables of torchrun contradict each other: RANK {rank} of {size}.",
            "Start it as: torchrun --nproc-per-node N -m app train EXPERIMENT.toml",
        )

    return world


def by_torchrun() -> bool:
    """Returns whether torchrun started this process: it sends signals to every one of them."""
    return "TORCHELASTIC_RUN_ID" in os.environ


def _no_store(world: World, error: RuntimeError) -> UserError:
    if "EADDRINUSE" in str(error) or "address already in use" in str(error).lower():
        return UserError(
            f"The port {world.port}, at which the processes were to meet, is in use.",
            "Choose another one: torchrun --master-port PORT",
        )

    return UserError(
        f"{world.name} finds nobody at {world.address}, port {world.port}.",
        "Start all machines with the same address and port of the first one.",
    )
