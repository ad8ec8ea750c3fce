"""Lets an example go through the network that trains, now and then, while somebody watches it."""

from __future__ import annotations

import time
import traceback
from dataclasses import replace
from typing import TYPE_CHECKING

from app.engine.compute.outputs.request import prepared
from app.engine.compute.outputs.watch import OutputWatcher
from app.engine.errors import UserError, message_of
from app.engine.runs.events import OutputsSeen

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.engine.compute.outputs.values import OutputsRequest
    from app.engine.data.preparation import Batch
    from app.engine.training.plan import Plan
    from models.network import Network

EVERY = 0.5
"""Seconds between two looks, at least."""

WAIT = 20.0
"""How many times as long as a look took passes before the next, at least: they cost 5 %."""


class OutputProbe:
    """Looks at the outputs of all blocks between two steps.

    It draws no random number and moves no running average, so the weights become the same. Nothing
    is held but the examples of the last request, as the network reads them.
    """

    def __init__(self, network: Network, plan: Plan, log: Callable[[str], None]) -> None:
        self._network = network
        self._plan = plan
        self._log = log
        self._watcher = OutputWatcher(network)
        self._inputs: Batch | None = None
        self._prepared_of: OutputsRequest | None = None
        self._next_time = 0.0
        self._refused = -1
        """The number of the request that failed; it is not tried again."""

    def look(self, step: int, request: OutputsRequest) -> OutputsSeen | None:
        """Returns what comes out of each block, where it is time; waits for the device.

        step: the steps done. Whatever goes wrong is told in the event: to watch a training must
        not end it.
        """
        begun = time.perf_counter()
        if begun < self._next_time or request.number == self._refused:
            return None

        graph = self._network.graph
        try:
            outputs = self._watcher.look(self._read(request), request.opened)
            seen = OutputsSeen(step, request.number, graph, outputs)
        except Exception as error:
            self._refused = request.number
            self._inputs = None
            self._prepared_of = None
            seen = OutputsSeen(step, request.number, graph, {}, self._sentence(error))

        ended = time.perf_counter()
        self._next_time = max(begun + EVERY, ended + WAIT * (ended - begun))
        return replace(seen, seconds=ended - begun)

    def _read(self, request: OutputsRequest) -> Batch:
        """Returns the examples of a request as the network reads them, made once."""
        before = self._prepared_of
        if self._inputs is None or before is None or before.arrays is not request.arrays:
            plan = self._plan
            device = next(self._network.parameters()).device
            description = plan.dataset.description
            self._inputs = prepared(request, description, plan.task, device)
            self._prepared_of = request

        return self._inputs

    def _sentence(self, error: Exception) -> str:
        if isinstance(error, UserError):
            return message_of(error)

        self._log("".join(traceback.format_exception(error)))
        return "What comes out of the blocks could not be seen; the log of the run says why."
