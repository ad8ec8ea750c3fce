"""A search as an item of the queue: all of its trials, before the next item has its turn."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from app.engine.errors import UserError
from app.engine.search import progress, starting, workers

if TYPE_CHECKING:
    from app.engine.queue.items import State
    from app.engine.search.search_folder import SearchFolder

LOOK_EVERY = 0.3
"""Seconds between two looks at a search."""

MOST_DEATHS = 3
"""Times that its processes may die before the next item has its turn."""

MOVED = "Its folder was moved or removed."
NO_FIGURE = "None of its runs came to a figure."
DIED = f"Its processes died {MOST_DEATHS} times; log.txt in its folder may say why."


def to_the_end(folder: SearchFolder) -> tuple[State, str]:
    """Makes the trials that are left, or waits where others make them; returns how it ended, why.

    Raises UserError where the search is damaged or cannot be started.
    """
    starts = 0
    while folder.exists:
        now = progress.read(folder)
        if now.working:
            time.sleep(LOOK_EVERY)
            continue
        if now.over:
            return ("completed", "") if now.best is not None else ("failed", NO_FIGURE)
        if starts and folder.stop_requested:
            return "stopped", ""
        if starts and now.trouble:
            return "failed", now.trouble
        if starts >= MOST_DEATHS:
            return "failed", DIED

        try:
            starting.start(folder)
        except UserError:
            if not workers.count(folder.path):
                raise  # else somebody else has started it at this moment

        starts += 1

    return "failed", MOVED
