"""One training at a time: what trains on this computer and is none of the queue's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.engine.detached import register
from app.engine.runs.storage.run_lock import owner_process

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.queue.items import Queue


def trains_beside(queue: Queue) -> Path | None:
    """Returns the folder of a run that trains here in a window, a terminal or by itself.

    None where nothing does. What the queue itself trains does not count, and no other computer
    does. It costs a look for one file in the folder of each run.
    """
    own = {item.run for item in queue.items() if item.state == "running"}
    for path in register.folders_of_runs():
        if str(path) not in own and owner_process(path) is not None:
            return path

    return None
