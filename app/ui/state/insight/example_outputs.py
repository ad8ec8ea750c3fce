"""An example on its way through a network, as long as somebody sees it."""

from __future__ import annotations

import itertools
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal

from app.engine.runs import events

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.engine.compute.outputs.values import BlockOutput, OutputsRequest
    from app.engine.data.dataset import Dataset
    from app.engine.insight.looking import Look
    from app.engine.insight.networks import Networks
    from app.ui.state.background import Background, Failure
    from app.ui.state.session import Session

    Looking = Callable[[OutputsRequest, Networks], Look]

WAIT_MS = 60
"""Wait after a change for further ones."""

WAITS = "The training tells it after its next step."


class ExampleOutputs(QObject):
    """Chooses an example and lets it go through a network; subclasses say which.

    Nothing is computed or asked for unless it is seen. changed(): what is shown changed.

    split, place: the example, from 0 within the split. opened: the block of which large pictures
    are wanted. outputs: by block, see OutputWatcher.look; {} while there are none. words: of whose
    weights they are. trouble: a sentence that says why there are none. busy: others are on their
    way.
    """

    changed = Signal()

    _numbers = itertools.count(1)
    """Of requests: one training answers to all that ask."""

    def __init__(self, session: Session, background: Background, key: str) -> None:
        """key: of the work in the background, which a later request replaces."""
        super().__init__()
        self._session = session
        self._background = background
        self._key = key
        self.split = "validation"
        self.place = 0
        self.opened = ""
        self.outputs: dict[str, BlockOutput] = {}
        self.words = ""
        self.trouble = ""
        self.busy = False
        self._seen = False
        self._number = 0
        self._request: OutputsRequest | None = None
        self._networks: Networks | None = None
        self._timer = QTimer(self, singleShot=True, interval=WAIT_MS)
        self._timer.timeout.connect(self._renew)
        session.events_received.connect(self._receive)

    # --- what subclasses say

    @property
    def dataset(self) -> Dataset | None:
        """The data of which the example is one."""
        raise NotImplementedError

    @property
    def live(self) -> bool:
        """Whether it goes through the network that trains."""
        raise NotImplementedError

    def _renew(self) -> None:
        """Asks for what is chosen, or says why that cannot be."""
        raise NotImplementedError

    def _trouble_of(self, event: events.OutputsSeen) -> str:
        """Returns why what a training answered is not shown."""
        return event.trouble

    # --- what is chosen

    @property
    def count(self) -> int:
        """How many examples the chosen split has."""
        dataset = self.dataset
        return len(dataset.indices.get(self.split, ())) if dataset is not None else 0

    def set_seen(self, seen: bool) -> None:
        """Says whether somebody looks; while nobody does, nothing is held and no run is asked."""
        if seen == self._seen:
            return

        self._seen = seen
        if seen:
            self._soon()
            return

        self._timer.stop()
        self._session.see_outputs(None)
        self._background.forget(self._key)
        self._request = None
        self.outputs = {}
        self.changed.emit()
        if (networks := self._networks) is not None:
            self._background.run(lambda _control: networks.forget(), lambda _nothing: None)

    def choose_example(self, split: str, place: int) -> None:
        """Takes another example."""
        self.split = split
        self.place = max(0, min(place, self.count - 1))
        self._request = None
        self._soon()
        self.changed.emit()

    def open(self, name: str) -> None:
        """Wants large pictures of a block too; "" for none."""
        if name != self.opened:
            self.opened = name
            self._soon()
            self.changed.emit()

    # --- asking

    def _soon(self, *_: object) -> None:
        if self._seen:
            self._timer.start()

    def _ask(self, dataset: Dataset, looking: Looking | None) -> None:
        """Asks the worker to look; None: it reads the example, and the training looks."""
        if self._request is not None and self._request.description is not dataset.description:
            self._request = None
        self.place = max(0, min(self.place, self.count - 1))
        self._number = next(self._numbers)
        self.busy = True
        if looking is not None:
            self._session.see_outputs(None)

        example = dataset, self.split, self.place
        request = partial(_request, self._request, example, self.opened, self._number)
        self._background.run(
            lambda _control: self._work(request, looking),
            partial(self._take, self._number),
            self._fail,
            key=self._key,
        )

    def _work(
        self, request: Callable[[], OutputsRequest], looking: Looking | None
    ) -> tuple[OutputsRequest, Look | None]:
        """Reads the example, and looks unless the training does; on the worker."""
        from app.engine.insight.networks import Networks  # noqa: PLC0415 - it loads torch

        asked = request()
        if looking is None:
            return asked, None

        self._networks = self._networks or Networks()
        return asked, looking(asked, self._networks)

    def _take(self, number: int, result: tuple[OutputsRequest, Look | None]) -> None:
        if not self._seen or number != self._number:
            return

        self._request, seen = result
        if seen is None:
            self._session.see_outputs(self._request)  # the training answers
            if not self.outputs:
                self.words = WAITS
                self.trouble = ""
                self.changed.emit()

            return

        self.outputs = seen.outputs
        self.words = seen.words
        self._show("")

    def _fail(self, failure: Failure) -> None:
        self._show_trouble(failure.message)

    def _receive(self, received: list[Any]) -> None:
        """Takes what the training tells of the example."""
        seen = [event for event in received if isinstance(event, events.OutputsSeen)]
        if not seen or not self._seen or not self.live or seen[-1].number != self._number:
            return

        event = seen[-1]
        if trouble := self._trouble_of(event):
            self._show_trouble(trouble)
            return

        self.outputs = event.outputs
        self.words = f"Weights of the training, after step {event.step:,}"
        self._show("")

    # --- showing

    def _show_trouble(self, text: str) -> None:
        self._number = next(self._numbers)  # what is on its way comes too late
        self._background.forget(self._key)
        self._session.see_outputs(None)
        self.outputs = {}
        self.words = ""
        self._show(text)

    def _show(self, trouble: str) -> None:
        self.trouble = trouble
        self.busy = False
        self.changed.emit()


def _request(
    known: OutputsRequest | None, example: tuple[Dataset, str, int], opened: str, number: int
) -> OutputsRequest:
    """Returns the request for an example, which is read unless it is known; on the worker."""
    from app.engine.compute.outputs.request import request_of  # noqa: PLC0415 - it loads torch

    return replace(known or request_of(*example), opened=opened, number=number)
