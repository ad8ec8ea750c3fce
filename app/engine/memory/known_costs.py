"""What blocks cost, as measured before: the same network is opened and changed again and again."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from app.engine.memory.block_cost import Cost

MOST_KNOWN = 4_096
"""Costs that are kept, some megabytes; those that nobody asked for the longest go first."""


class KnownCosts:
    """Costs by all that they depend on. Any thread may ask."""

    def __init__(self, most: int = MOST_KNOWN) -> None:
        self._most = most
        self._costs: OrderedDict[Hashable, Cost] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable, measure: Callable[[], Cost]) -> Cost:
        """Returns a cost: the one that is known, or what `measure` returns."""
        with self._lock:
            if (known := self._costs.get(key)) is not None:
                self._costs.move_to_end(key)
                return known

        cost = measure()  # it takes long, and two may measure the same
        with self._lock:
            self._costs[key] = cost
            while len(self._costs) > self._most:
                self._costs.popitem(last=False)

        return cost


KNOWN = KnownCosts()
"""Those of this process."""
